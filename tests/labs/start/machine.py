"""The machine's tests of `LABNAME`: what the hardware shows at the checkpoints of machine.c.

They see that the kernel works with the student's functions in it. What only these functions do,
and where in memory it shows, is for you: tests/grade/evidence.py says what can be seen.
"""

from evidence import need
from machinestage import Test

COUNT_LIMIT = LIMIT_OF_COUNTS     # instructions; these functions as they are need USED_OF_COUNTS


def pages_are(run, c, round_):
    """Each page is in a frame of its own, and has its own two values."""
    first, count = c.words[:2]
    need(count == 300, "the program says that it has %d pages" % count)
    frames = {}
    for i in range(count):
        va = first + i * 4096
        found = c.translate(va)
        need(found, "page %d, at 0x%x, is not mapped" % (i, va))
        need(run.is_memory(found.pa), "page %d lies where there is no memory" % i)
        other = frames.setdefault(found.pa, i)
        need(other == i, "one frame is page %d, and page %d too" % (other, i))
        expected = run.drawn(round_ << 32 | 2 * i), run.drawn(round_ << 32 | (2 * i + 1))
        need((run.ram.word(found.pa), run.ram.word(found.pa + 4088)) == expected,
             "page %d has not the values that were written" % i)


def memory(run):
    pages_are(run, run.checkpoint(1), 1)
    run.ends_well()


def fork(run):
    pages_are(run, run.checkpoint(1), 2)
    pages_are(run, run.checkpoint(2), 1)
    run.ends_well()


def file(run):
    c = run.checkpoint(1)
    first, count = c.words[:2]
    need(count == 4096, "the program says that it has %d values" % count)
    for i in range(count):
        need(c.word(first + 8 * i) == run.drawn(i), "value %d is not what was written" % i)
    run.ends_well()


def nothing_is_lost(run):
    """The ledger, before and after: class by class the same number of frames."""
    run.loses_nothing()
    run.ends_well()


def counts(run):
    """Instructions between two checkpoints."""
    begin = run.checkpoint(1).instructions
    run.used, run.limit = run.checkpoint(2).instructions - begin, COUNT_LIMIT
    need(run.used <= COUNT_LIMIT, "%d instructions, %d are allowed" % (run.used, COUNT_LIMIT))
    run.ends_well()


HOST = HOST_TESTS

TESTS = (
    Test("pages have their values", "memory", "works", 10, "H", memory, needs=HOST),
    Test("parent and child", "fork", "works", 10, "H", fork, needs=HOST),
    Test("a file is as it was written", "file", "works", 10, "H", file, needs=HOST),
    Test("nothing is lost", "ledger", "nothing lost", 10, "K", nothing_is_lost,
         needs=("pages have their values",)),
    Test("it costs little", "counts", "counts", 10, "H", counts,
         needs=("pages have their values",)),
)
