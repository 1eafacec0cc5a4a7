"""The host stage of `pagetable`: cases by hand, drawn ones, and a long random run.

What must hold is said of a dictionary: which addresses have been walked for decides which tables
there are, a set, and the number of tables is the least. The entries in memory are read here by a
walk of our own, out of all frames that are in use. Rules of a student's own change when a walk
takes frames, and what becomes of the hint.
"""

import random
import re

from hoststage import Case, Test, Wrong

STEPS = 10000
DRAWN = 6                   # cases of each test that the seed draws
RULES = frozenset()         # of rules.patch, for one student
V, R, W, X, U, A, D = 1, 2, 4, 8, 16, 64, 128
NONE = (1 << 64) - 1        # a ceiling: no area behind
NAMES = {3: "Sv39", 4: "Sv48", 5: "Sv57"}
LEVELS = (3, 4, 5)
PAGE = 4096


def span(level):
    """How many bytes an entry of that level stands for."""
    return PAGE << 9 * level


def half(levels):
    return span(levels) // 2


def index(va, level):
    return va // span(level) % 512


def key_of(va, level):
    """The table of that level in which va's walk takes an entry."""
    return level, va // span(level + 1)


def missing(levels, va, there):
    """The tables on the way to va that are not there, the highest first."""
    return [key for key in (key_of(va, level) for level in range(levels - 2, -1, -1))
            if key not in there]


def built(levels, va, there, left):
    """Those that a walk with so many frames left adds."""
    wanted = missing(levels, va, there)
    return [] if "all_or_nothing" in RULES and len(wanted) > left else wanted[:left]


def named(levels, va):
    """The address, with its indices, that of the root first."""
    return "0x%x [%s]" % (whole(levels, va), " ".join(str(index(va, level)) for level in
                                                      range(levels - 1, -1, -1)))


def whole(levels, va):
    """The upper half lies behind the lower one here; where it really begins."""
    return va if va <= half(levels) else va | (1 << 64) - half(levels)


def bits_of(entry):
    names = "".join(name for bit, name in enumerate("VRWXUGAD") if entry >> bit & 1)
    return "frame %d %s%s" % (entry >> 10 & (1 << 44) - 1, names or "-", " and bits 8, 9: %d" % (
        entry >> 8 & 3) if entry >> 8 & 3 else "")


OF_ADDRESS = ("table", "put", "hint", "walk", "find", "look")


class State:
    """All that the driver told: frames {number: {index: entry}}, the list, the hint, the supply."""

    def __init__(self, replies):
        self.frames, self.upper = {}, {}
        while True:
            line = replies.take()
            words = line.split()
            if line == "state":
                break
            if words[0] == "frame":
                self.frames[int(words[1].rstrip(":"))] = {
                    int(i): int(e, 16) for i, e in (word.split("=") for word in words[2:])}
            elif words[0] == "changed":
                self.upper[int(words[1])] = int(words[2], 16)
            elif words[0] == "list":
                self.count = int(words[1].rstrip(":"))
                self.list = [word if word in ("without", "end") else int(word)
                             for word in words[2:]]
            elif words[0] == "hint":
                self.hint = None if words[1] == "none" else (int(words[1]), int(words[3]))
            elif words[0] == "supply:":
                self.supply = [int(word) for word in words[1:]]


class Judge:
    """Follows a script with what the driver told.

    tables: {(level, number): its frame, or None where nobody has told it yet}; leaf: {va: entry}.
    """

    def __init__(self, script):
        self.script, self.done = script, []

    def __call__(self, replies):
        for command in self.script:
            self.done.append(command)
            words = command.split()
            numbers = [int(word, 0) for word in words[1:]]
            if words[0] in OF_ADDRESS:
                numbers[0] %= 2 * half(self.levels)
            getattr(self, "do_" + words[0])(replies, *numbers)
        replies.finish()
        if replies.at < len(replies.lines):
            replies.take()
            self.wrong("there is more told than was asked for")

    # -- what is said of a failure --

    def wrong(self, why):
        said = [one for one in self.done if one != "state"][-7:]
        raise Wrong("%safter %s%s\n%s" % (
            NAMES[self.levels] + ", " if hasattr(self, "levels") else "",
            "... " if len(self.done) > 7 else "", ", ".join(said), why))

    def differ(self, what, expected, found):
        self.wrong("%s\nexpected: %s\nfound:    %s" % (what, expected, found))

    def at(self, va):
        return named(self.levels, va)

    def table_name(self, key):
        level, number = key
        return "the table of level %d for %s" % (level, self.at(number * span(level + 1)))

    # -- what needs no help --

    def do_new(self, _replies, levels, root):
        self.levels, self.root = levels, root
        self.tables, self.leaf, self.supply, self.hint = {}, {}, [], None
        self.large = {}             # pages at a level above 0: {(level, address): entry}

    def do_table(self, _replies, va, level, frame):
        self.tables[key_of(va, level)] = frame

    def do_put(self, _replies, va, level, entry):
        if level == 0:
            self.leaf[va] = entry
        else:
            self.large[level, va // span(level) * span(level)] = entry

    def do_hint(self, _replies, va):
        self.hint = key_of(va, 0)

    def do_unhint(self, _replies):
        self.hint = None

    def do_supply(self, _replies, *frames):
        self.supply = self.supply + list(frames)

    # -- single functions --

    def do_make(self, replies, pfn, allowed):
        expected = pfn << 10 | V | U | A | allowed | (R | D if allowed & W else 0)
        found = int(replies.take().split()[1], 16)
        if found != expected:
            self.differ("pte_make_user(frame %d, allowed %s)" % (pfn, bits_of(allowed)[8:]),
                        "0x%x: %s" % (expected, bits_of(expected)),
                        "0x%x: %s" % (found, bits_of(found)))

    def place(self, line):
        """(frame, index) of a reply."""
        match = re.match(r"at (\d+) (\d+)$", line)
        return (int(match.group(1)), int(match.group(2))) if match else None

    def need_entry(self, function, line, va, news=()):
        """The reply must be va's leaf entry. news: frames, one of which its table may be now."""
        found, key = self.place(line), key_of(va, 0)
        frame = self.tables[key]
        if found and frame is None and found[0] in news:
            frame = self.tables[key] = found[0]
        if not found or (frame is not None and found[0] != frame) or found[1] != index(va, 0) or \
                (frame is None and news):
            self.differ("%s for %s gives another entry" % (function, self.at(va)),
                        "the entry %d of %s" % (index(va, 0), self.table_name(key)),
                        "a pointer that leads nowhere" if not found else
                        "the entry %d of frame %d" % (found[1], found[0]) +
                        (", not of frame %d" % frame if frame not in (None, found[0]) else ""))

    def need_nothing(self, function, line, va, why):
        if line != "nothing":
            self.differ("%s for %s" % (function, self.at(va)), "NULL: " + why, "a pointer")

    def do_walk(self, replies, va):
        line, news = replies.take(), []
        wanted = missing(self.levels, va, self.tables)
        for key in built(self.levels, va, self.tables, len(self.supply)):
            news.append(self.supply[-1])
            self.supply = self.supply[:-1]
            self.tables[key] = None
        if len(news) < len(wanted):
            self.need_nothing("walk_page_table", line, va, "%d tables are missing, and the supply "
                              "has fewer frames: none is taken" % len(wanted)
                              if "all_or_nothing" in RULES else
                              "no frame is left for the table of level %d" % wanted[len(news)][0])
            return
        if line == "nothing":
            self.differ("walk_page_table for %s" % self.at(va),
                        "its leaf entry: the supply has all that is needed", "NULL")
        self.need_entry("walk_page_table", line, va, news)

    def do_find(self, replies, va):
        self.look("pte_find_from_root", replies.take(), va)

    def do_look(self, replies, va):
        self.look("pte_find", replies.take(), va)

    def look(self, function, line, va):
        if key_of(va, 0) not in self.tables:
            self.need_nothing(function, line, va, "no leaf table reaches it")
            if "miss_clears_hint" in RULES:
                self.hint = None
            return
        if line == "nothing":
            self.differ("%s for %s" % (function, self.at(va)),
                        "its leaf entry, be it empty or not", "NULL")
        self.need_entry(function, line, va)
        self.hint = key_of(va, 0)

    def first_reached(self, va, end):
        """The first address in [va, end) that a leaf table reaches, or None."""
        begins = [max(va, number * span(1)) for level, number in self.tables
                  if level == 0 and (number + 1) * span(1) > va and number * span(1) < end]
        return min(begins) if begins and va < end else None

    def do_next(self, replies, va, end):
        expected, line = self.first_reached(va, end), replies.take()
        what = "pte_next from %s to %s" % (self.at(va), self.at(end))
        if expected is None:
            if line != "nothing":
                self.differ(what, "NULL: no leaf table reaches anything there",
                            "an entry, for " + self.at(int(replies.take().split()[1], 16)))
            return
        if line == "nothing":
            self.differ(what, "the entry for " + self.at(expected), "NULL")
        found = int(replies.take().split()[1], 16)
        if found != expected:
            self.differ(what, "the address " + self.at(expected), "the address " + self.at(found))
        self.need_entry("pte_next", line, expected)
        if "next_leaves_hint" in RULES:
            self.hint = key_of(expected, 0)

    def do_each(self, replies, va, end):
        found = []
        while True:
            words = replies.take().split()
            if words == ["pte", "end"]:
                break
            found.append((int(words[1], 16), int(words[2], 16)))
        expected = [(at, self.leaf.get(at, 0)) for number in
                    sorted(number for level, number in self.tables if level == 0)
                    for at in range(number * span(1), (number + 1) * span(1), PAGE)
                    if va <= at < end]
        for one, other in zip(expected + [None], found + [None]):
            if one != other:
                self.differ("the loop for_each_pte from %s to %s" % (self.at(va), self.at(end)),
                            *["the entry 0x%x of %s" % (pair[1], self.at(pair[0])) if pair else
                              "it ends" for pair in (one, other)])
        if "next_leaves_hint" in RULES and expected:
            self.hint = key_of(expected[-1][0], 0)

    def do_needed(self, replies, levels, start, end, floor, ceiling):
        self.levels = levels
        found, expected = int(replies.take().split()[1]), 0
        said = []
        for level in range(1, levels):
            touched = range(start // span(level), (end - 1) // span(level) + 1)
            beside = {(floor - 1) // span(level)} if floor else set()
            if ceiling != NONE:
                beside.add(ceiling // span(level))
            count = len(touched) - sum(number in touched for number in beside)
            said.append("%d of level %d" % (count, level - 1))
            expected += count
        if found != expected:
            self.differ("tables_needed_beside: the area is %s to %s; the one before ends at %s, "
                        "the one behind begins at %s" % (
                            self.at(start), self.at(end), self.at(floor) if floor else "none",
                            "none" if ceiling == NONE else self.at(ceiling)),
                        "%d tables: %s" % (expected, ", ".join(said)), "%d" % found)

    def do_empty(self, replies):
        words = replies.take().split()
        if words[-1] == "end":
            self.wrong("the list of dropped tables has no end")
        used = {key_of(va, level) for va, entry in self.leaf.items() if entry
                for level in range(self.levels - 1)}
        gone = {key: frame for key, frame in self.tables.items() if key not in used}
        if len(words) - 1 != len(gone):
            self.differ("page_table_drop_empty", "%d empty tables go" % len(gone),
                        "%d go" % (len(words) - 1))
        if self.hint in gone:
            self.hint = None
        self.tables = {key: frame for key, frame in self.tables.items() if key in used}
        self.leaf = {va: entry for va, entry in self.leaf.items() if key_of(va, 0) in self.tables}

    # -- the whole --

    def do_state(self, replies):
        told = State(replies)
        tables, leaf = self.walk_all(told)
        for key in sorted(set(tables) - set(self.tables), reverse=True):
            self.wrong("there is %s, which nobody asked for" % self.table_name(key))
        for key in sorted(set(self.tables) - set(tables), reverse=True):
            self.wrong("%s is missing, or not linked" % self.table_name(key))
        for key, frame in self.tables.items():
            if frame not in (None, tables[key]):
                self.differ("%s was exchanged" % self.table_name(key), "frame %d" % frame,
                            "frame %d" % tables[key])
        self.tables = tables
        expected = {va: entry for va, entry in self.leaf.items() if entry}
        for i, entry in told.upper.items():
            self.differ("entry %d of the root, which is the kernel's" % i, "as it was",
                        bits_of(entry))
        for va in sorted(set(leaf) | set(expected)):
            if leaf.get(va, 0) != expected.get(va, 0):
                self.differ("the leaf entry for " + self.at(va),
                            bits_of(expected.get(va, 0)), bits_of(leaf.get(va, 0)))
        self.check_frames(told)
        hint = self.hint and (tables[self.hint],
                              whole(self.levels, self.hint[1] * span(1)) // span(1))
        if told.hint != hint:
            self.differ("the hint, last_leaf%s%s" % (
                ": a search from the root that finds nothing clears it"
                if "miss_clears_hint" in RULES else "",
                ": pte_next leaves it, too" if "next_leaves_hint" in RULES else ""),
                self.hint_name(hint), self.hint_name(told.hint))

    @staticmethod
    def hint_name(hint):
        return "frame %d, with index 0x%x" % hint if hint else "none"

    def check_frames(self, told):
        """Each frame is the space's, or still in the supply, once; the space knows how many."""
        if told.supply != self.supply:
            self.differ("the frames that are left in the supply",
                        " ".join(map(str, self.supply)) or "none",
                        " ".join(map(str, told.supply)) or "none")
        mine = sorted([self.root] + list(self.tables.values()))
        if sorted(map(str, told.list)) != sorted(map(str, mine)):
            self.differ("the frames on the list table->frames", " ".join(map(str, mine)),
                        " ".join(map(str, told.list)))
        if told.count != len(mine):
            self.differ("table_frames", len(mine), told.count)
        lost = set(told.frames) - set(mine) - set(self.supply)
        if lost:
            self.wrong("frame %d is neither a table nor in the supply" % min(lost))

    def walk_all(self, told):
        """All tables and leaf entries that the root leads to, as the hardware would read them."""
        tables, leaf, seen = {}, {}, {self.root: "the root"}
        todo = [(self.levels - 1, 0, self.root)]
        while todo:
            level, base, frame = todo.pop()
            for i, entry in sorted(told.frames[frame].items()):
                va = base + i * span(level)
                if level == 0:
                    leaf[va] = entry
                elif self.large.get((level, va)) != entry:
                    key, child = (level - 1, va // span(level)), entry >> 10
                    if entry & 0x3ff != V:
                        self.differ("the entry of level %d for %s leads to a table" % (
                            level, self.at(va)), "V and its frame's number alone", bits_of(entry))
                    if child not in told.frames or child in self.supply:
                        self.wrong("the entry of level %d for %s leads to frame %d, which is none "
                                   "of the space's%s" % (
                                       level, self.at(va), child, ": a walk for which the supply "
                                       "does not suffice takes no frame" if "all_or_nothing" in
                                       RULES and child in self.supply else ""))
                    if child in seen:
                        self.wrong("frame %d is %s, and %s, too" % (
                            child, seen[child], self.table_name(key)))
                    seen[child] = self.table_name(key)
                    tables[key] = child
                    todo.append((level - 1, va, child))
        return tables, leaf


def case(name, *script):
    """Of each command that changes something the whole state is told behind it."""
    told = []
    for command in script:
        told.append(command)
        if command.split()[0] in ("walk", "find", "look", "next", "each", "empty"):
            told.append("state")
    return Case(name, told, Judge(told))


# ---- spaces ----

class Frames:
    """Numbers of frames that nobody can know before."""

    def __init__(self, dice):
        self.numbers = dice.sample(range(2, 4094), 1200)

    def one(self):
        return self.numbers.pop()

    def text(self, count):
        return " ".join(str(self.one()) for _ in range(count))


def va_of(*indices):
    """The address with these indices, that of level 0 the last."""
    va = 0
    for i in indices:
        va = va << 9 | i
    return va << 12


def path(frames, levels, va, down_to=0, there=None):
    """Commands for the tables on the way to va, but those that are there."""
    there = set() if there is None else there
    script = []
    for level in range(levels - 2, down_to - 1, -1):
        if key_of(va, level) not in there:
            there.add(key_of(va, level))
            script.append("table 0x%x %d %d" % (va, level, frames.one()))
    return script


def space(frames, levels, *places, down_to=0):
    """Commands for a space with the tables for these addresses."""
    script, there = ["new %d %d" % (levels, frames.one())], set()
    for va in places:
        script += path(frames, levels, va, down_to, there)
    return script


def some_va(dice, levels, others=()):
    """Somewhere in the user half; often it shares tables with one of the others."""
    va = dice.randrange(half(levels)) & -PAGE
    kind = dice.randrange(4) if others else 0
    if kind == 1:
        va = dice.choice(others) ^ PAGE << 9 * dice.randrange(levels)
    elif kind == 2:
        va = dice.choice(others) + dice.choice((-PAGE, PAGE))
    elif kind == 3:
        level = dice.randrange(1, levels)
        va = va // span(level) * span(level) - PAGE * dice.randrange(2)
    return va % half(levels)


def some_vas(dice, levels, count):
    found = []
    for _ in range(count):
        found.append(some_va(dice, levels, found))
    return found


def distinct(levels, first=17):
    """An address whose indices are all different."""
    return va_of(*[first + 3 * level for level in range(levels - 1, -1, -1)])


# ---- one function ----

def entries(dice):
    fixed = [case("a_page_that_may_be_read", "make 0x80123 2"),
             case("a_writable_page_can_be_read_too", "make 0x80123 4", "make 0x80124 6"),
             case("code", "make 0x80123 8", "make 0x80123 10"),
             case("all_access", "make 0x80123 14", "make 7 12"),
             case("the_first_and_the_last_frame", "make 0 2", "make 0xfffffffffff 6")]
    drawn = ["make 0x%x %d" % (dice.randrange(1 << 44), dice.choice((2, 4, 6, 8, 10, 12, 14)))
             for _ in range(40)]
    return fixed + [case("drawn_entries", *drawn)]


def walking(dice, f):
    cases = []
    for levels in LEVELS:
        va, name = distinct(levels), NAMES[levels]
        cases += [
            case("a_first_walk_builds_a_table_of_each_level_%s" % name,
                 *space(f, levels), "supply " + f.text(levels - 1), "walk 0x%x" % va),
            case("a_second_walk_builds_nothing_%s" % name,
                 *space(f, levels), "supply " + f.text(levels - 1), "walk 0x%x" % va,
                 "supply " + f.text(levels - 1), "walk 0x%x" % va, "walk 0x%x" % (va + PAGE))]
        for level in range(1, levels):
            other = va + span(level)
            cases.append(case("addresses_that_part_at_level_%d_%s" % (level, name),
                              *space(f, levels, va), "supply " + f.text(4), "walk 0x%x" % other))
    va = va_of(3, 5, 7)
    cases += [
        case("tables_that_are_there_are_used",
             *space(f, 5, va_of(1, 2, 3, 4, 5), down_to=2), "supply " + f.text(4),
             "walk 0x%x" % va_of(1, 2, 3, 4, 5)),
        case("a_walk_leaves_the_hint_as_it_is", *space(f, 3, va), "hint 0x%x" % va,
             "supply " + f.text(4), "walk 0x%x" % va, "walk 0x%x" % va_of(3, 6, 1),
             "walk 0x%x" % va_of(4, 5, 7)),
        case("an_entry_in_use_stays", *space(f, 4, va), "put 0x%x 0 0x30e01d7" % va,
             "put 0x%x 0 0x4e00" % (va + PAGE), "supply " + f.text(3), "walk 0x%x" % va,
             "walk 0x%x" % (va + PAGE)),
        case("a_full_leaf_table_has_no_neighbours", *space(f, 3), "supply " + f.text(4),
             "walk 0x%x" % va_of(1, 1, 511), "walk 0x%x" % va_of(1, 2, 0), "supply " + f.text(4),
             "walk 0x%x" % va_of(1, 511, 511), "walk 0x%x" % va_of(2, 0, 0)),
    ]
    if "all_or_nothing" in RULES:
        cases += running_out(f, "too_few_frames")
    for number in range(DRAWN):
        levels = LEVELS[number % 3]
        script = space(f, levels)
        for va in some_vas(dice, levels, 6):
            script += ["supply " + f.text(levels - 1), "walk 0x%x" % va] if \
                len(script) < 2 or dice.random() < 0.6 else ["walk 0x%x" % va]
        cases.append(case("drawn_walks_%d" % number, *trimmed(script, whole=True)))
    return cases


def trimmed(script, whole=False):
    """The same with no more in the supply than fits: five frames. whole: without the walks for
    which there are not enough."""
    left, found, there, levels = 0, [], set(), 0
    for command in script:
        words = command.split()
        if words[0] == "new":
            levels = int(words[1])
        elif words[0] == "table":
            there.add(key_of(int(words[1], 0), int(words[2])))
        elif words[0] == "supply":
            words = words[:1 + max(0, 5 - left)]
            left += len(words) - 1
            if len(words) == 1:
                continue
        elif words[0] == "walk":
            if whole and len(missing(levels, int(words[1], 0), there)) > left:
                continue
            news = built(levels, int(words[1], 0), there, left)
            left -= len(news)
            there.update(news)
        found.append(" ".join(words))
    return found


def finding(dice, f):
    cases = []
    for levels in LEVELS:
        va, name = distinct(levels, 40), NAMES[levels]
        cases += [
            case("a_leaf_entry_is_found_%s" % name, *space(f, levels, va),
                 "put 0x%x 0 0x20004cd7" % va, "find 0x%x" % va),
            case("an_empty_leaf_entry_is_found_%s" % name, *space(f, levels, va),
                 "find 0x%x" % (va + PAGE))]
        for level in range(levels - 1):
            cases.append(case("nothing_where_the_table_of_level_%d_is_missing_%s" % (level, name),
                              *space(f, levels, va, down_to=level + 1), "find 0x%x" % va))
    va, other = va_of(3, 5, 7), va_of(3, 6, 9)
    high = (1 << 64) - span(3) + va_of(300, 7, 8)
    cases += [
        case("the_hint_is_the_leaf_table_found_last", *space(f, 4, va, other), "find 0x%x" % va,
             "find 0x%x" % other, "find 0x%x" % va, "find 0x%x" % (va + PAGE)),
        case("the_hint_where_nothing_is_found", *space(f, 3, va), "hint 0x%x" % va,
             "find 0x%x" % va_of(3, 7, 7), "find 0x%x" % va_of(2, 5, 7)),
        case("no_hint_comes_of_a_path_that_ends_early", *space(f, 5, va, down_to=1),
             "find 0x%x" % va),
        case("a_page_in_swap_is_found_too", *space(f, 3, va), "put 0x%x 0 0x12e00" % va,
             "find 0x%x" % va),
        case("a_large_page_has_no_leaf_table", *space(f, 3), "find 0x%x" % high),
        case("a_large_page_of_level_1_has_none_either", *space(f, 3, high, down_to=1),
             "put 0x%x 1 0x200000e7" % high, "find 0x%x" % high),
        case("a_leaf_table_of_the_kernel_is_found", *space(f, 3, high), "find 0x%x" % high),
    ]
    for number in range(DRAWN):
        levels = LEVELS[number % 3]
        places = some_vas(dice, levels, 5)
        asked = places[:3] + [some_va(dice, levels, places) for _ in range(6)]
        dice.shuffle(asked)
        cases.append(case("drawn_lookups_%d" % number, *space(f, levels, *places),
                          *["find 0x%x" % va for va in asked]))
    return cases


def next_tables(dice, f):
    cases = []
    for levels in LEVELS:
        va, name = distinct(levels, 40), NAMES[levels]
        cases.append(case("an_address_that_is_reached_is_its_own_next_%s" % name,
                          *space(f, levels, va), "next 0x%x 0x%x" % (va, va + PAGE),
                          "next 0x%x 0x%x" % (va + PAGE, half(levels))))
        for level in range(1, levels):
            begin = va - span(level) - 5 * PAGE
            cases.append(case("a_gap_of_level_%d_is_passed_%s" % (level, name),
                              *space(f, levels, va), "next 0x%x 0x%x" % (begin, va + PAGE)))
            cases.append(case("what_begins_behind_a_gap_of_level_%d_%s" % (level, name),
                              *space(f, levels, va // span(level) * span(level)),
                              "next 0x%x 0x%x" % (va // span(level) * span(level) - 3 * PAGE,
                                                  half(levels))))
    va, later = va_of(3, 5, 7), va_of(3, 9, 2)
    cases += [
        case("the_search_ends_at_the_end", *space(f, 3, later),
             "next 0x%x 0x%x" % (va, later // span(1) * span(1)),
             "next 0x%x 0x%x" % (va, later // span(1) * span(1) + PAGE)),
        case("a_table_behind_the_end_is_none", *space(f, 4, va, later),
             "next 0x%x 0x%x" % (va_of(3, 6, 0), va_of(3, 8, 511))),
        case("an_empty_range_has_none", *space(f, 3, va), "next 0x%x 0x%x" % (va, va),
             "hint 0x%x" % va, "next 0x%x 0x%x" % (va, va),
             "next 0x%x 0x%x" % (va + PAGE, va)),
        case("nothing_in_a_space_without_tables", *space(f, 5), "next 0 0x%x" % half(5)),
        case("tables_of_higher_levels_alone_reach_nothing", *space(f, 5, va, down_to=1),
             "next 0 0x%x" % span(4)),
        case("a_table_half_way_is_entered", *space(f, 4, va_of(2, 0, 5, 7), va_of(2, 3, 1, 0)),
             "next 0x%x 0x%x" % (va_of(2, 0, 9, 9), half(4)), "next 0 0x%x" % half(4)),
        case("the_hint_after_a_search", *space(f, 3, va, later), "hint 0x%x" % va,
             "next 0x%x 0x%x" % (va, half(3)), "next 0x%x 0x%x" % (va_of(3, 8, 0), half(3)),
             "unhint", "next 0x%x 0x%x" % (va, half(3))),
        case("the_hint_may_answer_for_the_address_itself", *space(f, 3, va, later),
             "hint 0x%x" % later, "next 0x%x 0x%x" % (later, half(3)),
             "next 0x%x 0x%x" % (va, half(3))),
        case("a_large_page_reaches_nothing", *space(f, 3),
             "next 0x%x 0x%x" % ((1 << 64) - span(3) + va_of(300, 0, 0),
                                 (1 << 64) - span(3) + va_of(302, 0, 0))),
        case("a_loop_over_all_entries", *space(f, 3, va, later, va_of(4, 511, 511)),
             "put 0x%x 0 0x20004cd7" % va, "put 0x%x 0 0x4e00" % later,
             "each 0x%x 0x%x" % (va, half(3))),
    ]
    for number in range(DRAWN):
        levels = LEVELS[number % 3]
        places = some_vas(dice, levels, 7)
        script = space(f, levels, *places)
        for _ in range(9):
            script.append("next 0x%x 0x%x" % tuple(sorted(
                (some_va(dice, levels, places), some_va(dice, levels, places) + PAGE))))
        cases.append(case("drawn_searches_%d" % number, *script))
    return cases


def long_gap(f):
    """Where each leaf table that is missing is a step of its own this takes hours."""
    return [case("a_long_gap_is_passed_%s" % NAMES[levels], *space(f, levels, half(levels) - PAGE),
                 "next 0 0x%x" % half(levels)) for levels in (5,)]


def needed(levels, start, end, floor=0, ceiling=NONE):
    return "needed %d 0x%x 0x%x 0x%x 0x%x" % (levels, start, end, floor, ceiling)


def areas(dice):
    cases = []
    for levels in LEVELS:
        va, name = distinct(levels, 40), NAMES[levels]
        cases += [
            case("a_page_alone_needs_a_table_of_each_level_%s" % name,
                 needed(levels, va, va + PAGE)),
            case("a_large_area_needs_many_%s" % name, needed(levels, va, va + 3 * span(2)))]
    va = va_of(9, 5, 7, 3)
    cases += [
        case("a_neighbour_before_has_the_leaf_table",
             needed(4, va, va + 600 * PAGE, floor=va), needed(4, va, va + 9 * PAGE, floor=va)),
        case("a_neighbour_behind_has_the_leaf_table",
             needed(4, va - 600 * PAGE, va, ceiling=va), needed(4, va - PAGE, va, ceiling=va)),
        case("a_neighbour_far_away_has_some_of_the_higher_ones",
             needed(4, va, va + PAGE, floor=va - 3 * span(1)),
             needed(4, va, va + PAGE, floor=va - 3 * span(2)),
             needed(4, va, va + PAGE, ceiling=va + 3 * span(1)),
             needed(5, va, va + PAGE, ceiling=va + 3 * span(3))),
        case("neighbours_on_both_sides",
             needed(4, va, va + 3 * span(1), floor=va - PAGE, ceiling=va + 3 * span(1) + PAGE)),
    ]
    for number in range(DRAWN):
        script = []
        for _ in range(12):
            levels = dice.choice(LEVELS)
            size = dice.randrange(1, 1 << dice.randrange(2, 9 * levels - 2))
            start = dice.randrange(half(levels) // PAGE - size) * PAGE
            end = start + size * PAGE
            floor = dice.choice((0, start, start - PAGE * dice.randrange(1 << dice.randrange(20))))
            ceiling = dice.choice((NONE, end, end + PAGE * dice.randrange(
                1 << dice.randrange(20))))
            script.append(needed(levels, start, end, max(0, floor),
                                 ceiling if ceiling < half(levels) else NONE))
        cases.append(case("drawn_areas_%d" % number, *script))
    return cases


# ---- bad arguments, and what is at the edge ----

def running_out(f, what="no_frame"):
    """The supply ends at the k-th table, for each k; then it goes on."""
    cases = []
    for levels in LEVELS:
        for k in range(levels - 1):
            va = distinct(levels, 100)
            script = space(f, levels) + ["supply " + f.text(k)] * (k > 0) + ["walk 0x%x" % va]
            script += ["supply " + f.text(levels - 1), "walk 0x%x" % va]
            cases.append(case("%s_for_table_%d_of_%d_%s" % (
                what, k + 1, levels - 1, NAMES[levels]), *trimmed(script)))
    if what != "no_frame":
        return cases
    va, other = va_of(1, 2, 3, 4, 5), va_of(1, 2, 9, 4, 5)
    cases += [
        case("no_frame_and_none_needed", *space(f, 5, va), "walk 0x%x" % va,
             "walk 0x%x" % (va + PAGE)),
        case("one_frame_and_two_needed", *space(f, 5, va), "supply " + f.text(1),
             "walk 0x%x" % other, "walk 0x%x" % va, "supply " + f.text(1), "walk 0x%x" % other),
        case("what_is_built_of_a_path_serves_another", *space(f, 5, va), "supply " + f.text(1),
             "walk 0x%x" % other, "supply " + f.text(1), "walk 0x%x" % (other + span(1))),
        case("the_hint_stays_where_the_supply_ends", *space(f, 4, va_of(2, 5, 7)),
             "hint 0x%x" % va_of(2, 5, 7), "supply " + f.text(1), "walk 0x%x" % va_of(7, 2, 5, 7)),
    ]
    return cases


def edges_of(levels):
    """The first and the last page, and both sides of a border of each level."""
    found = [0, half(levels) - PAGE]
    for level in range(1, levels):
        border = half(levels) // 2 // span(level) * span(level)
        found += [border - PAGE, border]
    return found


def edges(f):
    cases = []
    for levels in LEVELS:
        name, at = NAMES[levels], edges_of(levels)
        walks, finds, nexts = space(f, levels), space(f, levels, *at), space(f, levels, *at)
        for va in at:
            walks += ["supply " + f.text(levels - 1), "walk 0x%x" % va]
            finds.append("find 0x%x" % va)
            nexts += ["next 0x%x 0x%x" % (va, va + PAGE), "next 0x%x 0x%x" % (
                max(0, va - PAGE), half(levels))]
        cases += [case("walks_at_the_edges_%s" % name, *trimmed(walks)),
                  case("lookups_at_the_edges_%s" % name, *finds),
                  case("searches_at_the_edges_%s" % name, *nexts),
                  case("the_last_page_is_the_end_of_a_loop_%s" % name,
                       *space(f, levels, half(levels) - PAGE),
                       "each 0x%x 0x%x" % (half(levels) - 3 * PAGE, half(levels)))]
    return cases


def edges_of_areas():
    cases = []
    for levels in LEVELS:
        end, name = half(levels), NAMES[levels]
        cases += [
            case("the_whole_user_half_%s" % name, needed(levels, 0, end)),
            case("the_first_and_the_last_page_%s" % name, needed(levels, 0, PAGE),
                 needed(levels, end - PAGE, end), needed(levels, 0, PAGE, ceiling=PAGE),
                 needed(levels, end - PAGE, end, floor=end - PAGE)),
            case("areas_that_end_at_a_border_%s" % name, *[
                needed(levels, span(level) - PAGE, span(level)) for level in range(1, levels)]),
            case("areas_across_a_border_%s" % name, *[
                needed(levels, span(level) - PAGE, span(level) + PAGE)
                for level in range(1, levels)]),
            case("neighbours_that_end_or_begin_at_a_border_%s" % name, *[
                needed(levels, span(level), 2 * span(level), span(level), 2 * span(level))
                for level in range(1, levels - 1)])]
    va = va_of(9, 5, 7, 3)
    return cases + [
        case("both_neighbours_share_the_same_table", needed(4, va, va + PAGE, va, va + PAGE),
             needed(4, va, va + PAGE, va - PAGE, va + 2 * PAGE),
             needed(5, va, va + 2 * PAGE, va - span(2), va + span(2))),
        case("a_gap_between_two_tables_of_the_neighbours",
             needed(3, va_of(1, 3, 511), va_of(1, 4, 1), va_of(1, 3, 2), va_of(1, 4, 8)),
             needed(3, va_of(1, 3, 511), va_of(1, 5, 1), va_of(1, 3, 2), va_of(1, 5, 8)))]


# ---- all of them ----

def random_case(seed, f):
    """10,000 steps, in spaces of each mode one after the other."""
    dice, script, places, left, there = random.Random(seed), [], [], 0, set()
    for step in range(STEPS):
        if step % 1000 == 0:
            levels = LEVELS[step // 1000 % 3]
            f = Frames(dice)
            script.append("new %d %d" % (levels, f.one()))
            places, left, there = some_vas(dice, levels, 40), 0, set()
        va = dice.choice(places) if dice.random() < 0.9 else some_va(dice, levels, places)
        kind = dice.random()
        if kind < 0.25:
            if dice.random() < 0.7 and left < levels - 1:
                more = min(levels - 1 - left, dice.randrange(1, 5))
                script.append("supply " + f.text(more))
                left += more
            script.append("walk 0x%x" % va)
            news = built(levels, va, there, left)
            left -= len(news)
            there.update(news)
        elif kind < 0.4 and key_of(va, 0) in there:
            script.append("put 0x%x 0 0x%x" % (va, dice.choice((0, 1)) and
                                               dice.randrange(1 << 20) << 10 | 0xd7))
        elif kind < 0.55:
            script.append("find 0x%x" % va)
        elif kind < 0.7:
            script.append("look 0x%x" % va)
        else:
            end = some_va(dice, levels, places) if dice.random() < 0.5 else half(levels)
            script.append("next 0x%x 0x%x" % (min(va, end), max(va, end)))
        if step % 200 == 199:
            script += ["state", "empty", "state"] if step % 1000 == 599 else ["state"]
            if step % 1000 == 599:
                there = None
        if there is None:
            there = left_over(script)
    return Case("%d_random_steps_seed_%d" % (STEPS, seed), script, Judge(script))


def left_over(script):
    """The tables that are there behind page_table_drop_empty: those with an entry below."""
    begin = max(i for i, command in enumerate(script) if command.startswith("new "))
    levels, leaf = int(script[begin].split()[1]), {}
    for command in script[begin:]:
        words = command.split()
        if words[0] == "put":
            leaf[int(words[1], 0)] = int(words[3], 0)
    return {key_of(va, level) for va, entry in leaf.items() if entry
            for level in range(levels - 1)}


def tests(seed):
    dice = random.Random("cases %d" % seed)

    def f():
        return Frames(dice)
    return [
        Test("entries", "works", 2, entries(dice)),
        Test("walking", "works", 5, walking(dice, f())),
        Test("finding", "works", 4, finding(dice, f())),
        Test("tables for an area", "works", 2, areas(dice)),
        Test("the supply runs out", "bad arguments", 8, running_out(f()), needs=("walking",)),
        Test("edges of areas", "bad arguments", 6, edges_of_areas(),
             needs=("tables for an area",)),
        # What takes too long keeps those behind it from being tried, so these come last.
        Test("next tables", "works", 4, next_tables(dice, f()) + long_gap(f())),
        Test("edges of the user half", "bad arguments", 6, edges(f()),
             needs=("walking", "finding", "next tables")),
        Test("random steps", "works", 3, (random_case(seed, f()),), together=True),
    ]
