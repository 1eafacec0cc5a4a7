"""The live view (tests/view) of real machines: what the page shows is what the reader finds."""

import random
import threading

import ground
import machine as m
import suite as s
from readermachine import machine

import server       # tests/view
import snapshot


class Viewed:
    """A viewer's server, on a port that is free, while this lasts."""

    def __init__(self, watch):
        self.server = server.Server(watch, 0)
        self.url = "http://127.0.0.1:%d/" % self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def of(guest):
    return snapshot.Watch("", guest.settings["RAM_FILE"], guest.settings["KERNEL"])


def numbers(reader):
    """What the page must show of a machine that stands still, by the reader's own ways."""
    swap, lists = reader.swap(), reader.lru()
    return {"ledger": reader.ledger(), "counters": reader.counters(),
            "lists": {name: len(pages) for name, (_, pages) in lists.items()},
            "swap": [swap.used, swap.total, swap.with_page],
            "processes": {str(p.pid): [p.resident, p.swapped] for p in reader.processes()}}


def still():
    """Of a machine that stands still in the middle of its work: numbers, keys, every look."""
    ground.need_browser()
    mode, harts = random.choice(("sv39", "sv48", "sv57")), random.choice((1, 2, 4, 8))
    with machine("live view", "pattern: frames", PAGING=mode, CPUS=harts, MEM="32M",
                 CMD="grind 50 & pattern") as (guest, reader):
        guest.qmp("stop")
        with Viewed(of(guest)) as viewed:
            return ground.run_script("view", url=viewed.url, mode=mode.capitalize(), harts=harts,
                                     **numbers(reader))


def live():
    """Of a machine that goes on: what changes is marked, the same picture is not shown twice."""
    ground.need_browser()
    with machine("live view, live", "pattern: frames", CMD="pattern & grind 100000") as (guest, _):
        with Viewed(of(guest)) as viewed:
            return ground.run_script("viewlive", url=viewed.url)


def panicked():
    """No machine, one that panics, another kernel: the page says so in words."""
    ground.need_browser()
    settings = s.cell_settings(CMD="true", APPEND="debug=panic")
    with m.Machine(settings, shared_ram=True, log=s.log_name("live view, panic")) as guest:
        guest.run(s.SECONDS["boot"])
        watch = snapshot.Watch("", settings["RAM_FILE"], settings["KERNEL"])
        watch.description = lambda: {"ram": settings["RAM_FILE"], "kernel": settings["KERNEL"],
                                     "pid": guest.process.pid, "log": s.log_name("live view, "
                                                                                 "panic")}
        other = snapshot.Watch("", settings["RAM_FILE"], s.BUILD + "/san/kernel.elf")
        with Viewed(watch) as viewed, Viewed(snapshot.Watch("nowhere")) as none, \
                Viewed(other) as foreign:
            return ground.run_script("viewwords", panicked=viewed.url, none=none.url,
                                     other=foreign.url)
