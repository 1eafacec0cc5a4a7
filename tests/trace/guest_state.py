"""What a kernel keeps of its memory, as a full state (tests/trace/README.md, "K block").

What always holds: each loop ends, whatever the kernel says: by the size of what was read, and by
MOST_ENTRIES.
"""

import struct

from memory import PAGE_SIZE, PTE_LEAF, PTE_V, Torn

MOST_ENTRIES = 60000        # of all page tables
MOST_SPACES = 64
LONGEST_NAME = 16


def differences(values):
    return [value - before for before, value in zip([0] + values, values)]


class Objects:
    """Numbers for objects, in the order in which they are met; 0: private memory."""

    def __init__(self):
        self.numbers = {}

    def number(self, address):
        return self.numbers.setdefault(address, len(self.numbers) + 1) if address else 0

    def names(self):
        return ["object %d" % number for number in self.numbers.values()]


def of(reader):
    """The state, and the names of the frame classes."""
    m, objects = reader.memory, Objects()
    by_number = m.numbers("FRAME_")
    classes = [by_number.get(i, "?") for i in range(max(by_number) + 1)]
    numbers = {name: i for i, name in enumerate(classes)}
    frames, pages, private = [], [], m.number("PAGE_PRIVATE")
    end = m.u64("frame_first") + m.u64("frame_count")
    for page in reader.pages():
        kind = numbers.get(page.kind, -1)
        count = min(1 << page.order, end - page.pfn)
        if frames and frames[-1][2] == kind:
            frames[-1][1] += count
        else:
            frames.append([page.pfn, count, kind])
        if page.kind in ("anon", "file"):
            pages.append((page.pfn, 0 if page.flags & private else objects.number(page.owner),
                          page.index, page.slot, page.flags))
    left = [MOST_ENTRIES]
    live = [p for p in reader.processes() if p.mm and p.state == "live"][:MOST_SPACES]
    spaces = [space_of(reader, process, objects, left) for process in live]
    swap = reader.swap()
    columns = list(zip(*pages)) or [()] * 5
    return {
        "frames": frames, "objects": objects.names(), "spaces": spaces,
        "pages": {"pfn": differences(list(columns[0])), "object": list(columns[1]),
                  "index": differences(list(columns[2])), "slot": list(columns[3]),
                  "flags": list(columns[4])},
        "lists": {name: {"policy": policy, "frames": differences(pfns)}
                  for name, (policy, pfns) in reader.lru().items()},
        "quotas": [{"pid": process.pid, "policy": quota.policy, "frames": quota.frames,
                    "pages": differences([va >> 12 for va in quota.addresses])}
                   for process, quota in ((p, reader.quota(p)) for p in live) if quota],
        "slots": {"total": swap.total, "number": differences(sorted(swap.slots)),
                  "uses": [swap.slots[n].uses for n in sorted(swap.slots)],
                  "pfn": [swap.slots[n].pfn or 0 for n in sorted(swap.slots)]},
        "zero": reader.zero_page(),
    }, classes


def space_of(reader, process, objects, left):
    tables, entries = [], []
    levels = min(process.levels, 5)
    walk(reader, process.root, levels - 1, 0, 256, tables, entries, left)
    flat = list(zip(*entries)) or [()] * 4
    return {
        "pid": process.pid, "name": process.name[:LONGEST_NAME], "parent": process.parent,
        "levels": levels, "tables": tables,
        "areas": [[a.start >> 12, a.end - a.start >> 12, a.access, " ".join(a.flags),
                   objects.number(a.object), a.offset] for a in reader.areas(process)],
        "page": differences(list(flat[0])), "kind": "".join(flat[1]),
        "number": differences(list(flat[2])), "bits": list(flat[3]),
    }


def walk(reader, table, level, page, count, tables, entries, left):
    """Goes no deeper than there are levels, whatever the tables say."""
    m = reader.memory
    tables.append([level, page, table >> 12])
    for index, entry in enumerate(struct.unpack("<%dQ" % count, m.read_pa(table, 8 * count))):
        if not entry:
            continue
        left[0] -= 1
        if left[0] < 0:
            raise Torn("more entries than any honest kernel has")
        at = page + (index << 9 * level)
        if entry & (PTE_V | PTE_LEAF) == PTE_V and level:
            below = reader.next_table(entry)
            if m.source.start <= below <= m.source.end - PAGE_SIZE:
                walk(reader, below, level - 1, at, 512, tables, entries, left)
            continue
        kind = "p" if entry & PTE_V else "n" if entry & m.number("PTE_SOFT_NONE") else "s"
        entries.append((at, kind, entry >> 10 & (1 << 44) - 1, entry & 0x3ff))
