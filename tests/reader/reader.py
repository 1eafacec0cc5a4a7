"""What the kernel's memory says: processes, areas, page tables, frames, lists, the trace.

    with Reader("ram", "build/kernel.elf") as reader:
        for record in reader.trace():
            print(record.type, record.pid, hex(record.va))

Works on a live machine, on one that is stopped, and on the RAM file that a panicked or powered-off
one leaves behind. On a live one, wrap a reading that has to fit together in steady():

        ledger = reader.steady(reader.ledger)
"""

import heapq
import struct
from collections import namedtuple
from itertools import islice

import checks
import memory
from memory import (DIRECT_BASE, PAGE_SIZE, PTE_LEAF, PTE_R, PTE_V, PTE_W, PTE_X, NotThere,
                    Torn)

__all__ = ["Reader", "NotThere", "Torn"]

TRIES = 200

Page = namedtuple("Page", "pfn kind order refs maps flags owner index slot")
Process = namedtuple("Process", "pid name state parent threads mm root levels resident swapped "
                     "family")
Area = namedtuple("Area", "start end access flags object offset file_bytes")
# kind: present, none (the frame is kept, nobody may touch it), swap. bits: the ten low ones.
Mapping = namedtuple("Mapping", "va kind pfn slot bits size")
# A slot that is not free. uses: entries of page tables and objects that are to name it; flags:
# charged, retired; pfn: the page in memory that has its content, too (the swap cache), or None.
Slot = namedtuple("Slot", "number uses flags pfn stamp")
Swap = namedtuple("Swap", "serial sectors total used retired with_page free slots")
# addresses: of the pages on the list, the oldest end first.
Quota = namedtuple("Quota", "policy frames addresses")
Record = namedtuple("Record", "when va pfn pid type hart extra")

STATES = ("live", "zombie", "reaped")
RECORD = struct.Struct("<QQIIHHI")


class Reader:
    def __init__(self, ram, elf):
        """ram: a path; or a source, as memory.RamFile is one. elf: a path, or an Elf."""
        source = memory.RamFile(ram) if isinstance(ram, str) else ram
        try:
            self.memory = memory.Memory(source, elf)
        except BaseException:
            source.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.memory.close()

    def steady(self, function, *arguments):
        """What two readings, one after the other, agree on; of a machine that stands, one."""
        if self.memory.source.is_still:
            return function(*arguments)
        before = None
        for _ in range(TRIES):
            try:
                now = function(*arguments)
            except Torn:
                now = None
            if now is not None and now == before:
                return now
            before = now
        raise Torn("%s: %d readings, and no two agree" % (
            getattr(function, "__name__", "reading"), TRIES))

    @property
    def is_up(self):
        """Has the kernel come so far that there is a frame table?"""
        return self.memory.u64("frame_managed") != 0

    # ---- frames ---------------------------------------------------------------------------------

    def pages(self):
        """Each block of the frame table once, as a Page; kind: a ledger class, or "reserved".

        A free block, or one of several frames, is one Page with its order.
        """
        m = self.memory
        names = ("counts", "flags", "order", "class", "owner", "index", "slot")
        row = self._unpacker("page", ["page." + name for name in names])
        first, count = m.u64("frame_first"), m.u64("frame_count")
        kinds = m.numbers("FRAME_")
        free_head, free_single = m.number("PAGE_BUDDY"), m.number("PAGE_CACHED")
        table = m.read(m.u64("frame_table"), count * row.size)
        at = 0
        while at < count:
            counts, flags, order, kind, owner, index, slot = row.unpack_from(table, at * row.size)
            if flags & free_head:
                kind = "free"
            elif flags & free_single:
                kind, order = "free", 0
            elif counts & 0xffffffff:
                kind = kinds.get(kind, "class %d" % kind)
            else:
                kind, order = "reserved", 0
            yield Page(first + at, kind, order, counts & 0xffffffff, counts >> 32, flags, owner,
                       index, slot)
            at += 1 << order

    def struct_page(self, pfn):
        """The address of a frame's struct page."""
        m = self.memory
        if not 0 <= pfn - m.u64("frame_first") < m.u64("frame_count"):
            raise Torn("0x%x is no frame" % pfn)
        return m.u64("frame_table") + (pfn - m.u64("frame_first")) * m.size_of("page")

    def page(self, pfn):
        """The Page of one frame."""
        m = self.memory
        at = self.struct_page(pfn)
        counts = m.get(at, "page.counts")
        kind = m.numbers("FRAME_").get(m.get(at, "page.class"), "?")
        return Page(pfn, kind, m.get(at, "page.order"), counts & 0xffffffff, counts >> 32,
                    m.get(at, "page.flags"), m.get(at, "page.owner"), m.get(at, "page.index"),
                    m.get(at, "page.slot"))

    def frame_numbers(self):
        """The first frame's number, and the last one's."""
        first = self.memory.u64("frame_first")
        return first, first + self.memory.u64("frame_count") - 1

    def block_of(self, pfn):
        """The Page of the block that has this frame, or None."""
        for page in self.pages():
            if page.pfn <= pfn < page.pfn + (1 << page.order):
                return page
        return None

    def mappers(self, pfn):
        """(process, Mapping) of each entry in user memory that has this frame."""
        return [(process, mapping) for process in self.processes()
                for mapping in self.mappings(process) if mapping.pfn == pfn]

    def zero_page(self):
        """The number of the frame that all zero-filled reads share."""
        return self._pfn_of_node(self.memory.u64("zero_page") + self.memory.layout["page.lru"][0])

    def page_flags(self, page):
        return [name for name in self.memory.flag_names(page.flags, "PAGE_")
                if name != "tree_bits"]     # that is no flag

    def _unpacker(self, struct_name, members):
        """A struct.Struct that takes these members, given by rising offset, out of the bytes."""
        letters = {1: "B", 2: "H", 4: "I", 8: "Q"}
        text, at = "<", 0
        for name in members:
            offset, size = self.memory.layout[name]
            if offset < at:
                raise NotThere("%s is not where this reader expects it" % name)
            text += "%dx%s" % (offset - at, letters[size])
            at = offset + size
        return struct.Struct("%s%dx" % (text, self.memory.size_of(struct_name) - at))

    def ledger(self):
        """Frames by class, counted in the frame table; reserved ones are not managed."""
        counted = {name: 0 for name in self.memory.numbers("FRAME_").values()}
        for page in self.pages():
            if page.kind != "reserved":
                counted[page.kind] = counted.get(page.kind, 0) + (1 << page.order)
        return counted

    def ledger_counters(self):
        """Frames by class, but free ones, as the kernel's own counters have them."""
        first = self.memory.number("VM_STAT_LEDGER")
        return {name: self._event(first + number)
                for number, name in self.memory.numbers("FRAME_").items() if name != "free"}

    def managed(self):
        return self.memory.u64("frame_managed")

    def counters(self):
        """The event counters that the layout names: name → sum over the harts."""
        return {name: self._event(number)
                for number, name in self.memory.numbers("VM_STAT_").items() if name != "ledger"}

    def _harts(self):
        harts, size = self.memory.address("harts"), self.memory.size_of("hart")
        return [harts + i * size for i in range(self.memory.u32("hart_count"))]

    def _event(self, number):
        events = self.memory.layout["hart.events"][0]
        total = sum(self.memory.u64(hart + events + 8 * number) for hart in self._harts())
        return total & (1 << 64) - 1

    # ---- processes ------------------------------------------------------------------------------

    def processes(self):
        m = self.memory
        found = []
        if not m.u64("processes"):      # before the first one
            return found
        for at in m.list(m.address("processes"), "process.all_link"):
            mm, parent = m.get(at, "process.mm"), m.get(at, "process.parent")
            table = m.member(mm, "mm_struct.page_table") if mm else 0
            found.append(Process(
                m.get(at, "process.pid"), m.get_text(at, "process.name"),
                STATES[min(m.get(at, "process.state"), 2)],
                m.get(parent, "process.pid") if parent else 0, m.get(at, "process.thread_count"),
                mm, m.pa(m.get(table, "page_table.root")) if mm else 0,
                m.get(table, "page_table.levels") if mm else 0,
                *(m.get(mm, "mm_struct." + name) if mm else 0
                  for name in ("resident", "swapped", "family"))))
        return found

    def process(self, pid_or_name):
        """The one with this pid; or the last one with this name."""
        for process in reversed(self.processes()):
            if pid_or_name in (process.pid, process.name):
                return process
        raise NotThere("there is no process %s" % pid_or_name)

    def running(self):
        """For each hart the name of the thread that it runs."""
        m = self.memory
        threads = [m.get(hart, "hart.thread") for hart in self._harts()]
        return [m.get_text(thread, "thread.name") if thread else "" for thread in threads]

    def areas(self, process):
        m = self.memory
        found = []
        if not process.mm:
            return found
        for at in m.tree(m.member(process.mm, "mm_struct.vmas"), "vm_area_struct.node"):
            access = m.get(at, "vm_area_struct.access")
            found.append(Area(
                m.get(at, "vm_area_struct.start"), m.get(at, "vm_area_struct.end"),
                "".join(letter if access & bit else "-"
                        for letter, bit in (("r", PTE_R), ("w", PTE_W), ("x", PTE_X))),
                m.flag_names(m.get(at, "vm_area_struct.flags"), "VMA_"),
                m.get(at, "vm_area_struct.object"), m.get(at, "vm_area_struct.offset"),
                m.get(at, "vm_area_struct.file_bytes")))
        return found

    # ---- page tables ----------------------------------------------------------------------------

    def mappings(self, process):
        """Every entry of the user half that is not empty, by address."""
        if process.root:    # of the root, 256 entries: the upper half is the kernel's
            span = PAGE_SIZE << 9 * (process.levels - 1)
            yield from self._walk(process.root, 0, span, 256, set())

    def kernel_root(self):
        """The physical address of the kernel's own root, and how many levels there are."""
        m = self.memory
        table = m.address("kernel_page_table")
        return m.pa(m.get(table, "page_table.root")), m.get(table, "page_table.levels")

    def walk(self, root, levels, va):
        """(level, table, index, entry) from the root to where hardware's walk for va ends."""
        for level in range(levels - 1, -1, -1):
            index = va >> 12 + 9 * level & 511
            entry = self.memory.u64(DIRECT_BASE + root + 8 * index)
            yield level, root, index, entry
            if entry & (PTE_V | PTE_LEAF) != PTE_V:
                return
            root = self.next_table(entry)

    def kernel_mappings(self):
        """Every entry of the kernel's half, by address."""
        root, levels = self.kernel_root()
        span = PAGE_SIZE << 9 * (levels - 1)
        yield from self._walk(root + 8 * 256, (1 << 64) - 256 * span, span, 256, set())

    def kernel_entry(self, va):
        """Where the entry lies that maps an address of the kernel's half."""
        m = self.memory
        table = m.address("kernel_page_table")
        at = m.get(table, "page_table.root")
        for level in range(m.get(table, "page_table.levels") - 1, -1, -1):
            place = at + 8 * (va >> 12 + 9 * level & 511)
            entry = m.u64(place)
            if not entry & PTE_V or entry & PTE_LEAF:
                return place
            at = m.direct_va(self.next_table(entry))
        raise Torn("a page table points to a page table below the last level")

    def _walk(self, table, va, span, count, seen):
        """The leaves below a table whose entries span so many bytes each."""
        if table in seen:
            raise Torn("a page table is met twice")
        seen.add(table)
        entries = struct.unpack("<%dQ" % count, self.memory.read_pa(table, 8 * count))
        for index, entry in enumerate(entries):
            if entry and span > PAGE_SIZE and entry & (PTE_V | PTE_LEAF) == PTE_V:
                yield from self._walk(self.next_table(entry), va + index * span, span >> 9, 512,
                                      seen)
            elif entry:
                yield self._mapping(va + index * span, entry, span)

    def next_table(self, entry):
        return (entry >> self.memory.number("PTE_PFN_SHIFT") & (1 << 44) - 1) << 12

    def _mapping(self, va, entry, size):
        m = self.memory
        number = entry >> m.number("PTE_PFN_SHIFT") & (1 << 44) - 1
        bits = entry & 0x3ff
        if entry & PTE_V and entry & PTE_LEAF:
            return Mapping(va, "present", number, None, bits, size)
        if entry & (PTE_V | m.number("PTE_SOFT_NONE")) == m.number("PTE_SOFT_NONE"):
            return Mapping(va, "none", number, None, bits, size)
        if entry & (PTE_V | m.number("PTE_SOFT_SWAP")) == m.number("PTE_SOFT_SWAP"):
            return Mapping(va, "swap", None, number, bits, size)
        raise Torn("0x%x is no page-table entry (for 0x%x)" % (entry, va))

    def mapping(self, process, va):
        """The entry for one address, or None where it is empty."""
        table, span = process.root, PAGE_SIZE << 9 * (process.levels - 1)
        while True:
            entry = self.memory.u64(DIRECT_BASE + table + 8 * (va // span & 511))
            if not entry:
                return None
            if span == PAGE_SIZE or entry & (PTE_V | PTE_LEAF) != PTE_V:
                return self._mapping(va & ~(span - 1), entry, span)
            table, span = self.next_table(entry), span >> 9

    def read_user(self, process, va, size):
        """Bytes of a process's memory; None where a page of it is not present."""
        data = b""
        while size:
            mapping = self.mapping(process, va)
            if mapping is None or mapping.kind != "present":
                return None
            offset = va - mapping.va
            step = min(size, mapping.size - offset)
            data += self.memory.read_pa((mapping.pfn << 12) + offset, step)
            va, size = va + step, size - step
        return data

    # ---- objects: files, and memory that is shared ----------------------------------------------

    def object_entries(self, at):
        """What a vm_object has: (index, pfn, None) of a page, (index, None, slot) in swap."""
        m = self.memory
        tree = m.member(at, "vm_object.pages")
        root, height = m.get(tree, "page_tree.root"), m.get(tree, "page_tree.height")
        if height * m.number("PAGE_TREE_BITS") > 64:
            raise Torn("a tree of pages is too high")
        if root:
            yield from self._tree_entries(root, height, 0, set())

    def _tree_entries(self, entry, level, index, seen):
        if level == 0:
            if entry & 1:
                yield index, None, entry >> 1
            else:
                yield index, self._pfn_of_node(entry + self.memory.layout["page.lru"][0]), None
            return
        if entry in seen:
            raise Torn("a node of a tree of pages is met twice")
        seen.add(entry)
        bits = self.memory.number("PAGE_TREE_BITS")
        for i, below in enumerate(struct.unpack("<%dQ" % (1 << bits),
                                                self.memory.read(entry, 8 << bits))):
            if below:
                yield from self._tree_entries(below, level - 1, index << bits | i, seen)

    # ---- swap -----------------------------------------------------------------------------------

    def swap(self):
        """The map of slots and the swap cache, as a Swap.

        slots: number → Slot, of those that are not free; free: the numbers in the set of free ones.
        """
        m = self.memory
        at = m.address("swap")
        total, used, retired, with_page = (
            m.get(at, "swap_info." + name) for name in ("slots", "used", "retired", "with_page"))
        device, arrays = m.get(at, "swap_info.device"), []
        for name, letter, size in (("uses", "H", 2), ("cached", "I", 4), ("stamp", "I", 4)):
            start = m.get(at, "swap_info." + name)
            if device and not start:
                raise Torn("swap is on and has no map")
            arrays.append(struct.unpack("<%d%s" % (total, letter), m.read(start, size * total))
                          if device else ())
        mask, flags = m.number("USES_MASK"), m.numbers("SLOT_")
        slots, free = {}, set()
        if device:
            bits = m.get(m.member(at, "swap_info.free"), "bitset.bits")
            words = int.from_bytes(m.read(bits, (total + 63) // 64 * 8), "little")
            free.update(n for n, bit in enumerate(reversed(bin(words)[2:])) if bit == "1")
        for number, (uses, pfn, stamp) in enumerate(zip(*arrays)):
            if uses or pfn:
                names = [flags[bit] for bit in flags if uses & bit]
                slots[number] = Slot(number, uses & mask, names, pfn or None, stamp)
        return Swap(m.get_text(device, "block_device.serial") if device else "",
                    m.get(device, "block_device.sectors") if device else 0,
                    total, used, retired, with_page, free, slots)

    def is_on_disk(self, slot):
        """Has the disk the slot's content? Not while its page is newer, or on its way there."""
        m = self.memory
        if "retired" in slot.flags or not (slot.uses or slot.pfn):
            return False
        unwritten = m.number("PAGE_DIRTY") | m.number("PAGE_WRITEBACK")
        return slot.pfn is None or not self.page(slot.pfn).flags & unwritten

    def named_slots(self):
        """Slot → who names it: (pid, address) of an entry, (None, index) of shared memory's."""
        names = {}
        objects = set()
        for process in self.processes():
            objects.update(area.object for area in self.areas(process) if area.object)
            for mapping in self.mappings(process):
                if mapping.kind == "swap":
                    names.setdefault(mapping.slot, []).append((process.pid, mapping.va))
        for at in objects:
            for index, _, slot in self.object_entries(at):
                if slot is not None:
                    names.setdefault(slot, []).append((None, index))
        return names

    # ---- lists of replacement -------------------------------------------------------------------

    def lru(self):
        """Name of a list ("file", "anon") → its policy's name and its frames, oldest end first."""
        m = self.memory
        found = {}
        for name in ("file", "anon"):
            policy, nodes = self.listed(m.member(m.address(name + "_lru"), "page_lru.list"))
            found[name] = (policy, [self._pfn_of_node(at) for at in nodes])
        return found

    def quota(self, process):
        """What a process under a quota has on its list, a Quota; or None."""
        m = self.memory
        at = m.get(process.mm, "mm_struct.quota") if process.mm else 0
        if not at:
            return None
        base = m.member(at, "quota.list")
        policy, nodes = self.listed(base)
        offset = m.layout["quota_entry.node"][0]
        return Quota(policy, m.get(base, "lru_list.capacity"),
                     [m.get(node - offset, "quota_entry.va") for node in nodes])

    def listed(self, base, most=None):
        """Of a list its policy's name, and its nodes, oldest end first; so many at most."""
        m = self.memory
        ops, nodes = m.get(base, "lru_list.ops"), []
        if not ops:
            return "", nodes
        offset, size = m.layout["lru_list.pages"]
        for head in range(base + offset, base + offset + size, 16):
            nodes += islice(m.list(head, "lru_node.link"), most and most - len(nodes))
        return m.text(m.u64(m.member(ops, "lru_ops.name")), 16), nodes

    def _pfn_of_node(self, node):
        m = self.memory
        index, rest = divmod(node - m.layout["page.lru"][0] - m.u64("frame_table"),
                             m.size_of("page"))
        if rest or not 0 <= index < m.u64("frame_count"):
            raise Torn("0x%x is not in the frame table" % node)
        return m.u64("frame_first") + index

    # ---- the trace ------------------------------------------------------------------------------

    def trace(self):
        """The records that are still there, of all harts, in the order in which they happened."""
        return list(heapq.merge(*(ring for ring, _ in self._rings()), key=lambda r: r.when))

    def trace_lost(self):
        """How many records were overwritten by newer ones."""
        return sum(lost for _, lost in self._rings())

    def trace_switch(self, on):
        """Turns the trace on or off, in a kernel that was booted with rings."""
        self.need_rings()
        for hart in self._harts():
            self.memory.poke(self.memory.member(hart, "hart.trace_on"), int(on), 4)

    def need_rings(self):
        """A kernel without rings keeps no records, whatever is turned on."""
        if not self._rings():
            raise NotThere("this kernel was booted without a ring for records: "
                           "it takes APPEND=trace=1, or trace=1,off to turn it on later")

    def _rings(self):
        """For each ring its records, oldest first, and how many were lost."""
        m = self.memory
        if m.size_of("trace_record") != RECORD.size:
            raise NotThere("trace records have %d bytes" % m.size_of("trace_record"))
        types = m.numbers("TRACE_")
        rings, size = m.address("trace_rings"), m.size_of("trace_ring")
        found = []
        for at in range(rings, rings + m.elf.symbol("trace_rings").size, size):
            capacity = m.get(at, "trace_ring.capacity")
            if not capacity:
                continue
            whole = m.get(at, "trace_ring.written")     # these were written before we look
            data = m.read(m.get(at, "trace_ring.records"), capacity * RECORD.size)
            written = m.get(at, "trace_ring.written")   # the next one may be half written now
            first = max(0, written - capacity + 1) if written >= capacity else 0
            records = []
            for number in range(first, whole):
                fields = RECORD.unpack_from(data, number % capacity * RECORD.size)
                records.append(Record(*fields[:4], types.get(fields[4], "type %d" % fields[4]),
                                      *fields[5:]))
            found.append((records, first))
        return found

    def check(self):
        """Complaints about a kernel that nothing is going on in: an empty list where all fits."""
        return checks.all_of(self)
