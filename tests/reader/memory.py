"""Guest RAM as the kernel sees it: virtual addresses, structs by the kernel's own layout table.

RAM comes from a source. RamFile is one: a file that QEMU shares (-object memory-backend-file,
share=on; RAM_FILE= of tests/qemu/machine.py). The other is the machine that gdb has stopped
(tests/gdb/stopped.py). Nothing here asks the guest for anything, and nothing but poke() changes it.

A live kernel changes what is being read. A word (8 bytes, aligned) is read in one piece; what takes
several reads may not fit together, and then Torn is raised where that shows: a pointer that leads
nowhere, a list without an end. Reader.steady() reads again.
"""

import mmap
import os
import struct

from elf import Elf

RAM_START = 0x80000000
PAGE_SIZE = 4096
LAYOUT_VERSION = 2
LONGEST_LIST = 1 << 22      # more frames than the largest machine has

# riscv/memlayout.h; the image is found, these two are where they are in every kernel.
DIRECT_BASE = 0xffffffc000000000
DIRECT_SIZE = 64 << 30

PTE_V, PTE_R, PTE_W, PTE_X, PTE_U = 1, 2, 4, 8, 16
PTE_LEAF = PTE_R | PTE_W | PTE_X


class Torn(Exception):
    """What was read does not fit together: the kernel was changing it, or it is broken."""


class NotThere(Exception):
    """This RAM does not hold the kernel, or the kernel does not have what is asked for."""


class RamFile:
    """A source: RAM from start to end. is_still: does nothing change between two readings?"""
    is_still = False

    def __init__(self, path, start=RAM_START):
        size = os.path.getsize(path) & ~(PAGE_SIZE - 1)
        writable = os.access(path, os.W_OK)
        with open(path, "r+b" if writable else "rb") as file:
            self.map = mmap.mmap(file.fileno(), size,
                                 access=mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ)
        self.bytes = memoryview(self.map)
        self.words = self.bytes.cast("Q")   # native size: one load for one word
        self.start, self.end = start, start + size

    def close(self):
        self.words.release()
        self.bytes.release()
        self.map.close()

    def read(self, pa, size):
        return bytes(self.bytes[pa - self.start:pa - self.start + size])

    def word(self, pa):
        return self.words[pa - self.start >> 3]

    def write(self, pa, data):
        self.bytes[pa - self.start:pa - self.start + len(data)] = data

    def find(self, wanted):
        """The places where these bytes are."""
        place = self.map.find(wanted)
        while place >= 0:
            yield self.start + place
            place = self.map.find(wanted, place + 1)


class Memory:
    def __init__(self, source, elf):
        """elf: an Elf, or the path of one."""
        self.elf = Elf(elf) if isinstance(elf, str) else elf
        self.source = source
        self.image_va = self.elf.load_pa()[1]
        self.image_end = self.elf.symbol("_end").value if "_end" in self.elf else \
            max(s[0] + s[3] for s in self.elf.segments)
        self.image_pa = self._find_image()
        self._read_layout()

    def close(self):
        self.source.close()

    # ---- where the kernel is --------------------------------------------------------------------

    def _find_image(self):
        """The physical address of the image.

        QEMU loads it where the ELF file says; another loader may put it anywhere, and then it is
        found by its layout table. Either way the table in RAM must be the one in the file: else
        this is another kernel, or it is not loaded yet.
        """
        if "kernel_layout" not in self.elf:
            raise NotThere("this kernel has no table of its layout: it was not built by our make")
        table = self.elf.symbol("kernel_layout")
        wanted = self.elf.bytes_at(table.value, table.size)
        offset = table.value - self.image_va
        place = self.elf.load_pa()[0] + offset
        if self._is_ram(place, table.size) and self.source.read(place, table.size) == wanted:
            return place - offset
        for place in self.source.find(wanted):
            if (place - offset) % PAGE_SIZE == 0 and self._is_ram(place - offset, 1):
                return place - offset
        raise NotThere("this kernel is not in this RAM")

    def _is_ram(self, pa, size):
        return self.source.start <= pa and pa + size <= self.source.end

    def _read_layout(self):
        version = self.u32("kernel_layout_version")
        if version != LAYOUT_VERSION:
            raise NotThere("the kernel's layout has version %d; this reader knows %d" % (
                version, LAYOUT_VERSION))
        table = self.elf.symbol("kernel_layout")
        self.layout = {name.split(b"\0")[0].decode(): (offset, size)
                       for name, offset, size in struct.iter_unpack(
                           "<40sII", self.read(table.value, table.size))}

    # ---- addresses ------------------------------------------------------------------------------

    def pa(self, va):
        """Physical address of an address in the direct map or in the image."""
        if DIRECT_BASE <= va < DIRECT_BASE + DIRECT_SIZE:
            pa = va - DIRECT_BASE
        elif self.image_va <= va < self.image_end:
            pa = va - self.image_va + self.image_pa
        else:
            raise Torn("0x%x is not an address of the kernel's data" % va)
        if not self._is_ram(pa, 1):
            raise Torn("0x%x is not in RAM" % pa)
        return pa

    @staticmethod
    def direct_va(pa):
        return DIRECT_BASE + pa

    def address(self, place):
        """A number, or the address of the variable of that name."""
        return self.elf.symbol(place).value if isinstance(place, str) else place

    def read_pa(self, pa, size):
        if not self._is_ram(pa, size):
            raise Torn("0x%x is not in RAM" % pa)
        return self.source.read(pa, size)

    def read(self, place, size):
        return self.read_pa(self.pa(self.address(place)), size)

    def u64(self, place):
        pa = self.pa(self.address(place))
        if pa & 7:
            raise Torn("0x%x is not aligned" % pa)
        return self.source.word(pa)

    def u32(self, place):
        va = self.address(place)
        return self.u64(va & ~7) >> 8 * (va & 4) & 0xffffffff

    def text(self, place, size):
        return self.read(place, size).split(b"\0")[0].decode(errors="replace")

    def poke(self, place, value, size):
        """Writes into the guest's memory: for turning the trace on, and for tests that do harm."""
        self.source.write(self.pa(self.address(place)), value.to_bytes(size, "little"))

    # ---- structs --------------------------------------------------------------------------------

    def has(self, name):
        return name in self.layout

    def number(self, name):
        return self._row(name)[0]

    def size_of(self, struct_name):
        return self._row(struct_name)[1]

    def _row(self, name):
        if name not in self.layout:
            raise NotThere("the kernel's layout has no %s" % name)
        return self.layout[name]

    def member(self, base, name):
        """Address of a member: member(page, "page.flags")."""
        return base + self._row(name)[0]

    def get(self, base, name):
        """Value of a member: an unsigned number of 1, 2, 4 or 8 bytes."""
        offset, size = self._row(name)
        if size == 8:
            return self.u64(base + offset)
        return int.from_bytes(self.read(base + offset, size), "little")

    def get_text(self, base, name):
        offset, size = self._row(name)
        return self.text(base + offset, size)

    def numbers(self, prefix):
        """Value → name, of the numbers whose name begins so; the prefix is left out."""
        return {value: name[len(prefix):].lower() for name, (value, size) in self.layout.items()
                if size == 0 and name.startswith(prefix)}

    def flag_names(self, value, prefix):
        return [name for bit, name in sorted(self.numbers(prefix).items()) if value & bit]

    def list(self, head, link_name):
        """The structs on a list_head whose links are the named member."""
        next_offset = self._row("list_head.next")[0]
        link_offset = self._row(link_name)[0]
        at = self.u64(head + next_offset)
        for _ in range(LONGEST_LIST):
            if at == head:
                return
            yield at - link_offset
            following = self.u64(at + next_offset)
            if self.u64(following + self._row("list_head.prev")[0]) != at:
                raise Torn("a list changed while it was read")
            at = following
        raise Torn("a list has no end")

    def tree(self, root, node_name):
        """The structs of a red-black tree, in order; root: address of the rb_root."""
        left, right = self._row("rb_node.left")[0], self._row("rb_node.right")[0]
        offset = self._row(node_name)[0]
        above, at = [], self.u64(self.member(root, "rb_root.node"))
        for _ in range(LONGEST_LIST):
            while at:
                above.append(at)
                if len(above) > 64:
                    raise Torn("a tree is too deep")
                at = self.u64(at + left)
            if not above:
                return
            at = above.pop()
            yield at - offset
            at = self.u64(at + right)
        raise Torn("a tree has no end")
