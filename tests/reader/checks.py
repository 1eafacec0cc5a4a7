"""Does all that a kernel's memory says fit together? For a kernel that nothing is going on in.

Each check yields complaints, as text. What one finds is always about two things that the kernel
keeps apart: the entries of page tables and the counts of frames, the slots that entries name and
the map of slots, the swap cache and the disk.
"""

from collections import Counter

from memory import PAGE_SIZE, PTE_U, PTE_W, PTE_X

PTE_A_D = 0xc0


def all_of(reader):
    """Complaints: an empty list where all fits."""
    found = []
    for check in (kernel_half, ledger, maps, lists, quotas, owners, swap_uses, swap_cache,
                  swap_counters):
        found += check(reader)
    return found


# ---- the kernel's half of all spaces ------------------------------------------------------------

def kernel_half(reader):
    """Nothing can be stored into and run, what the image's segments do not let be stored into is
    so wherever it is mapped, what the firmware keeps to itself is not mapped."""
    m = reader.memory
    constant = [tuple(m.pa(m.address(edge) + step) - step for edge, step in ends)
                for ends in ((("__text_start", 0), ("__rodata_end", -1)),
                             (("__bss_end", 0), ("_end", -1)))]
    machine = m.address("machine")
    kept = []
    for index in range(m.get(machine, "machine.no_map_count")):
        at = m.member(machine, "machine.no_map") + index * m.size_of("region")
        start = m.get(at, "region.start")
        kept.append((start, start + m.get(at, "region.bytes")))
    for mapping in reader.kernel_mappings():
        start = mapping.pfn * PAGE_SIZE if mapping.pfn is not None else 0
        end = start + mapping.size
        where = "kernel's 0x%x (frame 0x%x)" % (mapping.va, start // PAGE_SIZE)
        if mapping.kind != "present" or mapping.bits & PTE_U:
            yield "%s is %s" % (where, mapping.kind)
        if mapping.bits & PTE_A_D != PTE_A_D:
            yield where + " waits for its accessed and dirty bits"
        if mapping.bits & PTE_W and mapping.bits & PTE_X:
            yield where + " may be stored to and run"
        if mapping.bits & PTE_W and any(start < b and a < end for a, b in constant):
            yield where + " may be stored to, and is text or a constant"
        if any(start < b and a < end for a, b in kept):
            yield where + " is the firmware's own"


# ---- frames -------------------------------------------------------------------------------------

def ledger(reader):
    """Each managed frame is in one class, and the kernel's counters know it."""
    counted, counters = reader.ledger(), reader.ledger_counters()
    if sum(counted.values()) != reader.managed():
        yield "the classes sum up to %d frames of %d: %s" % (
            sum(counted.values()), reader.managed(), counted)
    for name, count in counters.items():
        if counted[name] != count:
            yield "%s: the frame table has %d, the counter says %d" % (name, counted[name], count)


def maps(reader):
    """Each frame is mapped as often as its map count says."""
    zero_page = reader.zero_page()
    found = Counter()
    for process in reader.processes():
        for mapping in reader.mappings(process):
            if mapping.kind != "swap":
                found[mapping.pfn] += 1
            if mapping.kind == "present" and not mapping.bits & PTE_U:
                yield "pid %d: 0x%x is mapped, but not for user mode" % (process.pid, mapping.va)
    found.pop(zero_page, None)
    for page in reader.pages():
        if page.order == 0 and page.maps != found.pop(page.pfn, 0):
            yield "frame 0x%x (%s) has map count %d" % (page.pfn, page.kind, page.maps)
    for pfn, count in found.items():
        yield "frame 0x%x has %d mappings and is not a single managed frame" % (pfn, count)


def lists(reader):
    """Pages on a list of replacement say so, and the others do not."""
    listed = Counter(pfn for _, pfns in reader.lru().values() for pfn in pfns)
    on_lru = reader.memory.number("PAGE_ON_LRU")
    for page in reader.pages():
        if bool(page.flags & on_lru) != bool(listed.pop(page.pfn, 0)):
            yield "frame 0x%x (%s): %s" % (page.pfn, page.kind, reader.page_flags(page))
    for pfn in listed:
        yield "frame 0x%x is on a list and part of a block" % pfn


def quotas(reader):
    """A quota lists exactly its process's private pages that are in memory and not locked.

    While swap is given up a quota may be exceeded (vm/extra/quota.h): then this complains.
    """
    private = {page.pfn for page in reader.pages()
               if page.flags & reader.memory.number("PAGE_PRIVATE")}
    locked = reader.memory.number("PTE_SOFT_WIRED")
    for process in reader.processes():
        quota = reader.quota(process)
        if not quota:
            continue
        listed = Counter(quota.addresses)
        if len(quota.addresses) > quota.frames:
            yield "pid %d has %d pages and a quota of %d" % (
                process.pid, len(quota.addresses), quota.frames)
        for mapping in reader.mappings(process):
            counts = mapping.pfn in private and not (
                mapping.kind in ("present", "none") and mapping.bits & locked)
            if counts != bool(listed.pop(mapping.va, 0)):
                yield "pid %d: 0x%x is %s, and %s the list of its quota" % (
                    process.pid, mapping.va, mapping.kind, "not on" if counts else "on")
        for va in listed:
            yield "pid %d: 0x%x is on the list of its quota and is not mapped" % (process.pid, va)


def owners(reader):
    """Each page of memory or of a file is somebody's, who holds its references: none is lost."""
    private, kept = (reader.memory.number("PAGE_" + name) for name in ("PRIVATE", "KEPT"))
    objects = {}
    pages = [p for p in reader.pages() if p.order == 0 and p.kind in ("anon", "file")]
    for page in pages:
        owner = 0 if page.flags & private else page.owner
        if owner and owner not in objects:
            objects[owner] = {pfn: index for index, pfn, _ in reader.object_entries(owner)}
        if owner and objects[owner].get(page.pfn) != page.index:
            yield "frame 0x%x is not in its object at 0x%x" % (page.pfn, page.index)
        holders = page.maps + bool(owner) + bool(page.flags & kept)
        if page.refs != holders:
            yield "frame 0x%x (%s) has %d references, %d are accounted for: %s" % (
                page.pfn, page.kind, page.refs, holders, " ".join(reader.page_flags(page)))
    yield from families(reader, {p.pfn: p for p in pages if p.flags & private})


def families(reader, private):
    """A private page is mapped at its address, in spaces of its family."""
    for process in reader.processes():
        for mapping in reader.mappings(process):
            page = private.get(mapping.pfn)
            if page and (page.owner, page.index) != (process.family, mapping.va // PAGE_SIZE):
                yield "pid %d: 0x%x shows frame 0x%x, which is of 0x%x in another family" % (
                    process.pid, mapping.va, page.pfn, page.index * PAGE_SIZE)


# ---- swap ---------------------------------------------------------------------------------------

def swap_uses(reader):
    """A slot's use count says how many entries name it; a free one is named by nobody."""
    swap, names = reader.swap(), reader.named_slots()
    for number in sorted(set(swap.slots) | set(names)):
        uses = swap.slots[number].uses if number in swap.slots else 0
        named = names.get(number, ())
        if uses != len(named):
            yield "slot %d has use count %d, and %d entries name it: %s" % (
                number, uses, len(named), named[:8])
        if number >= swap.total:
            yield "slot %d does not exist: %s" % (number, named[:8])
    for process in reader.processes():
        count = sum(1 for mapping in reader.mappings(process) if mapping.kind == "swap")
        if count != process.swapped:
            yield "pid %d has %d entries in swap, not %d" % (process.pid, count, process.swapped)


def swap_cache(reader):
    """Slots and pages name each other; no store goes to a page that has a slot."""
    swap = reader.swap()
    cached = {slot.pfn: number for number, slot in swap.slots.items() if slot.pfn is not None}
    for page in reader.pages():
        slot = page.slot - 1 if page.slot and page.kind in ("anon", "file") else None
        if cached.pop(page.pfn, None) != slot:
            yield "frame 0x%x (%s) has slot %s, and the swap cache has it for another" % (
                page.pfn, page.kind, slot)
    for pfn, number in cached.items():
        yield "slot %d: the swap cache has frame 0x%x, which is no page" % (number, pfn)
    with_page = {slot.pfn for slot in swap.slots.values()}
    for process in reader.processes():
        for mapping in reader.mappings(process):
            if mapping.kind == "present" and mapping.bits & PTE_W and mapping.pfn in with_page:
                yield "pid %d: 0x%x may be stored to, and its page has a slot" % (
                    process.pid, mapping.va)


def swap_counters(reader):
    swap = reader.swap()
    slots = swap.slots.values()
    for name, counter, count in (
            ("in use", swap.used, sum(1 for x in slots if x.uses or x.pfn is not None)),
            ("retired", swap.retired, sum(1 for x in slots if "retired" in x.flags)),
            ("with a page", swap.with_page, sum(1 for x in slots if x.pfn is not None))):
        if counter != count:
            yield "slots %s: the map has %d, the counter says %d" % (name, count, counter)
    for number in sorted(swap.free ^ (set(range(swap.total)) - set(swap.slots)))[:8]:
        yield "slot %d is %s the set of free ones" % (
            number, "in use, or retired, and in" if number in swap.free else "free, and not in")


def swap_image(reader, path):
    """What is in memory and on the disk is the same in both. path: the image of the swap disk."""
    with open(path, "rb") as image:
        for slot in reader.swap().slots.values():
            if slot.pfn is not None and reader.is_on_disk(slot) and \
                    slot_content(image, slot.number) != reader.memory.read_pa(
                        slot.pfn * PAGE_SIZE, PAGE_SIZE):
                yield "slot %d is not what its page, frame 0x%x, holds" % (slot.number, slot.pfn)


def slot_content(image, number):
    """The slot in the opened image of the swap disk."""
    image.seek(number * PAGE_SIZE)
    return image.read(PAGE_SIZE)
