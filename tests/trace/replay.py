"""The state at any record of a trace, and why it is so.

    run = Run(traceformat.read(path))
    state = run.at(n)               after n records: from the last full state before, and records
    state.spaces[3][4]              what page 4 of pid 3 is: ("frame", pfn) or ("slot", number)
    run.why(("frame", pfn), n)      numbers of the records that explain it, the latest first

The page's own replay (page/replay.js) does the same. What always holds: at a full state that was
taken while the machine was quiet, what the records led to is that state (differences() tells).

What records do not determine comes from full states only: the order of the lists of replacement,
permissions and the bits A and D, areas.
"""

import bisect
from collections import defaultdict

from traceformat import BadTrace

CHAIN = 24              # records that explain, at most
# Of enum map_flag and of a full state's areas.
STORES, OF_SHARED = 1, 2
PAGE_LOCKED = 1         # of kernel/mem/page.h
FRAME_RECORDS = {"alloc", "free", "map", "evict", "swap_in", "swap_out"}
PAGE_RECORDS = {"fault", "map", "evict", "refault"}
SLOT_RECORDS = {"swap_in", "swap_out"}


def sums(values):
    found, total = [], 0
    for value in values:
        total += value
        found.append(total)
    return found


class State:
    """What there is after some record. Built by loading a full state, and by records.

    frames: pfn → class, of those that are not free (before the first full state: that the records
    tell of). spaces: pid → page → ("frame", pfn) or ("slot", number). shared: (pid, page) of
    entries that fork does not copy. slots: in use → pfn of its page, or None; named: how many
    entries name a slot; of_object: slots that shared memory names, for which there is no record.
    pending: pid → entries of the space that exec is building for it. running: hart → pid.
    """

    def __init__(self, classes):
        self.classes = classes
        self.frames, self.slots = {}, {}
        self.spaces, self.pending = defaultdict(dict), defaultdict(dict)
        self.shared = set()
        self.mapped = defaultdict(set)      # pfn → (space's dict's owner, page)
        self.slot_of = {}                   # pfn → slot
        self.named, self.of_object = defaultdict(int), set()
        self.running = {}
        self.lists = self.record = None     # of the last full state, and how many came before it

    # ---- a full state ----

    def load(self, full):
        """Takes over what a full state says. What it does not know stays: spaces that exec is
        building, and which pid runs where."""
        self.record, self.lists = full["record"], full["lists"]
        self.frames = frames_of(full, self.classes)
        self.slots = slots_of(full)
        self.slot_of = {pfn: slot for slot, pfn in self.slots.items() if pfn}
        self.spaces, self.mapped, self.shared = defaultdict(dict), defaultdict(set), set()
        self.named = defaultdict(int)
        for space in full["spaces"]:
            pid = space["pid"]
            for page, place in entries_of(space).items():
                self._put(self.spaces, pid, page, place)
            for start, pages, _, flags, _, _ in space["areas"]:
                if "shared" in flags.split():
                    self.shared.update((pid, page) for page in self.spaces[pid]
                                       if start <= page < start + pages)
        for pid, entries in self.pending.items():
            for page, place in entries.items():
                if place[0] == "frame":
                    self.mapped[place[1]].add((-pid - 1, page))
                else:
                    self.named[place[1]] += 1
        self.of_object = {slot for slot, uses in zip(sums(full["slots"]["number"]),
                                                     full["slots"]["uses"])
                          if uses > self.named[slot]}

    # ---- entries ----

    def _space(self, pid, hart):
        """The space of a record, and its number among those that map: one that exec builds, or has
        left, has pid 0, and belongs to what runs on the hart."""
        if pid:
            return self.spaces, pid
        return self.pending, self.running.get(hart, 0)

    def _put(self, spaces, pid, page, place):
        owner = pid if spaces is self.spaces else -pid - 1
        old = spaces[pid].get(page)
        if place is None:
            spaces[pid].pop(page, None)
            self.shared.discard((owner, page))
        else:
            spaces[pid][page] = place
            if place[0] == "frame":
                self.mapped[place[1]].add((owner, page))
            else:
                self.named[place[1]] += 1
        if old and old[0] == "frame":
            self.mapped[old[1]].discard((owner, page))
        elif old:
            self.named[old[1]] -= 1
            self._settle(old[1])

    def _settle(self, slot):
        """A slot that neither a page nor an entry has is free."""
        if self.named[slot] == 0 and slot not in self.of_object and self.slots.get(slot, 1) is None:
            del self.slots[slot]

    # ---- records ----

    def step(self, record):
        function = getattr(self, "_" + record.type, None)
        if function:
            function(record)

    def _switch(self, r):
        self.running[r.hart] = r.pid

    def _alloc(self, r):
        self.frames[r.pfn] = self.classes[r.extra] if r.extra < len(self.classes) else "?"

    def _free(self, r):
        self.frames.pop(r.pfn, None)
        self._leave_slot(r.pfn)
        for owner, page in list(self.mapped.pop(r.pfn, ())):
            if owner < 0:
                self._put(self.pending, -owner - 1, page, None)
            else:
                self._put(self.spaces, owner, page, None)

    def _map(self, r):
        spaces, pid = self._space(r.pid, r.hart)
        if r.extra & STORES:
            self._leave_slot(r.pfn)
        self._put(spaces, pid, r.va >> 12, ("frame", r.pfn))
        if r.pid and r.extra & OF_SHARED:
            self.shared.add((pid, r.va >> 12))

    def _evict(self, r):
        slot = self.slot_of.get(r.pfn)
        spaces, pid = self._space(r.pid, r.hart)
        if r.pid or spaces[pid].get(r.va >> 12) == ("frame", r.pfn):
            self._put(spaces, pid, r.va >> 12, ("slot", slot))

    def _unmap(self, r):
        spaces, pid = self._space(r.pid, r.hart)
        first, count = r.va >> 12, r.pfn
        entries = spaces[pid]
        if count > len(entries):
            gone = [page for page in entries if first <= page < first + count]
        else:
            gone = [page for page in range(first, first + count) if page in entries]
        for page in gone:
            self._put(spaces, pid, page, None)

    def _fork(self, r):
        for page in list(self.spaces[r.pid]):
            self._put(self.spaces, r.pid, page, None)
        for page, place in list(self.spaces[r.extra].items()):
            if (r.extra, page) not in self.shared:
                self._put(self.spaces, r.pid, page, place)

    def _exec(self, r):
        for page in list(self.spaces[r.pid]):
            self._put(self.spaces, r.pid, page, None)
        entries = dict(self.pending[r.pid])
        for page, place in entries.items():
            self._put(self.pending, r.pid, page, None)
            self._put(self.spaces, r.pid, page, place)

    def _slot(self, r):
        """The page has that slot, and no other; no other page has it."""
        if r.extra not in self.slots:
            self.of_object.discard(r.extra)
        if self.slot_of.get(r.pfn) != r.extra:
            self._leave_slot(r.pfn)
            if self.slots.get(r.extra):
                self.slot_of.pop(self.slots[r.extra], None)
        self.slots[r.extra], self.slot_of[r.pfn] = r.pfn, r.extra

    _swap_in = _slot

    def _swap_out(self, r):
        self._slot(r)
        if not self.named[r.extra]:
            self.of_object.add(r.extra)

    def _leave_slot(self, pfn):
        slot = self.slot_of.pop(pfn, None)
        if slot is not None:
            self.slots[slot] = None
            self._settle(slot)

    # ---- what is asked ----

    def owners(self, pfn):
        """(pid, page) of those that map a frame."""
        return sorted((pid, page) for pid, page in self.mapped.get(pfn, ()) if pid >= 0)


def frames_of(full, classes):
    found = {}
    for first, count, kind in full["frames"]:
        if 0 <= kind < len(classes) and classes[kind] != "free":
            found.update(dict.fromkeys(range(first, first + count), classes[kind]))
    return found


def entries_of(space):
    return {page: ("slot" if kind == "s" else "frame", number) for page, kind, number in zip(
        sums(space["page"]), space["kind"], sums(space["number"]))}


def slots_of(full):
    slots = full["slots"]
    return dict(zip(sums(slots["number"]), (pfn or None for pfn in slots["pfn"])))


def differences(state, full):
    """Sentences: how what the records led to differs from the full state at the same place."""
    frames = frames_of(full, state.classes)
    for pfn in sorted(set(frames) | set(state.frames)):
        if {frames.get(pfn), state.frames.get(pfn)} == {"kernel", None}:
            continue        # what the kernel takes and frees in blocks has no record
        if frames.get(pfn) != state.frames.get(pfn):
            yield "frame 0x%x is %s, and the records make it %s" % (
                pfn, frames.get(pfn, "free"), state.frames.get(pfn, "free"))
    slots = slots_of(full)
    named = {place[1] for space in full["spaces"] for place in entries_of(space).values()
             if place[0] == "slot"}
    locked = {pfn for pfn, flags in zip(sums(full["pages"]["pfn"]), full["pages"]["flags"])
              if flags & PAGE_LOCKED}
    for slot in sorted(named | {slot for slot in state.slots if state.named[slot]}):
        if slots.get(slot) in locked and state.slots.get(slot, "free") is None:
            continue        # it is being read: its record comes when it has arrived
        if slots.get(slot, "free") != state.slots.get(slot, "free"):
            yield "slot %d has page %s, and by the records %s" % (
                slot, slots.get(slot, "free"), state.slots.get(slot, "free"))
    spaces = {space["pid"]: entries_of(space) for space in full["spaces"]
              if space["state"] == "live"}
    known = {pid for pid, entries in state.spaces.items() if entries and pid}   # 0: before init
    for pid in sorted(set(spaces) | known):
        real, told = spaces.get(pid, {}), state.spaces.get(pid, {})
        for page in sorted(set(real) | set(told)):
            if real.get(page) != told.get(page):
                yield "pid %d, 0x%x is %s, and the records make it %s" % (
                    pid, page << 12, real.get(page), told.get(page))


class Run:
    """A trace that is asked for moments."""

    def __init__(self, trace):
        self.trace = trace
        self.states = trace.states()
        self.classes = trace.header["classes"]
        self._records = None

    @property
    def records(self):
        if self._records is None:
            self._records = list(self.trace.records())
        return self._records

    def at(self, n):
        """The State after n records."""
        if not 0 <= n <= self.trace.header["records"]:
            raise BadTrace("there is no record %d" % n)
        nearest = bisect.bisect_right([block.first for block in self.states], n) - 1
        state, first = State(self.classes), 0
        if nearest >= 0:
            full = self.trace.state_of(self.states[nearest])
            state.load(full)
            first = full["record"]
        for record in self.records[first:n]:
            state.step(record)
        return state

    def check(self):
        """For each full state but the first: (it, what differs from the replay that leads to it
        from the one before)."""
        state, at = State(self.classes), 0
        for number, block in enumerate(self.states):
            full = self.trace.state_of(block)
            for record in self.records[at:block.first]:
                state.step(record)
            if number:
                yield full, list(differences(state, full))
            state.load(full)
            at = block.first

    def why(self, subject, n):
        """Numbers of the records that explain what a subject is after n records, latest first.

        subject: ("frame", pfn), ("page", pid, page) or ("slot", number). Backwards from there, each
        record that concerns what is looked for belongs to the chain, and may add to it: a mapping
        says which page the frame has, a transfer which slot; before its allocation a frame is
        nothing to look for any more. So the chain leads from where content is to where it was.
        """
        kind, rest = subject[0], subject[1:]
        frame, slot = (rest[0] if kind == name else None for name in ("frame", "slot"))
        page = rest if kind == "page" else None
        found = []
        for number in range(min(n, len(self.records)) - 1, -1, -1):
            r = self.records[number]
            if not ((r.pfn == frame and r.type in FRAME_RECORDS) or
                    ((r.pid, r.va >> 12) == page and r.type in PAGE_RECORDS) or
                    (r.extra == slot and r.type in SLOT_RECORDS)):
                continue
            found.append(number)
            if len(found) == CHAIN:
                break
            if r.type == "map" or (r.type == "evict" and r.pid):
                page = page or (r.pid, r.va >> 12)
                frame = r.pfn if frame is None else frame
            elif r.type in SLOT_RECORDS:
                slot = r.extra if r.type == "swap_in" else None
                frame = r.pfn
            elif r.type == "alloc":
                frame = None
                if page is None and slot is None:
                    break
        return found
