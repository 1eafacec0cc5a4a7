"""The machine's tests of `pagetable`: tables read from satp at the checkpoints of machine.c."""

import walk
from evidence import need
from machinestage import Test

LEVELS = {"sv39": 3, "sv48": 4, "sv57": 5}
PAGE = 4096
MOST = 2000                 # tables of a space: ten times what the program needs
MUST, MAY = walk.V | walk.R | walk.U, walk.A | walk.D
GAPS_LIMIT, TURNS_LIMIT = 1950000, 480000     # the reference: 1,626,600 and 399,400


def span(level):
    return PAGE << 9 * level


class Space:
    """The user half of the tables behind satp, all of it.

    tables: {(level, where its span begins): frame address}; leaf: {va: entry}, empty ones left out.
    """

    def __init__(self, run, c, may_be_empty=False):
        self.run, self.c = run, c
        self.tables, self.leaf, self.frames = {}, {}, {}
        root = (c.satp & walk.FRAME_NUMBER) << 12
        todo = [(c.levels - 1, 0, root)]
        while todo:
            level, base, frame = todo.pop()
            self.take(level, base, frame)
            entries = run.ram.table(frame)[:256 if level == c.levels - 1 else 512]
            used = [(i, entry) for i, entry in enumerate(entries) if entry]
            for i, entry in used:
                va = base + i * span(level)
                if level == 0:
                    self.leaf[va] = entry
                    continue
                need(entry & walk.V and not walk.is_leaf(entry),
                     "the entry of level %d for 0x%x is 0x%x: neither empty nor a table's"
                     % (level, va, entry), c.place(va))
                need(entry == entry >> 10 << 10 | walk.V,
                     "the entry of level %d for 0x%x is 0x%x: a table's entry has the frame's "
                     "number and V, and nothing else" % (level, va, entry), c.place(va))
                todo.append((level - 1, va, walk.pa_of(entry)))
            need(used or may_be_empty or level == c.levels - 1,
                 "the table of level %d for 0x%x is empty: nobody needs it" % (level, base),
                 c.place(base))

    def take(self, level, base, frame):
        name = "the table of level %d for 0x%x" % (level, base)
        need(self.run.is_memory(frame), "%s lies at 0x%x, where there is no memory" % (name, frame),
             self.c.place(base))
        need(frame not in self.frames, "frame 0x%x is %s, and %s, too" % (
            frame >> 12, self.frames.get(frame), name), self.c.place(base))
        need(len(self.frames) < MOST, "there are more than %d tables" % MOST)
        self.frames[frame] = name
        self.tables[level, base] = frame

    def page(self, va):
        """The frame's address of a page that must be there, and its entry."""
        entry = self.leaf.get(va, 0)
        need(entry & walk.V, "0x%x: the leaf entry is 0x%x: the page is not mapped" % (va, entry),
             self.c.place(va))
        found = self.c.translate(va)
        need(found and found.level == 0, "0x%x: the hardware finds no page of 4 KiB" % va)
        return found.pa, entry

    def need_values(self, va, i):
        frame, entry = self.page(va)
        need(self.run.is_memory(frame), "0x%x lies at 0x%x, where there is no memory" % (va, frame))
        other = self.frames.setdefault(frame, "the page 0x%x" % va)
        need(other == "the page 0x%x" % va, "frame 0x%x is the page 0x%x, and %s, too" % (
            frame >> 12, va, other))
        ram = self.run.ram
        need((ram.word(frame), ram.word(frame + 4088)) ==
             (self.run.drawn(2 * i), self.run.drawn(2 * i + 1)),
             "0x%x, in frame 0x%x, has not the values that were written" % (va, frame >> 12))
        return entry


def need_bits(va, entry, expected):
    need(entry & 0x3ff & ~MAY == expected and not entry >> 54,
         "0x%x: the leaf entry is 0x%x; V, R, W, X, U and G must be 0x%x" % (va, entry, expected))


def a_sparse_map(run):
    """Each page in its place with its value; tables with V alone, and none more than are needed."""
    c = run.checkpoint(1)
    levels = LEVELS[run.machine.settings["PAGING"]]
    need(c.levels == levels, "satp says %d levels, not %d" % (c.levels, levels))
    space, i, ours = Space(run, c), 0, 0
    for at in range(0, len(c.words), 3):
        va, count, is_written = c.words[at:at + 3]
        for page in range(va, va + count * PAGE, PAGE):
            if is_written:
                need_bits(page, space.need_values(page, i), MUST | walk.W)
            else:
                frame, entry = space.page(page)
                need_bits(page, entry, MUST)
                need(run.ram.read(frame, PAGE) == bytes(PAGE),
                     "0x%x was never written, and is not zero" % page)
            i, ours = i + 1, ours + 1
    need(ours >= 40, "the program says that it has %d pages" % ours)
    for va, entry in space.leaf.items():
        need(entry & walk.U and not entry & walk.G and not walk.is_broken(entry, 0),
             "0x%x: the leaf entry 0x%x is none of a user's page" % (va, entry))
    run.ends_well()


def wide_changes(run):
    """What is done to a large area reaches each of its pages, and no other."""
    before = None
    for number in (1, 2, 3, 4):
        c = run.checkpoint(number)
        space = Space(run, c, number == 4)
        hole, pages = c.words[:2], c.words[2:]
        need(sum(map(bool, pages)) > 40, "the program says that it has few pages")
        for i, va in enumerate(pages):
            if va and number == 4 and hole[0] <= va < hole[1]:
                need(va not in space.leaf, "0x%x was unmapped, and its entry is 0x%x" % (
                    va, space.leaf.get(va, 0)))
            elif va:
                need_bits(va, space.need_values(va, i), MUST | (walk.W if number == 1 else 0))
        if number == 3:
            need(c.satp != before, "the child has its parent's page table")
        before = c.satp
    run.ends_well()


def nothing_is_lost(run):
    """The ledger and the charges, before and after."""
    run.loses_nothing("charged pages")
    run.ends_well()


def gaps_cost_little(run):
    """Instructions between two checkpoints."""
    counts = [run.checkpoint(number).instructions for number in (1, 2, 3, 4)]
    gaps, turns = counts[1] - counts[0], counts[3] - counts[2]
    run.used, run.limit = gaps + turns, GAPS_LIMIT + TURNS_LIMIT
    need(gaps <= GAPS_LIMIT, "changes of areas with gaps: %d instructions, %d are allowed: is a "
         "gap passed in one step?" % (gaps, GAPS_LIMIT))
    need(turns <= TURNS_LIMIT, "pages of two leaf tables by turns: %d instructions, %d are allowed"
         % (turns, TURNS_LIMIT))
    run.ends_well()


# What counts on the machine are the same page tables that the host stage has tried.
HOST = ("entries", "walking", "finding", "next tables", "tables for an area", "random steps")


def paging(mode):
    return {"PAGING": mode}


TESTS = (
    Test("Sv39: pages far apart", "sv39", "works", 6, "H", a_sparse_map, HOST, paging("sv39")),
    Test("Sv48: pages far apart", "sv48", "works", 6, "H", a_sparse_map, HOST, paging("sv48")),
    Test("Sv57: pages far apart", "sv57", "works", 7, "H", a_sparse_map, HOST, paging("sv57")),
    Test("changes of a wide area", "wide", "works", 7, "H", wide_changes, HOST, paging("sv48")),
    Test("nothing is lost", "ledger", "nothing lost", 10, "K", nothing_is_lost,
         ("Sv57: pages far apart",), paging("sv57")),
    Test("gaps cost little", "counts", "counts", 10, "H", gaps_cost_little,
         ("changes of a wide area",), paging("sv57")),
)
