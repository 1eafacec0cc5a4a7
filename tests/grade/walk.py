"""Guest RAM by physical address, and the walk of page tables in it: what the hardware would find.

Nothing here trusts a kernel. A walk takes at most as many steps as satp's mode has levels, whatever
the tables say: they may be cyclic, lead out of RAM, or be no tables at all. Where the hardware
would fault there is no translation, and where it leads out of RAM there is none either.
"""

import mmap
import os
from collections import namedtuple

RAM_START = 0x80000000
PAGE = 4096
V, R, W, X, U, G, A, D = (1 << bit for bit in range(8))
LEVELS = {8: 3, 9: 4, 10: 5}                    # satp's mode → levels: Sv39, Sv48, Sv57
FRAME_NUMBER = (1 << 44) - 1
MOST_TABLES = 4096                              # of one space, for leaves()

# pa: of the address asked for. entry: the leaf; level: 0 for a page of 4 KiB; size: of that page.
Translation = namedtuple("Translation", "pa entry level size")
# Where a walk came to its end: the entry that stands there, its level; table: of what frame.
Step = namedtuple("Step", "entry level table")


class NotInRam(Exception):
    """A physical address without RAM behind it."""


class TooMany(Exception):
    """More tables than any honest space has."""


class Ram:
    """The file that QEMU shares with us, read only."""

    def __init__(self, path, start=RAM_START):
        size = os.path.getsize(path) & ~(PAGE - 1)
        with open(path, "rb") as file:
            self._map = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
        self._bytes = memoryview(self._map)
        self._words = self._bytes.cast("Q")     # one load for one word
        self.start, self.end = start, start + size

    def close(self):
        self._words.release()
        self._bytes.release()
        self._map.close()

    def holds(self, pa, size=1):
        return self.start <= pa and pa + size <= self.end

    def read(self, pa, size):
        if size < 0 or not self.holds(pa, size):
            raise NotInRam("0x%x" % pa)
        return bytes(self._bytes[pa - self.start:pa - self.start + size])

    def word(self, pa):
        if pa & 7 or not self.holds(pa, 8):
            raise NotInRam("0x%x" % pa)
        return self._words[pa - self.start >> 3]

    def table(self, pa):
        """All 512 entries of a table."""
        if pa & PAGE - 1 or not self.holds(pa, PAGE):
            raise NotInRam("0x%x" % pa)
        first = pa - self.start >> 3
        return self._words[first:first + 512].tolist()


def pa_of(entry):
    return (entry >> 10 & FRAME_NUMBER) << 12


def is_leaf(entry):
    return bool(entry & (R | X))


def is_broken(entry, level):
    """A valid entry that the hardware refuses; those of extensions that we switch on nowhere too.

    They are: W without R; a bit above 53; a leaf that is not aligned; a table below level 0; a
    table's entry with A, D or U.
    """
    if entry >> 54 or entry & (R | W) == W:
        return True
    if is_leaf(entry):
        return bool(pa_of(entry) & size_at(level) - 1)
    return level == 0 or bool(entry & (U | A | D))


def size_at(level):
    return PAGE << 9 * level


def levels_of(satp):
    """How many levels satp asks for; 0: none, or a mode that does not exist."""
    return LEVELS.get(satp >> 60, 0)


def is_canonical(va, levels):
    """Whether all the bits above those that the walk looks at are like the highest of them."""
    above = va >> 12 + 9 * levels - 1
    return 0 <= va < 1 << 64 and above in (0, (1 << 64 - (12 + 9 * levels - 1)) - 1)


def step_to(ram, satp, va):
    """The Step at which the walk for va ends, or None where the tables lead nowhere.

    Its entry is a leaf, or not valid: what the kernel keeps for a page that is elsewhere.
    """
    levels = levels_of(satp)
    if not levels or not is_canonical(va, levels):
        return None
    table = (satp & FRAME_NUMBER) << 12
    for level in range(levels - 1, -1, -1):
        if not ram.holds(table, PAGE):
            return None
        entry = ram.word(table + 8 * (va >> 12 + 9 * level & 511))
        if not entry & V:
            return Step(entry, level, table)
        if is_broken(entry, level):
            return None
        if is_leaf(entry):
            return Step(entry, level, table)
        table = pa_of(entry)
    return None


def translate(ram, satp, va):
    """The Translation of va, or None: the hardware would fault, or find no RAM."""
    step = step_to(ram, satp, va)
    if step is None or not step.entry & V:
        return None
    size = size_at(step.level)
    frame = pa_of(step.entry)
    if not ram.holds(frame, size):
        return None
    return Translation(frame + (va & size - 1), step.entry, step.level, size)


def read(ram, satp, va, size):
    """So many bytes from va on, or None if any of them has no translation."""
    data = b""
    while size > 0:
        found = translate(ram, satp, va)
        if found is None:
            return None
        part = min(size, found.size - (va & found.size - 1))
        data += ram.read(found.pa, part)
        va, size = va + part & (1 << 64) - 1, size - part
    return data


def leaves(ram, satp, first=0, last=(1 << 64) - 1, most=MOST_TABLES):
    """(va, Translation) of each page whose address lies in first..last, rising.

    Tables or pages outside RAM, and broken entries, are passed over. TooMany after `most` tables.
    """
    levels = levels_of(satp)
    sign = 12 + 9 * levels - 1
    todo = [((satp & FRAME_NUMBER) << 12, levels - 1, 0)] if levels else []
    tables = 0
    while todo:
        table, level, base = todo.pop()
        if level < 0:                   # a page that waited for its turn
            entry, level = table, -1 - level
            yield base, Translation(pa_of(entry), entry, level, size_at(level))
            continue
        if not ram.holds(table, PAGE):
            continue
        tables += 1
        if tables > most:
            raise TooMany("more than %d tables" % most)
        found = []
        for index, entry in enumerate(ram.table(table)):
            if not entry & V or is_broken(entry, level):
                continue
            va = base | index << 12 + 9 * level
            if va >> sign & 1:
                va |= (1 << 64) - (1 << sign)
            if va > last or va + size_at(level) - 1 < first:
                continue
            if not is_leaf(entry):
                found.append((pa_of(entry), level - 1, va))
            elif ram.holds(pa_of(entry), size_at(level)):
                found.append((entry, -1 - level, va))
        todo += reversed(found)
