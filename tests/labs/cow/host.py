"""The host stage of `cow`: entries of every kind, the last owner, the copy, and long random runs.

What must hold is said row by row: what one entry of the parent's becomes in both spaces, who may
take a page over, what a copy is. The random run knows no rows at all: spaces that fork have values
of their own, a frame is in use as long as a space shows it, and nothing is copied that need not be.
"""

import random

from hoststage import Case, Test, Wrong

V, R, W, X, U, A, D, NONE, WIRED = 1, 2, 4, 8, 16, 64, 128, 256, 512
LETTERS = ((R, "r"), (W, "w"), (X, "x"), (U, "u"), (A, "A"), (D, "D"), (WIRED, " wired"))
DIRTY, WRITEBACK, PRIVATE, KEPT = 8, 16, 1 << 11, 1 << 12
COPIED = 3                  # VM_STAT_FAULT_COW_COPY
PAGES, SPACES = 16, 6
STEPS = 10000
DRAWN = 6                   # cases of each kind that the seed draws
RULES = frozenset()         # of rules.patch, for one student


def bits_text(bits):
    return "".join(letter for bit, letter in LETTERS if bits & bit) or "no bits"


def entry_text(entry):
    if entry is None:
        return "empty"
    kind, number, bits = entry
    if kind == "swap":
        return "swap slot %d" % number
    return "%s, frame %d, %s" % ("kept by PROT_NONE" if kind == "none" else "present", number,
                                 bits_text(bits))


def number_text(word):
    return lambda number: "%s %d" % (word, number)


def in_words(command):
    """A command of the driver, for people."""
    name, *rest = command.split()
    a = [int(word) for word in rest]
    if name == "map":
        return "space %d has page %d: frame %d, %s" % (a[0], a[1], a[2], bits_text(a[3]))
    if name == "none":
        return "space %d has page %d, kept by PROT_NONE: frame %d%s" % (
            a[0], a[1], a[2], ", locked in memory" if a[3] & WIRED else "")
    if name == "swap":
        return "space %d has page %d in swap slot %d" % tuple(a)
    if name == "frame":
        return "frame %d: %s%s%s%s" % (
            a[0], "private" if a[1] & PRIVATE else "a file's",
            ", being written" if a[1] & WRITEBACK else "",
            ", with slot %d" % (a[2] - 1) if a[2] else "",
            ", and %d references more" % a[3] if a[3] else "")
    if name == "uses":
        return "slot %d has %d uses" % tuple(a)
    if name == "share":
        return "pages %d to %d of space %d are shared with space %d, *protected is %s" % (
            a[2], a[2] + a[3] - 1, a[0], a[1], "true" if a[4] else "false")
    words = {"new": "%d frames, the zero page is number %d", "fill": "frame %d has content %d",
             "room": "%d frames can be allocated", "refuse": "the space's rules refuse a charge",
             "reuse": "a store: space %d, page %d: cow_reuse()", "exit": "space %d exits",
             "copy": "a store: space %d, page %d: cow_copy()", "fork": "space %d forks space %d",
             "touch": "space %d makes page %d, value %d", "load": "space %d reads page %d",
             "store": "space %d stores into page %d: value %d"}
    return words[name] % tuple(a) if name in words else name


class State:
    """What all entries, frames and slots are: dictionaries, so that nothing is told of zeros."""

    def __init__(self):
        self.entries = {}       # (space, page): (kind, frame or slot, bits)
        self.counts = {}        # frame: (references, maps)
        self.slots = {}         # frame: number of its slot + 1
        self.flags = {}         # frame: flags
        self.uses = {}          # slot: uses
        self.sizes = {}         # space: (resident, swapped)

    @staticmethod
    def told(replies):
        """The next state that the driver told."""
        state = State()
        while True:
            line = replies.take()
            words = line.split()
            if line == "state":
                return state
            if words[0] == "entry":
                space, page, number, bits = (int(words[i]) for i in (1, 2, 4, 5))
                state.entries[space, page] = words[3], number, bits & ~V
            elif words[0] == "frame":
                frame, references, maps, slot, flags = map(int, words[1::2])
                state.counts[frame] = references, maps
                state.slots[frame], state.flags[frame] = slot, flags
            elif words[0] == "slot":
                state.uses[int(words[1])] = int(words[3])
            elif words[0] == "space":
                state.sizes[int(words[1])] = int(words[3]), int(words[5])
            elif words[0] != "freed":
                raise Wrong("the driver's reply was: " + line)


class Judge:
    """Follows a script with what the driver told. `is` is what must be there now."""

    def __init__(self, script):
        self.script, self.done = script, []
        self.state, self.zero = State(), 0
        self.room, self.refuses, self.frames = True, False, 0

    def __call__(self, replies):
        for command in self.script:
            self.done.append(command)
            words = command.split()
            getattr(self, "do_" + words[0])(replies, *[int(word) for word in words[1:]])
        replies.finish()

    def wrong(self, why):
        said = [in_words(command) for command in self.done]
        raise Wrong("\n".join(["  " + line for line in said[-10:]] + [why]))

    def differ(self, what, expected, found):
        self.wrong("%s\nexpected: %s\nfound:    %s" % (what, expected, found))

    def same(self, expected, found, name, text=str, nothing=None):
        for key in sorted(set(expected) | set(found)):
            if expected.get(key, nothing) != found.get(key, nothing):
                self.differ(name(key), text(expected.get(key, nothing)),
                            text(found.get(key, nothing)))

    def check_state(self, replies):
        told, state = State.told(replies), self.state
        self.same(state.entries, told.entries,
                  lambda key: "the entry of page %d in space %d" % (key[1], key[0]), entry_text)
        self.same(state.counts, told.counts, number_text("the counts of frame"),
                  lambda counts: "%d references, %d of them entries" % counts, (0, 0))
        self.same(state.uses, told.uses, number_text("the uses of swap slot"), str, 0)
        self.same(state.sizes, told.sizes, number_text("what space has,"),
                  lambda sizes: "%d pages resident, %d swapped" % sizes, (0, 0))
        frames = {frame for frame, (references, _) in state.counts.items() if references}
        self.same({f: state.slots.get(f, 0) for f in frames}, {f: told.slots[f] for f in frames},
                  number_text("the swap slot of frame"),
                  lambda slot: "slot %d" % (slot - 1) if slot else "none")

    # -- what is given --

    def do_new(self, _replies, frames, zero):
        self.state, self.zero, self.frames = State(), zero, frames

    def count(self, frame, references, maps):
        before = self.state.counts.get(frame, (0, 0))
        self.state.counts[frame] = before[0] + references, before[1] + maps

    def do_map(self, _replies, space, page, frame, bits):
        self.state.entries[space, page] = "present", frame, bits & ~V
        if frame != self.zero:
            self.state.flags.setdefault(frame, PRIVATE)
            self.count(frame, 1, 1)

    def do_none(self, _replies, space, page, frame, bits):
        self.state.entries[space, page] = "none", frame, bits
        self.state.flags.setdefault(frame, PRIVATE)
        self.count(frame, 1, 1)

    def do_swap(self, _replies, space, page, slot):
        self.state.entries[space, page] = "swap", slot, WIRED       # bit 9 is of two meanings
        self.state.uses[slot] = self.state.uses.get(slot, 0) + 1

    def do_frame(self, _replies, frame, flags, slot, more):
        self.state.flags[frame], self.state.slots[frame] = flags, slot
        self.count(frame, more, 0)

    def do_uses(self, _replies, slot, number):
        self.state.uses[slot] = number

    def do_fill(self, _replies, _frame, _number):
        pass

    def do_room(self, _replies, number):
        self.room = number > 0

    def do_refuse(self, _replies):
        self.refuses = True

    def do_state(self, replies):
        self.check_state(replies)

    # -- fork's half --

    def share_one(self, parent, child, page):
        """Returns: is it mapped, and could the parent store into it?"""
        state = self.state
        entry = state.entries.get((parent, page))
        if entry is None:
            return False, False
        kind, number, bits = entry
        if "zero_page_left_out" in RULES and (kind, number) == ("present", self.zero):
            return False, False
        lost = W | WIRED | (A if "child_starts_unaccessed" in RULES else 0)
        state.entries[child, page] = entry if kind == "swap" else (kind, number, bits & ~lost)
        resident, swapped = state.sizes.get(child, (0, 0))
        if kind == "swap":
            state.uses[number] += 1
            state.sizes[child] = resident, swapped + 1
            return False, False
        if kind == "none":
            self.count(number, 1, 1)
            state.sizes[child] = resident + 1, swapped
            return False, False
        if number != self.zero:
            self.count(number, 1, 1)
        state.entries[parent, page] = kind, number, bits & ~W
        return True, bool(bits & W)

    def do_share(self, replies, parent, child, first, count, protected):
        words = replies.take().split()
        if words[0] != "shared":
            self.wrong("the driver's reply was: " + " ".join(words))
        pairs = [self.share_one(parent, child, page) for page in range(first, first + count)]
        self.check_state(replies)
        mapped = sum(is_mapped for is_mapped, _ in pairs)
        if int(words[1]) != mapped:
            self.differ("what entries_share() returns", "%d: so many pages are present" % mapped,
                        words[1])
        expected = bool(protected) or any(stores for _, stores in pairs)
        if bool(int(words[3])) != expected:
            self.differ("*protected", str(expected).lower(), str(not expected).lower())

    # -- the last owner --

    def do_reuse(self, replies, space, page):
        state = self.state
        kind, frame, bits = state.entries[space, page]
        slot, (references, maps) = state.slots.get(frame, 0), state.counts[frame]
        uses, writes = state.uses.get(slot - 1, 0), state.flags[frame] & WRITEBACK
        expected = maps == 1 and (slot == 0 or (uses == 0 and not writes)) and (
            references == 1 or "no_other_reference" not in RULES)
        line, parted = replies.take(), None
        if line.startswith("parted "):
            line, parted = replies.take(), line
        if line != "reuse %d" % expected:
            self.differ("may frame %d be taken over? Entries that map it: %d, and %d references "
                        "more. Its slot: %s" % (
                frame, maps, references - maps, "none" if not slot else "%d, with %d uses%s" % (
                    slot - 1, uses, ", and being written" if writes else "")),
                "yes" if expected else "no", "yes" if line == "reuse 1" else line)
        wanted = "parted %d from slot %d, uses ended 0" % (frame, slot - 1)
        if parted != (wanted if expected and slot else None):
            self.differ("a page that is taken over parts from its slot, of which no use ends",
                        "swap_cache_remove(page, 0)" if expected and slot else "no such call",
                        parted)
        if expected:
            state.slots[frame] = 0
            state.entries[space, page] = kind, frame, bits | W | A | D
        self.check_state(replies)

    # -- the copy --

    def do_copy(self, replies, space, page):
        line = replies.take()
        wants = "copy wants a frame" if not self.room else \
            "copy wants the rules" if self.refuses else None
        while line.startswith("freed "):        # the frame that the rules refused
            line = replies.take()
        if wants:
            if line != wants:
                self.differ("no %s: cow_copy()" % ("frame is free" if not self.room else
                                                   "charge is allowed"), wants, line)
            self.check_state(replies)
            return
        words = line.split()
        if words[:3] != ["copy", "brought", "frame"]:
            self.differ("cow_copy()", "it brings a frame", line)
        frame = int(words[3])
        if self.state.counts.get(frame, (0, 0))[0]:
            self.wrong("the frame that it brings, %d, is in use" % frame)
        if words[5] != words[7]:
            self.wrong("the copy has another content than the page")
        if int(words[9]) != frame:
            self.differ("the entry that it brings", "frame %d" % frame, "frame " + words[9])
        bits = int(words[11]) & ~V
        if bits != (R | W | U | A | D):
            self.differ("the bits of the entry that it brings", bits_text(R | W | U | A | D),
                        bits_text(bits))
        if int(words[13]) != COPIED:
            self.wrong("it counts another event than VM_STAT_FAULT_COW_COPY")
        self.count(frame, 1, 1)
        self.check_state(replies)


class Machine:
    """Judges a run of touch, fork, store, load, exit: by values and by how much memory is used."""

    def __init__(self, script, seed):
        self.script, self.seed, self.done = script, seed, []
        self.shows = {}         # (space, page): a group, of spaces that show one frame
        self.value = {}         # group: its value
        self.groups = 0

    def __call__(self, replies):
        try:
            for command in self.script:
                self.done.append(command)
                words = command.split()
                getattr(self, "do_" + words[0])(replies, *map(int, words[1:]))
            replies.finish()
        except Wrong as wrong:
            raise Wrong("seed %s, step %d\n%s\n%s" % (
                self.seed, len(self.done), "\n".join("  " + line for line in self.story()), wrong))

    def story(self):
        """What was done with this page, and who forked, last."""
        about = self.done[-1].split()
        told = [command.split() for command in self.done]
        return [in_words(" ".join(words)) for words in told
                if words[0] in ("fork", "exit") or words[2:3] == about[2:3]][-10:]

    def do_new(self, _replies, _frames, _zero):
        pass

    def do_quiet(self, _replies, _on):
        pass

    def group(self, space, page, value):
        self.groups += 1
        self.shows[space, page] = self.groups
        self.value[self.groups] = value

    def freed(self, replies):
        """Skips what is told of frames that became free: they are counted at `state`."""
        while replies.at < len(replies.lines) and replies.lines[replies.at].startswith("freed "):
            replies.at += 1

    def do_touch(self, _replies, space, page, value):
        self.group(space, page, value)

    def do_fork(self, _replies, parent, child):
        for page in range(PAGES):
            if (parent, page) in self.shows:
                self.shows[child, page] = self.shows[parent, page]

    def do_exit(self, replies, space):
        self.freed(replies)
        for page in range(PAGES):
            self.shows.pop((space, page), None)

    def do_load(self, replies, space, page):
        self.freed(replies)
        expected = "value %d" % self.value[self.shows[space, page]]
        line = replies.take()
        if line != expected:
            raise Wrong("page %d of space %d\nexpected: %s\nfound:    %s" % (page, space, expected,
                                                                           line))

    def do_store(self, replies, space, page, value):
        self.freed(replies)
        line = replies.take()
        group = self.shows[space, page]
        alone = sum(other == group for other in self.shows.values()) == 1
        allowed = ("stored by hit", "stored by reuse") if alone else ("stored by copy",)
        if line not in allowed:
            raise Wrong("a store into page %d of space %d, which %s\nexpected: %s\nfound:    %s" % (
                page, space, "no other space shows" if alone else "other spaces show, too",
                " or ".join(allowed), line))
        if alone:
            self.value[group] = value
        else:
            self.group(space, page, value)

    def do_state(self, replies):
        self.freed(replies)
        told = State.told(replies)
        used = {}
        for (space, page), group in self.shows.items():
            used.setdefault(group, []).append((space, page))
        if set(told.entries) != set(self.shows):
            raise Wrong("pages that are mapped, as (space, page)\nexpected: %s\nfound:    %s" % (
                sorted(self.shows), sorted(told.entries)))
        for group, places in used.items():
            frames = {told.entries[place][1] for place in places}
            if len(frames) != 1:
                raise Wrong("pages that nobody has changed since fork are in several frames: %s" %
                            sorted(frames))
            if told.counts.get(frames.pop()) != (len(places), len(places)):
                raise Wrong("a frame that %d entries map\nexpected: as many references and maps\n"
                            "found:    %s" % (len(places), told.counts))
        in_use = sum(references > 0 for references, _ in told.counts.values())
        if in_use != len(used):
            raise Wrong("frames that are in use\nexpected: %d\nfound:    %d" % (len(used), in_use))


def case(name, *script):
    return Case(name, list(script), Judge(list(script)))


START = "new 40 0"
USER = V | U | A
FORK = (
    case("a_page_that_can_be_written", START, "map 0 3 7 %d" % (USER | R | W | D),
         "share 0 1 0 16 0"),
    case("a_page_that_can_be_read", START, "map 0 3 7 %d" % (USER | R), "share 0 1 0 16 0"),
    case("code", START, "map 0 3 7 %d" % (USER | R | X), "share 0 1 0 16 0"),
    case("accessed_and_dirty_stay", START, "map 0 0 7 %d" % (V | U | R | W),
         "map 0 1 8 %d" % (V | U | R | W | A), "map 0 2 9 %d" % (V | U | R | W | D),
         "map 0 3 10 %d" % (V | U | R | X | A), "share 0 1 0 16 0"),
    case("several_pages", START, *(["map 0 %d %d %d" % (i, 9 + i, USER | R | (W | D) * (i % 2))
                                   for i in range(PAGES)] + ["share 0 1 0 16 0"])),
    case("some_of_the_entries", START, *(["map 0 %d %d %d" % (i, 9 + i, USER | R | W | D)
                                         for i in range(PAGES)] + ["share 0 1 5 6 0"])),
    case("one_entry", START, "map 0 15 7 %d" % (USER | R | W | D), "share 0 1 15 1 0"),
    case("no_page_is_there", START, "share 0 1 0 16 0"),
    case("what_was_protected_before", START, "map 0 3 7 %d" % (USER | R), "share 0 1 0 16 1"),
    case("a_page_that_others_map", START, "map 0 3 7 %d" % (USER | R),
         "map 2 3 7 %d" % (USER | R), "frame 7 %d 0 1" % PRIVATE, "share 0 1 0 16 0"),
    case("three_generations", START, "map 0 3 7 %d" % (USER | R | W | D), "share 0 1 0 16 0",
         "share 1 2 0 16 0", "share 0 3 0 16 0"),
    case("the_same_page_twice", START, "map 0 3 7 %d" % (USER | R | W | D),
         "map 0 4 7 %d" % (USER | R), "share 0 1 0 16 0"),
)
# Asked where there are rules, so that who follows one that does not hold loses more than a part.
ZERO_PAGES = (
    case("the_page_of_zeros", START, "map 0 3 0 %d" % (USER | R), "share 0 1 0 16 0"),
    case("zero_pages_between", START, "map 0 2 7 %d" % (USER | R | W | D),
         "map 0 3 0 %d" % (USER | R), "map 0 5 0 %d" % (USER | R), "map 0 6 8 %d" % (USER | R),
         "share 0 1 0 16 0", "share 1 2 0 16 0"),
)
OTHER_KINDS = (
    case("the_zero_page", START, "map 0 3 0 %d" % (USER | R), "share 0 1 0 16 0"),
    case("another_zero_page", "new 40 21", "map 0 3 21 %d" % (USER | R),
         "map 0 4 20 %d" % (USER | R | W | D), "share 0 1 0 16 0"),
    case("kept_by_prot_none", START, "none 0 3 7 %d" % NONE, "share 0 1 0 16 0"),
    case("kept_and_locked", START, "none 0 3 7 %d" % (NONE | WIRED), "share 0 1 0 16 0"),
    case("a_swap_slot", START, "swap 0 3 9", "share 0 1 0 16 0"),
    case("a_swap_slot_of_several", START, "uses 9 2", "swap 0 3 9", "swap 0 4 10",
         "share 0 1 0 16 0", "share 0 2 0 16 0"),
    case("locked_in_memory", START, "map 0 3 7 %d" % (USER | R | W | D | WIRED),
         "map 0 4 8 %d" % (USER | R | WIRED), "share 0 1 0 16 0"),
    case("holes_between", START, "map 0 2 7 %d" % (USER | R | W | D), "swap 0 5 3",
         "none 0 9 8 %d" % NONE, "map 0 15 0 %d" % (USER | R), "share 0 1 0 16 0"),
    case("only_what_is_not_present", START, "swap 0 5 3", "none 0 9 8 %d" % NONE,
         "share 0 1 0 16 0"),
)
READ = USER | R
REUSE = (
    case("the_only_mapping", START, "map 0 3 7 %d" % READ, "reuse 0 3"),
    case("two_mappings", START, "map 0 3 7 %d" % READ, "map 1 3 7 %d" % READ, "reuse 0 3"),
    case("three_mappings", START, "map 0 3 7 %d" % READ, "map 1 3 7 %d" % READ,
         "map 2 3 7 %d" % READ, "reuse 1 3"),
    case("others_look_at_it", START, "map 0 3 7 %d" % READ, "frame 7 %d 0 2" % PRIVATE,
         "reuse 0 3"),
    case("not_accessed_yet", START, "map 0 3 7 %d" % (V | U | R), "reuse 0 3"),
    case("one_of_several_pages", START, "map 0 3 7 %d" % READ, "map 0 4 8 %d" % READ,
         "map 1 4 8 %d" % READ, "reuse 0 3", "reuse 0 4"),
)
SLOTS = (
    case("a_slot_that_nobody_needs", START, "map 0 3 7 %d" % READ, "frame 7 %d 6 0" % PRIVATE,
         "reuse 0 3"),
    case("a_slot_that_an_entry_needs", START, "map 0 3 7 %d" % READ, "frame 7 %d 6 0" % PRIVATE,
         "uses 5 1", "reuse 0 3"),
    case("a_slot_that_is_being_written", START, "map 0 3 7 %d" % READ,
         "frame 7 %d 6 1" % (PRIVATE | WRITEBACK), "reuse 0 3"),
    case("a_slot_and_two_mappings", START, "map 0 3 7 %d" % READ, "map 1 3 7 %d" % READ,
         "frame 7 %d 6 0" % PRIVATE, "reuse 0 3"),
    case("a_page_newer_than_its_slot", START, "map 0 3 7 %d" % READ,
         "frame 7 %d 6 0" % (PRIVATE | DIRTY), "reuse 0 3"),
    case("slot_number_zero", START, "map 0 3 7 %d" % READ, "frame 7 %d 1 0" % PRIVATE,
         "uses 0 1", "uses 6 3", "reuse 0 3"),
)
COPY = (
    case("a_private_page", START, "map 0 3 7 %d" % READ, "map 1 3 7 %d" % READ, "fill 7 11",
         "copy 0 3"),
    case("a_page_of_a_file", START, "map 0 3 7 %d" % READ, "frame 7 0 0 1", "fill 7 12",
         "copy 0 3"),
    case("two_spaces_copy", START, "map 0 3 7 %d" % READ, "map 1 3 7 %d" % READ,
         "map 2 3 7 %d" % READ, "fill 7 13", "copy 0 3", "copy 1 3"),
    case("a_page_with_a_slot", START, "map 0 3 7 %d" % READ, "map 1 3 7 %d" % READ,
         "frame 7 %d 6 0" % PRIVATE, "uses 5 1", "fill 7 14", "copy 0 3"),
    case("two_pages", START, "map 0 3 7 %d" % READ, "map 1 3 7 %d" % READ, "map 0 4 8 %d" % READ,
         "map 1 4 8 %d" % READ, "fill 7 15", "fill 8 16", "copy 0 3", "copy 1 4"),
)
NO_MEMORY = (
    case("no_frame", START, "map 0 3 7 %d" % READ, "map 1 3 7 %d" % READ, "room 0", "copy 0 3"),
    case("no_frame_for_a_file_page", START, "map 0 3 7 %d" % READ, "frame 7 0 0 1", "room 0",
         "copy 0 3"),
    case("one_frame_for_two", START, "map 0 3 7 %d" % READ, "map 1 3 7 %d" % READ,
         "map 2 3 7 %d" % READ, "fill 7 17", "room 1", "copy 0 3", "room 0", "copy 1 3"),
    case("no_charge", START, "map 0 3 7 %d" % READ, "map 1 3 7 %d" % READ, "refuse", "copy 0 3"),
    case("no_charge_and_no_frame", START, "map 0 3 7 %d" % READ, "map 1 3 7 %d" % READ, "refuse",
         "room 0", "copy 0 3"),
)


def drawn_entry(dice, page, frame):
    kind = dice.choice(("map", "map", "map", "none", "swap", "zero", ""))
    if kind == "map":
        return "map 0 %d %d %d" % (page, frame, V | U | dice.choice((R, R | W, R | X)) |
                                   dice.choice((0, A, A | D)) | dice.choice((0, 0, WIRED)))
    if kind == "none":
        return "none 0 %d %d %d" % (page, frame, NONE | dice.choice((0, WIRED)))
    if kind == "swap":
        return "swap 0 %d %d" % (page, dice.randrange(64))
    return "map 0 %d 0 %d" % (page, READ) if kind == "zero" else ""


def drawn_fork(dice, number):
    frames = dice.sample(range(1, 60), PAGES)
    script = [drawn_entry(dice, page, frame) for page, frame in enumerate(frames)]
    first = dice.randrange(8)
    script = ["new 60 0"] + [line for line in script if line]
    return case("drawn_fork_%d" % number, *(script + [
        "share 0 1 %d %d %d" % (first, dice.randrange(1, PAGES - first + 1), dice.randrange(2)),
        "share 0 2 0 16 0"]))


def drawn_reuse(dice, number):
    script, asked = ["new 60 0"], []
    for page in dice.sample(range(PAGES), 4):
        frame = dice.randrange(1, 14) * 4 + len(asked)
        script += ["map %d %d %d %d" % (space, page, frame, READ)
                   for space in range(dice.choice((1, 1, 1, 2)))]
        slot = dice.choice((0, 1 + dice.randrange(14) * 4 + len(asked)))
        script.append("frame %d %d %d %d" % (
            frame, PRIVATE | (dice.choice((0, 0, WRITEBACK)) if slot else 0), slot,
            dice.randrange(2)))
        if slot:
            script.append("uses %d %d" % (slot - 1, dice.choice((0, 0, 1))))
        asked.append("reuse 0 %d" % page)
    return case("drawn_owner_%d" % number, *(script + asked))


def drawn_pages(dice, number):
    """Pages that are there, and nothing else."""
    frames = dice.sample(range(1, 60), PAGES)
    first = dice.randrange(8)
    return case("drawn_pages_%d" % number, "new 60 0", *([
        "map 0 %d %d %d" % (page, frame, USER | dice.choice((R, R | W | D, R | X)))
        for page, frame in enumerate(frames) if dice.random() < 0.7] + [
            "share 0 1 %d %d %d" % (first, dice.randrange(1, PAGES - first + 1), dice.randrange(2)),
            "share 0 2 0 16 0"]))


def drawn_mappings(dice, number):
    """Pages without a slot, of one space or of more."""
    pages, frames = dice.sample(range(PAGES), 4), dice.sample(range(1, 60), 4)
    return case("drawn_mappings_%d" % number, "new 60 0", *([
        "map %d %d %d %d" % (space, page, frame, READ) for page, frame in zip(pages, frames)
        for space in range(dice.choice((1, 1, 2, 3)))] + ["reuse 0 %d" % page for page in pages]))


def drawn_copy(dice, number, short=None):
    """short: what is short when the second of two spaces copies the page."""
    page, frame, value = dice.randrange(PAGES), dice.randrange(1, 60), dice.randrange(1000)
    return case("drawn_copy_%d" % number, "new 60 0", *(
        ["map %d %d %d %d" % (space, page, frame, READ) for space in range(3)] +
        ["fill %d %d" % (frame, value), "copy 0 %d" % page] + ([short] if short else []) +
        ["copy 1 %d" % page]))


def random_script(dice, steps, spaces=SPACES, pages=PAGES):
    """Steps that are legal: only what is there is stored into or loaded."""
    script, live = [], {0: set()}
    for number in range(steps):
        space = dice.choice(sorted(live))
        free = [other for other in range(spaces) if other not in live]
        act = dice.random()
        if not live[space] or (act < 0.10 and len(live[space]) < pages):
            page = dice.choice([p for p in range(pages) if p not in live[space]])
            script.append("touch %d %d %d" % (space, page, number))
            live[space].add(page)
        elif act < 0.16 and free:
            child = dice.choice(free)
            script.append("fork %d %d" % (space, child))
            live[child] = set(live[space])
        elif act < 0.22 and len(live) > 1:
            script.append("exit %d" % space)
            del live[space]
        elif act < 0.60:
            script.append("store %d %d %d" % (space, dice.choice(sorted(live[space])), number))
        else:
            script.append("load %d %d" % (space, dice.choice(sorted(live[space]))))
        if number % 250 == 249:
            script.append("state")
    return script


def random_case(seed):
    script = ["new 120 0", "quiet 1"] + random_script(random.Random("steps %d" % seed), STEPS)
    return Case("ten_thousand_steps", script + ["state"], Machine(script + ["state"], seed))


def tests(seed):
    dice = random.Random("cow %d" % seed)
    forks = tuple(drawn_fork(dice, number) for number in range(DRAWN))
    reuses = tuple(drawn_reuse(dice, number) for number in range(DRAWN))
    numbers = range(DRAWN)
    pages, mappings, copies = (tuple(draw(dice, number) for number in numbers)
                               for draw in (drawn_pages, drawn_mappings, drawn_copy))
    short = tuple(drawn_copy(dice, DRAWN + number, dice.choice(("room 0", "refuse")))
                  for number in numbers)
    return [
        Test("fork shares", "works", 6, FORK + pages + (ZERO_PAGES if RULES else ())),
        Test("the last owner keeps the page", "works", 4, REUSE + mappings),
        Test("the copy", "works", 4, COPY + copies),
        Test("random steps", "works", 6, (random_case(seed),), together=True),
        Test("entries of other kinds", "bad arguments", 8, OTHER_KINDS + forks,
             needs=("fork shares",)),
        Test("pages with a swap slot", "bad arguments", 8, SLOTS + reuses,
             needs=("the last owner keeps the page",)),
        Test("no memory for the copy", "bad arguments", 4, NO_MEMORY + short, needs=("the copy",)),
    ]
