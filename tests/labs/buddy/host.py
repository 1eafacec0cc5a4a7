"""The host stage of `buddy`: cases by hand, and a long random run, against what must hold.

What must hold is said of sets of frames, and no algorithm is needed for it: a free block is an
aligned run of 2^n free frames that lies in no larger one. So the frames that are free determine the
lists, up to their order. Of an allocation: it comes out of a block of the least order that has one,
and is its lowest part. Rules of a student's own say more of that, and of the order of a list.
"""

import random
import re

from hoststage import Case, Test, Wrong

MAX_ORDER = 10
STEPS = 10000
DRAWN = 6                   # cases of each test that the seed draws
RULES = frozenset()         # of rules.patch, for one student
REFUSED = r"free"           # what a refusal's message has in it


def blocks(free, frames):
    """The largest aligned blocks of free frames: {order: set of first frames}."""
    found, covered = {}, set()
    for order in range(MAX_ORDER, -1, -1):
        size = 1 << order
        for first in range(0, frames - size + 1, size):
            if first not in covered and all(i in free for i in range(first, first + size)):
                found.setdefault(order, set()).add(first)
                covered.update(range(first, first + size))
    return found


def text_of(lists):
    return "   ".join("order %d: %s" % (order, " ".join(map(str, sorted(lists[order]))))
                      for order in sorted(lists) if lists[order]) or "no block is free"


def picture(lists, frames):
    """A character a frame: `.` in use, `|` a block of one frame, `[==]` one of four."""
    row = ["."] * frames
    for order, firsts in lists.items():
        for first in firsts:
            if not 0 <= first < frames:
                continue
            last = min(first + (1 << order), frames) - 1
            for i in range(first, last + 1):
                row[i] = "="
            row[first], row[last] = "[", "]"
            if first == last:
                row[first] = "|"
    return "".join(row)


class Told:
    """A state, as the driver tells it."""

    def __init__(self, replies):
        self.lists, self.counts, self.heads = {}, {}, {}
        self.free = None
        while True:
            line = replies.take()
            if line == "state":
                break
            words = line.split()
            if words[0] == "free":
                self.free = int(words[1])
            elif words[0] == "head":
                self.heads[int(words[1])] = int(words[3])
            elif words[0] == "order":
                order = int(words[1])
                if words[-1] == "end":
                    raise Wrong("the list of order %d has no end" % order)
                self.counts[order] = int(words[3].rstrip(":"))
                self.lists[order] = [int(word) for word in words[4:]]


class Judge:
    """Follows a script with what the driver told; `free` is the set of frames that are free."""

    def __init__(self, script):
        self.script, self.done = script, []
        self.frames, self.free, self.held, self.quiet = 0, set(), [], False
        self.told, self.freed = None, None      # the lists before a command; the frame it has freed

    def __call__(self, replies):
        for command in self.script:
            self.done.append(command)
            words = command.split()
            self.freed = None
            getattr(self, "do_" + words[0])(replies, *[int(word) for word in words[1:]])
            if words[0] == "state" or not (self.quiet or words[0] in ("new", "mark", "ask")):
                told = Told(replies)
                self.check_state(told)
                self.told = told.lists
            elif words[0] not in ("mark", "ask"):
                self.told = None
        replies.finish()

    def wrong(self, why):
        said = self.done[-8:]
        raise Wrong("after %s%s\n%s" % ("... " if len(self.done) > 8 else "", ", ".join(said), why))

    def differ(self, what, expected, found):
        self.wrong("%s\nexpected: %s\nfound:    %s" % (what, expected, found))

    # -- commands --

    def do_new(self, _replies, frames):
        self.frames, self.free = frames, set()

    def do_mark(self, _replies, _index, _order):
        pass

    def do_quiet(self, _replies, on):
        self.quiet = bool(on)

    def do_state(self, _replies):
        pass

    def do_put(self, _replies, index, order):
        self.free.update(range(index, index + (1 << order)))

    def do_ask(self, replies, index):
        found, expected = replies.take(), "is free" if index in self.free else "is in use"
        if found != expected:
            self.differ("frame_is_free(%d)\nframes:   %s" % (index, picture(
                blocks(self.free, self.frames), self.frames)), expected, found)

    def do_split(self, replies, order):
        self.do_alloc(replies, order)

    def do_merge(self, replies, index, order):
        self.do_free(replies, index, order)

    def do_give(self, _replies, first, count):
        self.free.update(range(first, first + count))

    def do_free(self, _replies, index, order):
        self.held = [(i, n) for i, n in self.held if i != index]
        self.freed = index
        self.free.update(range(index, index + (1 << order)))

    def do_release(self, replies, number):
        if not self.held:
            replies.take()
            return
        index, order = self.held.pop(number % len(self.held))
        self.freed = index
        self.free.update(range(index, index + (1 << order)))

    def do_alloc(self, replies, order):
        line = replies.take()
        lists = blocks(self.free, self.frames)
        enough = [n for n in sorted(lists) if n >= order]
        if line == "got nothing":
            if enough:
                self.differ("an allocation of order %d found nothing" % order,
                            "a part of a block of order %d" % enough[0], "nothing")
            return
        match = re.match(r"got (-?\d+) references (\d+) flags (\d+) order (\d+)$", line)
        if not match:
            self.wrong("the driver's reply was: " + line)
        index, references, flags, has_order = map(int, match.groups())
        if not enough:
            self.differ("an allocation of order %d, though no block is large enough" % order,
                        "nothing", "frame %d" % index)
        allowed = self.allowed(lists, enough[0], order)
        if index not in allowed:
            self.differ("a wrong block was given for order %d" % order,
                        "the %s part of %s of the least order that will do, %d: frame %s" % (
                            "highest" if "upper_half" in RULES else "lowest",
                            "the last block in the list" if "oldest_first" in RULES else "a block",
                            enough[0], " or ".join(map(str, sorted(allowed)))), "frame %d" % index)
        if (references, flags, has_order) != (1, 0, order):
            self.differ("the head of a block that was given",
                        "1 reference, flags 0, order %d" % order,
                        "%d references, flags %d, order %d" % (references, flags, has_order))
        self.free.difference_update(range(index, index + (1 << order)))
        self.held.append((index, order))

    def allowed(self, lists, found, order):
        """The frames with which a block of `order`, out of one of the order `found`, may begin."""
        blocks_ = lists[found]
        if "oldest_first" in RULES and self.told:
            blocks_ = self.told[found][-1:]
        return {first + ((1 << found) - (1 << order) if "upper_half" in RULES else 0)
                for first in blocks_}

    def check_order(self, told):
        """Of a list in which a block was put by a free."""
        if "freed_goes_last" not in RULES or self.freed is None:
            return
        for order, firsts in told.items():
            here = [first for first in firsts if first <= self.freed < first + (1 << order)]
            if here and firsts[-1:] != here:
                self.differ("the list of order %d, after frame %d was freed" % (order, self.freed),
                            "the freed block is the last: %d" % here[0],
                            " ".join(map(str, firsts)))

    def check_state(self, told):
        lists = blocks(self.free, self.frames)
        found = {order: set(firsts) for order, firsts in told.lists.items()}
        if found != lists or any(len(f) != len(set(f)) for f in told.lists.values()):
            pictures = ""
            if self.frames <= 80:
                pictures = "\nexpected: %s\nfound:    %s" % (picture(lists, self.frames),
                                                             picture(found, self.frames))
            self.wrong("the lists of free blocks\nexpected: %s\nfound:    %s%s"
                       % (text_of(lists), text_of(told.lists), pictures))
        counts = {order: len(firsts) for order, firsts in lists.items()}
        if told.counts != counts:
            self.differ("free_count[], blocks by order", counts, told.counts)
        if told.free != len(self.free):
            self.differ("free_frames", len(self.free), told.free)
        heads = {first: order for order, firsts in lists.items() for first in firsts}
        if told.heads != heads:
            self.differ("frames with PAGE_BUDDY, and their order", heads, told.heads)
        self.check_order(told.lists)


class Refusal(Judge):
    """The last command must be refused by a panic whose message says why."""

    def __call__(self, replies):
        self.script, last = self.script[:-1], self.script[-1]
        if self.script:
            finish, replies.finish = replies.finish, lambda: None
            super().__call__(replies)
            replies.finish = finish
        self.done.append(last)
        message = replies.take_panic()
        if message is None:
            self.wrong("that frame is free already: the call must panic, and it went through")
        if not re.search(REFUSED, message):
            self.wrong("it panicked, but for something else: " + message)
        replies.finish()


def case(name, *script):
    return Case(name, list(script), Judge(list(script)))


def refused(name, *script):
    return Case(name, list(script), Refusal(list(script)))


SPLITTING = (
    case("a_block_that_fits_is_not_split",
         "new 8", "put 0 2", "put 5 0", "split 2", "split 0"),
    case("the_upper_halves_become_free_blocks_of_each_order",
         "new 64", "put 0 6", "split 0"),
    case("the_least_order_that_will_do_is_split",
         "new 48", "put 0 5", "put 32 3", "split 2"),
    case("two_halves_of_one_block",
         "new 16", "put 0 4", "split 3", "split 3", "split 0"),
    case("a_split_stops_at_the_order_that_was_asked_for",
         "new 32", "put 0 5", "split 2", "split 1", "split 2"),
    case("a_block_of_the_highest_order",
         "new 2048", "put 1024 10", "split 10", "put 0 10", "split 0"),
    case("what_is_too_small_is_no_help",
         "new 7", "put 0 2", "put 4 1", "put 6 0", "split 3", "split 10", "split 2", "split 2"),
    case("an_empty_allocator_has_nothing",
         "new 16", "split 0", "split 10"),
)

MERGING = (
    case("an_upper_block_merges_with_its_lower_buddy",
         "new 4", "put 0 0", "merge 1 0"),
    case("a_lower_block_merges_with_its_upper_buddy",
         "new 4", "put 1 0", "merge 0 0"),
    case("merging_goes_on_up_to_the_whole",
         "new 64", "put 32 5", "put 16 4", "put 0 3", "put 8 2", "put 14 1", "put 13 0",
         "merge 12 0"),
    case("neighbours_that_are_no_buddies_stay_apart",
         "new 8", "put 1 0", "put 6 1", "merge 2 0", "merge 4 0"),
    case("a_buddy_in_use_stays_out",
         "new 8", "put 4 2", "merge 0 0", "merge 2 1"),
    case("a_buddy_of_another_order_stays_out",
         "new 8", "put 0 0", "put 4 2", "merge 2 1", "merge 1 0"),
    case("a_whole_block_comes_back",
         "new 32", "put 16 3", "merge 24 3", "merge 0 4"),
    case("no_buddy_begins_beyond_the_end",
         "new 43", "merge 42 0", "merge 40 1", "merge 32 3"),
    case("the_last_frame_has_no_buddy",
         "new 3", "put 0 1", "merge 2 0"),
    case("blocks_of_the_highest_order_do_not_merge",
         "new 2048", "put 0 10", "merge 1024 10"),
)


def out_at(order, frames):
    """Allocations of one order until there is none, one more, and all back, in another order."""
    count = frames >> order
    script = ["new %d" % frames, "give 0 %d" % frames] + ["alloc %d" % order] * (count + 1)
    script += ["release %d" % (i % 2 if count - i > 1 else 0) for i in range(count)]
    return case("memory_is_out_at_allocation_%d_of_order_%d" % (count + 1, order), *script)


EXHAUSTING = tuple(out_at(order, 32) for order in range(6))

DOUBLE_FREES = (
    refused("of_a_single_free_frame", "new 4", "put 1 0", "free 1 0"),
    refused("of_a_block_that_is_free", "new 8", "put 4 2", "free 4 2"),
    refused("of_the_upper_one_of_a_merged_pair", "new 8", "put 0 1", "free 1 0"),
    refused("of_the_last_frame_of_a_block", "new 16", "put 0 4", "free 15 0"),
    refused("in_the_middle_of_a_block", "new 16", "put 0 4", "free 6 1"),
    refused("of_the_last_frame_of_the_highest_order", "new 1024", "put 0 10", "free 1023 0"),
    refused("in_the_second_half_of_the_table", "new 64", "put 32 3", "free 37 0"),
    refused("beside_a_frame_in_use", "new 16", "put 4 1", "put 8 3", "free 5 0"),
)

FALSE_ALARMS = (
    case("a_frame_beside_a_free_block", "new 8", "put 0 2", "ask 4", "ask 3", "ask 5"),
    case("a_frame_between_two_free_blocks", "new 16", "put 0 2", "put 6 1", "ask 4", "ask 5"),
    case("an_order_left_in_a_frame_that_is_no_head",
         "new 16", "put 4 0", "mark 0 4", "mark 8 3", "mark 5 1", "ask 9", "ask 2", "ask 5"),
    case("a_small_free_block_at_the_begin_of_a_larger_place",
         "new 16", "put 0 0", "put 8 1", "ask 1", "ask 3", "ask 7", "ask 12", "ask 9"),
    case("a_table_without_a_free_frame", "new 8", "ask 0", "ask 5", "ask 7"),
)


def random_case(seed):
    """10,000 steps on 64 frames: what is asked for is drawn by the seed."""
    dice, script = random.Random(seed), ["new 64", "give 0 64", "quiet 1"]
    for step in range(STEPS):
        if dice.random() < 0.5 + (0.2 if (step // 500) % 2 else -0.2):
            script.append("alloc %d" % min(dice.randrange(7), dice.randrange(7)))
        else:
            script.append("release %d" % dice.randrange(1 << 16))
        if step % 250 == 249:
            script.append("state")
    return Case("%d_random_steps_seed_%d" % (STEPS, seed), script, Judge(script))


def free_places(dice, frames, most=14):
    """Some free blocks, no two of them buddies of one order: (first, order), and the set."""
    free, found = set(), []
    for _ in range(most):
        order = dice.choice((0, 0, 0, 1, 1, 2, 3))
        first = dice.randrange(frames >> order) << order
        block = range(first, first + (1 << order))
        buddy = range(first ^ 1 << order, (first ^ 1 << order) + (1 << order))
        if not free & set(block) and not free >= set(buddy):
            free |= set(block)
            found.append((first, order))
    whole = blocks(free, frames)
    if sorted(found) != sorted((first, order) for order in whole for first in whole[order]):
        return free_places(dice, frames, most)      # two have become one: drawn again
    return found, free


def drawn(dice, number):
    """A case for each function alone, whose frames and orders nobody knows before."""
    frames = dice.choice((37, 48, 53, 64, 75))
    found, free = free_places(dice, frames)
    script = ["new %d" % frames] + ["put %d %d" % place for place in found]
    splits = ["split %d" % dice.choice((0, 0, 1, 2)) for _ in range(4)]
    used, merges = sorted(set(range(frames)) - free), []
    for first in dice.sample(used, min(6, len(used))):
        merges.append("merge %d 0" % first)
    held = sorted(free)
    return (case("drawn_%d" % number, *(script + splits)),
            case("drawn_merges_%d" % number, *(script + merges)),
            refused("drawn_double_free_%d" % number, *(script + ["free %d 0" % dice.choice(held)])),
            case("drawn_questions_%d" % number, *(script + [
                "ask %d" % i for i in dice.sample(range(frames), 12)])))


def tests(seed):
    dice = random.Random("cases %d" % seed)
    splits, merges, frees, alarms = zip(*[drawn(dice, number) for number in range(DRAWN)])
    return [
        Test("splitting", "works", 6, SPLITTING + splits),
        Test("merging", "works", 7, MERGING + merges),
        Test("exhausting", "works", 3, EXHAUSTING, needs=("random steps",), together=True),
        Test("random steps", "works", 4, (random_case(seed),), together=True),
        Test("double frees are caught", "bad arguments", 12, DOUBLE_FREES + frees,
             needs=("no false alarms",)),
        Test("no false alarms", "bad arguments", 8, FALSE_ALARMS + alarms,
             needs=("double frees are caught",)),
    ]
