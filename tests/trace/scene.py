"""One moment of a machine around the pages in question: as SVG, and as lines of text.

    scene = Scene("stores part them")       the title
    scene.where = "checkpoint 1, …"         when and where that was
    scene.why = "page 3 of the child …"     what is wrong
    scene.memory = Memory(state, classes)   or None: it could not be read
    scene.places = [Place(pid, va, levels, steps, note)]
    scene.records = […]                     the trace's last ones (tests/reader: Record)
    svg, lines = scene.draw()

What always holds: what comes from a guest is cut to a length, and a picture has LARGEST bytes at
most; the same scene gives the same bytes.
"""

import os
import sys
from collections import namedtuple

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
import picture                              # noqa: E402
from memory_state import PAGE_BITS, R, V, X         # noqa: E402
from svg import Sheet, wrap                 # noqa: E402

LARGEST = 48 << 10          # bytes of an SVG
MOST_EVENTS, MOST_PLACES = 9, 2
ALL_PAGES = 1 << 20         # a flush of so many is one of all
ACCESS = ((2, "load"), (4, "store"), (8, "instruction fetch"))

# pid: None: of no process that the kernel knows. levels: of its page table. steps: the walk, as
# memory_state.Step; None: as the state has it.
Place = namedtuple("Place", "pid va levels steps")


def event_words(record, classes):
    """What happened, of one record (kernel/sync/trace.h)."""
    page, frame = "0x%x" % record.va, "frame 0x%x" % record.pfn
    kind = record.type
    if kind == "fault":
        access = [word for bit, word in ACCESS if record.extra & bit]
        return "fault: %s at %s" % (access[0] if access else "access", page)
    if kind == "map":
        return "mapped: %s → %s%s" % (page, frame, ", for stores, too" if record.extra & 1 else
                                      ", not for stores")
    if kind == "evict":
        return "evicted: %s leaves %s%s" % (page, frame, ", which is to be written"
                                            if record.extra else "")
    if kind in ("swap_in", "swap_out"):
        return "slot %d %s %s" % (record.extra, "is read into" if kind == "swap_in" else
                                  "is written from", frame)
    if kind in ("flush", "shootdown"):
        what = "%d pages from %s on" % (record.pfn, page) if 0 < record.pfn < ALL_PAGES else \
            "the whole space"
        return "TLB %s: %s%s" % ("flushed" if kind == "flush" else "flush asked of harts 0x%x" %
                                 record.extra, what, "")
    if kind in ("alloc", "free"):
        name = classes[record.extra] if record.extra < len(classes) else "class %d" % record.extra
        return "%s is %s" % (frame, "given out, as " + picture.svg.owners.words(name)
                             if kind == "alloc" else "free again")
    if kind == "unmap":
        return "%d pages from %s on are unmapped" % (record.pfn, page)
    if kind == "fork":
        return "fork: it has a copy of pid %d's entries" % record.extra
    if kind == "exec":
        return "exec: its old space is gone"
    if kind == "slot":
        return "slot %d is for the page that is evicted next" % record.extra
    if kind == "switch":
        return "pid %d runs" % record.pid
    if kind == "refault":
        return "%s is wanted again after it was evicted" % page
    return "%s %s %s %d" % (kind, page, frame, record.extra)


class Scene:
    def __init__(self, title):
        self.title, self.where, self.why, self.link = title, "", "", ""
        self.memory, self.places, self.records = None, [], []

    def draw(self):
        """The SVG, and what it says as lines."""
        for events, with_frames in ((MOST_EVENTS, True), (MOST_EVENTS, False), (3, False)):
            sheet = self._sheet(events, with_frames)
            text = str(sheet)
            if len(text.encode()) <= LARGEST:
                break
        return text, sheet.facts

    def _sheet(self, events, with_frames):
        sheet = Sheet(self.title, "Where the machine stood when `%s` failed" % self.title)
        sheet.heading(self.title)
        sheet.y += 2
        for line in wrap(self.why, 116, 3):
            sheet.line(line, "wrong")
        for line in wrap(self.where, 116, 2):
            sheet.line(line, "soft")
        sheet.say("%s." % self.where)
        if self.memory is None:
            sheet.line("The kernel's memory cannot be read: what it keeps of itself does not fit "
                       "together.", "soft")
        for place in self.places[:MOST_PLACES]:
            self._place(sheet, place)
        if not self.places and self.memory and with_frames:
            picture.add_frames(sheet, self.memory, columns=128, letters=False)
        self._events(sheet, events)
        return sheet

    def _place(self, sheet, place):
        memory, page = self.memory, place.va >> PAGE_BITS
        mine = memory.spaces.get(place.pid) if memory else None
        steps = place.steps
        if steps is None and mine:
            steps = mine.steps(page)
        if memory is None:
            return
        if steps:
            if len(self.places) > 1 and mine:
                sheet.part("In the space of %s" % picture.who(memory, place.pid))
                sheet.say("In the space of %s:" % picture.who(memory, place.pid))
            picture.add_walk(sheet, memory, place.va, steps, place.levels)
        if mine:
            picture.add_area(sheet, memory, mine, place.va)
        pfn, slot = leads(steps)
        if pfn is not None:
            picture.add_frame(sheet, memory, pfn)
        elif slot is not None:
            picture.add_slot(sheet, memory, slot)
        if place == self.places[0]:
            picture.add_users(sheet, memory, place.pid, page, pfn)

    # ---- what happened before ----

    def _about(self):
        """The numbers of the records that are about the places; of all, where there is none."""
        if not self.places or not self.memory:
            return range(len(self.records))
        pages = {place.va >> PAGE_BITS for place in self.places}
        frames, slots, pids = set(), set(), {0}
        for place in self.places:
            pids.update(other for other in self.memory.spaces if place.pid is None or
                        other == place.pid or picture.are_relatives(self.memory, place.pid, other))
            mine = self.memory.spaces.get(place.pid)
            pfn, slot = leads(place.steps or (mine.steps(place.va >> PAGE_BITS) if mine else ()))
            frames.add(pfn if pfn != self.memory.zero else None)
            slots.add(slot)
        given = {r.pfn: at for at, r in enumerate(self.records) if r.type == "alloc"}
        found = []
        for at, r in enumerate(self.records):
            first = r.va >> PAGE_BITS
            if r.type in ("fork", "exec"):
                hit = r.pid in pids - {0}
            elif r.type == "unmap":
                hit = r.pid in pids and any(first <= page < first + r.pfn for page in pages)
            elif r.type in ("flush", "shootdown"):
                hit = 0 < r.pfn < ALL_PAGES and any(first <= page < first + r.pfn for page in pages)
            elif r.type in ("fault", "map", "evict", "refault"):
                hit = first in pages and r.pid in pids or r.type != "fault" and r.pfn in frames
            elif r.type in ("swap_in", "swap_out"):
                hit = r.pfn in frames or r.extra in slots
            else:
                hit = r.type in ("alloc", "free") and r.pfn in frames
            # Of the frame's earlier lives nothing.
            if hit and (r.type in ("fork", "exec", "unmap") or first in pages and r.pid in pids or
                        at >= given.get(r.pfn, 0)):
                found.append(at)
        return found

    def _events(self, sheet, most):
        if not self.records:
            return
        about = list(self._about())
        some = about[-most:]
        what = "The last events on %s" % ("this page" if len(self.places) == 1 else "these pages") \
            if self.places and self.memory else "The last events"
        sheet.part(what, "the newest lowest; the number is the record's in the trace, then the "
                   "time")
        sheet.say("%s%s:" % (what, "" if some else ": none of the trace's %d records" % len(
            self.records)))
        if not some:
            sheet.line("None of the trace's last %d records is about it." % len(self.records),
                       "soft")
        classes = self.memory.classes if self.memory else []
        for at in some:
            r = self.records[at]
            words = "#%-6d %14s  hart %d  %-7s %s" % (
                at, "{:,}".format(r.when), r.hart, "pid %d" % r.pid if r.pid else "",
                event_words(r, classes))
            sheet.line(words, "mono", step=20)
            sheet.say("  " + words)

    def moment(self):
        """The number of the record to look at: the last one about the places."""
        about = list(self._about())
        return about[-1] if about else max(0, len(self.records) - 1)


def leads(steps):
    """The frame and the slot at the end of a walk: one of them, or none."""
    if not steps:
        return None, None
    entry = steps[-1].entry
    number = entry >> 10 & (1 << 44) - 1
    if entry & V and entry & (R | X):
        return number, None
    if not entry & V and entry & picture.KEPT:
        return number, None
    if not entry & V and entry & picture.WIRED:
        return None, number
    return None, None
