"""Machines with the host reader (tests/reader) on their memory, and what their `pattern` tells.

The guest program `pattern` says where it has what; the reader must find the same from outside, and
nothing else.
"""

import contextlib
import os
import re
import sys
import time

import machine as m
import suite as s
from suite import need

sys.path.insert(0, os.path.join(s.ROOT, "tests/reader"))
from reader import Reader           # noqa: E402

PAGE = 4096
MODES = ("sv39", "sv48", "sv57")
FOUND = 0x666f756e64        # what the host writes for `pattern` to see
PATTERN = (r"pattern: pid (\d+) child (\d+) words (0x[0-9a-f]+) pages (\d+) zero (0x[0-9a-f]+) "
           r"none (0x[0-9a-f]+) absent (0x[0-9a-f]+)\n")
CLASSES = ("free", "kernel", "page_table", "stack", "slab", "anon", "file", "buffer")


@contextlib.contextmanager
def machine(name, until, san=False, seconds=s.SECONDS["boot"], **values):
    """A machine that has printed `until`, with a reader on its memory."""
    settings = s.cell_settings(san=san, **values)
    with m.Machine(settings, qmp=True, shared_ram=True, log=s.log_name(name)) as guest:
        guest.start()
        need(guest.wait_for(until, seconds), "%s: no line %s\n%s" % (
            name, until, guest.seen.decode(errors="replace")[-800:]))
        with Reader(settings["RAM_FILE"], settings["KERNEL"]) as reader:
            yield guest, reader


@contextlib.contextmanager
def stopped_when_idle(guest, reader):
    """The machine stands still, at a time when no hart had anything to do."""
    end = time.monotonic() + s.SECONDS["command"]
    while True:
        guest.wait_for("nothing that it prints", 0.5)
        guest.qmp("stop")
        if bin(reader.memory.u32("idle_harts")).count("1") == reader.memory.u32("hart_count"):
            break
        guest.qmp("cont")
        need(time.monotonic() < end, "it is never idle: %s" % reader.running())
    yield
    guest.qmp("cont")


def printed(guest, pattern):
    return re.search(pattern, guest.seen.decode(errors="replace")).groups()


class Told:
    """What `pattern` says of itself."""

    def __init__(self, guest):
        numbers = [int(text, 0) for text in printed(guest, PATTERN)]
        self.pid, self.child, self.words, self.pages = numbers[:4]
        self.zero, self.none, self.absent = numbers[4:]
        frames = printed(guest, r"pattern: frames ([\d ]+)\n")[0].split()
        self.ledger = dict(zip(CLASSES, map(int, frames)))

    def page_addresses(self):
        return [self.words + i * PAGE for i in range(self.pages)]


def change_first_word(reader, told):
    """What `pattern` waits for."""
    pfn = reader.mapping(reader.process(told.pid), told.words).pfn
    reader.memory.poke(reader.memory.direct_va(pfn << 12), FOUND, 8)
