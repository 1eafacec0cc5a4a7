"""Page replacement, simulated: what is best, what the textbooks say, and what our kernel does.

Each run takes accesses (page numbers) and a number of frames, and gives a Run.

  opt, exact_lru              know of each access when it is made, or even before
  fifo, clock                 are the textbooks'; the kernel's have the same victims
  lru, aging, adaptive        know what the kernel knows: accessed bits, set by each access, read
                              and thereby cleared only while a victim is looked for. Each fault
                              first clears the bit of the page that the fault before it brought in,
                              so that the use for which a page came does not count.
"""

import collections
import heapq

NEVER = float("inf")


class Run:
    """What happened: faults are numbers of accesses; victims are pairs, access and page."""

    def __init__(self):
        self.faults = []
        self.victims = []

    def missed(self, counted):
        """How many faults from that access on."""
        return sum(1 for access in self.faults if access >= counted)


# ---- who knows every access ---------------------------------------------------------------------

def opt(accesses, frames):
    """Belady's: the page goes that is needed again last."""
    run = Run()
    next_use, seen = [NEVER] * len(accesses), {}
    for access in range(len(accesses) - 1, -1, -1):
        next_use[access] = seen.get(accesses[access], NEVER)
        seen[accesses[access]] = access
    resident, queue = {}, []
    for access, page in enumerate(accesses):
        if page not in resident:
            run.faults.append(access)
            if len(resident) == frames:
                while True:
                    needed, other = heapq.heappop(queue)
                    if resident.get(other) == -needed:     # else an entry from before its last use
                        break
                del resident[other]
                run.victims.append((access, other))
        resident[page] = next_use[access]
        heapq.heappush(queue, (-next_use[access], page))
    return run


def exact_lru(accesses, frames):
    run = Run()
    resident = collections.OrderedDict()       # by last use
    for access, page in enumerate(accesses):
        if page in resident:
            resident.move_to_end(page)
            continue
        run.faults.append(access)
        if len(resident) == frames:
            run.victims.append((access, resident.popitem(last=False)[0]))
        resident[page] = True
    return run


# ---- the kernel's -------------------------------------------------------------------------------

class Memory:
    """The pages in frames, each with the access at which it came, and their accessed bits.

    `since` has the pages whose bit is set, with the access that set it.
    """

    def __init__(self):
        self.came = {}
        self.since = {}
        self.last_use = {}
        self.left = {}

    def used(self, page):
        """Reads and clears the bit."""
        return self.since.pop(page, None) is not None

    def leave(self, page, access):
        del self.came[page]
        self.since.pop(page, None)
        self.left[page] = access

    def use(self, page, access):
        self.since.setdefault(page, access)
        self.last_use[page] = access


class Reached(Exception):
    """The run came to the victim that was asked for. memory, policy: before the choice."""

    def __init__(self, memory, policy):
        super().__init__()
        self.memory = memory
        self.policy = policy


def replace(name, accesses, frames, stop_at=None):
    """Runs a policy of the kernel. stop_at: the number of the victim to raise Reached at."""
    run, memory, policy = Run(), Memory(), KERNEL[name](frames)
    newest = None
    for access, page in enumerate(accesses):
        if page not in memory.came:
            run.faults.append(access)
            if not policy.FIRST_USE_COUNTS:
                memory.since.pop(newest, None)
            if len(memory.came) == frames:
                if len(run.victims) == stop_at:
                    raise Reached(memory, policy)
                victim = policy.choose(page, memory.used)
                run.victims.append((access, victim))
                memory.leave(victim, access)
            policy.enter(page)
            memory.came[page] = access
            newest = page
        memory.use(page, access)
    return run


class Fifo:
    FIRST_USE_COUNTS = False

    def __init__(self, frames):
        self.queue = collections.deque()

    def choose(self, _, used):
        return self.queue.popleft()

    def enter(self, page):
        self.queue.append(page)


class Clock:
    """Frames stand in a circle, a hand goes round; the new page gets the frame of the victim."""

    FIRST_USE_COUNTS = True

    def __init__(self, frames):
        self.frames = frames
        self.pages = []
        self.hand = None            # in the frame that has been emptied

    def choose(self, _, used):
        self.hand = (self.hand + 1) % self.frames if self.hand is not None else 0
        while used(self.pages[self.hand]):
            self.hand = (self.hand + 1) % self.frames
        return self.pages[self.hand]

    def enter(self, page):
        if self.hand is None:
            self.pages.append(page)
        else:
            self.pages[self.hand] = page


class Lru:
    """A queue: who was used since it was looked at last goes to the end of it."""

    FIRST_USE_COUNTS = False

    def __init__(self, frames):
        self.queue = collections.deque()

    def choose(self, _, used):
        while used(self.queue[0]):
            self.queue.rotate(-1)
        return self.queue.popleft()

    def enter(self, page):
        self.queue.append(page)


class Aging:
    """Eight bits of history for each page, the youngest on the left. The first page goes, in turn,
    that was not used since the last look and whose history, read as a number, is not larger than
    the number of looks made for this victim."""

    FIRST_USE_COUNTS = False

    def __init__(self, frames):
        self.histories = collections.OrderedDict()

    def choose(self, _, used):
        looks = 0
        while True:
            looks += 1
            page, history = self.histories.popitem(last=False)
            was_used = used(page)
            history = (history + 256 * was_used) // 2
            if not was_used and history <= looks:
                return page
            self.histories[page] = history

    def enter(self, page):
        self.histories[page] = 0


class Adaptive:
    """Fifteen of sixteen frames are a protected ring, the others a queue of pages on probation.

    A page on probation that is used, and a page that comes back, may take the place of a protected
    one: of the first that the ring's hand finds unused, and only if that one's last use lies
    further back than the page's own last but one. The hand makes two steps for a victim; who
    loses, loses for all that contend for this victim's sake.
    """

    FIRST_USE_COUNTS = False
    STEPS = 2

    def __init__(self, frames):
        self.protected = 15 * frames // 16
        self.ring = collections.deque()        # the hand is at the left end
        self.probation = collections.deque()
        self.last_seen = {}                    # also of pages that are out
        self.now = 1                           # pages that came in, and one
        self.steps = 0

    def beaten_by(self, use, used):
        """The page of the ring that has to go for one that was used then; it leaves the ring."""
        while self.steps:
            self.steps -= 1
            if used(self.ring[0]):
                self.last_seen[self.ring[0]] = self.now
                self.ring.rotate(-1)
            elif self.last_seen[self.ring[0]] < use:
                return self.ring.popleft()
            else:
                self.steps = 0
        return None

    def choose(self, page, used):
        self.steps = self.STEPS
        if page in self.last_seen:
            beaten = self.beaten_by(self.last_seen[page], used)
            if beaten is not None:
                self.probation.append(beaten)
        while used(self.probation[0]):
            contender = self.probation[0]
            beaten = self.beaten_by(self.last_seen[contender], used)
            self.probation.popleft()
            self.last_seen[contender] = self.now
            if beaten is None:
                self.probation.append(contender)
            else:
                self.ring.append(contender)
                self.probation.append(beaten)
        return self.probation.popleft()

    def enter(self, page):
        self.now += 1
        self.last_seen[page] = self.now
        (self.ring if len(self.ring) < self.protected else self.probation).append(page)


KERNEL = {"lru": Lru, "clock": Clock, "fifo": Fifo, "aging": Aging, "adaptive": Adaptive}
BEST = {"opt": opt, "exact lru": exact_lru}


def simulate(name, accesses, frames):
    return BEST[name](accesses, frames) if name in BEST else replace(name, accesses, frames)
