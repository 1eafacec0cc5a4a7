"""The host stage of `swap`: cases by hand, and a long random run, against what must hold.

What must hold is the picture at the top of kernel/vm/swapping/swap.h: a slot has so many uses, and
a page or none. All else follows from these two: whether it is free, idle, cached or out; the
counters; who carries a charge. Where the contract leaves a choice (which neighbours are read, which
idle slot is taken), the judge takes what was chosen, and asks whether it was allowed. Rules of a
student's own leave less of it.
"""

import random

from hoststage import Case, Test, Wrong

STEPS = 10000
DRAWN = 6                   # cases of each test that the seed draws
RULES = frozenset()         # of rules.patch, for one student
LOCKED, DIRTY, WRITING, KEPT, CHARGED = 1, 2, 4, 8, 16      # flags of a page
CARRIES, RETIRED, IDLE = 1, 2, 4                            # flags of `place`
NORMAL, RANDOM, SEQUENTIAL = 0, 1, 2                        # advice
ERRORS = {0: "0", -5: "-EIO", -11: "-EAGAIN", -12: "-ENOMEM", -28: "-ENOSPC"}
EIO, EAGAIN, ENOMEM, ENOSPC = -5, -11, -12, -28
AHEAD_MAX = 16
PAGES, MOST = 300, 40       # as in driver.c
EVENTS = ("freed ", "charge freed ", "frame ", "transfer ", "early ", "noted ", "sleeps ",
          "a transfer ", "unswappable ")
QUIET = ("disk", "off", "close", "next", "page", "place", "lock", "unlock", "writing", "written",
         "hold", "dying", "vacate", "stale", "window", "memory", "bad", "good", "rival", "quiet")


def code(number):
    return ERRORS.get(number, str(number))


class Slot:
    """One that is in use, or was retired."""

    def __init__(self, uses, page, flags, stamp):
        self.uses, self.page, self.stamp = uses, page, stamp
        self.charged, self.retired = bool(flags & CARRIES), bool(flags & RETIRED)
        self.was_used = bool(flags & IDLE)      # if it is idle, then by the end of its last use
        self.is_lost = False

    def state(self):
        if self.page:
            return "CACHED" if self.uses else "IDLE"
        return "OUT" if self.uses else "LOST" if self.retired else "FREE"

    def __str__(self):
        return "%s (%s%s%s%s)" % (
            self.state(), "%d use%s" % (self.uses, "" if self.uses == 1 else "s"),
            ", page %d" % self.page if self.page else "",
            ", with a charge" if self.charged else "", ", retired" if self.retired else "")

    def same(self, other):
        """A lost slot's stamp has no meaning."""
        return str(self) == str(other) and (self.state() in ("LOST", "FREE") or
                                            self.stamp == other.stamp)


class Page:
    def __init__(self, refs, flags):
        self.refs, self.flags, self.slot, self.content = refs, flags, None, -1

    def has(self, flag):
        return bool(self.flags & flag)

    def change(self, flag, on):
        self.flags = self.flags | flag if on else self.flags & ~flag

    def __str__(self):
        names = [name for flag, name in ((LOCKED, "locked"), (DIRTY, "PAGE_DIRTY"),
                                         (WRITING, "PAGE_WRITEBACK"), (KEPT, "PAGE_KEPT"),
                                         (CHARGED, "PAGE_CHARGED")) if self.flags & flag]
        return "%s, references: %d%s%s" % (
            "no slot" if self.slot is None else "slot %d" % self.slot, self.refs,
            "".join(", " + name for name in names),
            "" if self.content < 0 else ", content of slot %d" % self.content)


class Told:
    """The state, as the driver tells it."""

    def __init__(self, take):
        self.slots, self.pages, self.sets, self.counts = {}, {}, {}, ()
        self.released, self.locked = 0, False
        while True:
            line = take()
            if line == "state":
                break
            words = line.replace(":", "").split()
            if words[0] == "counts":
                self.counts = tuple(map(int, words[1:4]))
            elif words[0] == "released":
                self.released = int(words[1])
            elif words[0] == "locked":
                self.locked = True
            elif words[0] in ("free", "idle"):
                self.sets[words[0]] = set(map(int, words[1:]))
            elif words[0] == "slot":
                self.slots[int(words[1])] = Slot(*[int(words[i]) for i in (3, 5, 7, 9)])
            elif words[0] == "page":
                page = Page(int(words[3]), int(words[7]))
                page.slot = int(words[5]) if int(words[5]) >= 0 else None
                page.content = int(words[9])
                self.pages[int(words[1])] = page


class Judge:
    """Follows a script with what the driver told. slots: those in use, and retired ones."""

    def __init__(self, script):
        self.script, self.done = script, []
        self.size, self.slots, self.pages = 0, {}, {}
        self.remembered = set()                 # slots that the set swap.idle may have
        self.last, self.is_closed, self.is_off, self.quiet = -1, False, False, False
        self.ended, self.told_ended = 0, 0      # charges
        self.window, self.frames, self.bad, self.rival = 1, 1 << 30, set(), None
        self.replies, self.events, self.freed, self.may_retire = None, [], [], set()

    def __call__(self, replies):
        self.replies = replies
        for command in self.script:
            self.step(command)
        self.finish()

    def finish(self):
        self.replies.finish()
        if self.replies.at < len(self.replies.lines):
            self.wrong("there is more told than was asked for")

    def step(self, command):
        """events: what happened in the call. freed: pages whose last reference goes in it."""
        self.done.append(command)
        self.events, self.freed, self.may_retire = [], [], set()
        words = command.split()
        numbers = [int(word) for word in words[1:]]
        if words[0].startswith("any_"):
            self.do_any(words[0][len("any_"):], *(numbers + [0, 0])[:2])
        else:
            getattr(self, "do_" + words[0])(*numbers)
        if words[0] not in QUIET:       # else what is told next is of the next command
            self.gather()
        told = [int(event.split()[-1]) for event in self.events if "freed" in event]
        if sorted(told) != sorted(self.freed):
            self.differ("pages that are freed by it", self.named(self.freed), self.named(told))
        if words[0] == "state" or not (self.quiet or words[0] in QUIET or
                                       words[0].startswith("any_")):
            self.check_state(Told(self.replies.take))

    # -- what the driver told --

    def gather(self):
        """What happened in a call stands before what the call returned."""
        replies = self.replies
        while replies.at < len(replies.lines) and replies.lines[replies.at].startswith(EVENTS):
            self.events.append(replies.take())
            self.look_at(self.events[-1].split())

    def look_at(self, words):
        if words[0] == "sleeps":
            self.wrong("it calls %s(), which may sleep, %s" % (
                words[2], "though it must never sleep" if words[2].startswith("page_")
                else "with swap.lock held"))
        if words[0] == "early":
            self.wrong("page %s was not locked while it was read: others could have found it "
                       "before its content was there" % words[1])
        if words[0] in ("a", "unswappable"):
            self.wrong(" ".join(words))
        self.told_ended += words[0] == "charge"

    def take(self):
        self.gather()
        return self.replies.take()

    def returned(self):
        """The number that a call gave."""
        words = self.take().split()
        if words[0] != "gave":
            self.wrong("the driver's reply was: " + " ".join(words))
        return int(words[1])

    def wrong(self, why):
        said = self.done[-8:]
        raise Wrong("after %s%s\n%s" % ("... " if len(self.done) > 8 else "", ", ".join(said), why))

    def differ(self, what, expected, found):
        self.wrong("%s\nexpected: %s\nfound:    %s" % (what, expected, found))

    @staticmethod
    def named(numbers):
        return " ".join(map(str, sorted(numbers))) or "none"

    # -- what must hold --

    def in_use(self):
        return {n: s for n, s in self.slots.items() if not s.is_lost}

    def free(self):
        return [] if self.is_off else [n for n in range(self.size) if n not in self.slots]

    def state_of(self, number):
        return self.slots[number].state() if number in self.slots else "FREE"

    def release(self, number):
        """A reference of the page is gone."""
        self.pages[number].refs -= 1
        if self.pages[number].refs == 0:
            self.last_reference_gone(number)

    def last_reference_gone(self, number):
        if self.pages[number].slot is not None:
            self.part(number, 0)
        self.ended += self.pages.pop(number).has(CHARGED)
        self.freed.append(number)

    def settle(self, number):
        slot = self.slots[number]
        if slot.page and not slot.uses:
            slot.was_used = not ("retired_not_idle" in RULES and slot.retired)
            if slot.was_used:
                self.remembered.add(number)
        if slot.page or slot.uses:
            return
        self.ended += slot.charged
        slot.charged, slot.is_lost = False, True
        if not slot.retired:
            del self.slots[number]

    def part(self, page_number, uses):
        """Page and slot part; so many uses end with it."""
        page = self.pages[page_number]
        number, slot = page.slot, self.slots[page.slot]
        slot.uses -= uses
        slot.page, page.slot = 0, None
        if slot.charged and not slot.uses and page.refs > 0:
            slot.charged = False
            page.change(CHARGED, True)
        self.settle(number)
        page.change(DIRTY, False)
        if page.has(KEPT):
            page.change(KEPT, False)
            self.release(page_number)

    def check_state(self, told):
        if told.locked:
            self.wrong("swap.lock is still held")
        for number in self.may_retire:
            self.slots[number].retired = told.slots[number].retired
        nothing = Slot(0, 0, 0, 0)
        for number in sorted(set(self.slots) | set(told.slots)):
            one, other = self.slots.get(number, nothing), told.slots.get(number, nothing)
            if str(one) != str(other):
                self.differ("slot %d" % number, one, other)
            if one.state() not in ("LOST", "FREE") and one.stamp != other.stamp:
                self.differ("the stamp of slot %d" % number, one.stamp, other.stamp)
        for number in sorted(set(self.pages) | set(told.pages)):
            one, other = self.pages.get(number), told.pages.get(number)
            if str(one) != str(other):
                self.differ("page %d" % number, one or "not there any more",
                            other or "it was freed")
        in_use = self.in_use()
        counts = (len(in_use), sum(1 for s in in_use.values() if s.page),
                  sum(1 for s in self.slots.values() if s.retired))
        for name, one, other in zip(("used", "with_page", "retired"), counts, told.counts):
            if one != other:
                self.differ("swap." + name, one, other)
        if told.sets["free"] != set(self.free()):
            self.differ("the set swap.free", self.named(self.free()),
                        self.named(told.sets["free"]))
        for number, slot in in_use.items():
            if slot.state() == "IDLE" and slot.was_used and number not in told.sets["idle"] and \
                    self.pages[slot.page].refs > 0:
                self.wrong("slot %d became idle with the end of its last use, and is not in the "
                           "set swap.idle" % number)
            if number in told.sets["idle"] - self.remembered:
                if "used_leaves_idle" in RULES and slot.uses:
                    self.wrong("slot %d is in the set swap.idle, which it leaves with a use: %s" % (
                        number, slot))
                if "retired_not_idle" in RULES and slot.retired and slot.state() == "IDLE":
                    self.wrong("slot %d was put into the set swap.idle, but retired slots are not: "
                               "%s" % (number, slot))
        if told.released + self.told_ended != self.ended:
            self.differ("charges that have ended", self.ended, told.released + self.told_ended)

    # -- commands without the student's help --

    def do_disk(self, size):
        self.size = size

    def do_off(self):
        self.is_off = True

    def do_close(self, on):
        self.is_closed = bool(on)

    def do_next(self, number):
        self.last = number - 1

    def do_page(self, number, refs, flags=0):
        self.pages[number] = Page(refs, flags)

    def do_place(self, number, uses, page, flags=0, stamp=0):
        self.slots[number] = Slot(uses, page, flags, stamp)
        if page:
            self.pages[page].slot = number
        if flags & IDLE:
            self.remembered.add(number)

    def do_vacate(self, number):
        del self.slots[number]

    def do_stale(self, number):
        self.remembered.add(number)

    def do_lock(self, number):
        self.pages[number].change(LOCKED, True)

    def do_unlock(self, number):
        self.pages[number].change(LOCKED, False)

    def do_writing(self, number):
        self.pages[number].change(WRITING, True)

    def do_written(self, number):
        self.pages[number].change(WRITING | DIRTY, False)

    def do_hold(self, number):
        self.pages[number].refs += 1

    def do_dying(self, number):
        self.pages[number].refs = 0

    def do_window(self, pages):
        self.window = pages

    def do_memory(self, frames):
        self.frames = frames

    def do_bad(self, number):
        self.bad.add(number)

    def do_good(self, number):
        self.bad.discard(number)

    def do_rival(self, slot, page):
        self.rival = slot, page

    def do_quiet(self, on):
        self.quiet = bool(on)

    def do_state(self):
        pass

    # -- the student's functions --

    def do_settle(self, number):
        self.settle(number)

    def do_find(self):
        self.took(self.take(), Slot(0, 0, 0, 0))

    def took(self, line, slot):
        """A slot was taken, or should have been. Its number, or None: none was free."""
        free = [] if self.is_closed else self.free()
        if line.startswith("gave "):
            if free:
                self.differ("no slot was found", "one of " + self.named(free),
                            line[len("gave "):].replace(str(ENOSPC), "-ENOSPC"))
            return None
        number = int(line.split()[1])
        if self.is_closed or self.is_off:
            self.wrong("a slot was taken, %d, though swap is %s" % (
                number, "off" if self.is_off else "closed"))
        if number not in free:
            self.differ("a slot was taken that is not free", "one of " + self.named(free),
                        "slot %d, which is %s" % (number, self.state_of(number)))
        if self.last is not None:
            wanted = min(free, key=lambda n: (n <= self.last, n))
            if number != wanted:
                self.differ("a wrong slot was taken; the last one was %d" % self.last,
                            "slot %d, the next that is free" % wanted, "slot %d" % number)
        self.slots[number] = slot
        self.last = number
        return number

    def idle(self):
        """Idle slots that can be taken from their pages, and those that perhaps can."""
        sure, perhaps = [], []
        for number, slot in self.slots.items():
            if slot.state() == "IDLE":
                page = self.pages[slot.page]
                if page.refs > 0 and not page.has(LOCKED | WRITING):
                    (sure if slot.was_used else perhaps).append(number)
        return sure, perhaps

    def blocked(self):
        """Is there an idle slot whose page cannot part with it now? It may be the one found."""
        return any(slot.state() == "IDLE" and self.pages[slot.page].has(LOCKED | WRITING)
                   for slot in self.slots.values())

    def parted(self, had_free):
        """Slots that were taken from their pages: of pages that could part with them?"""
        words, found = self.take().split(), []
        if words[0] != "parted":
            self.wrong("the driver's reply was: " + " ".join(words))
        if len(words) > 1:
            sure, perhaps = self.idle()
        for page in map(int, words[1:]):
            number = self.pages[page].slot
            if number not in sure + perhaps:
                self.differ("a slot was taken from its page", "an idle one: " + self.named(
                    sure + perhaps), "slot %d, which is %s, of page %d: %s" % (
                        number, self.slots[number], page, self.pages[page]))
            if had_free:
                self.wrong("slot %d was taken from its page, but others are free: %s" % (
                    number, self.named(self.free())))
            found.append(number)
        for number in found:
            self.last = None
            self.part(self.slots[number].page, 0)
        return found

    def do_reclaim(self):
        found, gave = self.parted(False), self.returned()
        if gave and len(found) != 1:
            self.differ("it says that a slot was taken from its page", "one", self.named(found))
        if not gave and found:
            self.wrong("it says that no slot was taken, but taken was " + self.named(found))
        if not gave and self.idle()[0] and not self.blocked():
            self.differ("an idle slot was to be taken", "one of " + self.named(self.idle()[0]),
                        "none")

    def do_alloc(self, page_number, stamp=0):
        page = self.pages[page_number]
        is_on = not self.is_closed and not self.is_off
        self.parted(is_on and self.free())
        fresh = Slot(0, 0, CARRIES if page.has(CHARGED) else 0, stamp)
        line = self.take()
        number = self.took(line, fresh)
        if number is not None:
            fresh.page, page.slot = page_number, number
            page.change(CHARGED, False)
            page.change(DIRTY, True)
            return
        if line != "gave %d" % ENOSPC:
            self.differ("no slot can be had", "-ENOSPC", code(int(line.split()[1])))
        left = self.idle()[0] if is_on else []
        if left and not self.blocked():
            self.differ("all slots are in use, but some are idle",
                        "one of them is taken from its page: " + self.named(left), "-ENOSPC")
        self.last = None        # what was looked at moves the place where the search goes on

    def do_get(self, number):
        self.slots[number].uses += 1
        if "used_leaves_idle" in RULES:
            self.remembered.discard(number)

    def do_put(self, number):
        self.slots[number].uses -= 1
        self.settle(number)

    def do_remove(self, number, uses=0):
        self.part(number, uses)

    def do_drop(self, number):
        self.release(number)

    def do_free(self, number):
        self.last_reference_gone(number)

    def do_retire(self, number):
        self.slots[number].retired = True

    def do_look(self, number):
        line = self.take()
        slot = self.slots.get(number) if number < self.size and not self.is_off else None
        wanted = slot.page if slot else 0
        if wanted and not self.pages[wanted].refs:
            wanted = 0
        found = int(line.split()[1])
        if found != wanted:
            self.differ("swap_find_page(%d)" % number, "page %d" % wanted if wanted else "NULL",
                        "page %d" % found if found else "NULL")
        if wanted:
            self.pages[wanted].refs += 1

    def do_add(self, number, page_number):
        gave, page = self.returned(), self.pages[page_number]
        page.change(LOCKED, True)
        slot = self.slots.get(number) if number < self.size and not self.is_off else None
        wanted = 0 if slot and slot.state() == "OUT" else EAGAIN
        if gave != wanted:
            self.differ("swap_cache_add(%d) of a slot that is %s" % (
                number, slot.state() if slot else "FREE" if number < self.size else
                "beyond the end"), code(wanted), code(gave))
        if not gave:
            slot.page, page.slot = page_number, number

    # -- one that fits --

    def fitting(self, kind):
        slots, pages = self.in_use(), self.pages
        still = [n for n, p in pages.items() if not p.has(LOCKED | WRITING)]
        if kind in ("remove", "writing"):
            return sorted(n for n in still if pages[n].slot is not None)
        if kind in ("drop", "lock"):
            return sorted(still)
        if kind in ("unlock", "written"):
            flag = LOCKED if kind == "unlock" else WRITING
            return sorted(n for n, p in pages.items() if p.has(flag))
        fits = {"get": lambda s: True, "put": lambda s: s.uses > 0,
                "retire": lambda s: s.page and not s.retired}
        return sorted(n for n, s in slots.items() if fits.get(
            kind, lambda s: s.state() == "OUT")(s))

    def do_any(self, kind, number, more):
        """The driver says which; had it been another one, the states would differ already."""
        picked, fresh = self.take().split()[1], None
        if kind in ("alloc", "add"):
            free = [n for n in range(1, PAGES) if n not in self.pages]
            fresh = free[0] if free and len(self.pages) < MOST else None
        fits = [fresh] if kind == "alloc" else self.fitting(kind)
        found = fits[number % len(fits)] if fits and (fresh or kind not in ("alloc", "add")) \
            else None
        if picked != ("nothing" if found is None else str(found)):
            self.wrong("the state differs from what it should be: `%s` finds %s, not %s" % (
                self.done[-1], picked, "nothing" if found is None else found))
        if found is None:
            return
        self.done[-1] = "%s %d" % (kind, found) + (" %d" % more if more else "")
        if fresh:
            self.pages[fresh] = Page(1, CHARGED if kind == "alloc" and number & 1 else 0)
        if kind == "add":
            more = fresh
        getattr(self, "do_" + kind)(*([found, more] if kind in ("alloc", "remove", "add", "read")
                                      else [found]))

    # -- reading --

    def wants_page(self, number):
        return self.state_of(number) == "OUT" and not self.slots[number].retired

    def follow_frames(self, wanted):
        """What became of the frames: (those that are left, {slot: page} of what was read)."""
        live, arrived, failed = [], {}, False
        for event in self.events:
            words = event.split()
            if words[0] == "frame":
                self.frames -= 1
                live.append(int(words[1]))
                if self.rival:
                    slot, page = self.rival
                    self.pages[page].change(LOCKED, True)
                    if self.state_of(slot) == "OUT":
                        self.slots[slot].page, self.pages[page].slot = page, slot
                    self.rival = None
            elif words[0] == "freed" and int(words[1]) in live:
                live.remove(int(words[1]))
                self.freed.append(int(words[1]))
                arrived = {s: p for s, p in arrived.items() if p != int(words[1])}
            elif words[0] == "transfer":
                pairs = [tuple(map(int, pair.split(":"))) for pair in words[2:]]
                for slot, page in pairs:
                    if page not in live:
                        self.wrong("slot %d was read into page %d, which is not a new one" % (
                            slot, page))
                    if slot != wanted and not self.wants_page(slot):
                        self.wrong("slot %d was read as a neighbour, which is %s%s" % (
                            slot, self.state_of(slot), ", and retired" if slot in self.slots and
                            self.slots[slot].retired else ""))
                failed |= words[1] == "failed"
                if words[1] == "ok":
                    arrived.update(pairs)
        return live, arrived, failed

    def do_read(self, number, advice=NORMAL):
        gave = self.returned()
        page = int(self.take().split()[1])
        had_frames, slot = self.frames > 0, self.slots.get(number)
        live, arrived, failed = self.follow_frames(number)
        errors = [ENOMEM] if not had_frames else []
        if not slot or slot.state() != "OUT":
            errors.append(EAGAIN)
        elif not errors and number in self.bad:
            errors.append(EIO)
        if (gave not in errors) if errors else gave <= 0:
            self.differ("what read_from_swap(%d) returns" % number, " or ".join(map(
                code, errors)) or "how many pages were read", code(gave))
        if gave > 0 and (number not in arrived or arrived[number] != page):
            self.wrong("it says that slot %d was read, into page %d; but the disk was not asked "
                       "for it" % (number, page))
        if gave == EIO:
            slot.retired = True
            arrived.pop(number, None)
        left = set(live) - set(arrived.values())
        if left:
            self.wrong("page %s was allocated, and is neither freed nor has it what was read"
                       % self.named(left))
        if gave > 0:
            self.check_range(number, arrived, advice, gave, failed)
        self.check_noted(number, arrived, advice, gave, failed)
        if failed:
            self.may_retire = {n for n in self.bad if n != number and n in self.slots}
        for one, other in arrived.items():
            self.pages[other] = Page(1, 0 if one == number else KEPT)
            self.pages[other].slot = self.pages[other].content = one
            self.slots[one].page = other

    def check_range(self, number, arrived, advice, gave, failed):
        first, last = min(arrived), max(arrived)
        most = {NORMAL: self.window, RANDOM: 1, SEQUENTIAL: AHEAD_MAX}[advice]
        if gave != len(arrived):
            self.differ("what read_from_swap(%d) returns" % number, len(arrived), gave)
        if last - first + 1 != len(arrived):
            self.differ("slots that are read along lie beside each other", "a row without gaps",
                        self.named(arrived))
        if len(arrived) > most:
            self.differ("pages that are read along", "%d at most" % most, self.named(arrived))
        if len(arrived) < most and not failed and self.frames > 0:
            for beside in (first - 1, last + 1):
                if self.wants_page(beside):
                    self.wrong("only slots %s were read, of %d that are wanted at once: slot %d is "
                               "beside them, and out" % (self.named(arrived), most, beside))
        if "front_first" in RULES and last > number and not failed and \
                self.wants_page(first - 1):
            self.wrong("slots %s were read: those in front of slot %d come first, and slot %d is "
                       "out" % (self.named(arrived), number, first - 1))

    def check_noted(self, number, arrived, advice, gave, failed):
        noted = [tuple(map(int, event.split()[1:])) for event in self.events
                 if event.startswith("noted ")]
        if advice == RANDOM or gave in (EAGAIN, ENOMEM):
            if noted:
                self.wrong("read_ahead_note() is called, but nothing was read that should count")
            return
        if len(noted) != 1:
            self.differ("calls of read_ahead_note()", 1, len(noted))
        if not failed and noted[0] != (min(arrived), max(arrived) + 1):
            self.differ("read_ahead_note() is told", "slots %d to %d" % (
                min(arrived), max(arrived)), "slots %d to %d" % (noted[0][0], noted[0][1] - 1))


class Refusal(Judge):
    """The last command must be refused by a panic that says what was wrong."""

    def __call__(self, replies):
        self.replies = replies
        for command in self.script[:-1]:
            self.step(command)
        self.done.append(self.script[-1])
        message = replies.take_panic()
        if message is None:
            self.wrong("that slot has no use: the call must panic, and it went through")
        if "a lock is" in message:
            self.wrong("it panicked, but for something else: " + message)
        self.finish()


def case(name, *script):
    return Case(name, list(script), Judge(list(script)))


def refused(name, *script):
    return Case(name, list(script), Refusal(list(script)))


# ---- the cases ----

SETTLING = (
    case("without_uses_and_page_it_is_free",
         "disk 8", "place 3 0 0", "settle 3", "place 7 0 0", "settle 7", "place 0 0 0", "settle 0"),
    case("a_use_keeps_it", "disk 8", "place 3 2 0", "settle 3", "place 4 1 0 1 9", "settle 4"),
    case("with_a_page_alone_it_is_idle", "disk 8", "page 1 1", "place 2 0 1 0 5", "settle 2"),
    case("with_both_nothing_changes", "disk 8", "page 1 1", "place 5 1 1 1", "settle 5"),
    case("a_charge_ends_with_the_slot", "disk 8", "place 3 0 0 1", "settle 3",
         "place 3 0 0 0", "settle 3", "place 6 0 0 1", "settle 6"),
    case("an_idle_slot_keeps_its_charge", "disk 8", "page 1 1", "place 2 0 1 1", "settle 2"),
    case("settled_twice_it_is_the_same", "disk 8", "page 1 1", "place 2 0 1", "settle 2",
         "settle 2", "place 3 4 0", "settle 3", "settle 3"),
    case("the_last_slot_of_a_large_disk", "disk 129", "place 128 0 0", "settle 128",
         "place 64 0 0 1", "settle 64"),
)

# With the rule retired_not_idle.
RETIRED_NOT_IDLE = (
    case("a_retired_slot_is_not_remembered", "disk 8", "page 1 1", "place 2 0 1 2 7", "settle 2"),
    case("of_two_that_are_idle_the_retired_one_is_not", "disk 70", "page 1 1", "page 2 1",
         "place 66 0 1 3", "place 3 0 2", "settle 66", "settle 3"),
)

FINDING = (
    case("one_after_the_other", "disk 6", "find", "find", "find"),
    case("not_always_the_first", "disk 8", "next 5", "find", "find"),
    case("after_the_last_slot_comes_the_first", "disk 5", "next 4", "find", "find", "find"),
    case("the_search_may_begin_behind_the_end", "disk 5", "next 5", "find"),
    case("slots_in_use_are_passed", "disk 9", "place 1 1 0", "place 2 3 0", "place 5 1 0", "find",
         "find", "find", "find"),
    case("all_of_them_and_then_none", "disk 4", "next 2", "find", "find", "find", "find", "find"),
    case("one_free_slot_behind", "disk 200", *(
        ["place %d 1 0" % n for n in range(200) if n != 130] + ["next 131", "find", "find"])),
    case("a_disk_of_one_slot", "disk 1", "find", "find"),
    case("what_was_freed_behind_comes_last", "disk 6", "find", "find", "find", "vacate 1", "find",
         "vacate 0", "find", "find", "find", "find"),
    case("none_while_swap_is_closed", "disk 8", "close 1", "find", "close 0", "find"),
    case("none_while_swap_is_off", "disk 8", "off", "find"),
)

GETTING = (
    case("it_has_the_slot_and_the_stamp", "disk 8", "page 1 1", "alloc 1 77"),
    case("pages_that_go_together_lie_together", "disk 8", "next 3", "page 1 1", "page 2 1",
         "page 3 2", "alloc 1 4", "alloc 3 5", "alloc 2 6"),
    case("its_charge_goes_to_the_slot", "disk 8", "page 1 1 16", "page 2 1", "page 3 1 16",
         "alloc 1 1", "alloc 2 2", "alloc 3 3"),
    case("a_dirty_page_stays_dirty", "disk 4", "page 1 1 2", "alloc 1 1"),
    case("pages_with_flags_of_their_own", "disk 4", "page 1 2 8", "alloc 1 5"),
)

COUNTING = (
    case("one_use_more", "disk 8", "page 1 1", "place 2 0 1", "get 2", "get 2"),
    case("a_use_more_of_what_is_out", "disk 8", "place 2 1 0 0 4", "get 2", "get 2"),
    case("flags_are_no_uses", "disk 8", "place 3 1 0 1 4", "get 3", "put 3", "put 3"),
    case("the_last_use_frees", "disk 8", "place 2 2 0", "put 2", "put 2"),
    case("the_last_use_makes_idle", "disk 8", "page 1 1", "place 2 2 1", "put 2", "put 2"),
    case("idle_and_used_again", "disk 8", "page 1 1", "place 2 0 1 4", "get 2", "page 2 1",
         "place 5 0 2 5", "get 2", "get 5", "put 2"),
    case("used_again", "disk 8", "page 1 1", "place 2 1 1 1", "put 2", "get 2", "put 2", "get 2"),
    case("many_uses", "disk 8", *(["place 6 1 0 1"] + ["get 6"] * 40 + ["put 6"] * 41)),
    case("all_slots_of_a_disk", "disk 3", "place 0 1 0", "place 1 2 0 1", "place 2 1 0", "put 1",
         "put 0", "put 2", "put 1"),
)

PARTING = (
    case("an_idle_slot_becomes_free", "disk 8", "page 1 1", "place 2 0 1", "remove 1 0"),
    case("a_cached_slot_is_out_then", "disk 8", "page 1 1 2", "place 2 1 1 0 6", "remove 1 0"),
    case("the_use_ends_with_it", "disk 8", "page 1 1", "place 2 1 1", "remove 1 1"),
    case("some_of_the_uses_end", "disk 8", "page 1 1", "place 2 5 1", "remove 1 3"),
    case("it_is_not_dirty_any_more", "disk 8", "page 1 1 2", "place 2 0 1", "remove 1 0"),
    case("the_charge_goes_back_to_the_page", "disk 8", "page 1 1", "place 2 1 1 1", "remove 1 1",
         "page 2 1", "place 3 0 2 1", "remove 2 0"),
    case("the_charge_stays_with_what_is_out", "disk 8", "page 1 1", "place 2 2 1 1", "remove 1 1"),
    case("the_charge_ends_with_the_page", "disk 8", "page 1 1", "place 2 0 1 1", "dying 1",
         "free 1"),
    case("a_page_goes_and_its_slot_is_out", "disk 8", "page 1 1", "place 2 1 1 1",
         "drop 1"),
    case("a_kept_page_loses_the_reference_of_the_cache", "disk 8", "page 1 2 8", "place 2 1 1",
         "remove 1 0"),
    case("a_kept_page_that_nobody_else_has_is_freed", "disk 8", "page 1 1 8", "place 2 1 1 1",
         "remove 1 0", "page 2 1 10", "place 3 0 2 1", "remove 2 0"),
    case("other_slots_stay_as_they_are", "disk 8", "page 1 1", "page 2 1", "place 2 1 1",
         "place 3 1 2 1", "place 4 1 0 1", "remove 1 1"),
)

CACHING = (
    case("the_page_of_a_slot", "disk 8", "page 1 1", "page 2 3", "place 2 1 1", "place 5 0 2",
         "look 2", "look 5", "look 5"),
    case("no_page_is_there", "disk 8", "place 2 1 0", "look 2", "look 3"),
    case("a_page_that_is_just_being_freed", "disk 8", "page 1 1", "place 2 1 1", "dying 1",
         "look 2", "free 1", "look 2"),
    case("a_page_is_added", "disk 8", "place 2 1 0 1 4", "page 1 1", "add 2 1", "look 2"),
    case("only_one_page_is_added", "disk 8", "place 2 2 0", "page 1 1", "page 2 1", "add 2 1",
         "add 2 2", "look 2"),
    case("who_comes_too_late", "disk 8", "page 1 1", "place 2 1 1", "page 2 1", "add 2 2"),
    case("an_idle_slot_has_a_page_already", "disk 8", "page 1 1", "place 2 0 1", "page 2 1",
         "add 2 2"),
    case("pages_of_all_slots_of_a_disk", "disk 3", "place 0 1 0", "place 1 2 0", "place 2 1 0",
         "page 1 1", "page 2 1", "page 3 1", "add 2 1", "add 0 2", "add 1 3", "look 0", "look 2"),
)


def out(*numbers, uses=1):
    return ["place %d %d 0 0 %d" % (n, uses, 10 + n) for n in numbers]


READING = (
    case("one_page", "disk 8", *(out(3) + ["read 3 0"])),
    case("it_is_found_then", "disk 8", *(out(3, uses=2) + ["read 3 0", "look 3"])),
    case("neighbours_behind", "disk 16", *(out(*range(16)) + ["window 4", "read 0 0"])),
    case("neighbours_in_front", "disk 16", *(out(*range(16)) + ["window 4", "read 15 0"])),
    case("neighbours_on_both_sides", "disk 16", *(out(5, 6, 7, 8) + ["window 8", "read 6 0"])),
    case("no_more_than_the_window", "disk 32", *(out(*range(32)) + ["window 5", "read 14 0"])),
    case("a_free_slot_is_the_border", "disk 16", *(
        out(2, 3, 5, 6, 7, 9) + ["window 8", "read 6 0"])),
    case("a_slot_with_a_page_is_the_border", "disk 16", *(
        out(2, 3, 5, 6) + ["page 1 1", "place 4 1 1", "page 2 1", "place 7 0 2", "window 8",
                           "read 5 0"])),
    case("advice_for_one_page", "disk 16", *(out(*range(16)) + ["window 6", "read 8 1"])),
    case("advice_for_as_many_as_can_be", "disk 64", *(
        out(*range(64)) + ["window 2", "read 30 2"])),
    case("the_first_slot_and_the_last", "disk 3", *(
        out(0, 1, 2) + ["window 16", "read 0 2"])),
    case("two_runs_that_meet", "disk 16", *(
        out(*range(16)) + ["window 4", "read 2 0", "read 9 0", "read 7 0"])),
    case("a_neighbour_is_found", "disk 8", *(
        out(3, 4) + ["window 2", "read 3 0", "look 4"])),
    case("a_retired_slot_is_no_neighbour", "disk 8", *(
        out(2, 3) + ["place 4 1 0 2", "window 8", "read 3 0"])),
)

FULL = (
    case("nothing_is_idle", "disk 2", *(out(0, 1) + ["page 1 1", "alloc 1 1"])),
    case("an_idle_slot_is_taken", "disk 3", "page 1 1", "place 0 1 0", "place 1 0 1 4",
         "place 2 1 0", "page 2 1", "alloc 2 8"),
    case("its_page_has_the_charge_again", "disk 2", "page 1 1", "place 0 0 1 5", "place 1 1 0",
         "page 2 1 16", "alloc 2 8"),
    case("idle_slots_one_after_the_other", "disk 4", *(
        ["page %d 1" % n for n in range(1, 9)] +
        ["place %d 0 %d 4" % (n, n + 1) for n in range(4)] +
        ["alloc %d 3" % n for n in range(5, 9)])),
    case("then_there_is_none", "disk 1", "page 1 1", "place 0 0 1 4", "page 2 1", "page 3 1",
         "alloc 2 1", "get 0", "alloc 3 1"),
    case("its_page_is_locked", "disk 2", "page 1 1 1", "place 0 0 1 4", "place 1 1 0", "page 2 1",
         "alloc 2 1", "unlock 1", "alloc 2 1"),
    case("its_page_is_being_written", "disk 2", "page 1 1 4", "place 0 0 1 4", "place 1 1 0",
         "page 2 1", "alloc 2 1", "written 1", "alloc 2 1"),
    case("its_page_is_being_freed", "disk 2", "page 1 1", "place 0 0 1 4", "place 1 1 0", "dying 1",
         "page 2 1", "alloc 2 1", "free 1", "alloc 2 1"),
    case("idle_once_and_used_again", "disk 3", "page 1 1", "place 0 1 1", "stale 0", "place 1 1 0",
         "stale 1", "page 2 1", "place 2 0 2 4", "page 3 1", "page 4 1", "alloc 3 1", "alloc 4 1"),
    case("used_again_and_idle_again", "disk 2", "page 1 1", "place 0 1 1", "stale 0", "place 1 1 0",
         "page 2 1", "alloc 2 1", "put 0", "alloc 2 1"),
    case("idle_by_a_put", "disk 2", "page 1 1", "page 2 1", "alloc 1 1", "get 0", "alloc 2 2",
         "get 1", "put 1", "page 3 1", "alloc 3 3", "state"),
    case("taken_by_itself", "disk 4", "page 1 1", "page 2 1", "place 0 0 1 4", "place 1 1 0",
         "place 2 0 2 4", "reclaim", "reclaim", "reclaim"),
    case("nothing_to_take", "disk 4", "reclaim", "place 1 1 0", "reclaim", "page 1 1 1",
         "place 2 0 1 4", "reclaim"),
    case("a_reference_is_put_again", "disk 1", "page 1 1", "place 0 0 1 4", "page 2 1", "alloc 2 1",
         "drop 1"),
    case("a_kept_page_gives_its_slot", "disk 1", "page 1 1 8", "place 0 0 1 4", "page 2 1",
         "alloc 2 1"),
    case("taken_from_its_page_a_retired_one_is_no_help", "disk 2", "page 1 1", "place 0 0 1 6",
         "place 1 1 0", "page 2 1", "alloc 2 1"),
    case("a_retired_one_and_another", "disk 2", "page 1 1", "place 0 0 1 6", "page 2 1",
         "place 1 0 2 4", "page 3 1", "alloc 3 1"),
    case("swap_is_closed", "disk 4", "close 1", "page 1 1 16", "alloc 1 1", "close 0", "alloc 1 2"),
    case("swap_is_off", "disk 4", "off", "page 1 1 16", "alloc 1 1"),
)

DOUBLE_PUTS = (
    refused("of_a_slot_that_is_out", "disk 8", "place 2 1 0", "put 2", "put 2"),
    refused("of_an_idle_slot", "disk 8", "page 1 1", "place 2 0 1 4", "put 2"),
    refused("of_a_slot_that_became_idle", "disk 8", "page 1 1", "place 2 1 1", "put 2", "put 2"),
    refused("of_a_slot_that_was_never_used", "disk 8", "put 5"),
    refused("of_an_idle_slot_with_a_charge", "disk 8", "page 1 1", "place 2 0 1 5", "put 2"),
    refused("of_an_idle_slot_that_is_retired", "disk 8", "page 1 1", "place 2 0 1 6", "put 2"),
    refused("of_a_slot_just_given", "disk 8", "page 1 1", "place 0 0 1", "put 0"),
    refused("after_many", "disk 8", *(["place 5 7 0 1"] + ["put 5"] * 8)),
)

RANGE = (
    case("just_beyond_the_end", "disk 8", "page 1 1", "look 8", "add 8 1", "look 7"),
    case("far_beyond_the_end", "disk 8", "page 1 1", "look 4000000000", "add 4294967295 1"),
    case("just_beyond_a_word_of_the_sets", "disk 64", "page 1 1", "look 64", "add 64 1", "look 63"),
    case("the_last_slot", "disk 8", "place 7 1 0", "page 1 1", "add 7 1", "look 7"),
    case("a_free_slot", "disk 8", "page 1 1", "look 3", "add 3 1"),
    case("an_idle_slot", "disk 8", "page 1 1", "place 3 0 1", "page 2 1", "add 3 2", "look 3"),
    case("a_single_slot", "disk 1", "place 0 1 0", "page 1 1", "page 2 1", "add 1 1", "add 0 1",
         "look 1", "look 0", "add 1 2"),
    case("swap_was_given_up", "disk 8", "off", "page 1 1", "look 0", "look 3", "add 0 1"),
)

RETIRED_SLOTS = (
    case("without_uses_it_is_lost", "disk 4", "place 2 1 0 2", "put 2", "find", "find", "find",
         "find"),
    case("without_its_page_it_is_lost", "disk 4", "page 1 1", "place 2 0 1 2", "remove 1 0"),
    case("its_charge_ends", "disk 4", "place 2 1 0 3", "put 2"),
    case("its_charge_goes_back", "disk 4", "page 1 1", "place 2 1 1 3", "remove 1 1"),
    case("its_uses_stay", "disk 4", "page 1 1 10", "place 2 2 1", "retire 2", "put 2", "get 2",
         "put 2", "put 2"),
    case("it_is_never_taken_again", "disk 2", "page 1 1", "place 0 0 1", "retire 0", "remove 1 0",
         "find", "find"),
    case("two_of_them", "disk 4", "page 1 1", "place 1 1 1", "place 2 1 0", "retire 1", "retire 2",
         "retire 1", "put 2", "put 1", "find", "find", "find", "state"),
    case("out_and_idle_and_lost", "disk 4", "page 1 2 8", "place 1 1 1 3", "put 1", "remove 1 0",
         "find", "find", "find", "find"),
)

FAILING = (
    case("another_thread_was_faster", "disk 8", *(
        out(3) + ["page 1 1", "rival 3 1", "read 3 0"])),
    case("another_thread_has_the_neighbour", "disk 8", *(
        out(3, 4) + ["page 1 1", "window 4", "rival 4 1", "read 3 0"])),
    case("it_has_a_page", "disk 8", "page 1 1", "place 3 1 1", "read 3 0"),
    case("it_is_idle", "disk 8", "page 1 1", "place 3 0 1", "read 3 0"),
    case("it_is_free_or_beyond_the_end", "disk 8", "read 3 0", "read 8 0", "read 4294967295 1"),
    case("the_disk_fails", "disk 8", *(out(3) + ["bad 3", "read 3 0"])),
    case("the_disk_fails_for_a_neighbour_behind", "disk 8", *(
        out(3, 4, 5) + ["bad 5", "window 4", "read 3 0"])),
    case("the_disk_fails_for_a_neighbour_in_front", "disk 8", *(
        out(1, 2, 3) + ["bad 1", "window 4", "read 3 0"])),
    case("neighbours_of_what_cannot_be_read", "disk 8", *(
        out(2, 3, 4) + ["bad 3", "window 4", "read 3 0"])),
    case("a_retired_slot_is_read_once_more", "disk 8", *(
        out(3) + ["bad 3", "read 3 0", "good 3", "read 3 0"])),
    case("it_has_a_charge", "disk 8", "place 3 1 0 1", "bad 3", "read 3 0"),
) + tuple(case("memory_is_out_at_frame_%d" % (k + 1), "disk 16", *(
    out(*range(4, 12)) + ["window 8", "memory %d" % k, "read 7 0"])) for k in range(8))


# ---- drawn ones ----

def drawn_disk(dice, size, closed=False):
    """A disk with slots in all states: (script, {state: slots}). Pages are 1, 2, ..."""
    script, found, page = ["disk %d" % size], {}, 0
    for number in range(size):
        state = dice.choice(("FREE", "FREE", "IDLE", "CACHED", "OUT"))
        uses = dice.randint(1, 4) if state in ("CACHED", "OUT") else 0
        flags = dice.choice((0, CARRIES)) | (IDLE if state == "IDLE" else 0)
        if state in ("IDLE", "CACHED"):
            page += 1
            script.append("page %d %d %d" % (page, dice.randint(1, 3), dice.choice((0, 2))))
        if state != "FREE":
            script.append("place %d %d %d %d %d" % (
                number, uses, page if state in ("IDLE", "CACHED") else 0, flags,
                dice.randint(1, 999)))
        found.setdefault(state, []).append((number, uses, page))
    if any(len(found.get(state, ())) < 2 for state in ("FREE", "IDLE", "CACHED", "OUT")):
        return drawn_disk(dice, size)
    return script, found


def drawn(dice, number):
    """A case for each test, whose slots nobody knows before."""
    size = dice.choice((23, 37, 64, 65, 90))
    script, found = drawn_disk(dice, size)
    slots = {state: [n for n, _, _ in found[state]] for state in found}
    used = found["CACHED"] + found["OUT"]

    def some(of, count=6):
        return dice.sample(of, min(count, len(of)))
    start = "next %d" % dice.randrange(size)
    fresh = ["page %d 1 %d" % (200 + i, dice.choice((0, 16))) for i in range(4)]
    changes = []
    for slot, uses, _ in some(used):
        more = dice.randint(0, 2)
        changes += ["get %d" % slot] * more + ["put %d" % slot] * (uses + more)
    return {
        "slots settle": case("drawn_slots_settle_%d" % number, *(
            script + ["place %d 0 0 %d" % (n, dice.choice((0, 1)))
                      for n in some(slots["FREE"], 1)] +
            ["settle %d" % n for n in some(slots["IDLE"] + slots["CACHED"] + slots["OUT"])])),
        "slots in order": case("drawn_slots_in_order_%d" % number, *(
            script + [start] + ["find"] * min(8, len(slots["FREE"])))),
        "a page gets a slot": case("drawn_a_page_gets_a_slot_%d" % number, *(
            script + [start] + fresh + ["alloc %d %d" % (200 + i, dice.randint(1, 999))
                                        for i in range(min(4, len(slots["FREE"])))])),
        "uses are counted": case("drawn_uses_are_counted_%d" % number, *(script + changes)),
        "page and slot part": case("drawn_page_and_slot_part_%d" % number, *(
            script + ["remove %d %d" % (page, dice.randint(0, uses))
                      for _, uses, page in some(found["IDLE"] + found["CACHED"])])),
        "the cache finds pages": case("drawn_the_cache_finds_pages_%d" % number, *(
            script + ["look %d" % n for n in some(range(size))] + fresh +
            ["add %d %d" % (n, 200 + i) for i, n in enumerate(
                some(slots["IDLE"] + slots["CACHED"] + slots["OUT"], 4))])),
        "pages are read": case("drawn_pages_are_read_%d" % number, *(
            script + ["window %d" % dice.randint(1, 9)] +
            ["read %d %d" % (n, dice.randrange(3)) for n in some(slots["OUT"], 1)])),
        "a full disk": case("drawn_a_full_disk_%d" % number, *(
            script + ["place %d 1 0" % n for n in slots["FREE"]] + [start] +
            ["page %d 1 %d" % (200 + i, dice.choice((0, 16))) for i in range(5)] +
            ["alloc %d %d" % (200 + i, dice.randint(1, 99)) for i in range(5)])),
        "double puts are caught": refused("drawn_double_puts_are_caught_%d" % number, *(
            script + ["put %d" % n for n, uses, _ in some(used, 1) for _ in range(uses + 1)])),
        "numbers out of range": case("drawn_numbers_out_of_range_%d" % number, *(
            script + fresh + ["look %d" % dice.randrange(size, 1 << 32) for _ in range(3)] +
            ["add %d 200" % dice.randrange(size, 1 << 32), "add %d 201" % dice.choice(
                slots["FREE"]), "look %d" % dice.choice(slots["CACHED"])])),
        "retired slots": case("drawn_retired_slots_%d" % number, *(
            script + [start] + [word for n, uses, _ in some(used, 4) for word in
                                ["retire %d" % n] + ["put %d" % n] * uses] +
            ["find"] * min(4, len(slots["FREE"])))),
        "reads that fail": case("drawn_reads_that_fail_%d" % number, *(
            script + ["window %d" % dice.randint(2, 9), "memory %d" % dice.randint(0, 2)] +
            ["read %d 0" % n for n in some(slots["OUT"], 2)] +
            ["memory 20"] + [word for n in some(slots["OUT"], 2)
                             for word in ("bad %d" % n, "read %d 0" % n)])),
    }


def random_case(seed):
    """10,000 steps on 24 slots: what is done is drawn by the seed, and what it is done to."""
    dice = random.Random(seed)
    script = ["disk 24", "window 3", "quiet 1"]
    fills = (["alloc"] * 22 + ["get"] * 13 + ["put"] * 20 + ["writing"] * 5 + ["written"] * 5 +
             ["remove"] * 4 + ["drop"] * 12 + ["add"] * 4 + ["read"] * 6 + ["lock"] * 3 +
             ["unlock"] * 4 + ["look"] * 3)
    empties = fills + ["put"] * 25 + ["drop"] * 20
    retired = set(dice.sample(range(STEPS), 4))
    for step in range(STEPS):
        kind = "retire" if step in retired else dice.choice(
            empties if (step // 250) % 2 else fills)
        number = dice.randrange(1 << 16)
        if kind == "look":
            script.append("look %d" % (number % 30))
        else:
            more = {"alloc": dice.randint(1, 999), "read": number % 3}.get(kind, 0)
            script.append("any_%s %d %d" % (kind, number, more))
        if step % 100 == 99:
            script.append("state")
    return Case("%d_random_steps_seed_%d" % (STEPS, seed), script, Judge(script))


FIRST = ("slots settle", "slots in order", "a page gets a slot", "uses are counted",
         "page and slot part")
BY_HAND = (
    # name, part, points, cases, needs
    ("slots settle", "works", 3, SETTLING, ()),
    ("slots in order", "works", 3, FINDING, ()),
    ("a page gets a slot", "works", 2, GETTING, ("slots in order",)),
    ("uses are counted", "works", 2, COUNTING, ("slots settle",)),
    ("page and slot part", "works", 3, PARTING, ("slots settle",)),
    ("the cache finds pages", "works", 2, CACHING, ()),
    ("pages are read", "works", 3, READING, ("the cache finds pages",)),
    ("a full disk", "bad arguments", 6, FULL, FIRST + ("retired slots",)),
    ("double puts are caught", "bad arguments", 3, DOUBLE_PUTS,
     ("slots settle", "uses are counted")),
    ("numbers out of range", "bad arguments", 3, RANGE, ("the cache finds pages",)),
    ("retired slots", "bad arguments", 3, RETIRED_SLOTS, FIRST),
    ("reads that fail", "bad arguments", 3, FAILING,
     ("slots settle", "page and slot part", "the cache finds pages", "numbers out of range",
      "pages are read")),
)


def tests(seed):
    dice = random.Random("cases %d" % seed)
    more = [drawn(dice, number) for number in range(DRAWN)]
    ruled = {"slots settle": RETIRED_NOT_IDLE} if "retired_not_idle" in RULES else {}
    found = [Test(name, part, points, cases + ruled.get(name, ()) + tuple(
        each[name] for each in more), needs) for name, part, points, cases, needs in BY_HAND]
    return found + [Test("random steps", "works", 2, (random_case(seed),), together=True)]
