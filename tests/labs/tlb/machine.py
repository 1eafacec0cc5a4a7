"""The machine's tests of `tlb`: what the hardware shows at the checkpoints of machine.c."""

from evidence import need
from machinestage import Test

PAGE = 4096
ROUNDS = 6
CHANGES_LIMIT, CHILDREN_LIMIT = 1720000, 790000     # the reference: 1,434,700 and 655,500


def need_pair(run, c, va, number, what):
    """The page has the value of that number in its first and its last word."""
    found = c.translate(va)
    need(found, "%s, at 0x%x, is not mapped" % (what, va))
    words = run.ram.word(found.pa), run.ram.word(found.pa + PAGE - 8)
    need(words == (run.drawn(number),) * 2, "%s, in frame 0x%x, has 0x%x and 0x%x, and not what "
         "was written: somebody stored into it through an old translation" % (
             (what, found.pa >> 12) + words))


def forbidden_stores(run):
    """Each child was killed for its store, and what it could have hit is as it was."""
    c = run.checkpoint()
    need(c.number == 1, "a thread has stored into a page that was unmapped, or write-protected, "
         "before: its hart still had the old translation")
    rounds, killed, victims = c.words[:3]
    need(rounds >= ROUNDS and killed == rounds,
         "%d children made a forbidden store, %d were killed for it" % (rounds, killed))
    for round_, first in enumerate(c.words[4:4 + rounds]):
        for i in range(victims):
            need_pair(run, c, first + i * PAGE, round_ << 32 | i,
                      "page %d of round %d" % (i, round_))
    run.ends_well()


def copies_are_apart(run):
    """A child's copy stays as it was at the fork; its parent's page has all that was stored."""
    for _ in range(ROUNDS):
        page = run.checkpoint(1).words[3]
        first = run.checkpoint(2)
        before, frame = first.word(page), first.translate(page)
        second = run.checkpoint(3)
        need(second.word(page) == before and second.translate(page) == frame,
             "the child's page had %d, and has %d: its parent's thread still stores into it"
             % (before, second.word(page)))
        last = run.checkpoint(4)
        need(last.translate(page).pa != frame.pa, "parent and child have the same frame")
        need(last.word(page) == last.words[4], "a thread has counted to %d, its page has %d"
             % (last.words[4], last.word(page)))
    run.ends_well()


def nothing_is_lost(run):
    """The ledger, before and after: class by class the same number of frames."""
    run.loses_nothing()
    run.ends_well()


def flushes_cost_little(run):
    """Instructions between checkpoints; one hart has nobody to ask for a fence."""
    counts = [run.checkpoint(number).instructions for number in (1, 2, 3)]
    changes, children = counts[1] - counts[0], counts[2] - counts[1]
    run.used, run.limit = changes + children, CHANGES_LIMIT + CHILDREN_LIMIT
    need(changes <= CHANGES_LIMIT, "changes of protection: %d instructions, %d are allowed: is "
         "more fenced than has to be?" % (changes, CHANGES_LIMIT))
    need(children <= CHILDREN_LIMIT, "children: %d instructions, %d are allowed" % (
        children, CHILDREN_LIMIT))
    run.ends_well()


# What counts on the machine are the same flushes that the host stage has tried.
HOST = ("flushing", "entering", "numbers", "batches", "random steps")
FOUR = {"CPUS": "4", "ICOUNT": "0", "MEM": "24M", "SWAP": "0"}

TESTS = (
    Test("no store after an unmap or a protection", "own", "works", 7, "H", forbidden_stores, HOST),
    Test("no store after an unmap elsewhere", "unmap", "works", 7, "H", forbidden_stores, HOST,
         FOUR),
    Test("no store after a protection elsewhere", "protect", "works", 5, "H", forbidden_stores,
         HOST, FOUR),
    Test("copies are apart on four harts", "copies", "works", 7, "H", copies_are_apart, HOST, FOUR),
    Test("nothing is lost", "ledger", "nothing lost", 10, "K", nothing_is_lost,
         ("no store after an unmap elsewhere",), FOUR),
    Test("flushes cost little", "counts", "counts", 10, "H", flushes_cost_little,
         ("no store after an unmap or a protection",)),
)
