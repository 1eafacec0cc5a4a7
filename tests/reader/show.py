"""What the commands of `reader`, and those of gdb, print: one function for each, by its name."""

from memory import DIRECT_BASE, PAGE_SIZE, PTE_LEAF, PTE_R, PTE_U, PTE_V, PTE_W, PTE_X
from reader import NotThere

PTE_G, PTE_A, PTE_D = 32, 64, 128
WORDS = ((PTE_V, "valid"), (PTE_R, "read"), (PTE_W, "write"), (PTE_X, "execute"), (PTE_U, "user"),
         (PTE_G, "global"), (PTE_A, "accessed"), (PTE_D, "dirty"))
SIZES = ("4 KiB", "2 MiB", "1 GiB", "512 GiB", "256 TiB")
MODES = {8: 3, 9: 4, 10: 5}         # of satp, and how many levels each has


def show_ps(reader):
    print("  pid parent state   threads resident name")
    for p in reader.steady(reader.processes):
        print("%5d %6d %-7s %7d %8d %s" % (p.pid, p.parent, p.state, p.threads, p.resident, p.name))
    print("harts run: " + ", ".join(reader.running()))


def number_of(text):
    """A number as a user types it, decimal or hexadecimal."""
    try:
        value = int(text, 0)
    except ValueError:
        raise ValueError("%s is no number" % text)
    if not 0 <= value < 1 << 64:
        raise ValueError("%s is no number of 64 bits" % text)
    return value


def show_vmas(reader, pid):
    process = reader.process(number_of(pid))
    for a in reader.steady(reader.areas, process):
        content = "object 0x%x + 0x%x" % (a.object, a.offset) if a.object else "memory"
        print("0x%012x-0x%012x %s %s %s" % (a.start, a.end, a.access, content, " ".join(a.flags)))


def show_pages(reader, pid):
    process = reader.process(number_of(pid))
    for entry in reader.steady(lambda: list(reader.mappings(process))):
        if entry.kind == "swap":
            print("0x%012x swap slot %d" % (entry.va, entry.slot))
            continue
        page = reader.page(entry.pfn)
        bits = "".join(letter if entry.bits >> number & 1 else "-"
                       for number, letter in enumerate("vrwxugad"))
        print("0x%012x %s %s frame 0x%x %s refs %d maps %d %s" % (
            entry.va, entry.kind, bits, entry.pfn, page.kind, page.refs, page.maps,
            " ".join(reader.page_flags(page))))


def show_ledger(reader):
    ledger, counters = reader.steady(lambda: (reader.ledger(), reader.ledger_counters()))
    print("class       counted  counters")
    for name, count in ledger.items():
        print("%-10s %8d %9s" % (name, count, counters.get(name, "")))
    print("%-10s %8d  of %d managed" % ("sum", sum(ledger.values()), reader.managed()))


def in_words(bits):
    return ", ".join(word for bit, word in WORDS if bits & bit)


def show_walk(reader, va, pid=None, satp=None):
    """satp: of the hart that one looks at; without it, a pid says whose page table."""
    va = number_of(va)
    if pid is not None:
        process = reader.process(number_of(pid))
        if not process.root:
            raise NotThere("process %d has no address space any more" % process.pid)
        root, levels, whose = process.root, process.levels, "process %d (%s)" % (
            process.pid, process.name)
    elif satp is None:
        root, levels, whose = reader.kernel_root() + ("the kernel's own page table",)
    else:
        if satp >> 60 == 0:
            raise NotThere("satp is 0: this hart has no paging yet, an address is a physical one")
        root, levels, whose = (satp & (1 << 44) - 1) << 12, MODES[satp >> 60], "satp 0x%x" % satp
    width = 12 + 9 * levels
    if va >> width - 1 not in (0, (1 << 65 - width) - 1):
        raise NotThere("0x%x is no address in Sv%d: bits 63 to %d must be as bit %d is" % (
            va, width, width, width - 1))
    print("Sv%d, %s: root table at 0x%x" % (width, whose, root))
    for level, table, index, entry in reader.walk(root, levels, va):
        print("  level %d: table 0x%x index 0x%03x: 0x%016x %s" % (
            level, table, index, entry, what_is(reader, level, entry)))
    if entry & PTE_V and entry & PTE_LEAF:
        span = PAGE_SIZE << 9 * level
        pa = (reader.next_table(entry) & ~(span - 1)) + va % span
        print("0x%x is at physical address 0x%x, in frame 0x%x" % (va, pa, pa // PAGE_SIZE))
    else:
        print("0x%x is mapped to nothing: an access faults" % va)


def what_is(reader, level, entry):
    """An entry, in words."""
    number = entry >> reader.memory.number("PTE_PFN_SHIFT") & (1 << 44) - 1
    soft = {name: entry & reader.memory.number("PTE_SOFT_" + name)
            for name in ("NONE", "SWAP", "WIRED")}
    if entry & PTE_V and not entry & PTE_LEAF:
        return "points to the table 0x%x" % (number * PAGE_SIZE) if level else \
            "broken: a table below the last level"
    if entry & PTE_V:
        wired = ", wired" if soft["WIRED"] else ""
        broken = ", broken: not on a boundary of its size" if number % (1 << 9 * level) else ""
        return "page of %s, frame 0x%x: %s%s%s" % (
            SIZES[level], number, in_words(entry), wired, broken)
    if soft["NONE"]:
        return "no access: the frame 0x%x is kept" % number
    if soft["SWAP"]:
        return "in swap, slot %d" % number
    return "broken: not valid, and not empty" if entry else "empty"


def show_page(reader, pfn):
    pfn = number_of(pfn)
    page = reader.block_of(pfn)
    if page is None:
        raise NotThere("0x%x is no frame: they are 0x%x to 0x%x (a physical address is "
                       "0x1000 times the frame's number)" % ((pfn,) + reader.frame_numbers()))
    print("frame 0x%x, physical address 0x%x, in the kernel 0x%x; struct page at 0x%x" % (
        pfn, pfn * PAGE_SIZE, DIRECT_BASE + pfn * PAGE_SIZE, reader.struct_page(page.pfn)))
    flags = " ".join(reader.page_flags(page)) or "none"
    if page.order:
        print("  in a block of %d frames from 0x%x on" % (1 << page.order, page.pfn))
    if page.kind == "reserved":
        print("  reserved: the firmware, the kernel's image or a RAM disk; nobody allocates it")
        return
    print("  class %s; %d references, %d of them mappings; flags: %s" % (
        page.kind, page.refs, page.maps, flags))
    if page.kind not in ("anon", "file"):
        return
    if pfn == reader.zero_page():
        print("  the page of zeros, which all share that have only read")
    elif "private" in reader.page_flags(page):
        print("  private memory, address 0x%x in family 0x%x" % (
            page.index * PAGE_SIZE, page.owner))
    elif page.owner:
        print("  page %d of object 0x%x" % (page.index, page.owner))
    for name, (policy, pfns) in reader.lru().items():
        if pfn in pfns:
            print("  on the list %s (policy %s): number %d of %d, the oldest is 1" % (
                name, policy, pfns.index(pfn) + 1, len(pfns)))
    if page.slot:
        print("  has swap slot %d, too" % (page.slot - 1))
    for process, entry in reader.mappers(pfn):
        print("  mapped by process %d (%s) at 0x%x: %s" % (
            process.pid, process.name, entry.va,
            in_words(entry.bits) if entry.kind == "present" else "no access"))


def show_lru(reader):
    for name, (policy, pfns) in reader.steady(reader.lru).items():
        print("%s: policy %s, %d pages" % (name, policy, len(pfns)))
        for pfn in pfns:
            page = reader.page(pfn)
            print("  frame 0x%x index %d refs %d maps %d %s" % (
                pfn, page.index, page.refs, page.maps, " ".join(reader.page_flags(page))))
    for process in reader.steady(reader.processes):
        quota = reader.steady(lambda: reader.quota(process) or ())
        if quota:
            print("pid %d: policy %s, %d pages of %d" % (
                process.pid, quota.policy, len(quota.addresses), quota.frames))
            print("".join("  0x%012x\n" % va for va in quota.addresses), end="")


def show_swap(reader):
    swap, names = reader.steady(lambda: (reader.swap(), reader.named_slots()))
    if not swap.serial:
        print("swap is off")
        return
    print("%s: %d slots, %d in use, %d of them in memory, too, %d retired" % (
        swap.serial, swap.total, swap.used, swap.with_page, swap.retired))
    for slot in swap.slots.values():
        print("%7d uses %d %s%s %s" % (
            slot.number, slot.uses, "disk" if reader.is_on_disk(slot) else "----",
            " frame 0x%x" % slot.pfn if slot.pfn is not None else "", " ".join(slot.flags + [
                "%d:0x%x" % name if name[0] else "shared:%d" % name[1]
                for name in names.get(slot.number, ())])))


def show_trace(reader, *words):
    """words: nothing; on or off; -n and how many of the last."""
    if words in (("on",), ("off",)):
        reader.trace_switch(words == ("on",))
        return
    last = number_of(words[1]) if len(words) == 2 and words[0] == "-n" else None
    if words and last is None:
        raise ValueError("trace takes on, off, or -n and a number")
    reader.need_rings()
    records = reader.trace()
    for r in records if last is None else records[max(0, len(records) - last):]:
        print("%14d hart %d pid %3d %-9s va 0x%x pfn 0x%x %d" % (
            r.when, r.hart, r.pid, r.type, r.va, r.pfn, r.extra))
    print("lost: %d" % reader.trace_lost())


def show_check(reader):
    complaints = reader.check()
    print("\n".join(complaints) or "all fits together")
    return 1 if complaints else 0
