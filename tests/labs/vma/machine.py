"""The machine's tests of `vma`: what the hardware shows at the checkpoints of machine.c."""

import walk
from evidence import Failed, need
from machinestage import Test

PAGE = 4096
# kernel/vm/mapping/mm.h: the end of what all modes map, less the stack's limit and its guard.
TOP = ((1 << 38) - (1 << 20) - (256 << 10) - (64 << 10)) // PAGE
COUNT_LIMIT = 2250000       # instructions; the reference needs 1.87 millions
MAP, UNMAP, PROTECT = range(3)
NONE, READ, RW = 0, 1, 3
DATA_PAGES, DATA = 12, 0xda7a00
FIRST = 4                   # page of the file, of the private mapping


def value(run, round_, n):
    return run.drawn((round_ << 40) + n)


class Facts:
    """struct facts."""

    def __init__(self, c):
        words = c.words
        self.region, self.pages, self.result = words[:4], words[4:8], words[8]
        steps = words[10:10 + 5 * words[9]]
        need(len(steps) == 5 * words[9], "the program says that it did %d steps" % words[9])
        self.steps = [steps[i:i + 5] for i in range(0, len(steps), 5)]


def page_at(c, page, what):
    """The Translation of that page, which has to be there."""
    found = c.translate(page * PAGE)
    need(found, "%s, at 0x%x, is not mapped" % (what, page * PAGE))
    need(found.level == 0 and c.run.is_memory(found.pa),
         "%s, at 0x%x, leads to 0x%x" % (what, page * PAGE, found.pa))
    return found


# ---- gaps ----

def highest_gap(used, length):
    """Where the highest place for `length` pages below TOP begins; used: a set of pages."""
    run = 0
    for page in range(TOP - 1, TOP - 1 - 2 * len(used) - 2 * length, -1):
        run = 0 if page in used else run + 1
        if run == length:
            return page
    return None


def replay(used, steps):
    """Follows the steps; used: {page: round that has filled it}. Each map is in the highest gap."""
    for number, (kind, start, pages, round_, result) in enumerate(steps, 1):
        need(result == 0, "step %d, munmap of %d pages at 0x%x, failed" % (
            number, pages, start * PAGE))
        if kind == UNMAP:
            for page in range(start, start + pages):
                used.pop(page, None)
            continue
        gap = highest_gap(used, pages)
        need(start == gap, "mmap of %d pages gave 0x%x; the highest gap that is large enough "
             "is at 0x%x" % (pages, start * PAGE, gap * PAGE))
        used.update((page, round_) for page in range(start, start + pages))


def check_used(run, c, used):
    """The page tables show these pages below TOP, with their values, and no other."""
    there = {va // PAGE: found for va, found in c.leaves((min(used) - 64) * PAGE, TOP * PAGE - 1)}
    more = sorted(set(there) - set(used))
    need(not more, "0x%x is mapped, where nothing should be" % ((more + [0])[0] * PAGE))
    frames = {}
    for page, round_ in used.items():
        found = page_at(c, page, "a page that was filled")
        other = frames.setdefault(found.pa, page)
        need(other == page, "0x%x and 0x%x are one frame" % (page * PAGE, other * PAGE))
        need(run.ram.word(found.pa) == value(run, round_, page),
             "0x%x has not the value that was written" % (page * PAGE))


def addresses_are_gaps(run):
    """Regions come and go; each that comes is in the highest gap, says the walk."""
    c = run.checkpoint(1)
    first, used = Facts(c), {}
    replay(used, first.steps)
    check_used(run, c, used)
    c = run.checkpoint(2)
    replay(used, Facts(c).steps[len(first.steps):])
    check_used(run, c, used)
    run.ends_well()


# ---- holes, protections, files ----

def protections(facts, region):
    """What each page of the region is after the steps: NONE, READ, RW, or None for a hole."""
    first, count = facts.region[region], facts.pages[region]
    now = dict.fromkeys(range(first, first + count), RW)
    for kind, start, pages, prot, result in facts.steps:
        if start not in now:
            continue
        pages_ = range(start, start + pages)
        has_hole = any(now[page] is None for page in pages_)
        refused = kind == PROTECT and has_hole
        need((result != 0) == refused, "%s of %d pages at 0x%x %s" % (
            ("mmap", "munmap", "mprotect")[kind], pages, start * PAGE,
            "was not refused, though there is a hole" if refused else "failed"))
        for page in pages_ if not refused else ():
            now[page] = None if kind == UNMAP else prot
    return [now[page] for page in range(first, first + count)]


def check_access(c, page, prot):
    """The entry says what the page's area allows; of a hole, and without access, it maps nothing.
    Returns: the Translation, or None."""
    what = "page 0x%x" % (page * PAGE)
    found = c.translate(page * PAGE)
    if prot is None or prot == NONE:
        need(found is None, "%s is mapped, and should %s" % (
            what, "be a hole" if prot is None else "allow nothing"))
        if prot is None:
            need(not c.entry(page * PAGE), "%s is a hole, and its entry is not empty" % what)
        return None
    found = page_at(c, page, what)
    need(found.entry & walk.R and found.entry & walk.U, "%s cannot be read" % what)
    if prot == READ:
        need(not found.entry & walk.W, "%s can be written, and should be read-only" % what)
    return found


def holes_and_borders(run):
    """Parts of a region went or are protected; the others have their values, and new ones."""
    c = run.checkpoint(1)
    facts = Facts(c)
    first, now = facts.region[0], protections(facts, 0)
    before = [value(run, 1, i) if i % 2 == 0 else 0 for i in range(len(now))]
    for i, prot in enumerate(now):
        found = check_access(c, first + i, prot)
        if found:
            expected = [before[i], value(run, 2, i) if prot == RW else 0]
            need([run.ram.word(found.pa), run.ram.word(found.pa + 8)] == expected,
                 "page 0x%x has not the values that were written" % ((first + i) * PAGE))
            need(prot == READ or found.entry & walk.W, "0x%x cannot be written" % (
                (first + i) * PAGE))
    c = run.checkpoint(2)
    later = Facts(c)
    need(later.result == 0, "%d children live that touched a hole, or stored into what is "
         "read-only" % later.result)
    after = protections(later, 0)
    for i, prot in enumerate(after):
        need((prot is None) == (now[i] is None), "the program's steps are strange")
        found = check_access(c, first + i, prot)
        if found:
            expected = [before[i], value(run, 2, i) if now[i] == RW else 0, value(run, 3, i)]
            need([run.ram.word(found.pa + 8 * w) for w in range(3)] == expected,
                 "page 0x%x, which may be written again, has not kept its values"
                 % ((first + i) * PAGE))
    run.ends_well()


def check_file_page(run, pa, number, shared, private, page):
    """One page of the file by its number, with what was stored into its words 5 and 4. A private
    copy may have been made before the store into the page of the file, or after (None)."""
    expected = {0: value(run, 1, number), 511: value(run, 2, number), 4: private, 5: shared}
    for word, wanted in expected.items():
        need(wanted is None or run.ram.word(pa + 8 * word) == wanted,
             "0x%x shows the file, and has not what page %d of the file has" % (
                 page * PAGE, number))


def bytes_of_a_file(run):
    """Two mappings of a file in pieces, and the program's own data: each piece shows its part."""
    c = run.checkpoint(1)
    facts = Facts(c)
    private, shared, data, zeros = (protections(facts, region) for region in range(4))
    frames = {}
    for i, prot in enumerate(shared):
        page = facts.region[1] + i
        found = check_access(c, page, prot)
        if found:
            check_file_page(run, found.pa, i, value(run, 4, i) if prot == RW else 0, 0, page)
            frames[i] = found.pa
    for i, prot in enumerate(private):
        page, number = facts.region[0] + i, FIRST + i
        found = check_access(c, page, prot)
        if not found:
            continue
        if prot == READ and number in frames:
            need(found.pa == frames[number], "0x%x and 0x%x show page %d of the file, and not in "
                 "one frame" % (page * PAGE, (facts.region[1] + number) * PAGE, number))
        if prot == RW:
            need(found.pa not in frames.values(), "0x%x is private, was stored into, and is a "
                 "page of the file" % (page * PAGE))
        check_file_page(run, found.pa, number, None, value(run, 3, i) if prot == RW else 0, page)
    for region, part in ((2, data), (3, zeros)):
        for i, prot in enumerate(part):
            page = facts.region[region] + i
            found = check_access(c, page, prot)
            expected = [DATA + i if region == 2 else 0,
                        value(run, 3 + region, i) if prot == RW else 0]
            need([run.ram.word(found.pa), run.ram.word(found.pa + 8 * (4 + region))] == expected,
                 "page %d of the program's %s, at 0x%x, is not what the program's file says" % (
                     i, "data" if region == 2 else "zeros", page * PAGE))
    run.ends_well()


# ---- the rest ----

def neighbours_become_one(run):
    """With little left to promise, hundreds of areas come to be, which have to merge."""
    c = run.checkpoint(1)
    facts = Facts(c)
    need(facts.result == 0, "%d calls have failed: do areas that are alike become one again? Each "
         "16 areas take a frame, and only %d are left" % (facts.result, 5))
    zero = set()
    for region in range(3):
        for i in range(facts.pages[region]):
            found = check_access(c, facts.region[region] + i, READ)
            if region != 1:
                zero.add(found.pa & -PAGE)
    need(len(zero) == 1 and not any(run.ram.read(zero.pop(), PAGE)),
         "memory that was read only is not the page of zeros")
    run.ends_well()


def nothing_is_lost(run):
    """The ledger, before and after: class by class the same number of frames."""
    run.loses_nothing("promised, and what went wrong")
    run.ends_well()


def searches_cost_little(run):
    """Instructions between two checkpoints, in a space of 1,500 areas."""
    begin = run.checkpoint(1).instructions
    c = run.checkpoint(2)
    need(Facts(c).result == 0, "mprotect() failed")
    run.used, run.limit = c.instructions - begin, COUNT_LIMIT
    need(run.used <= COUNT_LIMIT, "%d instructions, %d are allowed: is there a walk over all "
         "areas?" % (run.used, COUNT_LIMIT))
    run.ends_well()


# What counts on the machine is the same tree that the host stage has tried.
HOST = ("finding an area", "areas around a range", "the highest gap", "merging", "splitting",
        "random steps")

TESTS = (
    Test("addresses are the highest gaps", "gaps", "works", 8, "H", addresses_are_gaps,
         needs=HOST),
    Test("holes and borders", "holes", "works", 7, "H", holes_and_borders, needs=HOST),
    Test("bytes of a file after a split", "file", "works", 6, "H", bytes_of_a_file, needs=HOST),
    Test("neighbours become one", "promise", "works", 5, "N", neighbours_become_one, needs=HOST),
    Test("nothing is lost", "ledger", "nothing lost", 10, "K", nothing_is_lost,
         needs=("neighbours become one",)),
    Test("searches cost little", "counts", "counts", 10, "H", searches_cost_little,
         needs=("addresses are the highest gaps",)),
)
