"""The host stage of `tlb`: cases by hand, harts that come in between, and a long random run.

What must hold is said of what harts may cache, and no algorithm is needed for it. A hart may cache
each entry of the table in its satp, at any time, under the number that is there, and keeps it until
a fence that covers it. So for each change of an entry: once it was flushed, a hart that runs the
space must not have an entry from before; one that does not run it must find its bit in stale_on.
And no hart may come into a space under a number under which it may have entries of another.
Beside that each call must do what its contract says, and no fence more.
"""

import random

from hoststage import Case, Test, Wrong

RULES = frozenset()         # of rules.patch, for one student
STEPS = 10000
AT_A_TIME = 8               # pages, under the rule eight_at_a_time
DRAWN = 6                   # cases of each test that the seed draws
HARTS = range(4)
KERNEL = 255
ALL = (1 << 64) - 1
EVERY = 0xffffffff
PAGE = 4096
MOST_CHANGES = 16
CALLS = ("flush", "enter", "leave", "switch", "number", "finish")
FLUSH, SWITCH, NUMBER = range(3)


def harts_of(bits):
    return [h for h in range(32) if bits >> h & 1]


def named(bits):
    if bits == EVERY:
        return "all"
    return " ".join("%d" % h for h in harts_of(bits)) or "none"


def range_name(start, end):
    if start == 0 and end == ALL:
        return "everything"
    return "0x%x to 0x%x" % (start, end)


class Event:
    """A line that was told during a call."""

    def __init__(self, line):
        self.words = line.split()
        self.kind = self.words[0]


class Fence:
    """A fence that an event tells of: by hart, on harts, of a number or all (None), of a range."""

    def __init__(self, event):
        words = event.words
        self.by, self.to = int(words[1]), int(words[2])
        self.is_sbi = event.kind == "sbi"
        if self.is_sbi:
            self.asid, self.start = None, int(words[3], 16)
            self.end = min(ALL, self.start + int(words[4], 16))
            self.preempt = int(words[6])
        else:
            self.asid = None if words[3] == "-1" else int(words[3])
            self.start, self.end, self.preempt = int(words[4], 16), int(words[5], 16), int(words[7])
            self.held, self.unfenced = int(words[9]), int(words[11])

    def is_local(self):
        return not self.is_sbi and self.to == 1 << self.by

    def name(self):
        what = "all spaces" if self.asid is None else "ASID %d" % self.asid
        return "%s on hart %s, of %s in %s" % (
            "an SBI call for a fence" if self.is_sbi else "a fence", named(self.to),
            range_name(self.start, self.end), what)


class Held:
    """While this table was in satp, from one time to another (None: it still is), entries of it
    may have been cached under the number."""

    def __init__(self, table, asid, since):
        self.table, self.asid, self.since, self.until = table, asid, since, None


class Change:
    def __init__(self, table, va, time):
        self.table, self.va, self.time, self.is_flushed = table, va, time, False


class Harts:
    """What each of them may cache."""

    def __init__(self):
        self.time = 1
        self.held = [[] for _ in HARTS]
        self.pages = [[] for _ in HARTS]        # fences of pages: (time, number, start, end)
        self.satp = [(KERNEL, 0) for _ in HARTS]
        self.changes = []

    def write_satp(self, hart, table, asid):
        self.time += 1
        for held in self.held[hart]:
            if held.until is None:
                held.until = self.time
        self.satp[hart] = table, asid
        if table != KERNEL:
            self.held[hart].append(Held(table, asid, self.time))

    def fence(self, hart, asid, start, end):
        self.time += 1
        if (start, end) != (0, ALL):
            self.pages[hart].append((self.time, asid, start, end))
            return
        kept = []
        for held in self.held[hart]:
            if asid in (None, held.asid):
                held.since = self.time
            if held.until is None or held.until > held.since:
                kept.append(held)
        self.held[hart] = kept
        oldest = min([held.since for held in kept] + [self.time])
        self.pages[hart] = [one for one in self.pages[hart] if one[0] > oldest]

    def change(self, table, va):
        self.time += 1
        self.changes.append(Change(table, va, self.time))

    def may_have(self, hart, change):
        """The numbers under which the hart may still cache the entry as it was before."""
        found = set()
        for held in self.held[hart]:
            if held.table != change.table:
                continue
            since = max([held.since] + [time for time, asid, start, end in self.pages[hart]
                                        if asid in (None, held.asid) and start <= change.va < end])
            if min(held.until or self.time, change.time) > since:
                found.add(held.asid)
        return found

    def forget_settled(self):
        """What nobody can have any more; and of changes that nobody flushes, all but the last."""
        self.changes = [change for change in self.changes if not change.is_flushed or
                        any(self.may_have(hart, change) for hart in HARTS)]
        if len(self.changes) > MOST_CHANGES:
            self.changes = self.changes[-MOST_CHANGES // 2:]

    def foreign(self, hart):
        """A table other than the one in satp of which entries may be cached under its number."""
        table, asid = self.satp[hart]
        return next((held.table for held in self.held[hart]
                     if held.asid == asid and held.table != table), None)


class Table:
    def __init__(self):
        self.running = self.cached = 0
        self.stale, self.unfenced, self.context, self.asid = EVERY, 0, (0, 0), None


class Judge:
    """Follows a script with what the driver told."""

    def __init__(self, script):
        self.script, self.done = script, []

    def __call__(self, replies):
        self.harts, self.tables, self.on, self.bits = Harts(), {}, 0, 16
        self.given, self.meanwhile, self.batch = None, None, None
        self.either = 0             # harts, as bits, whose place in stale_on may be this or that
        self.generation, self.next, self.seen = 1, 1, [0, 0, 0, 0]
        for command in self.script:
            self.done.append(command)
            words = command.split()
            arguments = [int(word, 0) for word in words[1:]]
            if words[0] in CALLS:
                self.call(replies, words[0], arguments)
            else:
                getattr(self, "do_" + words[0])(replies, *arguments)
        replies.finish()
        if replies.at < len(replies.lines):
            replies.take()
            self.wrong("there is more told than was asked for")

    # -- what is said of a failure --

    def wrong(self, why):
        said = [one for one in self.done if one != "sets"][-9:]
        raise Wrong("after %s%s\n%s" % ("... " if len(self.done) > 9 else "", ", ".join(said), why))

    def differ(self, what, expected, found):
        self.wrong("%s\nexpected: %s\nfound:    %s" % (what, expected, found))

    # -- what needs no help --

    def do_asid(self, _replies, bits):
        self.bits = bits

    def do_table(self, _replies, table):
        self.tables[table] = Table()

    def do_run(self, _replies, hart, table, asid):
        self.harts.write_satp(hart, table, asid)
        if table != KERNEL:
            self.tables[table].running |= 1 << hart
            self.tables[table].cached |= 1 << hart
            self.tables[table].asid = asid

    def do_was(self, _replies, hart, table):
        self.tables[table].cached |= 1 << hart

    def do_stale(self, _replies, table, harts):
        self.tables[table].stale = harts

    def do_gives(self, _replies, asid, flush):
        self.given = asid, bool(flush)

    def do_on(self, _replies, hart):
        self.on = hart

    def do_change(self, _replies, table, va):
        self.harts.change(table, va)

    def do_meanwhile(self, _replies, at, hart, op, table, x, y):
        self.meanwhile = hart, op, table, x, y

    def do_begin(self, _replies, table):
        self.tables[table].unfenced += 1
        self.batch = {"table": table, "pages": {}, "start": ALL, "end": 0}

    def do_page(self, _replies, page, references, maps):
        self.batch["pages"][page] = references, maps

    def do_note(self, _replies, start, end):
        self.batch["start"] = min(start, self.batch["start"])
        self.batch["end"] = max(end, self.batch["end"])

    def do_sets(self, replies):
        while True:
            words = replies.take().split()
            if words[0] == "sets":
                break
            number, running, cached, stale, unfenced = map(int, words[1::2])
            table = self.tables[number]
            if (table.stale ^ stale) & ~self.either == 0:
                table.stale = stale     # who was first there decides
            for name, expected, found in (("running_on", table.running, running),
                                          ("cached_on", table.cached, cached),
                                          ("stale_on", table.stale, stale)):
                if expected != found:
                    self.differ("table %d, harts in %s" % (number, name), named(expected),
                                named(found))
            if unfenced != table.unfenced:
                self.differ("table %d, unfenced" % number, table.unfenced, unfenced)
        if self.either:
            self.either = 0
            self.check_all()

    # -- calls --

    def call(self, replies, name, arguments):
        """Takes what was told of one call, of another hart's in between too, and judges both."""
        mine, others, inside = [], [], False
        if name == "switch":
            self.leave(self.on)
        while True:
            event = Event(replies.take())
            if event.kind == "did":
                break
            if event.kind == "plain":
                self.wrong("%s: %s of table %s was written, and by no __atomic_ operation; other "
                           "harts write it at the same time" % (
                               name, event.words[1], event.words[2]))
            self.see(event)
            if event.kind in ("meanwhile", "back"):
                inside = event.kind == "meanwhile"
                if inside:
                    self.before_other()
            else:
                (others if inside else mine).append(event)
        preempt = int(event.words[1])
        if preempt != 0:
            self.differ("how often preemption is off after %s" % name, 0, preempt)
        is_alone = not others
        getattr(self, "after_" + name)(mine, is_alone, *arguments)
        if not is_alone:
            self.after_other(others)
            self.either = 1 << self.on | 1 << self.meanwhile[0]
        self.meanwhile = None
        if is_alone:
            self.check_all()        # else the sets, which come next, are to be known

    def see(self, event):
        if event.kind == "satp":
            hart, table, asid = map(int, event.words[1:])
            self.harts.write_satp(hart, table, asid)
            if table != KERNEL:
                self.tables[table].asid = asid
        elif event.kind in ("fence", "sbi"):
            fence = Fence(event)
            if fence.is_sbi or fence.is_local():
                for hart in harts_of(fence.to & 15):
                    self.harts.fence(hart, fence.asid, fence.start, fence.end)

    def before_other(self):
        """The other hart leaves its space."""
        hart, op, table, _, _ = self.meanwhile
        if op == SWITCH:
            self.leave(hart)
            self.enters(hart, table)

    def after_other(self, events):
        """What the other hart has done."""
        hart, op, table, x, y = self.meanwhile
        if op == FLUSH:
            self.is_flushed(table, x, y, hart)
        elif op == NUMBER:
            for event in events:
                if event.kind == "number":
                    self.took(hart, table, event)
                    table += 1
        elif op == SWITCH and table != KERNEL:
            self.tables[table].stale &= ~(1 << hart)
            number = self.given[0] if self.given else self.number_of(hart, table)[0]
            if self.harts.satp[hart] != (table, number):
                self.differ("what hart %d has in satp" % hart, "table %d, ASID %d" % (
                    table, number), "table %s, ASID %d" % self.harts.satp[hart])

    def leave(self, hart):
        table = self.harts.satp[hart][0]
        if table != KERNEL:
            self.tables[table].running &= ~(1 << hart)

    def enters(self, hart, table):
        if table != KERNEL:
            self.tables[table].running |= 1 << hart
            self.tables[table].cached |= 1 << hart

    def is_flushed(self, table, start, end, hart):
        """The changes there are flushed; who does not run the table is in stale_on."""
        for change in self.harts.changes:
            if change.table == table and start <= change.va < end:
                change.is_flushed = True
        it = self.tables[table]
        if it.cached:
            it.stale |= it.cached & ~(it.running & 1 << hart)

    def fences(self, events):
        """The fences that count: local ones, and SBI calls; with each of these goes a check."""
        found = [Fence(event) for event in events if event.kind in ("fence", "sbi")]
        return [fence for fence in found if fence.is_sbi or fence.is_local()]

    def need_fences(self, what, events, wanted):
        """wanted: (is_sbi, harts, set of numbers that will do, start, end)."""
        found = self.fences(events)
        said = ", then ".join(fence.name() for fence in found) or "none"
        for fence, (is_sbi, to, asids, start, end) in zip(found, wanted):
            if (fence.is_sbi, fence.to, fence.start, fence.end) != (is_sbi, to, start, end) or \
                    fence.asid not in asids:
                break
        else:
            if len(found) == len(wanted):
                return found
        self.differ("the fences of " + what, ", then ".join(
            "%s on hart %s, of %s in %s" % (
                "an SBI call for a fence" if is_sbi else "a fence", named(to),
                range_name(start, end), " or ".join("all spaces" if asid is None else "ASID %d" %
                                                    asid for asid in asids))
            for is_sbi, to, asids, start, end in wanted) or "none", said)

    def flush_wanted(self, table, start, end):
        """What flush_tlb_range must do now, by the sets: fences, what is counted, who is left."""
        it, me = self.tables[table], 1 << self.on
        wanted, counted = [], []
        if not it.cached:
            return wanted, counted, None
        if it.running & me:
            is_page = end - start <= PAGE
            wanted.append((False, me, [None] if is_page else [self.harts.satp[self.on][1]],
                           start if is_page else 0, end if is_page else ALL))
            counted.append("local" if is_page else "asid")
        if it.running & ~me:
            wanted.insert(0 if "others_first" in RULES else len(wanted),
                          (True, it.running & ~me, [None], start, end))
            counted.append("remote")
        return wanted, counted, it.cached & ~it.running

    def check_flush(self, what, events, table, start, end):
        """Before the sets are changed."""
        wanted, counted, left = self.flush_wanted(table, start, end)
        for fence in self.need_fences(what, events, wanted):
            if fence.is_sbi and fence.preempt and "others_first" not in RULES:
                self.wrong("%s: preemption is off at the SBI call, which may take a millisecond"
                           % what)
            if fence.is_sbi and not fence.preempt and len(wanted) > 1 and "others_first" in RULES:
                self.wrong("%s: preemption is on at the SBI call, before the fence of this hart: "
                           "the thread may be on another one by then" % what)
            if fence.is_local() and not fence.preempt:
                self.wrong("%s: preemption is on at the fence of this hart: the thread may be on "
                           "another one by now" % what)
        found = [event.words[2] for event in events if event.kind == "count"]
        if sorted(found) != sorted(counted):
            self.differ("%s: what is counted" % what, " ".join(counted) or "nothing",
                        " ".join(found) or "nothing")
        marks = [event.words[1] for event in events if event.kind == "mark"]
        told = [tuple(map(int, event.words[1:])) for event in events if event.kind == "deferred"]
        if left and (len(marks) != 1 or told != [(table, left, int(marks[0]))]):
            self.differ("%s: what the checker is told of harts that are left to stale_on" % what,
                        "harts %s of table %d, with the mark of this call" % (named(left), table),
                        ", ".join("harts %s of table %d, mark %d" % (named(harts), t, m)
                                  for t, harts, m in told) or "nothing")

    def after_flush(self, events, is_alone, table, start, end):
        if is_alone:
            self.check_flush("flush_tlb_range(table %d, %s)" % (table, range_name(start, end)),
                             events, table, start, end)
        self.is_flushed(table, start, end, self.on)

    def after_leave(self, _events, _is_alone, table):
        if table != KERNEL:
            self.tables[table].running &= ~(1 << self.on)

    def after_switch(self, events, is_alone, table):
        self.after_enter(events, is_alone, table)

    def after_enter(self, events, is_alone, table):
        me, what = 1 << self.on, "page_table_enter(%s)" % (
            "NULL" if table == KERNEL else "table %d" % table)
        order = [event.kind for event in events if event.kind in ("satp", "fence", "sbi",
                                                                  "entered")]
        if order.count("satp") != 1 or order[0] != "satp":
            self.differ("%s: what comes first" % what, "satp is written, once, before any fence",
                        ", ".join(order) or "nothing")
        number = 0
        if table == KERNEL:
            wanted = [] if self.bits else [(False, me, [0, None], 0, ALL)]
            is_stale = False
        else:
            number, everything = self.given or self.number_of(self.on, table)
            is_stale = bool(self.tables[table].stale & me)
            wanted = [(False, me, [None] if everything else [number], 0, ALL)] \
                if everything or is_stale else []
            if order[-1] != "entered":
                self.wrong("%s: tlb_check_entered() has to come last" % what)
        if self.harts.satp[self.on] != (table, number):
            self.differ("%s: what satp has" % what, "table %s, ASID %d" % (table, number),
                        "table %s, ASID %d" % self.harts.satp[self.on])
        if is_alone:
            self.need_fences(what, events, wanted)
            instructions = len([1 for event in events if event.kind == "fencei"])
            if instructions != is_stale:
                self.differ("%s: how many fence.i" % what, int(is_stale), instructions)
        self.enters(self.on, table)
        if table != KERNEL:
            self.tables[table].stale &= ~me

    # -- numbers --

    def number_of(self, hart, table):
        """(number, whether all must be flushed) that asid_enter has to give."""
        if self.bits == 0:
            return 0, True
        it = self.tables[table]
        if it.context[0] != self.generation:
            if self.next >> self.bits:
                self.generation, self.next = self.generation + 1, 1
            it.context = self.generation, (
                (1 << self.bits) - self.next if "numbers_fall" in RULES else self.next)
            self.next += 1
        flush = self.seen[hart] != it.context[0]
        self.seen[hart] = it.context[0]
        return it.context[1], flush

    def took(self, hart, table, event):
        """`number N flush F generation G`, of a hart."""
        found = int(event.words[1]), event.words[3] == "1"
        number, flush = self.number_of(hart, table)
        if found[0] != number:
            self.differ("asid_enter(table %d) on hart %d: the number" % (table, hart),
                        "%d, of generation %d%s" % (
                            number, self.tables[table].context[0],
                            ", where the highest is given first" * ("numbers_fall" in RULES)),
                        "%d" % found[0])
        if found[1] != flush:
            self.differ("asid_enter(table %d) on hart %d: must everything be flushed?" % (
                table, hart), flush, found[1])
        if self.bits and (self.tables[table].context[0]) != int(event.words[5]):
            self.differ("table %d: the generation in its context" % table,
                        self.tables[table].context[0], event.words[5])

    def after_number(self, events, is_alone, table):
        told, = [event for event in events if event.kind == "number"]
        is_new = self.bits and self.tables[table].context[0] != self.generation
        locks = len([1 for event in events if event.kind == "lock"])
        if is_alone and locks != bool(is_new):
            self.differ("asid_enter(table %d): how often the lock is taken" % table, int(is_new),
                        locks)
        if is_alone:
            self.took(self.on, table, told)
        else:
            self.number_in_between(told, table)

    def number_in_between(self, told, table):
        """Another hart took numbers in between. As if it had come first, or, where the table's
        number was good still, as if it had come last."""
        hart, _, first, count, _ = self.meanwhile
        before, seen = self.tables[table].context, self.seen[self.on]
        was_good = before[0] == self.generation
        for other in range(first, first + count):
            self.number_of(hart, other)
        self.meanwhile = hart, None, None, None, None       # that is judged now
        found = int(told.words[5]), int(told.words[1])
        context = self.tables[table].context
        if not (was_good and found == before == context):
            self.number_of(self.on, table)
            context = self.tables[table].context
        if found != context:
            self.differ("asid_enter(table %d), while another hart takes numbers" % table,
                        "number %d, with generation %d in the context" % context[::-1],
                        "number %d, with generation %d" % found[::-1])
        self.seen[self.on] = context[0]
        if (told.words[3] == "1") != (seen != context[0]):
            self.differ("asid_enter(table %d): must everything be flushed?" % table,
                        seen != context[0], told.words[3] == "1")

    # -- batches --

    def after_finish(self, events, is_alone, *_):
        batch, last = self.batch, events[-1]
        table, pages = self.tables[batch["table"]], batch["pages"]
        is_noted = batch["start"] < batch["end"]
        what = "tlb_batch_finish of table %d" % batch["table"]
        if is_alone:
            if is_noted:
                self.check_flush(what, events, batch["table"], batch["start"], batch["end"])
            else:
                self.need_fences(what, events, [])
        held = sum(references for references, _ in pages.values())
        for event in events:
            if event.kind == "fence":
                fence = Fence(event)
                if fence.held != held:
                    self.differ("%s: references of its pages at the fence" % what, held, fence.held)
                if fence.unfenced < table.unfenced:
                    self.wrong("%s: unfenced is less before the fence is done" % what)
        if is_noted:
            self.is_flushed(batch["table"], batch["start"], batch["end"], self.on)
        table.unfenced -= 1
        self.check_pages(what, events, pages)
        if int(last.words[1]) != 0:
            self.differ("%s: pages in the batch at the end" % what, 0, last.words[1])
        if int(last.words[3]) != table.unfenced:
            self.differ("%s: unfenced at the end" % what, table.unfenced, last.words[3])

    def check_pages(self, what, events, pages):
        left = [int(word, 16) for word in events[-1].words[5:]]
        for page, (references, maps) in sorted(pages.items()):
            if left[page] != references - 1 | maps - 1 << 32:
                self.differ("%s: the counts of page %d at the end" % (what, page),
                            "%d references, %d mappings" % (references - 1, maps - 1),
                            "%d references, %d mappings" % (left[page] & EVERY, left[page] >> 32))
        free = sorted(page for page, (references, _) in pages.items() if references == 1)
        most = AT_A_TIME if "eight_at_a_time" in RULES else len(free)
        freed = [event.words[1:] for event in events if event.kind == "freed"]
        alone = [event.words[1] for event in events if event.kind == "freed-alone"]
        found = [sorted(map(int, each)) for each in freed]
        if sorted(sum(found, [])) != free or alone or \
                any(len(each) != most for each in found[:-1]) or \
                found and not 0 < len(found[-1]) <= most:
            self.differ("%s: pages that are freed, %s" % (
                what, "%d at a time" % most if most < len(free) else "together"),
                        " ".join(map(str, free)) or "none",
                        ", then ".join([" ".join(map(str, each)) for each in found] + alone) or
                        "none")

    # -- the whole --

    def check_all(self):
        harts = self.harts
        for change in [change for change in harts.changes if change.is_flushed]:
            for hart in HARTS:
                table = self.tables[change.table]
                numbers = harts.may_have(hart, change)
                if not numbers:
                    continue
                if table.running >> hart & 1 and harts.satp[hart][1] in numbers:
                    self.wrong("the page 0x%x of table %d was changed, and flushed; hart %d runs "
                               "the table, and may still use the old entry" % (
                                   change.va, change.table, hart))
                if table.asid in numbers and not table.stale >> hart & 1:
                    self.wrong("the page 0x%x of table %d was changed, and flushed; hart %d may "
                               "still cache the old entry, and is not in stale_on" % (
                                   change.va, change.table, hart))
        for hart in HARTS:
            other = harts.foreign(hart)
            if other is not None:
                self.wrong("hart %d has %s in satp with ASID %d, under which it may still cache "
                           "entries of table %d" % (
                               hart, "the kernel's root" if harts.satp[hart][0] == KERNEL else
                               "table %d" % harts.satp[hart][0], harts.satp[hart][1], other))
        harts.forget_settled()


def case(name, *script):
    """The sets are told behind each call."""
    told = []
    for command in script:
        told.append(command)
        if command.split()[0] in CALLS:
            told.append("sets")
    return Case(name, told, Judge(told))


def flush(table, start, pages=1):
    return "flush %d 0x%x 0x%x" % (table, start, start + pages * PAGE)


def whole(table):
    return "flush %d 0 0x%x" % (table, ALL)


def switch(hart, old, new):
    return ["on %d" % hart, "leave %d" % old, "enter %d" % new]


def away(hart):
    """Out of table 0, without page_table_enter."""
    return ["on %d" % hart, "leave 0", "run %d 255 0" % hart]


def some_page(dice):
    return dice.randrange(1 << 26) * PAGE


def flushing(dice):
    va = some_page(dice)
    both = ["table 0", "stale 0 0", "run 0 0 5", "run 1 0 5"]
    cases = [
        case("a_page_on_this_hart_alone", "table 0", "stale 0 0", "run 0 0 5", "change 0 0x%x" % va,
             flush(0, va)),
        case("two_pages_flush_the_asid", "table 0", "stale 0 0", "run 0 0 5", "change 0 0x%x" % va,
             flush(0, va, 2)),
        case("another_hart_runs_it_too", *both, "change 0 0x%x" % va, flush(0, va)),
        case("another_hart_and_a_long_range", *both, "change 0 0x%x" % (va + 9 * PAGE),
             flush(0, va, 30)),
        case("only_the_other_one_runs_it", *both, "run 0 255 0", "leave 0",
             "change 0 0x%x" % va, flush(0, va)),
        case("a_hart_that_has_left_it_is_not_interrupted", *both, *away(1), "on 0",
             "change 0 0x%x" % va, flush(0, va)),
        case("this_hart_has_left_it", *both, *away(0), "change 0 0x%x" % va, flush(0, va)),
        case("all_four_harts", "table 0", "stale 0 0", *["run %d 0 9" % h for h in HARTS], "on 2",
             "change 0 0x%x" % va, flush(0, va)),
        case("one_runs_it_and_two_have_left", "table 0", "stale 0 0", "run 3 0 9", "was 0 0",
             "was 1 0", "on 3", flush(0, va)),
        case("two_tables_have_sets_of_their_own", "table 0", "table 1", "stale 0 0", "stale 1 0",
             "run 0 0 5", "run 1 1 6", "was 2 1", "change 0 0x%x" % va, flush(0, va)),
        case("marks_of_others_stay", "table 0", "stale 0 8", "run 0 0 5", "run 1 0 5", "was 2 0",
             flush(0, va)),
        case("it_is_fenced_again_each_time", *both, "change 0 0x%x" % va, flush(0, va),
             "change 0 0x%x" % va, flush(0, va), "change 0 0x%x" % va, flush(0, va, 2)),
    ]
    for number in range(DRAWN):
        script = ["table 0", "stale 0 %d" % dice.randrange(16)]
        for hart in HARTS:
            script += dice.choice(([], ["was %d 0" % hart], ["run %d 0 7" % hart]))
        for _ in range(3):
            start = some_page(dice)
            script += ["on %d" % dice.randrange(4), "change 0 0x%x" % start,
                       flush(0, start, dice.choice((1, 1, 2, 30)))]
        cases.append(case("drawn_flushes_%d" % number, *script))
    return cases


def entering(dice):
    va = some_page(dice)
    cases = [
        case("a_first_time", "gives 3 1", "table 0", "enter 0"),
        case("a_table_that_was_not_changed", "gives 3 0", "table 0", "stale 0 0", "enter 0",
             "leave 0", "enter 255", "enter 0"),
        case("this_hart_is_stale", "gives 3 0", "table 0", "stale 0 5", "enter 0", "leave 0",
             "enter 255", "enter 0"),
        case("other_harts_are_stale", "gives 3 0", "table 0", "stale 0 14", "enter 0"),
        case("everything_must_go", "gives 3 1", "table 0", "stale 0 0", "enter 0"),
        case("everything_must_go_and_this_hart_is_stale", "gives 3 1", "table 0", "stale 0 1",
             "enter 0", "gives 3 0", "leave 0", "enter 255", "enter 0"),
        case("the_kernels_root", "gives 3 0", "table 0", "stale 0 0", "enter 0", "leave 0",
             "enter 255"),
        case("from_one_space_to_another", "table 0", "table 1", "stale 0 0", "stale 1 0",
             "gives 3 0", "enter 0", "leave 0", "gives 4 0", "enter 1", "leave 1", "gives 3 0",
             "enter 0"),
        case("each_hart_has_its_own_bit", "gives 3 0", "table 0", "stale 0 12",
             *[command for hart in (3, 0, 2, 1) for command in ("on %d" % hart, "enter 0")]),
        case("changed_while_it_was_away", "gives 3 0", "table 0", "stale 0 0", "enter 0",
             "leave 0", "enter 255", "change 0 0x%x" % va, "stale 0 1", "enter 0"),
    ]
    for number in range(DRAWN):
        script = ["table 0", "table 1", "stale 0 %d" % dice.randrange(16),
                  "stale 1 %d" % dice.randrange(16)]
        at = [KERNEL] * 4
        for _ in range(8):
            hart, to = dice.randrange(4), dice.choice((0, 1, KERNEL))
            script += ["gives %d %d" % (20 + to if to != KERNEL else 0, dice.random() < 0.3)]
            script += switch(hart, at[hart], to)
            at[hart] = to
        cases.append(case("drawn_switches_%d" % number, *script))
    return cases


def numbers(dice):
    def tables(count):
        return ["table %d" % t for t in range(count)]
    cases = [
        case("a_number_for_each_table", *tables(3), "number 0", "number 1", "number 2"),
        case("a_table_keeps_its_number", *tables(2), "number 0", "number 1", "number 0", "number 1",
             "on 1", "number 0"),
        case("a_hart_flushes_once_for_a_generation", *tables(2), "number 0", "number 1", "on 1",
             "number 0", "number 1", "on 0", "number 0"),
        case("a_new_generation_begins_where_the_first_did", "asid 2", *tables(5),
             *["number %d" % t for t in range(5)]),
        case("old_numbers_are_given_anew", "asid 2", *tables(5),
             *["number %d" % t for t in (0, 1, 2, 3, 0, 1, 2, 3)]),
        case("each_hart_flushes_for_the_new_one", "asid 1", *tables(2), "number 0", "on 1",
             "number 0", "number 1", "on 0", "number 1", "number 1", "on 1", "number 1"),
        case("a_hart_that_slept_through_a_generation", "asid 1", *tables(4), "on 3", "number 0",
             "on 0", "number 1", "number 2", "number 3", "on 3", "number 3", "number 3"),
        case("a_new_table_in_the_place_of_an_old_one", "asid 3", *tables(2), "number 0", "number 1",
             "table 0", "number 0", "number 1"),
    ]
    for number in range(DRAWN):
        script = ["asid %d" % dice.choice((1, 2, 3)), *tables(8)]
        for _ in range(40):
            script += ["on %d" % dice.randrange(4), "number %d" % dice.randrange(8)]
        cases.append(case("drawn_numbers_%d" % number, *script))
    return cases


def batches(dice):
    va = some_page(dice)
    base = ["table 0", "stale 0 0", "run 0 0 5", "run 1 0 5"]
    cases = [
        case("one_page_and_its_last_reference", *base, "change 0 0x%x" % va, "begin 0",
             "page 7 1 1", "note 0x%x 0x%x" % (va, va + PAGE), "finish"),
        case("a_page_that_others_still_use", *base, "begin 0", "page 3 2 1",
             "note 0x%x 0x%x" % (va, va + PAGE), "finish"),
        case("some_are_free_and_some_are_not", *base, "begin 0", "page 1 1 1", "page 2 3 2",
             "page 3 1 1", "page 4 2 2", "page 5 1 1", "note 0x%x 0x%x" % (va, va + 5 * PAGE),
             "finish"),
        case("what_was_noted_is_fenced_as_one_range", *base, "begin 0", "page 1 1 1",
             "note 0x%x 0x%x" % (va + 8 * PAGE, va + 9 * PAGE), "page 2 1 1",
             "note 0x%x 0x%x" % (va, va + PAGE), "change 0 0x%x" % va, "finish"),
        case("many_pages_are_free", *base, "begin 0", *[
            "page %d %d 1" % (page, 1 + (page % 5 == 3)) for page in range(25)],
             "note 0x%x 0x%x" % (va, va + 25 * PAGE), "finish"),
        case("a_batch_is_used_again", *base, "begin 0", "page 1 1 1",
             "note 0x%x 0x%x" % (va, va + PAGE), "finish", "begin 0", "page 2 1 1",
             "note 0x%x 0x%x" % (va, va + PAGE), "finish"),
    ]
    for number in range(DRAWN):
        script = base + ["begin 0"]
        for page in dice.sample(range(64), dice.randrange(1, 33)):
            script.append("page %d %d 1" % (page, dice.choice((1, 1, 2, 3))))
            start = some_page(dice)
            script += ["change 0 0x%x" % start, "note 0x%x 0x%x" % (start, start + PAGE)]
        cases.append(case("drawn_batches_%d" % number, *script, "finish"))
    return cases


# ---- bad arguments, and what is at the edge ----

def edges(dice):
    va = some_page(dice)
    return [
        case("a_table_that_no_hart_has_run", "table 0", flush(0, va), whole(0)),
        case("such_a_table_has_no_marks_of_this", "table 0", "stale 0 0", flush(0, va)),
        case("the_whole_space", "table 0", "stale 0 0", "run 0 0 5", "run 2 0 5",
             "change 0 0x%x" % va, whole(0)),
        case("the_first_and_the_last_page", "table 0", "stale 0 0", "run 0 0 5", "run 1 0 5",
             "change 0 0", "flush 0 0 0x1000", "change 0 0x3ffffff000",
             "flush 0 0x3ffffff000 0x4000000000"),
        case("nobody_runs_it_now", "table 0", "stale 0 0", "was 0 0", "was 3 0", "on 1",
             flush(0, va)),
        case("nobody_runs_it_now_but_this_hart_had", "table 0", "stale 0 0", "was 1 0", "on 1",
             whole(0)),
        case("without_asids_all_share_0", "asid 0", "table 0", "table 1", "stale 0 0", "stale 1 0",
             "enter 0", "leave 0", "enter 1", "leave 1", "enter 0"),
        case("without_asids_the_kernels_root_flushes", "asid 0", "table 0", "stale 0 0", "enter 0",
             "leave 0", "enter 255"),
        case("without_asids_a_number_is_0", "asid 0", "table 0", "number 0", "number 0", "on 1",
             "number 0"),
        case("one_bit_is_one_number", "asid 1", "table 0", "table 1", "number 0", "number 1",
             "number 0", "on 2", "number 1"),
        case("the_kernels_root_again", "enter 255", "enter 255"),
        case("a_hart_that_comes_back_flushes", "table 0", "stale 0 0", "gives 5 0", "run 0 0 5",
             "run 1 0 5", *away(1), "on 0", "change 0 0x%x" % va, flush(0, va), "on 1", "enter 0"),
        case("a_batch_without_anything", "table 0", "stale 0 0", "run 0 0 5", "run 1 0 5",
             "begin 0", "finish"),
        case("a_batch_with_a_range_and_no_page", "table 0", "stale 0 0", "run 0 0 5",
             "run 1 0 5", "change 0 0x%x" % va, "begin 0", "note 0x%x 0x%x" % (va, va + PAGE),
             "finish"),
        case("a_full_batch", "table 0", "stale 0 0", "run 0 0 5", "run 1 0 5", "begin 0",
             *["page %d 1 1" % page for page in range(32)],
             "note 0x%x 0x%x" % (va, va + 32 * PAGE), "finish"),
        case("a_batch_of_a_table_that_nobody_runs", "table 0", "stale 0 0", "was 2 0", "begin 0",
             "page 9 1 1", "note 0x%x 0x%x" % (va, va + PAGE), "finish"),
    ]


def in_between(dice):
    """Another hart comes in front of the k-th atomic operation, for each k."""
    va, cases = some_page(dice), []
    start = ["table 0", "table 1", "stale 0 0", "stale 1 0", "asid 16", "gives 5 0"]
    for k in range(1, 11):
        def one(name, *script):
            cases.append(case("%s_%d" % (name, k), *script))
        left = start + ["run 0 0 5", "run 1 0 5", *away(1), "on 0"]
        one("a_hart_comes_back_during_a_flush", *left, "change 0 0x%x" % va,
            "meanwhile %d 1 %d 0 0 0" % (k, SWITCH), flush(0, va))
        one("a_hart_leaves_during_a_flush", *start, "run 0 0 5", "run 1 0 5",
            "change 0 0x%x" % va, "meanwhile %d 1 %d 255 0 0" % (k, SWITCH), flush(0, va), "on 1",
            "enter 0")
        one("a_page_is_flushed_while_a_hart_comes_back", *left, "change 0 0x%x" % va, "on 1",
            "meanwhile %d 0 %d 0 0x%x 0x%x" % (k, FLUSH, va, va + PAGE), "enter 0")
        one("a_third_hart_is_marked_while_one_comes_back", *start, "stale 0 2", "run 0 0 5",
            "run 2 0 5", *away(2), "change 0 0x%x" % va, "on 1",
            "meanwhile %d 0 %d 0 0x%x 0x%x" % (k, FLUSH, va, va + PAGE), "enter 0", "on 2",
            "enter 0")
        one("a_page_is_flushed_while_the_first_hart_comes", *start, "run 0 0 5", "on 1",
            "change 0 0x%x" % va,
            "meanwhile %d 0 %d 0 0x%x 0x%x" % (k, FLUSH, va, va + PAGE), "enter 0")
        one("a_hart_comes_while_one_flushes_that_does_not_run_it", *left, *away(0),
            "change 0 0x%x" % va, "meanwhile %d 1 %d 0 0 0" % (k, SWITCH), flush(0, va), "enter 0")
        one("two_flush_at_once", *start, "run 0 0 5", "run 1 0 5", "was 2 0",
            "change 0 0x%x" % va, "change 0 0x%x" % (va + 2 * PAGE),
            "meanwhile %d 1 %d 0 0x%x 0x%x" % (k, FLUSH, va + 2 * PAGE, va + 3 * PAGE),
            flush(0, va))
        one("a_hart_comes_back_at_the_end_of_a_batch", *left, "change 0 0x%x" % va, "begin 0",
            "page 4 1 1", "note 0x%x 0x%x" % (va, va + PAGE),
            "meanwhile %d 1 %d 0 0 0" % (k, SWITCH), "finish")
        if k < 5:
            one("two_want_a_number_for_one_table", "asid 3", "table 0", "table 1",
                "meanwhile %d 1 %d 0 1 0" % (k, NUMBER), "number 0", "number 1")
            one("a_generation_begins_in_between", "asid 2", *["table %d" % t for t in range(6)],
                "number 0", "on 1", "meanwhile %d 2 %d 1 5 0" % (k, NUMBER), "number 0", "on 3",
                "number 5", "number 0")
            one("it_gets_a_number_in_a_new_generation", "asid 2",
                *["table %d" % t for t in range(6)], "number 5", "on 1",
                "meanwhile %d 2 %d 0 6 0" % (k, NUMBER), "number 5", "number 5")
    return cases


# ---- all of them ----

def random_case(seed):
    """10,000 steps: harts change spaces, entries are changed and flushed, with few numbers; often
    another hart comes in between."""
    dice = random.Random(seed)
    script = ["asid 3"] + ["table %d" % t for t in range(8)]
    for step in range(STEPS):
        hart, table, va, kind = dice.randrange(4), dice.randrange(8), some_page(dice), dice.random()
        other = (hart + dice.randrange(1, 4)) % 4 if dice.random() < 0.3 else None
        at, to = dice.randrange(1, 9), dice.choice((table, KERNEL, dice.randrange(8)))
        script.append("on %d" % hart)
        if kind < 0.45:
            if other is not None:
                script += ["change %d 0x%x" % (table, va), "meanwhile %d %d %d %d 0x%x 0x%x" % (
                    at, other, FLUSH, table, va, va + PAGE)]
            script.append("switch %d" % (table if dice.random() < 0.8 else KERNEL))
            script += ["sets"] * (other is not None)
            continue
        between = [] if other is None else ["meanwhile %d %d %d %d 0 0" % (at, other, SWITCH, to)]
        if kind < 0.9:
            script += ["change %d 0x%x" % (table, va)] + between
            script.append(flush(table, va, dice.choice((1, 1, 1, 3))) if dice.random() < 0.9
                          else whole(table))
        else:
            script.append("begin %d" % table)
            for page in dice.sample(range(64), dice.randrange(5)):
                script += ["page %d %d 1" % (page, dice.choice((1, 2))),
                           "note 0x%x 0x%x" % (va + page * PAGE, va + (page + 1) * PAGE)]
            script += between + ["finish"]
        script += ["sets"] * (other is not None or step % 25 == 0)
    return Case("%d_random_steps_seed_%d" % (STEPS, seed), script, Judge(script))


def tests(seed):
    dice = random.Random("cases %d" % seed)
    single = ("flushing", "entering", "numbers")
    return [
        Test("flushing", "works", 6, flushing(dice)),
        Test("entering", "works", 4, entering(dice)),
        Test("numbers", "works", 4, numbers(dice)),
        Test("batches", "works", 3, batches(dice), needs=("flushing",)),
        Test("random steps", "works", 3, (random_case(seed),), together=True),
        Test("edges", "bad arguments", 8, edges(dice), needs=single + ("batches",)),
        Test("other harts in between", "bad arguments", 12, in_between(dice),
             needs=single + ("batches",)),
    ]
