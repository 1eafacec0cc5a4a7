"""The machine's tests of `inspect`: numbers that the call gives, beside what the hardware shows.

The page tables say how many pages there are, of which kind, and how many tables; the swap disk has
the pages that are out. How many pages the program takes is drawn from the run's nonce.
"""

import walk
from evidence import need
from machinestage import Test

ITEMS = 40                  # counters
WORDS = 2 + ITEMS + 2       # of a struct vm_stats
FAULT_ZERO, FAULT_ZERO_READ, PGOUT, SWAP_SLOTS_USED = 0, 1, 10, 17
FRAMES = 27                 # frames by class: free, kernel, page tables, stacks, slabs, ...
TABLES, ANONYMOUS = FRAMES + 2, FRAMES + 5
APART = 512 * 4096
QUOTA, REST = 200, 2300
COUNT_LIMIT = 31000000      # instructions; the reference needs 25.6 millions


class Stats:
    def __init__(self, words):
        self.version, self.size = words[:2]
        self.item = words[2:2 + ITEMS]
        self.resident, self.swapped = words[2 + ITEMS:]


class Facts:
    def __init__(self, run, number=1):
        self.c = run.checkpoint(number)
        words = self.c.words
        self.before, self.after = Stats(words[:WORDS]), Stats(words[WORDS:2 * WORDS])
        self.pages, self.stored, self.read, self.left = words[2 * WORDS:2 * WORDS + 4]
        for stats in (self.before, self.after):
            need(stats.version in (0, 1), "the version is %d" % stats.version)

    def more(self, item):
        return self.after.item[item] - self.before.item[item]


def need_same(what, said, seen):
    need(said == seen, "%s\nexpected: %d, as the hardware shows\nfound:    %d" % (what, seen, said))


def need_values(run, facts, count, apart=4096):
    for i in range(count):
        found = facts.c.translate(facts.pages + i * apart)
        need(found, "page %d is not mapped" % i, facts.c.place(facts.pages + i * apart))
        need(run.ram.word(found.pa) == run.drawn(1000 + i), "page %d has another value" % i,
             facts.c.place(facts.pages + i * apart))


def pages_are_counted(run):
    facts = Facts(run)
    c = facts.c
    need_values(run, facts, facts.stored)
    stored = [c.translate(facts.pages + i * 4096) for i in range(facts.stored)]
    need_same("fault_zero of this process: pages that it stored into first",
              facts.more(FAULT_ZERO), len({found.pa for found in stored}))
    read = [c.translate(facts.pages + (facts.stored + i) * 4096) for i in range(facts.read)]
    need(all(read) and len({found.pa for found in read}) == 1,
         "pages that were only read are not all in the zero page")
    need_same("fault_zero_read of this process: pages that it read first",
              facts.more(FAULT_ZERO_READ), len(read))
    need_same("private pages of this process that have come (resident)",
              facts.after.resident - facts.before.resident, len(stored))
    need(not any(c.translate(facts.pages + (facts.stored + facts.read + i) * 4096)
                 for i in range(facts.left)), "pages are mapped that nobody has touched")
    run.ends_well()


def tables_are_counted(run):
    facts = Facts(run)
    need_values(run, facts, facts.stored, APART)
    roots = set()
    for i in range(facts.stored):
        roots.add((facts.pages + i * APART) // APART)
    need_same("frames of page tables that have come", facts.more(TABLES), len(roots))
    need_same("anonymous frames that have come", facts.more(ANONYMOUS), facts.stored)
    need_same("free frames that have gone", -facts.more(FRAMES), facts.stored + len(roots))
    run.ends_well()


def swap_is_counted(run):
    facts = Facts(run)
    c, swapped, there = facts.c, 0, 0
    for i in range(facts.stored):
        found = c.translate(facts.pages + i * 4096)
        entry = c.entry(facts.pages + i * 4096)
        if found:
            there += 1
            need(run.ram.word(found.pa) == run.drawn(1000 + i), "page %d has another value" % i,
                 c.place(facts.pages + i * 4096))
        else:
            need(entry and entry & 512 and not entry & walk.V, "page %d is nowhere" % i,
                 c.place(facts.pages + i * 4096))
            swapped += 1
    need(there <= QUOTA, "%d pages are in memory, the quota is %d" % (there, QUOTA))
    need(swapped > QUOTA, "only %d pages are in swap" % swapped)
    need_same("pages of this process that are in swap", facts.after.swapped, swapped)
    need(there <= facts.after.resident <= QUOTA, "%d private pages are said to be in memory; "
         "there are %d of the test's alone, and the quota is %d" % (
             facts.after.resident, there, QUOTA))
    disk = run.disk("swap")
    out = sum(run.drawn(1000 + i).to_bytes(8, "little") in disk for i in range(facts.stored))
    need(facts.after.item[PGOUT] >= out > 0, "pgout of this process is %d, and %d of its pages are "
         "on the disk" % (facts.after.item[PGOUT], out))
    run.ends_well()


def calls_lose_nothing(run):
    facts = Facts(run)
    need(facts.left == 0, "%d calls had another result than they should" % facts.left)
    need_values(run, facts, REST)
    run.ends_well()


def calls_cost_little(run):
    begin = run.checkpoint(1).instructions
    c = run.checkpoint(2)
    run.used, run.limit = c.instructions - begin, COUNT_LIMIT
    need(run.used <= COUNT_LIMIT, "%d instructions, %d are allowed: is more looked at than need be?"
         % (run.used, COUNT_LIMIT))
    run.ends_well()


# What counts on the machine are the same functions that the host stage has tried.
HOST = ("sums", "the whole machine", "pages of one process", "one process", "the call",
        "what is printed")

TESTS = (
    Test("pages are counted", "pages", "works", 9, "H", pages_are_counted, needs=HOST),
    Test("tables are counted", "tables", "works", 9, "H", tables_are_counted, needs=HOST),
    Test("swap is counted", "swap", "works", 8, "H", swap_is_counted, needs=HOST),
    Test("calls lose nothing", "calls", "nothing lost", 10, "H", calls_lose_nothing,
         needs=("pages are counted",)),
    Test("calls cost little", "counts", "counts", 10, "H", calls_cost_little,
         needs=("pages are counted", "tables are counted")),
)
