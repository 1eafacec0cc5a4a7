"""A full state of a machine's memory (README.md, "K block"), unpacked so that it can be asked.

What always holds: a state may come from a kernel that lies. Nothing here follows a chain of the
guest's; each answer is looked up in tables that were made once, by walking over the state's lists.
"""

from collections import namedtuple
from itertools import accumulate

TABLE_BITS, PAGE_BITS = 9, 12
MOST_FRAMES = 1 << 18       # 1 GiB; of a larger machine the rest is not drawn
V, R, W, X, U, G, A, D = (1 << bit for bit in range(8))
WIRED = SWAPPED = 1 << 9
KEPT = 1 << 8
DIRTY, WRITEBACK = 1 << 3, 1 << 4           # kernel/mem/page.h

# kind: p present, n there and nobody may touch it, s in swap. number: of the frame, or the slot.
Entry = namedtuple("Entry", "kind number bits")
Area = namedtuple("Area", "start pages access flags object offset")
# One step of the hardware's walk: entry: all its 64 bits. table: its frame, or None: not known.
Step = namedtuple("Step", "level table index entry")
Page = namedtuple("Page", "object index slot flags")
Slot = namedtuple("Slot", "number uses pfn")
List = namedtuple("List", "name policy pages room is_of_frames")


def word_of(entry):
    """The 64 bits that the table has."""
    return entry.number << 10 | entry.bits


class Space:
    """What one process maps; pages by their number, va >> 12."""

    def __init__(self, told):
        self.pid, self.name, self.parent = told["pid"], told["name"], told["parent"]
        self.levels = told["levels"]
        self.areas = [Area(*area) for area in told["areas"]]
        self.tables = {(level, page): pfn for level, page, pfn in told["tables"]}
        self.entries = {page: Entry(*rest) for page, *rest in zip(
            accumulate(told["page"]), told["kind"], accumulate(told["number"]), told["bits"])}

    def area_of(self, page):
        return next((a for a in self.areas if a.start <= page < a.start + a.pages), None)

    def steps(self, page):
        """The walk for that page: from the root to an entry that leads to no further table."""
        found = []
        for level in range(self.levels - 1, -1, -1):
            base = page >> TABLE_BITS * (level + 1) << TABLE_BITS * (level + 1)
            index = page >> TABLE_BITS * level & (1 << TABLE_BITS) - 1
            begin = page >> TABLE_BITS * level << TABLE_BITS * level
            below = self.tables.get((level - 1, begin)) if level else None
            if below is not None:
                found.append(Step(level, self.tables.get((level, base)), index, below << 10 | V))
                continue
            entry = self.entries.get(begin)
            found.append(Step(level, self.tables.get((level, base)), index,
                              word_of(entry) if entry else 0))
            break
        return found


class Memory:
    """state: of a K block, or as state.py has it. classes: names of frame classes, by number."""

    def __init__(self, state, classes):
        self.state, self.classes = state, list(classes)
        self.spaces = {told["pid"]: Space(told) for told in state["spaces"]}
        told = state["pages"]
        self.pages = {pfn: Page(*rest) for pfn, *rest in zip(
            accumulate(told["pfn"]), told["object"], accumulate(told["index"]), told["slot"],
            told["flags"])}
        self.objects, self.zero = state["objects"], state["zero"]
        told = state["slots"]
        self.slot_count = told["total"]
        self.slots = {number: Slot(number, uses, pfn) for number, uses, pfn in zip(
            accumulate(told["number"]), told["uses"], told["pfn"])}
        self.users, self.slot_users = {}, {}        # number → [(pid, page)]
        for space in self.spaces.values():
            for page, entry in space.entries.items():
                table = self.slot_users if entry.kind == "s" else self.users
                table.setdefault(entry.number, []).append((space.pid, page))
        self.frames, left = [], MOST_FRAMES
        for first, count, kind in state["frames"]:
            name = self.classes[kind] if 0 <= kind < len(self.classes) else "reserved"
            self.frames.append((first, min(count, left), name))
            left -= min(count, left)
        self.lists = [List(name, told["policy"], list(accumulate(told["frames"])), 0, True)
                      for name, told in sorted(state["lists"].items())]
        self.lists += [List("pid %d" % told["pid"], told["policy"],
                            list(accumulate(told["pages"])), told["frames"], False)
                       for told in state["quotas"]]

    # ---- frames ----

    def frame_range(self):
        """The first frame, and the one after the last."""
        if not self.frames:
            return 0, 0
        return self.frames[0][0], self.frames[-1][0] + self.frames[-1][1]

    def managed_range(self):
        """The same, without what is reserved at both ends."""
        some = [each for each in self.frames if each[2] != "reserved"]
        return (some[0][0], some[-1][0] + some[-1][1]) if some else (0, 0)

    def class_of(self, pfn):
        return next((kind for first, count, kind in self.frames if first <= pfn < first + count),
                    "reserved")

    def owner(self, pfn, kind):
        """The pid that has a private page there; 0: none, or more than one process's."""
        if kind != "anon":
            return 0
        pids = {pid for pid, _ in self.users.get(pfn, ())}
        return min(pids) if pids else 0

    def owners(self, first, end):
        """(class, pid) of each frame from first on, in order."""
        found = []
        for start, count, kind in self.frames:
            low, high = max(start, first), min(start + count, end)
            found += [(kind, self.owner(pfn, kind)) for pfn in range(low, high)]
        return found

    def is_shared(self, pfn):
        return len({pid for pid, _ in self.users.get(pfn, ())}) > 1

    def name_of(self, pid):
        return self.spaces[pid].name if pid in self.spaces else ""

    def object_name(self, number):
        return self.objects[number - 1] if 0 < number <= len(self.objects) else ""

    def is_on_disk(self, slot):
        """Whether the disk has what the slot is for, and not only memory."""
        page = self.pages.get(slot.pfn) if slot.pfn else None
        return not page or not page.flags & (DIRTY | WRITEBACK)

    def list_of(self, pfn):
        """The list of replacement that a frame is on, and its place there, from 1 on; or None."""
        for each in self.lists:
            if each.is_of_frames and pfn in each.pages:
                return each, each.pages.index(pfn) + 1
        page = self.pages.get(pfn)
        for each in self.lists if page else ():
            for pid, number in self.users.get(pfn, ()):
                if not each.is_of_frames and each.name == "pid %d" % pid and number in each.pages:
                    return each, each.pages.index(number) + 1
        return None
