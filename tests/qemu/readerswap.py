"""The reader on swap, its disk and quotas; planted faults are noticed.

The guest program `swapfill` says what it has; it has more than memory.
"""

import array
import os
import re

import machine as m
import suite as s
from readermachine import MODES, PAGE, machine, printed, stopped_when_idle
from suite import need

import checks                       # in tests/reader, which readermachine has put on the path

FILLED = r"swapfill: pid (\d+) parent (\d+) start (0x[0-9a-f]+) pages (\d+)\n"
FILLED_SHARED = r"swapfill: shared by (\d+) start (0x[0-9a-f]+) pages (\d+) go (0x[0-9a-f]+)\n"
CHILDS_STEP = 7     # of a child's pages, those it wrote itself
LEAST_IN_SWAP = 2000


class Filled:
    """What `swapfill` says that it has, and where."""

    def __init__(self, guest):
        self.spaces = {}        # pid → (parent, start, pages)
        for line in re.finditer(FILLED, guest.seen.decode(errors="replace")):
            pid, parent, start, pages = (int(text, 0) for text in line.groups())
            self.spaces[pid] = (parent, start, pages)
        self.writer, self.shared, self.shared_pages, self.go = (
            int(text, 0) for text in printed(guest, FILLED_SHARED))
        need(len(self.spaces) == 6, "spaces: %s" % self.spaces)

    def content(self, pid, va):
        """What pid has at va; None: `swapfill` says nothing about it."""
        parent, start, pages = self.spaces.get(pid, (0, 0, 0))
        page = (va - start) // PAGE
        if 0 <= page < pages:
            writer = parent if parent and page % CHILDS_STEP else pid
        elif 0 <= va - self.shared < self.shared_pages * PAGE:
            writer = self.writer
        else:
            return None
        return array.array("Q", range(writer << 40 | va, (writer << 40 | va) + PAGE, 8)).tobytes()

    def addresses(self, pid):
        """Of pages whose content is known."""
        _, start, pages = self.spaces[pid]
        return [at + i * PAGE for at, count in ((start, pages), (self.shared, self.shared_pages))
                for i in range(count)]


def swap(mode):
    """The swap image has exactly the pages that the map of slots says are there."""
    with machine("reader swap " + mode, "swapfill: waiting\n", PAGING=mode, MEM="16M", SWAP="64M",
                 CMD="swapfill 3 24 && true") as (guest, reader):
        filled = Filled(guest)
        with stopped_when_idle(guest, reader):
            complaints = reader.check() + image_complaints(reader, filled, guest.swap)
            need(not complaints, "%d complaints\n%s" % (
                len(complaints), "\n".join(complaints[:40])))
            need_variety(reader)
            if mode == MODES[-1]:
                planted_slots(reader, filled)
                planted_content(reader, filled, guest)
        let_go(guest, reader, filled)


def let_go(guest, reader, filled):
    """`swapfill` finds all as it was, and ends."""
    at = reader.mapping(reader.process(filled.writer), filled.go)
    reader.memory.poke(reader.memory.direct_va((at.pfn << 12) + filled.go % PAGE), 1, 8)
    s.need_status(guest.run(s.SECONDS["command"]), 0)


def image_complaints(reader, filled, path):
    """Every page that is known is where the tables say, in memory or on the disk; and all that is
    on the disk is known, but for what programs have besides."""
    found = list(checks.swap_image(reader, path))
    slots, known = reader.swap().slots, set()
    with open(path, "rb") as image:
        for pid in filled.spaces:
            process, shared = reader.process(pid), shared_slots(reader, filled, pid)
            entries = {entry.va: entry for entry in reader.mappings(process)}
            for va in filled.addresses(pid):
                where, content = "nowhere", None
                entry = entries.get(va)
                slot = entry.slot if entry else shared.get(va)
                if entry and entry.kind == "present":
                    where, content = "frame 0x%x" % entry.pfn, reader.memory.read_pa(
                        entry.pfn << 12, PAGE)
                elif slot is not None and slot in slots:
                    where, content = slot_bytes(reader, image, slots[slot])
                    known.add(slot)
                elif va in shared:
                    continue    # in memory, and mapped by others
                if content != filled.content(pid, va):
                    found.append("pid %d: 0x%x, in %s, is another page" % (pid, va, where))
    others = [slot for slot in slots.values() if slot.uses and slot.number not in known]
    if len(others) > 100:       # stacks, data, the C library, init and the shell
        found.append("%d slots are of nobody who is known: %s" % (len(others), others[:8]))
    return found


def shared_slots(reader, filled, pid):
    """Address in the shared area → its slot, or None for a page in memory."""
    area = next(a for a in reader.areas(reader.process(pid)) if a.start <= filled.shared < a.end)
    return {area.start + index * PAGE - area.offset: slot
            for index, _, slot in reader.object_entries(area.object)}


def slot_bytes(reader, image, slot):
    """Where the content of a slot is, and what: on the disk unless memory alone has it."""
    if reader.is_on_disk(slot):
        return "slot %d" % slot.number, checks.slot_content(image, slot.number)
    return "frame 0x%x of slot %d" % (slot.pfn, slot.number), reader.memory.read_pa(
        slot.pfn << 12, PAGE)


def need_variety(reader):
    """There was something to find: slots of every sort that the map knows."""
    swap_map, names = reader.swap(), reader.named_slots()
    slots = swap_map.slots.values()
    need(len(slots) > LEAST_IN_SWAP, "only %d slots are in use" % len(slots))
    for what, found in (
            ("named by two", [x for x in slots if x.uses > 1]),
            ("named by shared memory", [n for named in names.values() for n in named
                                        if n[0] is None]),
            ("in memory, too", [x for x in slots if x.pfn and x.uses and reader.is_on_disk(x)]),
            ("of unreserved memory", [x for x in slots if "charged" in x.flags])):
        need(found, "no slot is " + what)


# ---- planted faults -----------------------------------------------------------------------------

def planted_slots(reader, filled):
    """check() finds what does not fit in the map of slots, in the swap cache and in entries."""
    memory, swap_map = reader.memory, reader.swap()
    pid = next(iter(filled.spaces))
    process = reader.process(pid)
    used = next(x for x in swap_map.slots.values() if x.uses and x.pfn is None)
    cached = next(x for x in swap_map.slots.values() if x.pfn is not None)
    free = next(n for n in range(swap_map.total) if n not in swap_map.slots)
    at = memory.address("swap")
    uses, caches = (memory.get(at, "swap_info." + name) for name in ("uses", "cached"))
    word = memory.get(memory.member(at, "swap_info.free"), "bitset.bits") + free // 64 * 8
    entry = next(x for x in reader.mappings(process) if x.kind == "swap")
    page_slot = memory.member(reader.struct_page(cached.pfn), "page.slot")
    for what, place, value, size, expected in (
            ("a use too many", uses + 2 * used.number, used.uses + 1, 2, "slot %d " % used.number),
            ("a use too few", uses + 2 * used.number, used.uses - 1, 2, "slot %d " % used.number),
            ("a slot of nobody", uses + 2 * free, 1, 2, "slot %d " % free),
            ("no cached page", caches + 4 * cached.number, 0, 4, "frame 0x%x " % cached.pfn),
            ("a page without its slot", page_slot, 0, 4, "frame 0x%x " % cached.pfn),
            ("an entry with a free slot", entry_place(reader, process, entry.va),
             free << memory.number("PTE_PFN_SHIFT") | memory.number("PTE_SOFT_SWAP"), 8,
             "slot %d " % free),
            ("a free slot that is not found", word, memory.u64(word) & ~(1 << free % 64), 8,
             "slot %d " % free),
            ("a slot missing", memory.member(at, "swap_info.used"), swap_map.used - 1, 4,
             "slots in use"),
            ("a frame referred to", memory.member(reader.struct_page(cached.pfn), "page.counts"),
             memory.get(reader.struct_page(cached.pfn), "page.counts") + 1, 8,
             "frame 0x%x " % cached.pfn)):
        right = int.from_bytes(memory.read(place, size), "little")
        memory.poke(place, value, size)
        complaints = reader.check()
        memory.poke(place, right, size)
        need(any(expected in c for c in complaints), "%s: check() says %s" % (what, complaints))
    need(not reader.check(), "check() complains of what was put right")


def entry_place(reader, process, va):
    """The kernel's address of the entry for va."""
    table, span = process.root, PAGE << 9 * (process.levels - 1)
    while span > PAGE:
        entry = reader.memory.u64(reader.memory.direct_va(table + 8 * (va // span & 511)))
        table, span = reader.next_table(entry), span >> 9
    return reader.memory.direct_va(table + 8 * (va // PAGE & 511))


def planted_content(reader, filled, guest):
    """A copy of the swap image with one wrong bit, or with two pages exchanged, is noticed."""
    slots, names = reader.swap().slots, reader.named_slots()
    on_disk = [x.number for x in slots.values() if reader.is_on_disk(x) and x.uses]
    known = [n for n in on_disk if any(pid and filled.content(pid, va) for pid, va in names[n])]
    in_memory = [n for n in on_disk if slots[n].pfn]
    path = os.path.join(guest.folder, "damaged.img")
    m.copy_sparse(guest.swap, path)
    need(not image_complaints(reader, filled, path), "the copy is not like the image")
    for what, chosen in (("one bit of a page", known[:1]),
                         ("one bit of a page in memory, too", in_memory[:1]),
                         ("two pages", [known[0], known[-1]])):
        with open(path, "r+b") as image:
            right = [checks.slot_content(image, n) for n in chosen]
            wrong = right[::-1] if len(chosen) > 1 else [right[0][:-1] + bytes([right[0][-1] ^ 1])]
            for contents in (wrong, right):
                for n, content in zip(chosen, contents):
                    image.seek(n * PAGE)
                    image.write(content)
                image.flush()
                complaints = image_complaints(reader, filled, path)
                need(bool(complaints) == (contents is wrong), "%s: %s" % (what, complaints[:8]))


# ---- quotas, and what is left at the end --------------------------------------------------------

def quotas():
    """Each process's quota lists what it has in memory."""
    with machine("reader quotas", "swapfill: waiting\n", SWAP="64M",
                 CMD="limit 300,aging swapfill 3 24 && true") as (guest, reader):
        filled = Filled(guest)
        with stopped_when_idle(guest, reader):
            need(not reader.check(), "\n".join(reader.check()[:40]))
            for pid in filled.spaces:
                quota = reader.quota(reader.process(pid))
                need(quota and quota[:2] == ("aging", 300) and len(quota.addresses) > 200,
                     "pid %d: %s" % (pid, quota))
            planted_quota(reader, reader.process(pid))
        let_go(guest, reader, filled)


def planted_quota(reader, process):
    """check() finds what a quota lists and should not, and the other way round."""
    memory, quota = reader.memory, reader.quota(process)
    first = memory.u64(memory.member(memory.member(memory.get(process.mm, "mm_struct.quota"),
                                                   "quota.list"), "lru_list.pages"))
    at = memory.member(first, "quota_entry.va")
    memory.poke(at, quota.addresses[0] + 1, 8)
    complaints = reader.check()
    memory.poke(at, quota.addresses[0], 8)
    for va, what in ((quota.addresses[0], "not on"), (quota.addresses[0] + 1, "is on")):
        need(any("0x%x " % va in c and what in c for c in complaints),
             "check() says %s" % complaints)


def need_nothing_missing(guest, reader):
    """By the host's count, after all that was done: each frame and each slot is where it belongs.

    All that may be in use is named: by init, its shell and what it waits in.
    """
    with stopped_when_idle(guest, reader):
        complaints = reader.check() + list(checks.swap_image(reader, guest.swap))
        need(not complaints, "\n".join(complaints[:40]))
        names = [p.name for p in reader.processes()]
        need(names == ["init", "sh", "sleep"], "processes: %s" % names)
        swap_map = reader.swap()
        need(swap_map.total == m.size_in_bytes(guest.settings["SWAP"]) // PAGE, "%d slots" %
             swap_map.total)
        most = sum(p.swapped for p in reader.processes())
        used = [x for x in swap_map.slots.values() if x.uses]
        need(len(used) <= most, "%d slots are in use, %d can be" % (len(used), most))
