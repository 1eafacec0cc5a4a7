"""The machine's tests of `swap`: what the hardware shows at the checkpoints of machine.c.

Where a page is, its page-table entry says: it names a frame, or, with V = 0, a slot. Then the page
has its values there: in RAM, or on the disk, which is RAM of its own.
"""

from evidence import need
from machinestage import Test

PAGE = 4096
V, IS_NONE, IS_SLOT = 1, 1 << 8, 1 << 9      # bits of an entry: kernel/mmu/pte.h
WORDS = (0, 2048, 4088)                     # where a page has its values
ANSWER = 8
MASK = (1 << 64) - 1
COUNT_LIMIT = 19000000      # instructions; the reference needs 15.8 millions


def value(run, area, n):
    return run.drawn(area << 32 | n)


def values(run, area, i):
    return [value(run, area, 3 * i + k) for k in range(3)]


def answer(run, area, i, key):
    a, b, c = values(run, area, i)
    return a ^ b ^ c ^ value(run, key, i)


def digest(run, area, count, key=None):
    found = 0
    for i in range(count):
        a, b, c = values(run, area, i)
        word = answer(run, area, i, key) if key else 0
        found = (found ^ a ^ b ^ c ^ word) * 0x9e3779b97f4a7c15 & MASK
    return found


class Area:
    """Pages of a program at a checkpoint: where each is, and what it has there."""

    def __init__(self, run, c, first, count, area):
        self.run, self.area, self.count = run, area, count
        self.c, self.first = c, first
        self.frames, self.slots = {}, {}
        for i in range(count):
            va = first + i * PAGE
            entry = c.entry(va)
            need(entry, "page %d, at 0x%x, is neither in memory nor out" % (i, va),
                 self.place(i))
            if entry & V:
                self.frames[i] = c.translate(va).pa
            else:
                need(entry & (IS_NONE | IS_SLOT) == IS_SLOT,
                     "page %d, at 0x%x: the entry 0x%x names no slot" % (i, va, entry),
                     self.place(i))
                self.slots[i] = entry >> 10 & (1 << 44) - 1

    def place(self, i):
        return self.c.place(self.first + i * PAGE)

    def check(self, disk=None, key=None, answered=lambda i: True, stored=None):
        """Each page has its values, and with a key its answer, or what was stored there."""
        for i in range(self.count):
            where, word = self.reader(i, disk)
            if word is None:
                continue
            need([word(at) for at in WORDS] == values(self.run, self.area, i),
                 "page %d, %s, has not the values that were written" % (i, where), self.place(i))
            wanted = answer(self.run, self.area, i, key) if key and answered(i) else \
                value(self.run, stored, i) if stored else 0
            need(word(ANSWER) == wanted, "page %d, %s: what the program found in it when it came "
                 "back, or wrote into it then, is wrong" % (i, where), self.place(i))

    def reader(self, i, disk):
        if i in self.frames:
            pa = self.frames[i]
            need(self.run.is_memory(pa), "page %d lies at 0x%x, where there is no memory" % (i, pa),
                 self.place(i))
            return "in frame 0x%x" % (pa >> 12), lambda at: self.run.ram.word(pa + at)
        slot = self.slots[i]
        if disk is None:
            return "", None
        need((slot + 1) * PAGE <= len(disk), "page %d is out, in slot %d, but the disk has %d" % (
            i, slot, len(disk) // PAGE), self.place(i))
        return "out, in slot %d" % slot, lambda at: int.from_bytes(
            disk[slot * PAGE + at:slot * PAGE + at + 8], "little")

    def need_out(self, quota):
        need(len(self.frames) <= quota, "%d pages are in memory, the quota is %d: had the others "
             "no slots?" % (len(self.frames), quota))
        taken = {}
        for i, slot in self.slots.items():
            other = taken.setdefault(slot, i)
            need(other == i, "pages %d and %d are both out in slot %d" % (other, i, slot),
                 self.place(other), self.place(i))


def pages_go_out_and_come_back(run):
    c = run.checkpoint(1)
    first, count = c.words[:2]
    area = Area(run, c, first, count, 1)
    area.need_out(300)
    area.check(run.disk("swap"))
    in_order = sum(area.slots.get(i + 1) == area.slots[i] + 1 for i in area.slots)
    need(in_order > 0.9 * len(area.slots), "pages went out in order, but of %d slots only %d lie "
         "behind the one before: that makes many small writes" % (len(area.slots), in_order))
    c = run.checkpoint(2)
    area = Area(run, c, first, count, 1)
    area.need_out(300)
    area.check(run.disk("swap"), key=9)
    area = Area(run, run.checkpoint(3), first, count, 1)
    area.need_out(300)
    area.check(run.disk("swap"), stored=10)
    run.ends_well()


def both_have_their_pages(run):
    c = run.checkpoint(1)
    Area(run, c, c.words[0], c.words[1], 1).check(run.disk("swap"), 8, lambda i: i % 2 == 0)
    c = run.checkpoint(2)
    Area(run, c, c.words[0], c.words[1], 2).check(run.disk("swap"))
    Area(run, c, c.words[4], c.words[5], 1).check(run.disk("swap"), 9, lambda i: i % 2 == 1)
    run.ends_well()


def clean_pages_are_not_written(run):
    counts, area = {}, None
    for number in (1, 2, 3, 4):
        c = run.checkpoint(number)
        counts[number] = run.disk_counters()["swap"]
        area = Area(run, c, c.words[0], c.words[1], 1)
        area.need_out(200)
        area.check(key=9 if number > 2 else None)
        if number != 3:
            need(c.words[3] == digest(run, 1, 800, 9 if number > 2 else None),
                 "the program read other values than it had written")

    def pages(name, one, other):
        return (counts[other][name] - counts[one][name]) // PAGE
    need(pages("read_bytes", 1, 2) >= 1100, "the program read 800 pages twice, of which 200 fit, "
         "and only %d came from the disk" % pages("read_bytes", 1, 2))
    need(pages("written_bytes", 1, 2) <= 40, "the program only read, and %d pages were written: "
         "their slots had their content already" % pages("written_bytes", 1, 2))
    need(pages("written_bytes", 2, 4) >= 700, "800 pages were changed, 600 of them went out, and "
         "only %d were written" % pages("written_bytes", 2, 4))
    run.ends_well()


def slots_come_back(run):
    c = run.checkpoint(1)
    area = Area(run, c, c.words[0], c.words[1], 13)
    area.need_out(200)
    area.check(run.disk("swap"))
    run.ends_well()


def idle_slots_are_taken(run):
    c = run.checkpoint(1)
    area = Area(run, c, c.words[0], c.words[1], 2)
    area.need_out(64)
    area.check(run.disk("swap"))
    c = run.checkpoint(2)
    Area(run, c, c.words[0], c.words[1], 1).check(run.disk("swap"))
    need(c.words[3] == digest(run, 1, 964), "the program read other values than it had written")
    run.ends_well()


def neighbours_come_along(run):
    run.checkpoint(1)
    before = run.disk_counters()["swap"]
    c = run.checkpoint(2)
    after = run.disk_counters()["swap"]
    pages = (after["read_bytes"] - before["read_bytes"]) // PAGE
    reads = after["reads"] - before["reads"]
    need(c.words[3] == digest(run, 1, 1000), "the program read other values than it had written")
    Area(run, c, c.words[0], c.words[1], 1).check()
    need(pages >= 850, "only %d pages were read from the disk" % pages)
    need(reads <= 150, "%d pages were read in order, by %d reads: do neighbours come along?" % (
        pages, reads))
    run.ends_well()


def unreadable_pages_end_their_users(run):
    """The disk ends in the middle of the pages, while the machine stands still."""
    c = run.checkpoint(1)
    area = Area(run, c, c.words[0], c.words[1], 1)
    border = sorted(area.slots.values())[len(area.slots) // 2]
    run.shrink_disk("swap", border * PAGE)
    words = run.checkpoint(2).words
    endings = ("found its values", "found other values", "was killed")
    for i, ending in zip(words[::2], words[1::2]):
        wanted = 2 if area.slots.get(i, 0) >= border else 0
        need(ending == wanted, "the child that looked at page %d, %s, %s; it should have %s" % (
            i, "which was in memory" if i in area.frames else "out in slot %d, %s" % (
                area.slots[i], "which cannot be read" if wanted else "which can be read"),
            endings[min(ending, 2)], "been killed" if wanted else "found its values"))
    run.ends_well()


def nothing_is_lost(run):
    """Before and after: class by class the same number of frames, and as much charged."""
    run.loses_nothing("pages that are charged", "pages that can be promised")
    reserved, unreserved = run.checkpoint(2).words
    need(reserved == unreserved, "600 pages that are reserved are charged as %d, 600 that are not, "
         "once they are used, as %d" % (reserved, unreserved))
    run.ends_well()


def slots_cost_little(run):
    """Instructions between two checkpoints."""
    begin = run.checkpoint(1).instructions
    run.used, run.limit = run.checkpoint(2).instructions - begin, COUNT_LIMIT
    need(run.used <= COUNT_LIMIT, "%d instructions, %d are allowed: is there a search through all "
         "slots?" % (run.used, COUNT_LIMIT))
    run.ends_well()


# What counts on the machine are the same functions that the host stage has tried.
HOST = ("slots settle", "slots in order", "a page gets a slot", "uses are counted",
        "page and slot part", "the cache finds pages", "pages are read", "random steps")
SMALL = {"SWAP": "4M"}
VIRTIO = {"ICOUNT": "0", "INSTRET": "1", "CPUS": "1"}       # QEMU counts what such disks do

TESTS = (
    Test("pages go out and come back", "back", "works", 6, "H", pages_go_out_and_come_back,
         needs=HOST),
    Test("both have their pages after a fork", "fork", "works", 6, "H", both_have_their_pages,
         needs=HOST),
    Test("what is clean is not written again", "clean", "works", 6, "H",
         clean_pages_are_not_written, needs=HOST, settings=VIRTIO),
    Test("slots come back", "rounds", "works", 4, "H", slots_come_back, needs=HOST,
         settings=SMALL),
    Test("idle slots are taken", "idle", "works", 4, "H", idle_slots_are_taken,
         needs=HOST + ("a full disk",), settings=SMALL),
    Test("what cannot be read ends its user", "broken", "bad arguments", 2, "H",
         unreadable_pages_end_their_users, needs=HOST + ("reads that fail",), settings=VIRTIO),
    Test("nothing is lost", "ledger", "nothing lost", 10, "K", nothing_is_lost,
         needs=("pages go out and come back", "both have their pages after a fork",
                "slots come back", "idle slots are taken"), settings=SMALL),
    Test("neighbours come along", "ahead", "counts", 4, "H", neighbours_come_along,
         needs=("pages go out and come back",), settings=VIRTIO),
    Test("slots cost little", "counts", "counts", 6, "H", slots_cost_little,
         needs=("pages go out and come back", "idle slots are taken"), settings=SMALL),
)
