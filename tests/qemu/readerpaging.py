"""The reader on a program's memory, in each paging mode; planted faults are noticed."""

import suite as s
from readermachine import FOUND, PAGE, Told, change_first_word, machine
from suite import need


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


def words_of(va):
    """What a page of `pattern` at va holds."""
    return b"".join((va + i).to_bytes(8, "little") for i in range(0, PAGE, 8))


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
