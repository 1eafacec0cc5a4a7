"""The machine's tests of `buddy`: what the hardware shows at the checkpoints of machine.c."""

from evidence import need
from machinestage import Test

QUOTA = 1900
COUNT_LIMIT = 16000000      # instructions; the reference needs 13.3 millions


def values(run, round_, i):
    return run.drawn(round_ << 32 | 2 * i), run.drawn(round_ << 32 | 2 * i + 1)


def pages_lie_apart(run):
    """Each page that the program has filled is in a frame of its own, with its own values."""
    c = run.checkpoint(1)
    first, count, round_ = c.words[:3]
    need(count == 2000, "the program says that it has %d pages" % count)
    need(c.words[3] == 0, "a block of 4 frames could not be had: do freed blocks come back?")
    frames = {}
    for i in range(count):
        va = first + i * 4096
        found = c.translate(va)
        need(found, "page %d, at 0x%x, is not mapped" % (i, va), c.place(va))
        need(run.is_memory(found.pa),
             "page %d lies at 0x%x, where there is no memory" % (i, found.pa), c.place(va))
        other = frames.setdefault(found.pa, i)
        need(other == i, "frame 0x%x was given twice: it is page %d, and page %d too" % (
            found.pa >> 12, other, i), c.place(first + other * 4096), c.place(va))
        need((run.ram.word(found.pa), run.ram.word(found.pa + 4088)) == values(run, round_, i),
             "page %d, in frame 0x%x, has not the values that were written: somebody else has "
             "this frame, too" % (i, found.pa >> 12), c.place(va))
    run.ends_well()


def a_row_of_frames_is_found(run):
    """After all was in single pages, four frames in a row are there: the quota holds."""
    c = run.checkpoint(1)
    first, count, round_, result = c.words[:4]
    need(result == 0, "memlimit() failed: no block of 4 frames, though nearly all memory is free: "
         "do freed frames merge?")
    there = [i for i in range(count) if c.translate(first + i * 4096)]
    need(len(there) <= QUOTA, "%d pages are in memory, the quota is %d" % (len(there), QUOTA))
    need(len(there) > QUOTA / 2, "only %d pages are in memory" % len(there))
    swap = run.disk("swap")
    for i in sorted(set(range(count)) - set(there))[::16]:
        low, high = values(run, round_, i)
        at = swap.find(low.to_bytes(8, "little"))
        need(at >= 0 and int.from_bytes(swap[at + 4088:at + 4096], "little") == high,
             "page %d is neither in memory nor on the swap disk" % i,
             c.place(first + i * 4096))
    run.ends_well()


def nothing_is_lost(run):
    """The ledger, before and after: class by class the same number of frames."""
    run.loses_nothing()
    run.ends_well()


def blocks_cost_little(run):
    """Instructions between two checkpoints."""
    begin = run.checkpoint(1).instructions
    c = run.checkpoint(2)
    need(c.words[3] == 0, "a block of 4 frames could not be had")
    run.used, run.limit = c.instructions - begin, COUNT_LIMIT
    need(run.used <= COUNT_LIMIT, "%d instructions, %d are allowed: is there a search through all "
         "frames?" % (run.used, COUNT_LIMIT))
    run.ends_well()


# What counts on the machine is the same allocator that the host stage has tried.
HOST = ("splitting", "merging", "exhausting", "random steps")

TESTS = (
    Test("pages lie apart", "apart", "works", 8, "H", pages_lie_apart, needs=HOST),
    Test("what is freed is had again", "again", "works", 10, "H", pages_lie_apart, needs=HOST),
    Test("frames merge to larger blocks", "merge", "works", 8, "H", a_row_of_frames_is_found,
         needs=HOST),
    Test("nothing is lost", "ledger", "nothing lost", 10, "K", nothing_is_lost,
         needs=("what is freed is had again",)),
    Test("blocks cost little", "counts", "counts", 10, "H", blocks_cost_little,
         needs=("frames merge to larger blocks",)),
)
