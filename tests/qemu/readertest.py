"""The host reader (tests/reader) and the trace, on machines that live, stand, and have panicked.

The guest program `pattern` says where it has what; the reader must find the same from outside, and
nothing else. Checks that find nothing wrong are shown a planted fault as well.
"""

import array
import contextlib
import os
import re
import shutil
import subprocess
import sys
import time

import machine as m
import suite as s
import tracecost
from suite import need

sys.path.insert(0, os.path.join(s.ROOT, "tests/reader"))
import checks                       # noqa: E402
from reader import Reader, Torn     # noqa: E402

PAGE = 4096
LIVE_TRIES = 20             # of one reading beside four busy harts; four were the most ever needed
MODES = ("sv39", "sv48", "sv57")
FOUND = 0x666f756e64        # what the host writes for `pattern` to see
PATTERN = (r"pattern: pid (\d+) child (\d+) words (0x[0-9a-f]+) pages (\d+) zero (0x[0-9a-f]+) "
           r"none (0x[0-9a-f]+) absent (0x[0-9a-f]+)\n")
KINDS = {"fault", "map", "evict", "swap_in", "swap_out", "flush", "shootdown", "alloc", "free",
         "switch", "refault"}
CLASSES = ("free", "kernel", "page_table", "stack", "slab", "anon", "file", "buffer")


@contextlib.contextmanager
def machine(name, until, san=False, seconds=s.SECONDS["boot"], **values):
    """A machine that has printed `until`, with a reader on its memory."""
    settings = s.cell_settings(san=san, **values)
    with m.Machine(settings, qmp=True, shared_ram=True, log=s.log_name(name)) as guest:
        guest.start()
        need(guest.wait_for(until, seconds), "%s: no line %s\n%s" % (
            name, until, guest.seen.decode(errors="replace")[-800:]))
        with Reader(settings["RAM_FILE"], settings["KERNEL"]) as reader:
            yield guest, reader


def printed(guest, pattern):
    return re.search(pattern, guest.seen.decode(errors="replace")).groups()


class Told:
    """What `pattern` says of itself."""

    def __init__(self, guest):
        numbers = [int(text, 0) for text in printed(guest, PATTERN)]
        self.pid, self.child, self.words, self.pages = numbers[:4]
        self.zero, self.none, self.absent = numbers[4:]
        frames = printed(guest, r"pattern: frames ([\d ]+)\n")[0].split()
        self.ledger = dict(zip(CLASSES, map(int, frames)))

    def page_addresses(self):
        return [self.words + i * PAGE for i in range(self.pages)]


def change_first_word(reader, told):
    """What `pattern` waits for."""
    pfn = reader.mapping(reader.process(told.pid), told.words).pfn
    reader.memory.poke(reader.memory.direct_va(pfn << 12), FOUND, 8)


def words_of(va):
    """What a page of `pattern` at va holds."""
    return b"".join((va + i).to_bytes(8, "little") for i in range(0, PAGE, 8))


# ---- a program's memory, in each paging mode ----------------------------------------------------

def paging(mode):
    """The reader finds what `pattern` says it has, and the ledger that the guest prints."""
    with machine("reader " + mode, "pattern: waiting\n", PAGING=mode, MEM="64M",
                 CMD="pattern && true") as (guest, reader):
        told = Told(guest)
        need(reader.steady(reader.ledger) == told.ledger, "ledger: the host counts\n%s\nthe guest "
             "prints\n%s" % (reader.ledger(), told.ledger))
        complaints = reader.check()
        need(not complaints, "\n".join(complaints))
        need_processes(reader, told)
        need_pages(reader, told, {"sv39": 3, "sv48": 4, "sv57": 5}[mode])
        planted_faults(reader, told)
        change_first_word(reader, told)
        ending = guest.run(s.SECONDS["command"])
        need("pattern: found 0x%x\n" % FOUND in ending.output, s.tail(ending))
        s.need_status(ending, 0)


def need_processes(reader, told):
    parents = {p.pid: (p.name, p.parent, p.state) for p in reader.steady(reader.processes)}
    shell = parents[told.pid][1]
    need(parents == {1: ("init", 0, "live"), shell: ("sh", 1, "live"),
                     told.pid: ("pattern", shell, "live"),
                     told.child: ("pattern", told.pid, "live")}, "processes: %s" % parents)


def need_pages(reader, told, levels):
    process, child = reader.process(told.pid), reader.process(told.child)
    need(process.levels == levels, "%d levels" % process.levels)
    entries = {e.va: e for e in reader.mappings(process)}
    need(all(reader.mapping(process, va) == entry for va, entry in entries.items()),
         "one entry is not what the walk over all found")
    others = {e.va: e for e in reader.mappings(child)}
    for va in told.page_addresses():
        entry = entries.get(va)
        need(entry and entry.kind == "present", "0x%x: %s" % (va, entry))
        need(reader.read_user(process, va, PAGE) == words_of(va), "0x%x has another content" % va)
        page = reader.page(entry.pfn)
        need((page.kind, page.maps) == ("anon", 2), "0x%x: %s" % (va, page))
        need(others[va].pfn == entry.pfn, "0x%x: the child has another frame" % va)
    need(reader.page(entries[told.zero].pfn).kind == "kernel", "the zero page is not there")
    kept = entries[told.none]
    need(kept.kind == "none" and reader.memory.read_pa(kept.pfn << 12, PAGE) ==
         words_of(told.none), "the page that is kept: %s" % (kept,))
    need(told.absent not in entries and reader.mapping(process, told.absent) is None,
         "a page that was never touched is mapped")
    areas = reader.areas(process)
    need(all(any(a.start <= va < a.end for a in areas) for va in entries),
         "an entry lies in no area")
    area = next(a for a in areas if a.start <= told.words < a.end)
    need(area.access == "rw-" and area.end >= told.words + told.pages * PAGE and not area.object,
         str(area))
    need([a.access for a in areas if a.start <= told.none < a.end] == ["---"], "access of none")
    stack = [a for a in areas if "stack" in a.flags]
    need(len(stack) == 1 and any(stack[0].start <= va < stack[0].end for va in entries), "no stack")


def planted_faults(reader, told):
    """check() names a frame whose map count, class or list is wrong."""
    memory = reader.memory
    pfn = reader.mapping(reader.process(told.pid), told.words).pfn
    at = reader.struct_page(pfn)
    for member, value in (("page.counts", 3 << 32 | 2), ("page.class", 5 ^ 3),
                          ("page.flags", memory.get(at, "page.flags") ^
                           memory.number("PAGE_ON_LRU"))):
        size = memory.layout[member][1]
        right = memory.get(at, member)
        memory.poke(memory.member(at, member), value, size)
        complaints = reader.check()
        memory.poke(memory.member(at, member), right, size)
        need(complaints, "check() is content with a wrong %s" % member)
        need(member == "page.class" or any("frame 0x%x " % pfn in c for c in complaints),
             "check() does not name the frame: %s" % complaints)
    for va, bits, expected in (
            (memory.address("__text_start"), 4, "may be stored to and run"),
            (memory.direct_va(memory.pa(memory.address("__rodata_start"))), 4, "or a constant"),
            (memory.address("__bss_start"), 0x40, "waits for its accessed")):
        place = reader.kernel_entry(va)
        right = memory.u64(place)
        memory.poke(place, right ^ bits, 8)
        complaints = reader.check()
        memory.poke(place, right, 8)
        need(any(expected in c for c in complaints), "%s: %s" % (expected, complaints))
    kernel_keeps_away(reader)
    need(not reader.check(), "check() complains of what was put right")


def kernel_keeps_away(reader):
    """check() names a mapped frame that the machine keeps to itself: here, one more such region."""
    memory = reader.memory
    count = memory.member(memory.address("machine"), "machine.no_map_count")
    number = memory.u32(count)
    at = memory.member(memory.address("machine"), "machine.no_map") + \
        number * memory.size_of("region")
    memory.poke(memory.member(at, "region.start"), memory.pa(memory.address("__bss_start")), 8)
    memory.poke(memory.member(at, "region.bytes"), PAGE, 8)
    memory.poke(count, number + 1, 4)
    complaints = reader.check()
    memory.poke(count, number, 4)
    need(any("is the firmware's own" in c for c in complaints), "no-map: %s" % complaints)


# ---- swap, in each paging mode ------------------------------------------------------------------

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


@contextlib.contextmanager
def stopped_when_idle(guest, reader):
    """The machine stands still, at a time when no hart had anything to do."""
    end = time.monotonic() + s.SECONDS["command"]
    while True:
        guest.wait_for("nothing that it prints", 0.5)
        guest.qmp("stop")
        if bin(reader.memory.u32("idle_harts")).count("1") == reader.memory.u32("hart_count"):
            break
        guest.qmp("cont")
        need(time.monotonic() < end, "it is never idle: %s" % reader.running())
    yield
    guest.qmp("cont")


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


# ---- other states of the machine ----------------------------------------------------------------

def spaces(reader):
    """Reads all processes, with their areas and mappings; returns how much that was."""
    return sum(1 + len(reader.areas(p)) + sum(1 for _ in reader.mappings(p))
               for p in reader.processes())


READINGS = (
    ("processes", spaces),
    ("swap", lambda reader: len(reader.swap().slots)),
    ("frames", lambda reader: sum(1 for _ in reader.pages())),
    ("lists", lambda reader: sum(len(p) for _, p in reader.lru().values())),
    ("trace", lambda reader: len(reader.trace())),
    ("ledger", lambda reader: sum(reader.ledger_counters().values())),
)


def everything(reader):
    """Reads all there is; returns how much that was."""
    return sum(read(reader) for _, read in READINGS)


def whole_in(reader, name, read):
    """After how many tries a reading comes whole; never is a failure."""
    for tries in range(1, LIVE_TRIES + 1):
        try:
            read(reader)
            return tries
        except Torn:
            pass
    raise Failure("%s: none of %d readings was whole" % (name, LIVE_TRIES))


def live():
    """While four harts fork, map and exit, each kind of reading ends, and comes whole soon.

    How soon hangs on how fast the host runs the guest beside the reader; that it does at each look
    does not.
    """
    with machine("reader live", "started\n", CPUS="4", MEM="64M", APPEND="trace=1000",
                 CMD="grind -n 1000000 & echo started; vmstress 1000000") as (
                     guest, reader):
        looks, end = 0, time.monotonic() + 10
        most = dict.fromkeys((name for name, _ in READINGS), 0)
        while time.monotonic() < end or looks < 10:
            for name, read in READINGS:
                most[name] = max(most[name], whole_in(reader, name, read))
            looks += 1
        names = {p.name for p in reader.steady(reader.processes)}
        need({"grind", "vmstress"} <= names, "they do not run: %s" % names)
        need(guest.process.poll() is None, "the machine is gone")
    need(most["trace"] == most["ledger"] == 1, "what cannot be torn was: %s" % most)


def live_swap():
    """The same while all memory comes and goes: whatever is read comes to its end, and is whole at
    some time."""
    with machine("reader live swap", "until 1000000 are out", CPUS="4", MEM="32M",
                 APPEND="trace=1000", CMD="swapstress 4 64 1000000") as (guest, reader):
        end = time.monotonic() + s.SECONDS["command"]
        while not reader.counters()["pgin"]:
            guest.wait_for("nothing that it prints", 0.5)
            need(time.monotonic() < end, "nothing is swapped")
        parts = (reader.processes, reader.running, reader.ledger, reader.ledger_counters,
                 reader.lru, reader.swap, reader.named_slots, reader.trace, reader.counters,
                 lambda: [reader.areas(process) for process in reader.processes()],
                 lambda: [list(reader.object_entries(area.object)) for process in
                          reader.processes() for area in reader.areas(process) if area.object])
        whole = dict.fromkeys(parts, 0)
        end = time.monotonic() + 10
        while time.monotonic() < end or not all(whole.values()):
            for part in parts:
                with contextlib.suppress(Torn):
                    part()
                    whole[part] += 1
            need(time.monotonic() < end + s.SECONDS["command"], "never whole: %s" % whole)
        need(guest.process.poll() is None, "the machine is gone")


def stopped():
    """A machine that stands still reads the same twice, wherever it was stopped."""
    with machine("reader stopped", "started\n", CPUS="2", MEM="64M",
                 CMD="echo started; grind -s 2 -n 1000000") as (guest, reader):
        seen = []
        for _ in range(20):
            guest.qmp("stop")
            try:
                first, ledger, names = everything(reader), reader.ledger(), reader.named_slots()
                need((everything(reader), reader.ledger(), reader.named_slots()) ==
                     (first, ledger, names),
                     "a stopped machine changes")
                seen.append(first)
                # at most what two harts have in hand: a batch from the buddy allocator each
                missing = reader.managed() - sum(ledger.values())
                need(abs(missing) <= 2 * 16, "%d frames are in no class" % missing)
            except Torn:
                pass        # stopped in the middle of a change, and read so
            guest.qmp("cont")
            guest.wait_for("nothing that it prints", 0.1)
        need(len(seen) > 10, "only %d of 20 could be read" % len(seen))
        need(len(set(seen)) > 1, "it stood still all the time")


def panicked():
    """The RAM that a panicked kernel leaves behind says what it was doing, and with which frame."""
    with machine("reader panicked", "pattern: waiting\n", MEM="64M", CPUS="1",
                 CMD="pattern && true") as (guest, reader):
        told, memory = Told(guest), reader.memory
        pfn = reader.mapping(reader.process(told.pid), told.none).pfn
        flags = memory.member(reader.struct_page(pfn), "page.flags")
        memory.poke(flags, memory.number("PAGE_CACHED"), 4)
        change_first_word(reader, told)
        ending = guest.run(s.SECONDS["command"])
        s.need_status(ending, m.PANIC)
        need("free of frame 0x%x" % pfn in ending.output, s.tail(ending, 30))
        need(reader.running() == ["pattern"], "running: %s" % reader.running())
        need(told.pid in [p.pid for p in reader.processes()], "the process is not listed")
        need(reader.page(pfn).maps == 0 and "cached" in reader.page_flags(reader.page(pfn)),
             "the frame: %s" % (reader.page(pfn),))
        need(sum(reader.ledger().values()) == reader.managed(), "ledger: %s" % reader.ledger())


def panicked_early():
    """debug=panic: there is no process yet; another kernel's file is refused."""
    with machine("reader panicked early", "panic", APPEND="debug=panic",
                 CMD="true") as (guest, reader):
        s.need_status(guest.run(s.SECONDS["boot"]), m.PANIC)
        need(reader.processes() == [] and "boot" in reader.running(), "%s %s" % (
            reader.processes(), reader.running()))
        need(sum(reader.ledger().values()) == reader.managed(), "ledger: %s" % reader.ledger())
        command = [sys.executable, "tests/reader/reader", guest.settings["RAM_FILE"]]
        shown = subprocess.run(command + [guest.settings["KERNEL"], "ledger"],
                               stdout=subprocess.PIPE)
        need(b"%d of %d managed" % (reader.managed(), reader.managed()) in
             re.sub(rb" +", b" ", shown.stdout), shown.stdout.decode())
        other = subprocess.run(command + [s.BUILD + "/san/kernel.elf"], stderr=subprocess.PIPE,
                               stdout=subprocess.PIPE)
        need(other.returncode and b"this kernel is not in this RAM" in other.stderr,
             "another kernel: %s" % other.stderr)


# ---- the trace ----------------------------------------------------------------------------------

def trace():
    """Records are in order and of known types; what they say of frames is what happened."""
    with machine("reader trace", "pattern: waiting\n", CPUS="2", MEM="64M", APPEND="trace=65536",
                 CMD="grind -s 3 -n 300; pattern 100; true") as (guest, reader):
        told = Told(guest)
        records = reader.steady(reader.trace)
        need(reader.trace_lost() == 0 and len(records) > 5000, "%d records, %d lost" % (
            len(records), reader.trace_lost()))
        need_order(reader, records)
        need_frames(reader, records)
        pids = {r.pid for r in records if r.type == "switch"}
        need({0, 1, told.pid, told.child} <= pids, "switches to %s" % sorted(pids))


def need_order(reader, records):
    need(all(a.when <= b.when for a, b in zip(records, records[1:])), "records are not in order")
    need({r.hart for r in records} == {0, 1}, "harts: %s" % {r.hart for r in records})
    known = set(reader.memory.numbers("TRACE_").values())
    need({r.type for r in records} <= known, "types: %s" % {r.type for r in records})


def need_frames(reader, records):
    """A frame is allocated and freed in turn, on whatever hart; what is left is in use."""
    classes = reader.memory.numbers("FRAME_")
    held = {}
    for r in records:
        if r.type == "alloc":
            need(r.pfn not in held, "frame 0x%x was allocated twice" % r.pfn)
            held[r.pfn] = classes[r.extra]
        elif r.type == "free":      # there was nobody to see those of before the trace
            need(held.pop(r.pfn, classes[r.extra]) == classes[r.extra],
                 "frame 0x%x changed its class" % r.pfn)
    kinds = {p.pfn: p.kind for p in reader.pages() if p.order == 0}
    wrong = [pfn for pfn, kind in held.items() if kinds[pfn] != kind]
    need(not wrong, "frames that are not what they were allocated for: %s" % wrong)
    for kind in ("anon", "file"):       # of which there is none at the time when the trace begins
        pages = sum(1 for p in kinds.values() if p == kind)
        need(sum(1 for k in held.values() if k == kind) == pages,
             "%s: the trace leaves other frames than the frame table" % kind)


def trace_of_swap():
    """What a run under want of memory leaves in page tables and in swap is what its trace says."""
    with machine("reader trace of swap", "swapfill: waiting\n", CPUS="2", MEM="32M", SWAP="64M",
                 APPEND="trace=131072", CMD="swapfill 3 40") as (guest, reader):
        filled = Filled(guest)
        with stopped_when_idle(guest, reader):
            records = reader.trace()
            need(reader.trace_lost() == 0, "%d records are lost" % reader.trace_lost())
            kinds = {r.type for r in records}
            need(kinds == KINDS, "kinds of records: not %s" % sorted(kinds ^ KINDS))
            need_entries(reader, filled, records)
            need_written(reader, records)
            need_faults(reader, filled, records)


def need_entries(reader, filled, records):
    """The last that was told of an address is what its entry shows."""
    last = {(r.pid, r.va & -PAGE): r for r in records if r.type in ("map", "evict")}
    counted = {"map": 0, "evict": 0}
    for pid, (_, start, pages) in filled.spaces.items():
        for entry in reader.mappings(reader.process(pid)):
            record = last.get((pid, entry.va))
            if record is None or not start <= entry.va < start + pages * PAGE:
                continue        # nothing since fork; or files' pages, which many map
            right = entry.kind == "swap" if record.type == "evict" else entry.pfn == record.pfn
            need(right, "pid %d, 0x%x: the last record is %s, the entry %s" % (
                pid, entry.va, record, entry))
            counted[record.type] += 1
    need(min(counted.values()) > 500, "compared: %s" % counted)


def need_written(reader, records):
    """What slots have was written, last, from the address that names them."""
    last = {r.extra: r for r in records if r.type == "swap_out"}
    names = reader.named_slots()
    for slot in reader.swap().slots.values():
        if reader.is_on_disk(slot) and slot.uses:
            record = last.get(slot.number)
            need(record, "slot %d was never written" % slot.number)
            need(any(record.va == (va if pid else va * PAGE) for pid, va in names[slot.number]),
                 "slot %d: %s, and named by %s" % (slot.number, record, names[slot.number]))


def need_faults(reader, filled, records):
    """A page is mapped in a fault of its space; what is brought back was read."""
    for pid, (_, start, pages) in filled.spaces.items():
        faults = {r.va & -PAGE for r in records if r.pid == pid and r.type == "fault"}
        mapped = {r.va for r in records if r.pid == pid and r.type == "map"
                  and start <= r.va < start + pages * PAGE}
        need(mapped <= faults, "pid %d: mapped without a fault: %s" % (
            pid, [hex(va) for va in sorted(mapped - faults)[:8]]))
    came = {(r.type, r.pfn) for r in records if r.type in ("swap_in", "refault")}
    need({pfn for kind, pfn in came if kind == "swap_in"} &
         {pfn for kind, pfn in came if kind == "refault"}, "nothing was brought back")


def trace_switched():
    """The host turns the trace on and off; a small ring says how much it has lost."""
    with machine("reader trace switched", "pattern: waiting\n", CPUS="1", MEM="64M",
                 APPEND="trace=64,off", CMD="pattern && true") as (guest, reader):
        need(reader.trace() == [] and reader.trace_lost() == 0, "it was not off")
        reader.trace_switch(True)
        guest.wait_for("nothing that it prints", 5)     # `pattern` looks ten times a second
        reader.trace_switch(False)
        records, lost = reader.steady(lambda: (reader.trace(), reader.trace_lost()))
        need(0 < len(records) <= 64 and lost > 0, "%d records, %d lost" % (len(records), lost))
        need({r.type for r in records} == {"switch"}, "types %s" % {r.type for r in records})
        guest.wait_for("nothing that it prints", 1)
        need((reader.trace(), reader.trace_lost()) == (records, lost), "it was not turned off")


def trace_cost():
    """Off, a site is a load and a branch; and there are 60 of them at most."""
    with open(s.BUILD + "/tools.mk") as file:
        prefix = re.search(r"^PREFIX := (\S+)", file.read(), re.MULTILINE).group(1)
    if not shutil.which(prefix + "objdump"):
        raise s.Skip("no objdump")
    text = subprocess.run([prefix + "objdump", "-d", "--no-show-raw-insn",
                           s.BUILD + "/kernel.elf"], stdout=subprocess.PIPE).stdout.decode()
    with machine("reader trace cost", "xv39", CMD="true") as (_, reader):
        flag = reader.memory.layout["hart.trace_on"][0]
    wrong = tracecost.selftest()
    need(not wrong, "the check of sites is blind:\n" + "\n".join(wrong))
    complaints, sites = tracecost.complaints_about(text, flag)
    need(not complaints, "\n".join(complaints))
    need(sites >= len(KINDS), "%d sites for %d kinds of records" % (sites, len(KINDS)))


def made_up_memory():
    """tests/reader/selftest: what no kernel may do."""
    done = subprocess.run([sys.executable, "tests/reader/selftest"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=s.SECONDS["host"])
    text = done.stdout.decode(errors="replace")
    ran = re.search(r"^Ran (\d+) tests", text, re.MULTILINE)
    need(done.returncode == 0 and ran and int(ran.group(1)) > 0, text[-2000:])


def items():
    found = [("reader: " + mode, lambda mode=mode: paging(mode)) for mode in MODES]
    found += [("reader: swap " + mode, lambda mode=mode: swap(mode)) for mode in MODES]
    for function in (quotas, made_up_memory, live, live_swap, stopped, panicked, panicked_early,
                     trace, trace_of_swap, trace_switched, trace_cost):
        found.append(("reader: " + function.__name__.replace("_", " "), function))
    return tuple(found)
