"""The machine's tests of `cow`: what the hardware shows at the checkpoints of machine.c."""

import walk
from evidence import need
from machinestage import Test

PAGES, MANY, QUOTA = 64, 700, 260
COUNT_LIMIT = 4700000       # instructions; the reference needs 3.9 millions
PARENT, LATER, CHILD, GRANDCHILD = 1, 2, 3, 4


def values(run, round_, i):
    """The first and the last word of page i, into which was stored in that round last."""
    return run.drawn(round_ << 32 | 2 * i), run.drawn(PARENT << 32 | 2 * i + 1)


class Pages:
    """The pages of the program, as the tables of the process at a checkpoint show them."""

    def __init__(self, run, number, whose, count=PAGES):
        self.run, self.whose = run, whose
        c = self.c = run.checkpoint(number)
        self.first, self.count = c.words[:2]
        need(self.count == count, "the program says that it has %d pages" % self.count)
        self.found = [c.translate(self.first + i * 4096) for i in range(count)]

    def place(self, i):
        return self.c.place(self.first + i * 4096)

    def frame(self, i):
        found = self.found[i]
        need(found, "page %d of %s is not mapped" % (i, self.whose), self.place(i))
        need(self.run.is_memory(found.pa), "page %d of %s lies at 0x%x, where there is no memory" %
             (i, self.whose, found.pa), self.place(i))
        return found.pa >> 12

    def frames(self):
        return [self.frame(i) for i in range(self.count)]

    def need_value(self, i, round_, why):
        frame = self.frame(i)
        got = self.run.ram.word(frame << 12), self.run.ram.word((frame << 12) + 4088)
        first, last = values(self.run, round_, i)
        need(got[0] == first, "page %d of %s: %s" % (i, self.whose, why), self.place(i))
        need(got[1] == last, "page %d of %s: its last word, into which nobody has stored since the "
             "fork, is another one: was all of the page copied?" % (i, self.whose), self.place(i))

    def need_read_only(self, i):
        need(not self.found[i].entry & walk.W, "page %d of %s is shared, and its entry 0x%x allows "
             "stores" % (i, self.whose, self.found[i].entry), self.place(i))

    def need_writable(self, i):
        need(self.found[i].entry & walk.W, "page %d of %s was stored into, and its entry 0x%x does "
             "not allow that" % (i, self.whose, self.found[i].entry), self.place(i))


def need_shared(child, parent, pages):
    for i in pages:
        need(child.frame(i) == parent.frame(i), "page %d, which nobody has changed since fork, is "
             "in frame 0x%x for the parent and in 0x%x for the child" % (
                 i, parent.frame(i), child.frame(i)), child.place(i), parent.place(i))
        child.need_read_only(i)
        parent.need_read_only(i)


def need_apart(pages):
    """No two pages of a space are in one frame."""
    frames = {}
    for i, frame in enumerate(pages.frames()):
        other = frames.setdefault(frame, i)
        need(other == i, "frame 0x%x is page %d of %s, and page %d too" % (
            frame, other, pages.whose, i), pages.place(i), pages.place(other))


def a_fork_shares(run):
    child = Pages(run, 1, "the child")
    for i in range(PAGES):
        child.need_value(i, PARENT, "it has not the values that the parent wrote before the fork")
    need_apart(child)
    parent = Pages(run, 2, "the parent")
    need_shared(child, parent, range(PAGES))
    for i in range(PAGES):
        parent.need_value(i, PARENT, "it has lost its values by a fork")
    run.ends_well()


def stores_part_them(run):
    child = Pages(run, 1, "the child")
    quarter = PAGES // 4
    for i in range(PAGES):
        its = quarter <= i < 2 * quarter
        child.need_value(i, CHILD if its else PARENT, "it has not what the child stored" if its else
                         "the child sees another value than at the fork%s" % (
                             ": the parent's store, right after it, was let through"
                             if i < quarter else ""))
    need_apart(child)
    parent = Pages(run, 2, "the parent")
    for i in range(PAGES):
        parent.need_value(i, LATER if i < quarter else PARENT,
                          "it has not what the parent stored" if i < quarter else
                          "the parent's value is gone")
    need_shared(child, parent, range(2 * quarter, PAGES))
    for i in range(2 * quarter):
        need(child.frame(i) != parent.frame(i), "page %d was stored into by one of them, and both "
             "show frame 0x%x" % (i, child.frame(i)), child.place(i))
        (parent if i < quarter else child).need_writable(i)
    need_apart(parent)
    run.ends_well()


def the_last_one_keeps_the_frame(run):
    before = Pages(run, 1, "the parent")
    frames = before.frames()
    later = Pages(run, 2, "the parent")
    for i in range(PAGES):
        if i % 2 == 0:
            need(later.frame(i) == frames[i], "page %d: the child had a copy of its own already, "
                 "and the parent's store moved the parent's page to another frame" % i,
                 later.place(i))
            later.need_value(i, LATER, "it has not what the parent stored")
            later.need_writable(i)
        else:
            need(later.frame(i) == frames[i], "page %d moved, and nobody stored into it" % i,
                 later.place(i))
            later.need_read_only(i)
            later.need_value(i, PARENT, "the parent's value is gone")
    last = Pages(run, 3, "the parent")
    for i in range(PAGES):
        need(last.frame(i) == frames[i], "page %d: no other process is left, and a store moved it "
             "to another frame" % i, last.place(i))
        last.need_value(i, LATER, "it has not what the parent stored")
        last.need_writable(i)
    run.ends_well()


def need_all_values(run, number, whose, rounds):
    """rounds: (i % 4): who stored last. A page is in memory, or its values are on the swap disk."""
    pages = Pages(run, number, whose, MANY)
    swap = None
    there = sum(found is not None for found in pages.found)
    need(there <= QUOTA, "%d pages of %s are in memory, its quota is %d" % (there, whose, QUOTA))
    for i in range(MANY):
        round_ = rounds.get(i % 4, PARENT)
        if pages.found[i] is not None:
            pages.need_value(i, round_, "it has not the value that it had when it went to swap"
                             if round_ == PARENT else "it has not what this process stored")
            continue
        swap = run.disk("swap") if swap is None else swap
        low, high = values(run, round_, i)
        at = swap.find(low.to_bytes(8, "little"))
        while at >= 0 and at % 4096:
            at = swap.find(low.to_bytes(8, "little"), at + 1)
        need(at >= 0 and int.from_bytes(swap[at + 4088:at + 4096], "little") == high,
             "page %d of %s is neither in memory nor on the swap disk" % (i, whose),
             pages.place(i))


def shared_pages_go_to_swap(run):
    need_all_values(run, 1, "the grandchild", {3: GRANDCHILD})
    need_all_values(run, 2, "the child", {2: CHILD})
    need_all_values(run, 3, "the parent", {1: LATER})
    run.ends_well()


def nothing_is_lost(run):
    """The ledger, before and after: class by class the same number of frames."""
    run.loses_nothing()
    run.ends_well()


def forks_cost_little(run):
    begin = run.checkpoint(1).instructions
    c = run.checkpoint(2)
    run.used, run.limit = c.instructions - begin, COUNT_LIMIT
    need(run.used <= COUNT_LIMIT, "%d instructions, %d are allowed: is more copied, or looked at, "
         "than need be?" % (run.used, COUNT_LIMIT))
    run.ends_well()


# What counts on the machine are the same functions that the host stage has tried.
HOST = ("fork shares", "the last owner keeps the page", "the copy", "random steps")

TESTS = (
    Test("a fork shares frames", "share", "works", 6, "H", a_fork_shares, needs=HOST),
    Test("stores part them", "part", "works", 8, "H", stores_part_them, needs=HOST),
    Test("the last one keeps the frame", "keep", "works", 6, "H", the_last_one_keeps_the_frame,
         needs=HOST),
    Test("shared pages go to swap", "swap", "works", 6, "H", shared_pages_go_to_swap, needs=HOST),
    Test("nothing is lost", "ledger", "nothing lost", 10, "K", nothing_is_lost,
         needs=("stores part them",)),
    Test("forks cost little", "counts", "counts", 10, "H", forks_cost_little,
         needs=("stores part them", "the last one keeps the frame")),
)
