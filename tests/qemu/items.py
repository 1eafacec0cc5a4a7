"""The list of the items of the quick suite, apart from the tests on the host and the cells.

Each item's function stands in the file of its subject. What stands for many (the lint, usertests)
is here.
"""

import bookitems
import building
import crash_and_mutants
import curvestest
import deterministic
import diskerror
import disks
import firsthour
import fuzz
import gdbtest
import labs
import lint
import load
import processors
import readertest
import replacement
import resumable
import running
import shellinput
import suite as s
import swaperror
import terminal
import tracetest
import viewtest
import workloads
import xv6
from suite import boot, need


def all_items():
    """Name and function of each, long ones first so that two threads end together."""
    return (
        ("crash, quick", crash_and_mutants.crash_quick),
        ("mutants, quick", crash_and_mutants.mutants_quick),
        ("clang builds and boots", building.clang),
        ("riscv64-linux-gnu-gcc builds and boots", building.linux_gcc),
        ("seeds find and find again", deterministic.seeds),
        ("threads on one address space", load.threads_on_one_space),
        ("more than memory", load.more_than_memory),
        ("100,000 areas", load.areas_grow),
        ("3,600 inodes", load.inodes_grow),
        ("10,000 names", load.names_grow),
        ("eviction in a big family", load.family_size),
        ("kills at some points", load.kills_quick),
        ("one dirty page", load.dirty_page_is_found),
        ("out of memory", load.out_of_memory),
        ("all pages in use", load.all_pages_in_use),
        ("several transfers in flight", disks.several_in_flight),
        ("many read from a slow disk", disks.slow_and_crowded),
        ("idle cost", load.idle_cost),
        ("deterministic lane", deterministic.deterministic),
        ("swap slots are found at once", deterministic.slots),
        ("reservations end with a trap", building.reservations),
        ("bad variables", building.bad_variables),
        ("small commands", building.small_commands),
        ("files of one's own", building.added),
        ("nothing to do", building.nothing_to_do),
        ("long suites go on where they stopped", resumable.self_test),
        ("run: status", running.run_status),
        ("run: killed", running.run_killed),
        ("run: why one is killed", running.run_deaths),
        ("run: tools on a full disk", running.full_disk),
        ("run: EXTRA and FILES", running.run_extra),
        ("run: xv6 programs", xv6.run_xv6),
        ("run: xv6 headers have every call", xv6.xv6_headers),
        ("run: two at once", running.run_twice_at_once),
        ("run: hang", running.debug_hang),
        ("run: panic", running.debug_panic),
        ("lock order", running.lock_order),
        ("run: power-off status", running.power_off_statuses),
        ("console", terminal.console),
        ("Ctrl-C, 1 hart", terminal.interrupts_1),
        ("Ctrl-C, 4 harts", terminal.interrupts_4),
        ("Ctrl-C is not for others", terminal.not_meant),
        ("what is typed around Ctrl-C, 1 hart", lambda: terminal.typed_around(1)),
        ("what is typed around Ctrl-C, 4 harts", lambda: terminal.typed_around(4)),
        ("paste, 1 hart", lambda: terminal.paste(1)),
        ("paste, 4 harts", lambda: terminal.paste(4)),
        ("keys and UTF-8", terminal.keys),
        ("first walk", terminal.first_walk),
        ("shell scripts", shellinput.scripts),
        ("tools at the prompt", shellinput.tools),
        ("run: standard input", shellinput.standard_input),
        ("make qemu on a terminal", terminal.terminal),
        ("gdb", terminal.gdb),
        ("curves", curvestest.curves),
        ("curves: bad input", curvestest.bad_input),
        ("disk missing", disks.disk_missing),
        ("disk foreign", disks.disk_foreign),
        ("disk errors", diskerror.all_cases),
        ("without swap", disks.without_swap),
        ("virtio 1 and 2", disks.virtio_versions),
        ("paging modes", processors.paging_modes),
        ("paging refused", processors.paging_refused),
        ("exec of 10 MiB", disks.exec_reads_little),
        ("program at 2^41", processors.high_segment),
    ) + labs.items() + fuzz.items() + gdbtest.items() + tuple(
        ("processor: " + what, lambda what=what: processors.processor(what))
        for what in processors.PROCESSORS
    ) + swaperror.items() + replacement.items() + readertest.items() + tracetest.items() + \
        viewtest.items() + firsthour.items() + workloads.items() + bookitems.quick()


def lint_rule(rule):
    complaints = list(rule())
    need(not complaints, "%d complaints\n%s" % (len(complaints), "\n".join(complaints[:40])))


def same_tree(before):
    """The suites leave the source tree as they found it."""
    after = lint.read_tree()
    changed = sorted(p for p in set(before) | set(after) if before.get(p) != after.get(p))
    new = [p for p in changed if p not in before]
    need(not new, "files appeared: " + " ".join(new))


def usertests():
    """Every guest test once; the group that makes memory short with a quarter of it."""
    others = boot("usertests", s.SECONDS["usertests"], PAGING="sv39",
                  CMD="usertests proc fs cow fault vm stress")
    paging = boot("usertests paging", s.SECONDS["usertests"], PAGING="sv39", MEM="32M",
                  CMD="usertests paging")
    with_little = s.usertests_verdict(paging)
    usertests.with_little = {name for name, _, _ in with_little}
    return s.usertests_verdict(others) + with_little


def one_usertest(name):
    return 'make run PAGING=sv39 %sCMD="usertests %s"' % (
        "MEM=32M " if name in usertests.with_little else "", name)


usertests.again = one_usertest
