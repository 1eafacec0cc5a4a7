"""The machine's tests of `fault`: what the hardware shows at the checkpoints of machine.c."""

import walk
from evidence import need
from machinestage import Test

PAGE = 4096
REGIONS, REGION_PAGES = 4, 60
LOADED, STORED, LATER = 1, 2, 4
COUNT_LIMIT = 3450000       # instructions; the reference needs 2.89 millions


def value(run, round_, n):
    return run.drawn((round_ << 40) + n)


class Facts:
    """struct facts."""

    def __init__(self, c):
        words = c.words
        need(len(words) == 2 * REGIONS + 2 + REGIONS * REGION_PAGES, "the facts are not whole")
        self.c, self.region, self.pages = c, words[:REGIONS], words[REGIONS:2 * REGIONS]
        self.wrong, self.value = words[2 * REGIONS:2 * REGIONS + 2]
        rest = words[2 * REGIONS + 2:]
        self.done = [rest[i * REGION_PAGES:(i + 1) * REGION_PAGES] for i in range(REGIONS)]

    def va(self, region, i):
        return self.region[region] + i * PAGE

    def each(self, region):
        """(number, address, what was done) of its pages."""
        return [(i, self.va(region, i), self.done[region][i]) for i in range(self.pages[region])]


def must_be_absent(c, va, why):
    need(c.translate(va) is None, "0x%x is mapped, and %s" % (va, why))
    need(not c.entry(va), "the entry of 0x%x is not empty, and %s" % (va, why))


def page_at(c, va, why):
    """The Translation of the page, which has to be there for a user."""
    found = c.translate(va)
    need(found, "0x%x is not mapped, and %s" % (va, why))
    need(found.level == 0 and found.entry & walk.U and c.run.is_memory(found.pa),
         "0x%x leads to 0x%x, by the entry 0x%x" % (va, found.pa, found.entry))
    return found


def check_words(run, va, found, expected):
    """expected: {index of word: value}; all other words are 0."""
    words = [int.from_bytes(run.ram.read(found.pa, PAGE)[i:i + 8], "little")
             for i in range(0, PAGE, 8)]
    for i, word in enumerate(words):
        wanted = expected.get(i, 0)
        need(word == wanted, "word %d of the page at 0x%x is 0x%x, and should be %s" % (
            i, va, word, "0x%x" % wanted if wanted else "0"))


class Memory:
    """What anonymous pages show, over one or several regions: the zero page, and own frames."""

    def __init__(self, run):
        self.run, self.zero, self.frames = run, None, {}

    def check_zero(self, va, found, also=0):
        """Mapped for reading, with the one page of zeros."""
        need(found.entry & walk.R and not found.entry & walk.W, "0x%x was only read: its entry "
             "0x%x should allow loads, and no stores" % (va, found.entry))
        need(found.entry & also == also, "the entry 0x%x of 0x%x lacks what its area allows" % (
            found.entry, va))
        frame = found.pa & -PAGE
        self.zero = self.zero or frame
        need(frame == self.zero, "0x%x was only read, and is in a frame of its own: frame 0x%x, "
             "and others in 0x%x" % (va, frame >> 12, self.zero >> 12))
        check_words(self.run, va, found, {})

    def check_own(self, va, found, expected):
        """A frame of its own, which may be written; {index of word: value}, else zeros."""
        need(found.entry & walk.W and found.entry & walk.R, "0x%x was stored into, and its entry "
             "0x%x does not allow that" % (va, found.entry))
        frame = found.pa & -PAGE
        need(frame != self.zero, "0x%x was stored into, and is the page of zeros" % va)
        other = self.frames.setdefault(frame, va)
        need(other == va, "0x%x and 0x%x are in one frame" % (va, other))
        check_words(self.run, va, found, expected)

    def check(self, facts, region, round_, also=0):
        """Pages of which each is as it was loaded, stored into, or left alone."""
        for i, va, done in facts.each(region):
            if not done:
                must_be_absent(facts.c, va, "was not touched yet")
                continue
            found = page_at(facts.c, va, "was touched")
            if done & STORED:
                self.check_own(va, found, {7: value(self.run, round_, i)})
            else:
                self.check_zero(va, found, also)


def pages_come_when_touched(run):
    """Some pages were loaded, some stored into, some neither; then a child stores."""
    facts = Facts(run.checkpoint(1))
    c, memory = facts.c, Memory(run)
    memory.check(facts, 0, 1)
    memory.check(facts, 1, 2)
    memory.check(facts, 2, 0, also=walk.X)
    need(facts.wrong == 0, "the program's functions do not lie as they should")
    for _, va, done in facts.each(3):
        if done:
            found = page_at(c, va, "has code that was run")
            need(found.entry & walk.X and not found.entry & walk.W,
                 "the entry 0x%x is not of code" % found.entry)
        else:
            must_be_absent(c, va, "has code that was never run")
    parents = {va: c.translate(va) for _, va, _ in facts.each(1)}
    check_child(run, facts, parents, memory)
    facts = Facts(run.checkpoint(3))
    need(facts.wrong == 0, "the child did not end well")
    again = Memory(run)
    again.zero = memory.zero
    for i, va, done in facts.each(1):
        found = facts.c.translate(va)
        if done & STORED:
            found = page_at(facts.c, va, "was stored into")
            check_words(run, va, found, {7: value(run, 2, i)})
        elif done:
            again.check_zero(va, page_at(facts.c, va, "was read"))
        else:
            need(not found, "0x%x is mapped, and was never touched" % va)
    run.ends_well()


def check_child(run, facts, parents, memory):
    """The child has stored into each second page of region 1."""
    c = run.checkpoint(2)
    own = Memory(run)
    own.zero = memory.zero
    for i, va, done in facts.each(1):
        parent = parents[va]
        if i % 2 == 0:
            found = page_at(c, va, "the child has stored into it")
            own.check_own(va, found, {7: value(run, 3, i)})
            need(not parent or found.pa != parent.pa, "the child has stored into 0x%x, and has "
                 "its parent's frame" % va)
        elif done & STORED:
            found = page_at(c, va, "its parent has it")
            need(found.pa == parent.pa and not found.entry & walk.W,
                 "the child has not stored into 0x%x, and does not share its parent's frame" % va)
        elif done:
            own.check_zero(va, page_at(c, va, "its parent has read it"))
        else:
            must_be_absent(c, va, "was touched neither by the child nor by its parent")


def each_kind(run):
    """A file's pages, private and shared, and pages that were in swap."""
    facts = Facts(run.checkpoint(1))
    c = facts.c
    files = {}
    for i, va, done in facts.each(1):
        found = c.translate(va)
        need(found or not done, "0x%x is not mapped, and was touched" % va)
        if not found:
            continue
        files[i] = found.pa
        need(not done & STORED or found.entry & walk.W,
             "0x%x was stored into, and its entry 0x%x does not allow that" % (va, found.entry))
        check_words(run, va, found, {
            0: value(run, 10, i), 511: value(run, 11, i),
            7: value(run, 2, i) if done & STORED else 0})
    shared = facts.done[1]
    for i, va, done in facts.each(0):
        found = c.translate(va)
        need(found or not done, "0x%x is not mapped, and was touched" % va)
        if not found:
            continue
        is_own = bool(done & STORED)
        if i in files:
            need((found.pa != files[i]) == is_own, "0x%x, private, %s, and is %sin the file's "
                 "frame" % (va, "was stored into" if is_own else "was only read",
                            "" if is_own else "not "))
        need(bool(found.entry & walk.W) == is_own, "0x%x, private, has the entry 0x%x" % (
            va, found.entry))
        word = value(run, 1, i) if is_own else value(run, 2, i) if shared[i] & STORED else 0
        check_words(run, va, found, {0: value(run, 10, i), 511: value(run, 11, i), 7: word})
    facts, frames = Facts(run.checkpoint(2)), set()
    need(facts.wrong == 0, "%d words were not what they should, in a space that has to swap"
         % facts.wrong)
    for i, va, done in facts.each(2):
        found = page_at(facts.c, va, "was read at the end")
        need(found.pa not in frames, "0x%x shares its frame with another page" % va)
        frames.add(found.pa)
        check_words(run, va, found, {7: value(run, 4, i),
                                     9: value(run, 5, i) if done & LATER else 0})
    run.ends_well()


def stack_grows(run):
    """Pages of the stack that were touched are there; between and below them is nothing."""
    def check(number):
        facts = Facts(run.checkpoint(number))
        need(facts.wrong == 0, "%d children live that touched what is not theirs: below the "
             "stack's pointer, or its limit" % facts.wrong)
        memory = Memory(run)
        for i, va, done in facts.each(0):
            if not done:
                must_be_absent(facts.c, va, "is a page of the stack that was not touched yet")
                continue
            found = page_at(facts.c, va, "was touched, at the stack's pointer")
            if done & STORED:
                need(found.entry & walk.R, "0x%x cannot be read" % va)
                check_words(run, va, found, {7: value(run, 1, i)})
            else:
                memory.check_zero(va, found)
        for i in range(1, 20):
            must_be_absent(facts.c, facts.va(0, -i), "lies below the limit of the stack")
        return facts
    check(1)
    check(2)
    facts = check(3)
    need(facts.done[0][0] == LOADED, "the program has not come to its limit")
    run.ends_well()


def bad_accesses_kill(run):
    """No child lives, each is told why it ended, and no page came by what it did."""
    facts = Facts(run.checkpoint(1))
    need(facts.wrong == 0, "%d children live that did what they must not, or were killed for "
         "another reason" % facts.wrong)
    for region in (1, 3):
        for _, va, _ in facts.each(region):
            need(facts.c.translate(va) is None, "0x%x is mapped, and nobody may touch it" % va)
    for _, va, done in facts.each(2):
        found = facts.c.translate(va)
        need(bool(found) == bool(done), "0x%x is %smapped" % (va, "" if found else "not "))
        need(not found or not found.entry & walk.W, "0x%x can be written" % va)
    must_be_absent(facts.c, facts.va(0, 0), "has no area")
    run.ends_well()


def check_bytes(c, va, expected, what):
    found = c.read(va, len(expected))
    for i, (mine, theirs) in enumerate(zip(expected, found)):
        need(mine == theirs, "%s: byte %d, at 0x%x, is %d, and should be %d" % (
            what, i, va + i, theirs, mine))


def calls_bring_pages(run):
    """read() and write() where nothing was touched, or nothing may be."""
    facts = Facts(run.checkpoint(1))
    c, memory = facts.c, Memory(run)
    need(facts.wrong == 0, "%d calls gave another number of bytes than they should" % facts.wrong)

    def file_bytes(pages):
        return b"".join(value(run, 10, i).to_bytes(8, "little") + bytes(PAGE - 16) +
                        value(run, 11, i).to_bytes(8, "little") for i in range(pages))
    check_bytes(c, facts.va(0, 0), bytes(16) + file_bytes(3) + bytes(PAGE - 16),
                "read() into pages that nobody had touched")
    check_bytes(c, facts.va(0, 5), file_bytes(2), "read() into pages of zeros")
    memory.check_zero(facts.va(0, 7), page_at(c, facts.va(0, 7), "was read"))
    frames = {page_at(c, facts.va(0, i), "was read into").pa for i in (0, 1, 2, 3, 5, 6)}
    need(len(frames) == 6 and memory.zero not in frames,
         "pages that were read into have no frames of their own")
    check_words(run, facts.va(0, 8), page_at(c, facts.va(0, 8), "was stored into"),
                {7: value(run, 1, 8)})
    for i in (4, 9, 10, 11):
        must_be_absent(c, facts.va(0, i), "no call was about it")
    for i in range(3):
        memory.check_zero(facts.va(1, i), page_at(c, facts.va(1, i), "was written from"))
    must_be_absent(c, facts.va(1, 3), "no call was about it")
    memory.check_zero(facts.va(2, 0), page_at(c, facts.va(2, 0), "was read"))
    for i in (1, 2, 3):
        need(not c.translate(facts.va(2, i)), "0x%x cannot be written, and is mapped for a read()"
             % facts.va(2, i))
    run.ends_well()


def nothing_is_lost(run):
    """The ledger, before and after: class by class the same number of frames."""
    run.loses_nothing("promised, and what went wrong")
    run.ends_well()


def faults_cost_little(run):
    """Instructions between two checkpoints."""
    begin = run.checkpoint(1).instructions
    c = run.checkpoint(2)
    need(Facts(c).wrong == 0, "a call failed")
    run.used, run.limit = c.instructions - begin, COUNT_LIMIT
    need(run.used <= COUNT_LIMIT, "%d instructions, %d are allowed: does each fault come once?"
         % (run.used, COUNT_LIMIT))
    run.ends_well()


# What counts on the machine is the same code that the host stage has tried.
HOST = ("outside of areas", "an empty entry", "a page that is there", "the order of questions",
        "zero-fill", "copies", "the stack grows", "random steps")

TESTS = (
    Test("pages come when they are touched", "lazy", "works", 6, "H", pages_come_when_touched,
         needs=HOST),
    Test("files, fork and swap", "kinds", "works", 5, "H", each_kind, needs=HOST),
    Test("the stack, down to its limit", "stack", "works", 5, "H", stack_grows, needs=HOST),
    Test("a bad access kills", "kill", "works", 4, "N", bad_accesses_kill, needs=HOST),
    Test("calls bring pages", "copies", "works", 6, "H", calls_bring_pages, needs=HOST),
    Test("nothing is lost", "ledger", "nothing lost", 10, "K", nothing_is_lost,
         needs=("pages come when they are touched",)),
    Test("faults cost little", "counts", "counts", 10, "H", faults_cost_little,
         needs=("pages come when they are touched", "calls bring pages")),
)
