"""The reader on machines that live, stand, and have panicked."""

import contextlib
import re
import subprocess
import sys
import time

import machine as m
import suite as s
from readermachine import Told, change_first_word, machine
from suite import Failure, need

from reader import Torn             # in tests/reader, which readermachine has put on the path

LIVE_TRIES = 20             # of one reading beside four busy harts; four were the most ever needed


def spaces(reader):
    """Reads all processes, with their areas and mappings; returns how much that was."""
    return sum(1 + len(reader.areas(p)) + sum(1 for _ in reader.mappings(p))
               for p in reader.processes())


READINGS = (
    ("processes", spaces),
    ("swap", lambda reader: len(reader.swap().slots)),
    ("frames", lambda reader: sum(1 for _ in reader.pages())),
    ("lists", lambda reader: sum(len(p) for _, p in reader.lru().values())),
    ("trace", lambda reader: len(reader.trace())),
    ("ledger", lambda reader: sum(reader.ledger_counters().values())),
)


def everything(reader):
    """Reads all there is; returns how much that was."""
    return sum(read(reader) for _, read in READINGS)


def whole_in(reader, name, read):
    """After how many tries a reading comes whole; never is a failure."""
    for tries in range(1, LIVE_TRIES + 1):
        try:
            read(reader)
            return tries
        except Torn:
            pass
    raise Failure("%s: none of %d readings was whole" % (name, LIVE_TRIES))


def live():
    """While four harts fork, map and exit, each kind of reading ends, and comes whole soon.

    How soon hangs on how fast the host runs the guest beside the reader; that it does at each look
    does not.
    """
    with machine("reader live", "started\n", CPUS="4", MEM="64M", APPEND="trace=1000",
                 CMD="grind -n 1000000 & echo started; vmstress 1000000") as (
                     guest, reader):
        looks, end = 0, time.monotonic() + 10
        most = dict.fromkeys((name for name, _ in READINGS), 0)
        while time.monotonic() < end or looks < 10:
            for name, read in READINGS:
                most[name] = max(most[name], whole_in(reader, name, read))
            looks += 1
        names = {p.name for p in reader.steady(reader.processes)}
        need({"grind", "vmstress"} <= names, "they do not run: %s" % names)
        need(guest.process.poll() is None, "the machine is gone")
    need(most["trace"] == most["ledger"] == 1, "what cannot be torn was: %s" % most)


def live_swap():
    """The same while all memory comes and goes: whatever is read comes to its end, and is whole at
    some time."""
    with machine("reader live swap", "until 1000000 are out", CPUS="4", MEM="32M",
                 APPEND="trace=1000", CMD="swapstress 4 64 1000000") as (guest, reader):
        end = time.monotonic() + s.SECONDS["command"]
        while not reader.counters()["pgin"]:
            guest.wait_for("nothing that it prints", 0.5)
            need(time.monotonic() < end, "nothing is swapped")
        parts = (reader.processes, reader.running, reader.ledger, reader.ledger_counters,
                 reader.lru, reader.swap, reader.named_slots, reader.trace, reader.counters,
                 lambda: [reader.areas(process) for process in reader.processes()],
                 lambda: [list(reader.object_entries(area.object)) for process in
                          reader.processes() for area in reader.areas(process) if area.object])
        whole = dict.fromkeys(parts, 0)
        end = time.monotonic() + 10
        while time.monotonic() < end or not all(whole.values()):
            for part in parts:
                with contextlib.suppress(Torn):
                    part()
                    whole[part] += 1
            need(time.monotonic() < end + s.SECONDS["command"], "never whole: %s" % whole)
        need(guest.process.poll() is None, "the machine is gone")


def stopped():
    """A machine that stands still reads the same twice, wherever it was stopped."""
    with machine("reader stopped", "started\n", CPUS="2", MEM="64M",
                 CMD="echo started; grind -s 2 -n 1000000") as (guest, reader):
        seen = []
        for _ in range(20):
            guest.qmp("stop")
            try:
                first, ledger, names = everything(reader), reader.ledger(), reader.named_slots()
                need((everything(reader), reader.ledger(), reader.named_slots()) ==
                     (first, ledger, names),
                     "a stopped machine changes")
                seen.append(first)
                # at most what two harts have in hand: a batch from the buddy allocator each
                missing = reader.managed() - sum(ledger.values())
                need(abs(missing) <= 2 * 16, "%d frames are in no class" % missing)
            except Torn:
                pass        # stopped in the middle of a change, and read so
            guest.qmp("cont")
            guest.wait_for("nothing that it prints", 0.1)
        need(len(seen) > 10, "only %d of 20 could be read" % len(seen))
        need(len(set(seen)) > 1, "it stood still all the time")


def panicked():
    """The RAM that a panicked kernel leaves behind says what it was doing, and with which frame."""
    with machine("reader panicked", "pattern: waiting\n", MEM="64M", CPUS="1",
                 CMD="pattern && true") as (guest, reader):
        told, memory = Told(guest), reader.memory
        pfn = reader.mapping(reader.process(told.pid), told.none).pfn
        flags = memory.member(reader.struct_page(pfn), "page.flags")
        memory.poke(flags, memory.number("PAGE_CACHED"), 4)
        change_first_word(reader, told)
        ending = guest.run(s.SECONDS["command"])
        s.need_status(ending, m.PANIC)
        need("free of frame 0x%x" % pfn in ending.output, s.tail(ending, 30))
        need(reader.running() == ["pattern"], "running: %s" % reader.running())
        need(told.pid in [p.pid for p in reader.processes()], "the process is not listed")
        need(reader.page(pfn).maps == 0 and "cached" in reader.page_flags(reader.page(pfn)),
             "the frame: %s" % (reader.page(pfn),))
        need(sum(reader.ledger().values()) == reader.managed(), "ledger: %s" % reader.ledger())


def panicked_early():
    """debug=panic: there is no process yet; another kernel's file is refused."""
    with machine("reader panicked early", "panic", APPEND="debug=panic",
                 CMD="true") as (guest, reader):
        s.need_status(guest.run(s.SECONDS["boot"]), m.PANIC)
        need(reader.processes() == [] and "boot" in reader.running(), "%s %s" % (
            reader.processes(), reader.running()))
        need(sum(reader.ledger().values()) == reader.managed(), "ledger: %s" % reader.ledger())
        command = [sys.executable, "tests/reader/reader", guest.settings["RAM_FILE"]]
        shown = subprocess.run(command + [guest.settings["KERNEL"], "ledger"],
                               stdout=subprocess.PIPE)
        need(b"%d of %d managed" % (reader.managed(), reader.managed()) in
             re.sub(rb" +", b" ", shown.stdout), shown.stdout.decode())
        for words in (["trace", "on"], ["trace"]):
            done = subprocess.run(command + [guest.settings["KERNEL"]] + words,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            need(done.returncode and b"without a ring" in done.stderr and b"APPEND=trace=1" in
                 done.stderr, "%s without a ring: %s" % (words, done))
        other = subprocess.run(command + [s.BUILD + "/san/kernel.elf"], stderr=subprocess.PIPE,
                               stdout=subprocess.PIPE)
        need(other.returncode and b"this kernel is not in this RAM" in other.stderr,
             "another kernel: %s" % other.stderr)
