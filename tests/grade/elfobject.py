"""What an object file defines: its sections, and the names that other files can see.

The file may be anything that a student's compiler run has left: sizes and counts are bounded, and
whatever does not fit together is Bad.
"""

import os
import stat
import struct

MOST_BYTES = 8 << 20
MOST_SECTIONS = 4096
RELOCATABLE, SYMBOL_SECTION = 1, 2
LOCAL = 0


class Bad(Exception):
    """This is no object file."""


def read_file(path):
    """Its bytes; it must be a plain file, and no link."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Bad("there is no file %s: %s" % (os.path.basename(path), error.strerror))
    with os.fdopen(file, "rb") as opened:
        about = os.fstat(opened.fileno())
        if not stat.S_ISREG(about.st_mode) or about.st_size > MOST_BYTES:
            raise Bad("%s: no plain file, or too large" % os.path.basename(path))
        return opened.read(MOST_BYTES)


class Object:
    """sections: names. symbols: names that are defined, and not local."""

    def __init__(self, data):
        self.data = data
        try:
            self._read()
        except (struct.error, ValueError, IndexError):
            raise Bad("its headers do not fit together")

    def _read(self):
        if self.data[:6] != b"\x7fELF\x02\x01":
            raise Bad("no ELF file")
        kind, = struct.unpack_from("<H", self.data, 16)
        table, = struct.unpack_from("<Q", self.data, 40)
        size, count, names = struct.unpack_from("<HHH", self.data, 58)
        if kind != RELOCATABLE or size != 64 or not 0 < count < MOST_SECTIONS:
            raise Bad("no object file")
        rows = [struct.unpack_from("<IIQQQQII", self.data, table + i * 64) for i in range(count)]
        self.sections = [self._name(rows[names][4], row[0]) for row in rows]
        self.symbols = set()
        for row in rows:
            if row[1] == SYMBOL_SECTION:
                self._read_symbols(row[4], row[5], rows[row[6]][4])

    def _name(self, strings, offset):
        start = strings + offset
        return self.data[start:self.data.index(b"\0", start)].decode(errors="replace")

    def _read_symbols(self, offset, size, strings):
        for name, info, _, section, _, _ in struct.iter_unpack(
                "<IBBHQQ", self.data[offset:offset + size - size % 24]):
            if section != 0 and info >> 4 != LOCAL:
                self.symbols.add(self._name(strings, name))
