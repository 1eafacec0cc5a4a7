"""The full state of a machine that stands still, as README.md describes a K block."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../reader"))
from reader import NotThere, Reader, Torn       # noqa: E402
from memory import PTE_LEAF, PTE_V              # noqa: E402

__all__ = ["NotThere", "Reader", "Torn", "full_state"]

RESERVED = -1
LETTERS = {"present": "p", "none": "n", "swap": "s"}
SINGLE = ("anon", "file")       # classes with more to tell than the class


def full_state(reader, quiet):
    """Reads everything once. Torn where the kernel was in the middle of something."""
    objects = Objects(reader)
    return {
        "quiet": quiet, "pages": pages(reader, objects), "frames": frames(reader),
        "spaces": [space(reader, objects, process) for process in reader.processes()],
        "objects": objects.names, "lists": lists(reader), "quotas": quotas(reader),
        "slots": slots(reader), "counters": reader.counters(), "running": reader.running(),
        "zero": reader.zero_page(),
    }


def differences(values):
    return [b - a for a, b in zip([0] + values, values)]


class Objects:
    """Numbers of objects, from 1 on, by address: those that a page or an area is of."""

    def __init__(self, reader):
        self.memory, self.numbers, self.names = reader.memory, {}, []

    def number(self, at):
        if not at:
            return 0
        if at not in self.numbers:
            self.numbers[at] = len(self.names) + 1
            m = self.memory
            if m.get(at, "vm_object.is_anonymous"):
                self.names.append("shared memory %d" % self.numbers[at])
            else:
                inode = at - m.layout["inode.object"][0]
                self.names.append("inode %d" % m.get(inode, "inode.number"))
        return self.numbers[at]


def frames(reader):
    numbers = {name: number for number, name in reader.memory.numbers("FRAME_").items()}
    runs = []
    for page in reader.pages():
        kind = numbers.get(page.kind, RESERVED)
        if kind == RESERVED:        # or its last reference is gone, and it is about to be freed
            going = reader.page(page.pfn).kind
            kind = numbers[going] if going in SINGLE else RESERVED
        if runs and runs[-1][2] == kind:
            runs[-1][1] += 1 << page.order
        else:
            runs.append([page.pfn, 1 << page.order, kind])
    return runs


def pages(reader, objects):
    private = reader.memory.number("PAGE_PRIVATE")
    found = [page for page in reader.pages() if page.order == 0 and page.kind in SINGLE]
    return {"pfn": differences([page.pfn for page in found]),
            "object": [0 if page.flags & private else objects.number(page.owner)
                       for page in found],
            "index": differences([page.index for page in found]),
            "slot": [page.slot for page in found],
            "flags": [page.flags for page in found]}


def space(reader, objects, process):
    entries = list(reader.mappings(process))
    return {"pid": process.pid, "name": process.name, "parent": process.parent,
            "state": process.state, "levels": process.levels,
            "areas": [[area.start >> 12, area.end - area.start >> 12, area.access,
                       " ".join(area.flags), objects.number(area.object), area.offset]
                      for area in reader.areas(process)],
            "tables": tables(reader, process),
            "page": differences([entry.va >> 12 for entry in entries]),
            "kind": "".join(LETTERS[entry.kind] for entry in entries),
            "number": differences([entry.slot if entry.kind == "swap" else entry.pfn
                                   for entry in entries]),
            "bits": [entry.bits for entry in entries]}


def tables(reader, process):
    """Every table of the user half: its level, the first page of its range, its frame."""
    found = []

    def walk(table, level, page, count):
        if len(found) > 1 << 20:
            raise Torn("a page table has no end")
        found.append([level, page, table >> 12])
        if level == 0:
            return
        data = reader.memory.read_pa(table, 8 * count)
        for i in range(count):
            entry = int.from_bytes(data[8 * i:8 * i + 8], "little")
            if entry & (PTE_V | PTE_LEAF) == PTE_V:
                walk(reader.next_table(entry), level - 1, page + (i << 9 * level), 512)

    if process.root:
        walk(process.root, process.levels - 1, 0, 256)
    return found


def lists(reader):
    return {name: {"policy": policy, "frames": differences(pfns)}
            for name, (policy, pfns) in reader.lru().items()}


def quotas(reader):
    found = []
    for process in reader.processes():
        quota = reader.quota(process)
        if quota:
            found.append({"pid": process.pid, "policy": quota.policy, "frames": quota.frames,
                          "pages": differences([va >> 12 for va in quota.addresses])})
    return found


def slots(reader):
    swap = reader.swap()
    used = [slot for slot in swap.slots.values() if slot.uses or slot.pfn]
    return {"total": swap.total, "number": differences([slot.number for slot in used]),
            "uses": [slot.uses for slot in used], "pfn": [slot.pfn or 0 for slot in used]}
