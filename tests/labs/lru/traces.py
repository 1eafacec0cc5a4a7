"""Traces of page accesses, and how many faults they cost at least, at most, and with textbooks.

A trace is a list of page numbers. Each kind is drawn by a dice: where which pages are hot, and when
that changes, nobody knows before.
"""

import collections
import heapq
import itertools

FRAMES = 64


def hot_and_cold(dice, length=6000, pages=160):
    """Four of five accesses go to a fifth of the pages."""
    order = dice.sample(range(pages), pages)
    hot = pages // 5
    return order + [order[dice.randrange(hot) if dice.random() < 0.8 else
                          dice.randrange(hot, pages)] for _ in range(length)]


def shifting(dice, length=6000, pages=160):
    """The same, and the hot pages are others after each third."""
    trace = []
    for _ in range(3):
        trace += hot_and_cold(dice, length // 3, pages)[pages:]
    return trace


def scan_and_hot(dice, length=8000, pages=280):
    """Half of the accesses go to 32 pages, the others round and round over all others."""
    order = dice.sample(range(pages), pages)
    scanned, trace = 0, []
    for _ in range(length):
        if dice.random() < 0.5:
            trace.append(order[dice.randrange(32)])
        else:
            trace.append(order[32 + scanned])
            scanned = (scanned + 1) % (pages - 32)
    return trace


def loop(dice, length=4000, pages=FRAMES + 6):
    """Round and round over a few pages more than there are frames."""
    order = dice.sample(range(pages), pages)
    return [order[i % pages] for i in range(length)]


def uneven(dice, length=8000, pages=280):
    """The page at place n is used in proportion to 1/n."""
    order = dice.sample(range(pages), pages)
    return dice.choices(order, [1 / (n + 1) for n in range(pages)], k=length)


KINDS = (hot_and_cold, shifting, scan_and_hot, loop, uneven)


def drawn(dice):
    """A trace of each kind: {name: trace}."""
    return {kind.__name__.replace("_", " "): kind(dice) for kind in KINDS}


# ---- what they cost ----

def opt(trace, frames=FRAMES):
    """The least that is possible: the page goes that is needed again last, or never."""
    later, seen, faults = [0] * len(trace), {}, 0
    for i in range(len(trace) - 1, -1, -1):
        later[i] = seen.get(trace[i], len(trace) + i)
        seen[trace[i]] = i
    there, queue = {}, []
    for i, page in enumerate(trace):
        if page not in there:
            faults += 1
            while len(there) == frames:
                needed, other = heapq.heappop(queue)
                if there.get(other) == -needed:
                    del there[other]
        there[page] = later[i]
        heapq.heappush(queue, (-later[i], page))
    return faults


def exact_lru(trace, frames=FRAMES):
    """The page goes whose last use is longest ago, if one knew of each use."""
    there, faults = collections.OrderedDict(), 0
    for page in trace:
        if page in there:
            there.move_to_end(page)
            continue
        faults += 1
        if len(there) == frames:
            there.popitem(last=False)
        there[page] = True
    return faults


def fifo(trace, frames=FRAMES):
    there, queue, faults = set(), collections.deque(), 0
    for page in trace:
        if page not in there:
            faults += 1
            if len(queue) == frames:
                there.discard(queue.popleft())
            queue.append(page)
            there.add(page)
    return faults


MOST_PASSED = 5             # under the rule sixth_goes


def all_rules():
    """Each set of the rules that a clock may follow."""
    known = ("passed_twice", "only_back_counts", "sixth_goes")
    return [frozenset(some) for count in range(len(known) + 1)
            for some in itertools.combinations(known, count)]


class Clock:
    """Pages in the order in which the hand meets them; of each, whether the hardware says that it
    was used, and whether it counts as used all the same. rules: of rules.patch."""

    def __init__(self, frames=FRAMES, rules=frozenset()):
        self.frames, self.rules, self.circle = frames, rules, collections.OrderedDict()
        self.known, self.newest = set(), None

    def add(self, page):
        self.circle[page] = [False, "only_back_counts" not in self.rules or page in self.known]

    def mark(self, page):
        """The hardware sets its bit."""
        self.circle[page][0] = True

    def remove(self, page):
        del self.circle[page]

    def victim(self):
        """Returns the page that goes."""
        passed = 0
        while True:
            page, (used, counts) = self.circle.popitem(last=False)
            if not (used or counts) or "sixth_goes" in self.rules and passed == MOST_PASSED:
                return page
            self.circle[page] = [False, used and "passed_twice" in self.rules]
            passed += 1

    def use(self, page):
        """An access, by which the page may come. Returns: was it a fault?"""
        fault = page not in self.circle
        if fault:
            if self.newest in self.circle:
                self.circle[self.newest][0] = False     # its first use is taken back
            if len(self.circle) == self.frames:
                self.known.add(self.victim())
            self.add(page)
            self.newest = page
        self.mark(page)
        return fault


def clock(trace, frames=FRAMES):
    return sum(map(Clock(frames).use, trace))
