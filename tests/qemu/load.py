"""Machines under load: many threads, areas, relatives and pages, and kills at any point.

And one with no load at all, which should cost the host little.
"""

import re

import machine as m
import readermachine
import readerswap
import suite as s
from suite import boot, need, need_status, tail


def threads_on_one_space():
    """Eight threads on four harts change one address space at random, and find what they expect."""
    for san in (False, True):
        ending = boot("vmstress" + " SAN" * san, s.SECONDS["usertests"], san=san, CPUS="4",
                      CMD="vmstress 20000")
        need_status(ending, 0)


def more_than_memory():
    """Eight processes use five times the memory, four keep all of it dirty: nothing is missing, by
    the guest's own count (it fails, and the machine ends) and by the host's."""
    for paging, san in (("sv39", False), ("sv48", False), ("sv57", True)):
        with readermachine.machine("swapstress " + paging + " SAN" * san, "nothing is missing\n",
                                   san=san, seconds=s.SECONDS["usertests"],
                                   PAGING=paging, CPUS="4", MEM="32M", SWAP="256M",
                                   CMD="swapstress 8 160 %d 1 && sleep 100000" % (
                                       5000 if san else 20000)) as (guest, reader):
            readerswap.need_nothing_missing(guest, reader)
    ending = boot("dirtystress", s.SECONDS["usertests"], CPUS="4", MEM="16M",
                  CMD="dirtystress 5000 1")
    need_status(ending, 0)


def all_pages_in_use():
    """Promised memory is had though each page was used whenever it is looked at."""
    ending = boot("all pages in use", s.SECONDS["usertests"], san=True, MEM="16M", SWAP="64M",
                  APPEND="debug=used", CMD="work hashbig 12 450")
    need_status(ending, 0)
    out = re.search(r"work ends: .* pgout (\d+)", ending.output)
    need(out and int(out.group(1)) > 500, "it does not make memory short\n" + tail(ending))


def out_of_memory():
    """Whoever is killed for want of memory, the line shows the sums: its own share, and all."""
    ending = boot("out of memory", s.SECONDS["usertests"], MEM="16M", SWAP="32M",
                  CMD="free && usertests greediest_is_killed && usertests lazy_beyond_memory")
    need_status(ending, 0)
    promised, limit = (int(re.search(r"^%s +(\d+)$" % word, ending.output, re.M).group(1)) // 4
                       for word in ("promised", "promise limit"))
    who = r"^pid \d+ \(usertests\): killed: "
    largest = re.findall(who + r"out of memory: it has (\d+) unreserved pages, the most of all "
                         r"\((\d+) of (\d+) promised\)$", ending.output, re.M)
    own = re.findall(who + r"store page fault at 0x\w+: no memory is left "
                     r"\((\d+) of (\d+) pages are promised\)", ending.output, re.M)
    need(len(largest) == 1 and len(own) == 1, "not one line each\n" + tail(ending, 20))
    pages, used, most = (int(number) for number in largest[0])
    need(most == limit and limit - 64 <= used <= limit, "line 1: other sums")
    need(limit // 2 < pages <= used - promised, "it cannot have had %d pages" % pages)
    used, most = (int(number) for number in own[0])
    need(most == limit and limit - 64 <= used <= limit, "line 2: other sums")


def areas_grow():
    """With 100,000 areas an operation costs at most three times what it costs with 10."""
    ending = boot("areas", s.SECONDS["usertests"], ICOUNT="1", PAGING="sv39", CMD="areas")
    need_status(ending, 0)
    need("areas: ok" in ending.output, ending.output)


def family_size():
    """An eviction costs the same in a family of 128 as in one of four."""
    ending = boot("families", s.SECONDS["usertests"], ICOUNT="1", PAGING="sv39", MEM="32M",
                  SWAP="128M", CMD="families")
    need_status(ending, 0)
    need("families: ok" in ending.output, ending.output)


def inodes_grow():
    """With 3,600 files in memory open costs what it costs with 50; few of them are dirty."""
    ending = boot("inodes", s.SECONDS["usertests"], ICOUNT="1", PAGING="sv39", MEM="64M",
                  CMD="inodes")
    need_status(ending, 0)
    need("inodes: ok" in ending.output, ending.output)


def names_grow():
    """A name among 10,000 is made, found, missed, moved and removed as one among 2,500."""
    ending = boot("names", s.SECONDS["usertests"], ICOUNT="1", PAGING="sv39", CMD="names")
    need_status(ending, 0)
    need("names: ok" in ending.output, ending.output)


def dirty_page_is_found():
    """To write back one page costs as much beside thousands of clean ones."""
    ending = boot("one dirty page", s.SECONDS["usertests"], ICOUNT="1",
                  CMD="usertests dirty_page_is_found_at_once")
    need_status(ending, 0)
    need("1 passed" in ending.output, ending.output)


def kills(test):
    """A call that is killed at any point is gone within 100 million instructions; nothing leaks."""
    ending = boot(test, s.SECONDS["usertests"], san=True, ICOUNT="1", CMD="usertests " + test)
    need_status(ending, 0)
    need("by the count of instructions" in ending.output, ending.output)


def kills_quick():
    kills("kill_at_some_points")


def kills_full():
    kills("kill_at_many_points")


def idle_cost():
    """An idle shell with 4 harts uses under 5 % of one host core (QEMU's own processor time)."""
    used = []
    for seconds in (1, 1 + s.SECONDS["idle"]):
        with m.Machine(s.cell_settings(CPUS="4", CMD=""), interactive=True) as guest:
            guest.start()
            need(guest.wait_for(r"\n[^\n]*[$#>] $", s.SECONDS["boot"]),
                 "no prompt\n" + guest.seen.decode(errors="replace")[-400:])
            guest.wait_for("nothing that it prints", seconds)
        used.append(guest.cpu_seconds)
    part = 100 * (used[1] - used[0]) / s.SECONDS["idle"]
    need(part < 5, "%.1f %% of a core" % part)
