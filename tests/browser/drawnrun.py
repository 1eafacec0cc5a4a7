"""A run that is drawn by a dice, and known: what a machine might have recorded, and what was where.

    run = DrawnRun(seed, 20000)
    run.write(path)             a trace file, with some full states in it
    run.truths[n]               what was where after n records, at some n

The model does what the records mean (tests/trace/README.md), each step in the kernel's order, and
keeps the state in plain dicts: so a page that replays the records has to come to the same.
"""

import copy
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "trace"))
import traceformat      # noqa: E402

TYPES = ["fault", "map", "evict", "swap_in", "swap_out", "flush", "shootdown", "alloc", "free",
         "switch", "refault", "unmap", "fork", "exec", "slot"]
NUMBERS = {name: number + 1 for number, name in enumerate(TYPES)}
CLASSES = ["free", "kernel", "page_table", "stack", "slab", "anon", "file", "buffer"]
BASE, FRAMES, SLOTS, LEAST_FREE = 0x80000, 900, 4000, 40
CHAIN = 24
ABOUT = {"frame": {"alloc", "free", "map", "evict", "swap_in", "swap_out"},
         "page": {"fault", "map", "evict", "refault"}, "slot": {"swap_in", "swap_out"}}


class DrawnRun:
    """other: a second seed, which draws from record `fork_at` on."""

    def __init__(self, seed, length, mode="sv39", harts=2, other=None, fork_at=None):
        self.dice = random.Random(seed)
        self.mode, self.harts, self.records = mode, harts, []
        top = 1 << {"sv39": 26, "sv48": 35, "sv57": 44}[mode]
        self.places = [1, 0x40000, top - 600]           # where pages of a space lie
        self.frames, self.slot_of = {}, {}              # pfn → class; pfn → slot
        self.spaces = {}                                # pid → page → place
        self.slots = {}                                 # slot → pfn or None
        self.running, self.names, self.when = [0] * harts, {}, 0
        self.truths, self.states = {}, {}
        self.kernel_pages()
        keep = {self.dice.randrange(1, length) for _ in range(8)} | {0, length}
        full = {length // 3, 2 * length // 3, length}
        while len(self.records) < length:
            if fork_at is not None and len(self.records) >= fork_at:
                self.dice, fork_at = random.Random(other), None
            before = len(self.records)
            self.step()
            for marks, place, make in ((keep, self.truths, self.truth),
                                       (full, self.states, self.state)):
                due = {n for n in marks if n <= len(self.records)}
                if due and before != len(self.records):
                    place[len(self.records)] = make()
                    marks -= due

    # ---- one thing that happens ----

    def put(self, kind, hart, pid=0, va=0, pfn=0, extra=0):
        self.when += self.dice.choice((40, 52, 90, 200))
        self.records.append(traceformat.Record(self.when, va, pfn, pid, kind, hart, extra))

    def kernel_pages(self):
        for pfn in range(BASE, BASE + 30):
            self.frames[pfn] = self.dice.choice(["kernel", "slab", "buffer"])
            self.put("alloc", 0, 0, 0, pfn, CLASSES.index(self.frames[pfn]))

    def step(self):
        hart = self.dice.randrange(self.harts)
        pid = self.running[hart]
        act = self.dice.random()
        if pid not in self.spaces or act < .05:
            self.switch(hart)
        elif act < .90:
            self.touch(hart, pid)
        elif act < .94:
            page = self.dice.choice(list(self.spaces[pid] or [1]))
            self.put("flush", hart, pid, page << 12, self.dice.choice([0, 1, 9]))
        elif act < .97:
            self.unmap(hart, pid, self.dice.choice(list(self.spaces[pid] or [1])),
                       self.dice.choice([1, 3, 20]))
        elif act < .974 and len(self.spaces) < 7:
            self.fork(hart, pid)
        elif act > .998 and len(self.spaces) > 2:
            for place in self.places:
                self.unmap(hart, pid, place, 500)
            del self.spaces[pid]
        while FRAMES - len(self.frames) < LEAST_FREE:
            self.evict(hart)

    def switch(self, hart):
        if len(self.spaces) < 2:
            pid = max(self.names, default=2) + 1
            self.spaces[pid], self.names[pid] = {}, "drawn%d" % pid
        pid = self.dice.choice(sorted(self.spaces))
        self.running[hart] = pid
        self.put("switch", hart, pid, extra=100 + pid)

    def new_frame(self, hart, pid, kind):
        pfn = next(pfn for pfn in range(BASE + self.dice.randrange(FRAMES), BASE + 2 * FRAMES)
                   if BASE + (pfn - BASE) % FRAMES not in self.frames)
        pfn = BASE + (pfn - BASE) % FRAMES
        self.frames[pfn] = kind
        self.put("alloc", hart, pid, 0, pfn, CLASSES.index(kind))
        return pfn

    def touch(self, hart, pid):
        space = self.spaces[pid]
        page = self.dice.choice(self.places) + self.dice.randrange(500)
        place = space.get(page)
        if place and place[0] == "frame":
            return
        self.put("fault", hart, pid, (page << 12) + self.dice.randrange(4096), 0,
                 self.dice.choice([2, 4]))
        if place:
            slot = place[1]
            pfn = self.slots[slot]
            if pfn is None:
                pfn = self.new_frame(hart, pid, "anon")
                self.slots[slot], self.slot_of[pfn] = pfn, slot
                self.put("swap_in", hart, pid, 0, pfn, slot)
        else:
            pfn = self.new_frame(hart, pid, self.dice.choice(["anon", "anon", "anon", "file"]))
        space[page] = ("frame", pfn)
        self.put("map", hart, pid, page << 12, pfn, 0 if place else 1)
        if place:
            self.settle(place[1])
            self.put("refault", hart, pid, page << 12, pfn, 1)

    def settle(self, slot):
        named = any(place == ("slot", slot) for s in self.spaces.values() for place in s.values())
        if not named and self.slots.get(slot, 1) is None:
            del self.slots[slot]

    def mappers(self, pfn):
        return [(pid, page) for pid, space in sorted(self.spaces.items())
                for page, place in space.items() if place == ("frame", pfn)]

    def let_go(self, hart, pid, pfn):
        """A frame that nothing maps any more."""
        slot = self.slot_of.pop(pfn, None)
        if slot is not None:
            self.slots[slot] = None
            self.settle(slot)
        self.put("free", hart, pid, 0, pfn, CLASSES.index(self.frames.pop(pfn)))

    def unmap(self, hart, pid, first, count):
        self.put("unmap", hart, pid, first << 12, count)
        space = self.spaces[pid]
        gone = [page for page in space if first <= page < first + count]
        places = [space.pop(page) for page in gone]
        for kind, number in places:
            if kind == "slot":
                self.settle(number)
            elif number in self.frames and not self.mappers(number):
                self.let_go(hart, pid, number)

    def fork(self, hart, pid):
        child = max(self.names) + 1
        self.names[child] = "child%d" % child
        self.spaces[child] = dict(self.spaces[pid])
        self.put("fork", hart, child, extra=pid)

    def evict(self, hart):
        pfn = self.dice.choice(sorted(p for p, kind in self.frames.items()
                                      if kind in ("anon", "file")))
        pid = self.running[hart]
        if self.frames[pfn] == "file":
            for mapper, page in self.mappers(pfn):
                self.put("unmap", hart, mapper, page << 12, 1)
                del self.spaces[mapper][page]
            self.put("evict", hart, 0, 5 << 12, pfn)
            self.let_go(hart, pid, pfn)
            return
        clean = pfn in self.slot_of
        if not clean:
            slot = next(s for s in range(1, SLOTS) if s not in self.slots)
            self.slots[slot], self.slot_of[pfn] = pfn, slot
        slot = self.slot_of[pfn]
        for mapper, page in self.mappers(pfn):
            self.put("slot", hart, mapper, page << 12, pfn, slot)
            self.put("evict", hart, mapper, page << 12, pfn, 0 if clean else 1)
            self.spaces[mapper][page] = ("slot", slot)
        if not clean:
            self.put("swap_out", hart, pid, 0, pfn, slot)
        self.let_go(hart, pid, pfn)

    # ---- what is known ----

    def truth(self):
        count = {}
        for kind in self.frames.values():
            count[kind] = count.get(kind, 0) + 1
        return {"classes": count, "slots": sorted(self.slots), "spaces": {
            str(pid): {str(page): place for page, place in space.items()}
            for pid, space in copy.deepcopy(self.spaces).items() if space}}

    def state(self):
        """As state.py of tests/trace would have it."""
        kinds = [CLASSES.index(self.frames.get(BASE + i, "free")) for i in range(FRAMES)]
        spaces = []
        for pid, space in sorted(self.spaces.items()):
            pages = sorted(space)
            spaces.append({
                "pid": pid, "name": self.names[pid], "parent": 1, "state": "live",
                "levels": {"sv39": 3, "sv48": 4, "sv57": 5}[self.mode], "areas": [],
                "tables": [], "page": steps(pages), "bits": [0x57 for _ in pages],
                "kind": "".join("p" if space[p][0] == "frame" else "s" for p in pages),
                "number": steps([space[p][1] for p in pages])})
        listed = [pfn for pfn, kind in self.frames.items() if kind == "anon"]
        slots = sorted(self.slots)
        named = [place for space in self.spaces.values() for place in space.values()]
        return {
            "quiet": True, "frames": [[BASE + i, 1, kind] for i, kind in enumerate(kinds)],
            "pages": {name: [] for name in ("pfn", "object", "index", "slot", "flags")},
            "objects": [], "spaces": spaces, "quotas": [], "counters": {}, "zero": 0,
            "lists": {"anon": {"policy": "drawn", "frames": steps(listed)},
                      "file": {"policy": "drawn", "frames": []}},
            "slots": {"total": SLOTS, "number": steps(slots),
                      "uses": [named.count(("slot", s)) for s in slots],
                      "pfn": [self.slots[s] or 0 for s in slots]},
            "running": ["drawn"] * self.harts}

    def why(self, subject, n):
        """Numbers of the records that explain a subject after n records, the latest first."""
        kind, frame, page, slot = subject[0], None, None, None
        if kind == "frame":
            frame = subject[1]
        elif kind == "slot":
            slot = subject[1]
        else:
            page = tuple(subject[1:])
        found = []
        for number in range(n - 1, -1, -1):
            r = self.records[number]
            if not (r.type in ABOUT["frame"] and r.pfn == frame or
                    r.type in ABOUT["page"] and (r.pid, r.va >> 12) == page or
                    r.type in ABOUT["slot"] and r.extra == slot):
                continue
            found.append(number)
            if len(found) == CHAIN:
                break
            if r.type in ("swap_in", "swap_out"):
                slot, frame = (r.extra if r.type == "swap_in" else None), r.pfn
            elif r.type == "map" or r.type == "evict" and r.pid:
                page = page or (r.pid, r.va >> 12)
                frame = r.pfn if frame is None else frame
            elif r.type == "alloc":
                frame = None
                if page is None and slot is None:
                    break
        return found

    def header(self, **more):
        return dict({
            "kernel": "0123456789abcdef", "mode": self.mode, "harts": self.harts,
            "ram": [BASE << 12, FRAMES << 12], "classes": CLASSES, "policy": "drawn",
            "command": "drawn by a dice", "clock": "instructions", "lost": [], "ended": "exit 0",
            "ring": 65536, "stops": len(self.states), "settings": {}, "notes": [],
            "processes": {str(pid): name for pid, name in self.names.items()},
            "console": [[0, "drawn: begins\n"], [len(self.records) // 2, "drawn: half\n"]]}, **more)

    def write(self, path, **more):
        writer, at = traceformat.Writer(path, NUMBERS), 0
        for n in sorted(self.states):
            writer.records(self.records[at:n])
            writer.state(self.states[n])
            at = n
        writer.records(self.records[at:])
        writer.finish(self.header(**more))


def steps(values):
    return [b - a for a, b in zip([0] + values, values)]


def packed_block(records):
    return traceformat.pack_columns(
        [r.when for r in records], [NUMBERS[r.type] for r in records], [r.hart for r in records],
        [r.pid for r in records], [r.va for r in records], [r.pfn for r in records],
        [r.extra for r in records])


def write_long(run, path, records):
    """The run's first block again and again, later each time, up to so many records."""
    block = run.records[:traceformat.BLOCK_RECORDS]
    writer, span = traceformat.Writer(path, NUMBERS), block[-1].when + 1
    packed = traceformat.inflate(packed_block(block), 1 << 30)
    size = int.from_bytes(packed[:4], "little")
    when, rest = packed[4:4 + size], packed[4 + size:]
    first = len(traceformat.put_varints([block[0].when]))
    while writer.count < records:
        again = traceformat.put_varints([block[0].when + span * (writer.count // len(block))])
        column = again + when[first:]
        writer._block(b"R", traceformat.zlib.compress(
            len(column).to_bytes(4, "little") + column + rest, 6))
        writer.count += len(block)
    writer.finish(run.header(command="many records"))
