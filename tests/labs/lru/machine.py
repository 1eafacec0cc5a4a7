"""The machine's tests of `lru`: what the hardware shows at the checkpoints of machine.c.

Which pages are in memory, the page tables say; what they have, RAM and the swap disk; how often a
page was brought back, QEMU, which counts what its disks do.
"""

import lab as labs
from evidence import need
from machinestage import Test

traces = labs.Lab("lru").module("traces")

PAGE = 4096
V, IS_NONE, IS_SLOT = 1, 1 << 8, 1 << 9      # bits of an entry: kernel/mmu/pte.h
HALF, PATTERN = 1 << 32, 1 << 33            # as in machine.c
CIRCLE, PAGES, ACCESSES = 40, 120, 300
RULES = frozenset()         # of rules.patch, for one student
OWN, OWN_PAGES, HOT = 64, 216, 16
BETTER = 0.65               # of the pages that exact LRU brings back
TURNS_LIMIT = 3550000      # instructions; the reference needs 2.96 millions
STREAM_LIMIT = 5900000     # the same: 4.52 millions


# ---- the patterns of machine.c ----

def circle_pattern(run, length):
    shift, found = run.drawn(PATTERN) % PAGES, []
    for n in range(length):
        word = run.drawn(PATTERN + n)
        place = (word >> 8) % (24 if word % 4 else PAGES)
        found.append((place * 77 + shift) % PAGES)
    return found


def own_pattern(run, length):
    shift, found, scanned = run.drawn(PATTERN), [], 0
    for n in range(length):
        word = run.drawn(PATTERN + n)
        if n < 2400 and word % 2:
            page = (word >> 8) % 32
        elif n < 2400:
            page, scanned = 32 + scanned % (OWN_PAGES - 32), scanned + 1
        elif n < 3800:
            page = 100 + n % (OWN + 6)
        else:
            page = 180 + (word >> 8) % 32 if word % 5 else (word >> 8) % OWN_PAGES
        found.append((page + shift) % OWN_PAGES)
    return found


def stream_pattern(first, last):
    return [page for cold in range(first, last) for page in [cold] + list(range(HOT))]


def short_pattern(count):
    fill = [page for cold in range(HOT, count)
            for page in [cold] + (list(range(HOT)) if cold % 16 == 0 else [])]
    again = [page for n in range(count)
             for page in [n * 701 % count] + (list(range(HOT)) if n % 16 == 0 else [])]
    return fill, again


# ---- where pages are ----

class Area:
    """Pages of a program at a checkpoint: where each is. pattern: the accesses up to there."""

    def __init__(self, run, c, pattern):
        first, count, accesses = c.words[:3]
        need(accesses == len(pattern), "the program made %d accesses, not %d" % (
            accesses, len(pattern)))
        self.run, self.frames, self.slots, self.last = run, {}, {}, {}
        self.c, self.first = c, first
        self.last.update((page, n) for n, page in enumerate(pattern))
        for page in range(count):
            va = first + page * PAGE
            entry = c.entry(va) or 0
            if entry & V:
                self.frames[page] = c.translate(va).pa
            elif entry & (IS_NONE | IS_SLOT) == IS_SLOT:
                self.slots[page] = entry >> 10 & (1 << 44) - 1
            need(entry or page not in self.last, "page %d, at 0x%x, was used, and is neither in "
                 "memory nor out" % (page, va), c.place(va))

    def check(self, disk=None):
        """Each page has what its last access has stored there."""
        for page, n in self.last.items():
            place = self.c.place(self.first + page * PAGE)
            wanted = self.run.drawn(n), self.run.drawn(n + HALF)
            if page in self.frames:
                pa = self.frames[page]
                need(self.run.is_memory(pa), "page %d lies at 0x%x, where there is no memory" % (
                    page, pa), place)
                found = self.run.ram.word(pa), self.run.ram.word(pa + PAGE - 8)
            elif disk is not None:
                at = self.slots[page] * PAGE
                found = tuple(int.from_bytes(disk[at + k:at + k + 8], "little")
                              for k in (0, PAGE - 8))
            else:
                continue
            need(found == wanted, "page %d, %s, has not what was stored there last" % (
                page, "in memory" if page in self.frames else "out"), place)

    def need_quota(self, frames):
        need(len(self.frames) <= frames, "%d pages are in memory, the quota is %d" % (
            len(self.frames), frames))


def named(pages):
    return " ".join(map(str, sorted(pages))) or "none"


# ---- the clock ----

def the_circle_is_the_textbooks(run):
    pattern = circle_pattern(run, 5 * ACCESSES)
    clock, at = traces.Clock(CIRCLE, RULES), 0
    for number in range(1, 6):
        c = run.checkpoint(number)
        for page in pattern[at:at + ACCESSES]:
            clock.use(page)
        at += ACCESSES
        area = Area(run, c, pattern[:at])
        area.need_quota(CIRCLE)
        there, wanted = set(area.frames), set(clock.circle)
        need(there == wanted, "after %d accesses, with %d frames, other pages are in memory than "
             "by the textbook's clock%s\nexpected, and not there: %s\nthere, and not expected: "
             "%s" % (
                 at, CIRCLE, " and your rules" if RULES else "", named(wanted - there),
                 named(there - wanted)))
        area.check(run.disk("swap"))
    run.ends_well()


def memory_is_short(run):
    c = run.checkpoint(1)
    fill, again = short_pattern(c.words[1])
    area = Area(run, c, fill)
    need(len(area.slots) > 500, "only %d pages are out" % len(area.slots))
    area.check(run.disk("swap"))
    area = Area(run, run.checkpoint(2), fill + again)
    area.check(run.disk("swap"))
    run.ends_well()


# ---- the student's own ----

def own_pages_come_back(run):
    pattern = own_pattern(run, 5400)
    for number in range(1, 7):
        area = Area(run, run.checkpoint(number), pattern[:900 * number])
        area.need_quota(OWN)
        area.check(run.disk("swap"))
    run.ends_well()


def what_is_used_stays(run):
    pattern, before = list(range(HOT)), None
    for number, (first, last) in enumerate(((HOT, 300), (300, 600), (600, 1000)), 1):
        pattern += stream_pattern(first, last)
        area = Area(run, run.checkpoint(number), pattern)
        area.need_quota(OWN)
        area.check(run.disk("swap"))
        missing = [page for page in range(HOT) if page not in area.frames]
        need(not missing, "pages 0 to %d were used after each other page, and are out now: %s" % (
            HOT - 1, named(missing)))
        moved = [page for page in range(HOT) if before and before[page] != area.frames[page]]
        need(not moved, "pages 0 to %d were used after each other page; these have been out "
             "meanwhile, for they are in other frames now: %s" % (HOT - 1, named(moved)))
        before = area.frames
    run.ends_well()


def own_costs_few_faults(run):
    """used: pages that were brought back, as the disk counts them."""
    pattern, first = own_pattern(run, 5400), run.disk_counters()["swap"]["read_bytes"]
    least = traces.exact_lru(pattern, OWN) - len(set(pattern))
    for number in range(1, 7):
        c = run.checkpoint(number)
        area = Area(run, c, pattern[:900 * number])
        area.need_quota(OWN)
        area.check()
    run.used = (run.disk_counters()["swap"]["read_bytes"] - first) // PAGE
    run.limit = int(BETTER * least)
    need(run.used <= run.limit, "%d pages were brought back; exact LRU would have brought back %d, "
         "the clock %d, and who knows the future %d; at most %d are allowed" % (
             run.used, least, traces.clock(pattern, OWN) - len(set(pattern)),
             traces.opt(pattern, OWN) - len(set(pattern)), run.limit))
    run.ends_well()


# ---- both ----

def nothing_is_lost(run):
    """Before and after: class by class the same number of frames, and as much charged."""
    run.loses_nothing("pages that are charged")
    run.ends_well()


def costs_little(limit):
    def test(run):
        begin = run.checkpoint(1).instructions
        run.used, run.limit = run.checkpoint(2).instructions - begin, limit
        need(run.used <= limit, "%d instructions, %d are allowed: are there many looks for each "
             "victim?" % (run.used, limit))
        run.ends_well()
    return test


# What counts on the machine are the same functions that the host stage has tried.
CLOCK = ("the hand goes round", "a second chance", "new pages are met last", "random steps")
OWN_TESTS = CLOCK + ("own: the lists stay whole",)
VIRTIO = {"ICOUNT": "0", "INSTRET": "1", "CPUS": "1"}       # QEMU counts what such disks do

TESTS = (
    Test("the circle of the textbook", "circle", "works", 6, "H", the_circle_is_the_textbooks,
         needs=CLOCK),
    Test("memory is short", "short", "works", 6, "H", memory_is_short, needs=CLOCK,
         settings={"POLICY": "clock"}),
    Test("own: pages come back", "own", "works", 4, "H", own_pages_come_back, needs=OWN_TESTS),
    Test("own: what is used stays", "hot", "works", 4, "H", what_is_used_stays, needs=OWN_TESTS),
    Test("own: fewer faults than LRU", "own", "works", 6, "H", own_costs_few_faults,
         needs=OWN_TESTS, settings=VIRTIO),
    Test("nothing is lost", "ledger", "nothing lost", 10, "K", nothing_is_lost,
         needs=("the circle of the textbook", "own: pages come back")),
    Test("the clock costs little", "turns", "counts", 5, "H", costs_little(TURNS_LIMIT),
         needs=("the circle of the textbook",)),
    Test("own: costs little", "stream", "counts", 5, "H", costs_little(STREAM_LIMIT),
         needs=("own: pages come back",)),
)
