"""Symbols and segments of a 64-bit little-endian ELF file: as much as the reader wants of it."""

import struct

SYMBOL_SECTION, LOAD_SEGMENT = 2, 1


class Symbol:
    def __init__(self, name, value, size):
        self.name = name
        self.value = value
        self.size = size


class Elf:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        if self.data[:6] != b"\x7fELF\x02\x01":
            raise ValueError("%s: no 64-bit little-endian ELF file" % path)
        (self.entry, segments, sections) = struct.unpack_from("<QQQ", self.data, 24)
        (segment_size, segment_count, section_size, section_count) = struct.unpack_from(
            "<HHHH", self.data, 54)
        # (virtual address, physical address, offset in the file, bytes in the file)
        self.segments = []
        for i in range(segment_count):
            kind, _, offset, va, pa, size = struct.unpack_from(
                "<IIQQQQ", self.data, segments + i * segment_size)
            if kind == LOAD_SEGMENT:
                self.segments.append((va, pa, offset, size))
        self.symbols = {}       # name → list of Symbol: static variables may share a name
        for i in range(section_count):
            kind, link, offset, size = self._section(sections + i * section_size)
            if kind == SYMBOL_SECTION:
                self._read_symbols(offset, size, self._section(sections + link * section_size)[2])

    def _section(self, at):
        kind, = struct.unpack_from("<I", self.data, at + 4)
        offset, size, link = struct.unpack_from("<QQI", self.data, at + 24)
        return kind, link, offset, size

    def _read_symbols(self, offset, size, names):
        for name, info, _, section, value, bytes_ in struct.iter_unpack(
                "<IBBHQQ", self.data[offset:offset + size]):
            if section == 0 or info & 15 > 2:       # undefined, or neither object nor function
                continue
            start = names + name
            text = self.data[start:self.data.index(b"\0", start)].decode()
            self.symbols.setdefault(text, []).append(Symbol(text, value, bytes_))

    def symbol(self, name):
        found = self.symbols.get(name, ())
        if len(found) != 1:
            raise KeyError("the kernel has %d symbols %s" % (len(found), name))
        return found[0]

    def __contains__(self, name):
        return len(self.symbols.get(name, ())) == 1

    def bytes_at(self, va, size):
        """What the file has at a virtual address."""
        for start, _, offset, length in self.segments:
            if start <= va and va + size <= start + length:
                return self.data[offset + va - start:offset + va - start + size]
        raise ValueError("0x%x lies in no segment" % va)

    def load_pa(self):
        """The physical address that the lowest segment asks for, and its virtual address."""
        va, pa = min((s[0], s[1]) for s in self.segments)
        return pa, va
