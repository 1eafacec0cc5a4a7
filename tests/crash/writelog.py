"""What QEMU's blklogwrites driver recorded: every write and flush of a disk, in order.

The format is that of Linux's dm-log-writes: a superblock in the first sector, then entries, each a
sector long and followed by the data written.
"""

import os
import struct

MAGIC = 0x6a736677736872
SECTOR = 512
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8


BLOCK_SECTORS = 8       # what is written whole or not at all; a longer request may be torn


class Entry:
    """One write (data_at: where its data lies in the log) or flush (sectors = 0)."""

    def __init__(self, sector, sectors, flags, data_at):
        self.sector = sector
        self.sectors = sectors
        self.flags = flags
        self.data_at = data_at

    @property
    def is_flush(self):
        return bool(self.flags & (FLUSH | FUA))


def make_empty(path, size=1 << 32):
    """The driver wants a log of a size made before; it is sparse, so that what is used shows."""
    with open(path, "wb") as log:
        log.truncate(size)


def used_bytes(path):
    """One past the last byte written: no entry that begins at or above it existed just now."""
    end = 0
    with open(path, "rb") as log:
        size = os.fstat(log.fileno()).st_size
        while end < size:
            try:
                start = os.lseek(log.fileno(), end, os.SEEK_DATA)
            except OSError:         # nothing but a hole is left
                break
            end = os.lseek(log.fileno(), start, os.SEEK_HOLE)
    return end


def split(sector, sectors, flags, data_at):
    """A request as single blocks; its flags go with the last of them."""
    parts = []
    while sectors > BLOCK_SECTORS and not flags & DISCARD:
        parts.append(Entry(sector, BLOCK_SECTORS, 0, data_at))
        sector += BLOCK_SECTORS
        sectors -= BLOCK_SECTORS
        data_at += BLOCK_SECTORS * SECTOR
    return parts + [Entry(sector, sectors, flags, data_at)]


def read_entries(path):
    """All entries, in blocks. What was cut off when the machine ended is not there."""
    entries = []
    with open(path, "rb") as log:
        magic, _version, _count, sector_size = struct.unpack("<QQQL", log.read(28))
        if magic != MAGIC or sector_size != SECTOR:
            raise ValueError("%s is no log of writes" % path)
        at = SECTOR
        while True:
            log.seek(at)
            head = log.read(32)
            sector, sectors, flags, _length = struct.unpack("<QQQQ", head.ljust(32, b"\0"))
            if sectors == 0 and flags == 0:
                return entries
            entries += split(sector, sectors, flags, at + SECTOR)
            at += SECTOR + (0 if flags & DISCARD else sectors * SECTOR)


class Disk:
    """A copy of the disk to which recorded writes are applied, and taken back."""

    def __init__(self, path, log_path, entries):
        self.file = open(path, "r+b", buffering=0)
        self.log = open(log_path, "rb")
        self.entries = entries

    def close(self):
        self.file.close()
        self.log.close()

    def _data(self, entry):
        if entry.flags & DISCARD:
            return bytes(entry.sectors * SECTOR)
        self.log.seek(entry.data_at)
        return self.log.read(entry.sectors * SECTOR)

    def apply(self, numbers):
        """Applies entries; returns what undo() wants."""
        before = []
        for number in numbers:
            entry = self.entries[number]
            if entry.sectors:
                self.file.seek(entry.sector * SECTOR)
                before.append((entry.sector, self.file.read(entry.sectors * SECTOR)))
                self.file.seek(entry.sector * SECTOR)
                self.file.write(self._data(entry))
        return before

    def undo(self, before):
        for sector, data in reversed(before):
            self.file.seek(sector * SECTOR)
            self.file.write(data)
