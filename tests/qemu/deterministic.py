"""The deterministic lane (ICOUNT=1): two runs are the same, and a seed finds its race again."""

import os
import re

import suite as s
from suite import Failure, Skip, boot, need, need_status


def deterministic():
    """Two runs in the deterministic lane print the same, to the digit."""
    if not os.path.exists("user/bench.c"):
        raise Skip("there is no bench program")
    outputs = [boot("icount %d" % n, s.SECONDS["command"], ICOUNT="1", PAGING="sv39",
                    CMD="bench null_syscall fork_small").output for n in (1, 2)]
    need("bench null_syscall" in outputs[0], "no result\n" + outputs[0])
    need(", 128 MiB," in outputs[0], "MEM is not what the kernel manages\n" + outputs[0])
    need(outputs[0] == outputs[1], "they differ:\n%s\n%s" % tuple(outputs))


def slots():
    """A slot of swap is found as quickly where nearly all are taken, as where half are."""
    parts = s.usertests_verdict(boot("slots", s.SECONDS["usertests"], ICOUNT="1", PAGING="sv39",
                                     MEM="32M", SWAP="256M", CMD="usertests slot_is_found_at_once"))
    need(all(verdict == "ok" for _, verdict, _ in parts), str(parts))


def seeds():
    """A planted race is found by some seed, and found again by its number."""
    s.build_all(s.BUILD + "/race", "EXTRA=tests/qemu/programs/race.c", "SAN=1",
                s.BUILD + "/race/fs.img")

    def result(seed):
        ending = boot("race %d" % seed, s.SECONDS["command"], san=True, ICOUNT="1", SEED=seed,
                      image=s.BUILD + "/race/fs.img", CMD="race", SWAP="256M")
        need_status(ending, 0)
        return re.search(r"^race: (\d+) of (\d+)$", ending.output, re.MULTILINE)

    for seed in range(1, 9):
        found = result(seed)
        need(found, "the program printed nothing")
        if found.group(1) != found.group(2):
            again = result(seed)
            need(again.group(0) == found.group(0), "seed %d gives %s, then %s" % (
                seed, found.group(0), again.group(0)))
            return
    raise Failure("none of 8 seeds found the race")
