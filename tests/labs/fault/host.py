"""The host stage of `fault`: the table of cases row by row, facts by chance, and a small space.

The judge has the table at the top of kernel/vm/faults/fault_kind.h as a table, and knows for given
facts the row. What the table leaves open is not asked: the lists below say what that is.
"""

import random
import re

from hoststage import Case, Test, Wrong

PAGE = 4096
STEPS = 10000
DRAWN = 6                   # cases of each test that the seed draws
RULES = frozenset()         # of rules.patch, for one student
STEP = 4                    # pages, under the rule steps_of_four
ENOMEM = -12
PLENTY = 1 << 30
READ, WRITE, EXEC = 1, 2, 4
ACCESS_NAMES = {0: "nothing but what is in swap", READ: "a load", WRITE: "a store", EXEC: "a fetch"}
AREA, GAP, GROW, GUARD, BELOW_SP, PAST_END, SHARED, ZERO_PAGE = (1 << bit for bit in range(8))
FACT_NAMES = ("has_area", "is_stack_gap", "may_grow", "is_guard", "below_sp", "past_end",
              "is_shared", "is_zero_page")
ZERO, WHOLE, PART = range(3)
BACKING_NAMES = ("zero content", "a whole page of a file", "a part of a page of a file")
V, R, W, X, U, A, D = 1, 2, 4, 8, 16, 64, 128
KEPT, SWAP = 256, 512       # kinds of an entry that is not valid; SWAP of one that is: wired
BIT_NAMES = ((V, "V"), (R, "R"), (W, "W"), (X, "X"), (U, "U"), (A, "A"), (D, "D"))
CLEAN, CODE, WRITABLE = V | U | R | A, V | U | R | X | A, V | U | R | W | A
DIRTY = WRITABLE | D

# entry: what it is for a load or a fetch, and for a store. None: SPURIOUS or MARK.
TABLE = {
    "empty, zero content": ("ZERO_READ", "ZERO_WRITE"),
    "empty, file, whole": ("FILE_MAP", "FILE_COPY"),
    "empty, file, part": ("FILE_COPY", "FILE_COPY"),
    "empty, shared": ("FILE_MAP", "FILE_SHARE"),
    "a swap slot": ("SWAP", "SWAP"),
    "present, shared": (None, "FILE_SHARE"),
    "the zero page": (None, "ZERO_UPGRADE"),
    "present, read-only": (None, "COPY_ON_WRITE"),
    "present, writable": (None, None),
}


# ---- what the table says ----

def row_of(facts, backing, entry):
    if not entry:
        if backing == ZERO:
            return "empty, zero content"
        if facts & SHARED:
            return "empty, shared"
        return "empty, file, whole" if backing == WHOLE else "empty, file, part"
    if not entry & V:
        return "a swap slot"
    if entry & W:
        return "present, writable"
    if facts & SHARED:
        return "present, shared"
    return "the zero page" if facts & ZERO_PAGE else "present, read-only"


def outside(facts):
    """No area is there."""
    if facts & GAP and facts & GROW:
        return "STACK"
    guards = GUARD | GAP if "gap_is_guard" in RULES else GUARD
    return "GUARD" if facts & guards else "NO_AREA"


def inside(access, facts, backing, entry):
    """An area is there that allows the access."""
    if entry & KEPT and not entry & V:
        return "CORRUPT"
    if not entry and facts & BELOW_SP:
        return "NO_AREA"
    load, store = TABLE[row_of(facts, backing, entry)]
    kind = store if access == WRITE else load
    if kind is None:
        if not (entry & U and entry & access << 1):
            return "CORRUPT"
        marks = A | D if access == WRITE else A
        return "SPURIOUS" if entry & marks == marks else "MARK"
    if facts & PAST_END and kind.startswith("FILE_"):
        return "PAST_END"
    return kind


def kind_of(access, facts, allowed, backing, entry):
    if not facts & AREA:
        return outside(facts)
    if access & ~allowed:
        return "PERMISSION"
    return inside(access, facts, backing, entry)


def entry_text(entry):
    if not entry & 1023:
        return "empty"
    if not entry & V:
        return "kept by PROT_NONE" if entry & KEPT else "a swap slot"
    return "present, " + " ".join(name for bit, name in BIT_NAMES if entry & bit)


def facts_text(access, facts, allowed, backing, entry):
    names = [name for i, name in enumerate(FACT_NAMES) if facts >> i & 1]
    return "%s; entry: %s; the area allows %s, and shows %s; true: %s" % (
        ACCESS_NAMES[access], entry_text(entry),
        "".join(c for i, c in enumerate("rwx") if allowed >> i & 1) or "nothing",
        BACKING_NAMES[backing], " ".join(names) or "nothing")


# ---- the judge of a script ----

class Page:
    """What an entry is; frame: zero or own, or None where it has none."""

    def __init__(self, bits, frame):
        self.bits, self.frame = bits, frame


class Judge:
    """Follows a script with what the driver told."""

    def __init__(self, script):
        self.script, self.done = script, []

    def __call__(self, replies):
        self.replies = replies
        for command in self.script:
            self.done.append(command)
            words = command.split()
            getattr(self, "do_" + words[0].replace("-", "_"))(*[int(word) for word in words[1:]])
        replies.finish()
        if replies.at < len(replies.lines):
            self.take()
            self.wrong("there is more told than was asked for")

    def wrong(self, why):
        said = self.done[-8:]
        raise Wrong("after %s%s\n%s" % ("... " if len(self.done) > 8 else "", ", ".join(said), why))

    def differ(self, what, expected, found):
        self.wrong("%s\nexpected: %s\nfound:    %s" % (what, expected, found))

    def take(self):
        line = self.replies.take()
        if line == "unlocked the space":
            self.wrong("the space was changed, and its lock was not held")
        if line.startswith("unlocked "):
            self.wrong("bytes were copied (%s), and the page table's lock was not held"
                       % line.split()[1])
        if line.startswith("still locked "):
            self.wrong("at the end the lock of %s is held still" % line[len("still locked "):])
        if line.startswith("elsewhere "):
            self.wrong("memory has changed that is not the page's")
        return line

    # -- the table --

    def check_kind(self, function, facts, expected):
        found = self.take()[len("kind "):]
        if found != expected:
            raise Wrong("%s()\n%s\nexpected: %s\nfound:    %s" % (
                function, facts_text(*facts), expected, found))

    def do_kind(self, *facts):
        self.check_kind("fault_kind", facts, kind_of(*facts))

    def do_outside(self, *facts):
        self.check_kind("kind_outside", facts, outside(facts[1]))

    def do_absent(self, *facts):
        self.check_kind("kind_absent", facts, inside(facts[0], facts[1], facts[3], 0))

    def do_present(self, *facts):
        self.check_kind("kind_present", facts, inside(facts[0], facts[1], facts[3], facts[4]))

    # -- a space --

    def do_new(self):
        self.areas, self.stack, self.limit = [], None, 0    # areas: [start, end, access, flags]
        self.pages, self.memory, self.rules = {}, PLENTY, None
        self.charged = self.frames = 0

    def do_area(self, start, end, access):
        self.areas.append([start, end, access, 0])

    def do_stack(self, start, end, limit, flags=0):
        self.stack, self.limit = [start, end, 3, 1 | flags], limit
        self.areas.append(self.stack)

    def do_entry(self, page, bits):
        self.pages[page] = Page(bits, "own")
        self.frames += 1

    def do_zero(self, page):
        self.pages[page] = Page(CLEAN, "zero")

    def do_memory(self, count):
        self.memory = count

    def do_rules(self, agree):
        self.rules = bool(agree)

    def area_at(self, page):
        return next((area for area in self.areas if area[0] <= page < area[1]), None)

    def area_above(self, page):
        return min((area for area in self.areas if area[1] > page), default=None)

    def entry(self, page):
        return self.pages.get(page, Page(0, None))

    def user_bits(self, access):
        """Of a new entry."""
        return V | U | A | access << 1 | (R | D if access & WRITE else 0)

    def check_result(self, what, expected):
        found = self.take()
        if found != "result " + expected:
            self.differ(what + ": the result", expected, found[len("result "):])

    def check_brought(self, what, frame, bits, counter, counts):
        line = self.take()
        if line == "the zero page was written":
            self.wrong(what + ": the zero page was written, which all read")
        match = re.match(r"brings (\w+) (\d+) counter (\w+) refs (\d+) maps (\d+)$", line)
        if not match:
            self.wrong("the driver's reply was: " + line)
        found = match.groups()
        if found[0] != frame:
            names = {"own": "a frame of its own", "zero": "the zero page", "nothing": "nothing",
                     "other": "another frame"}
            self.differ(what + ": what it brings", names[frame], names.get(found[0], found[0]))
        if int(found[1]) != bits:
            self.differ(what + ": the entry", entry_text(bits), entry_text(int(found[1])))
        if found[2] != counter:
            self.differ(what + ": the counter", counter, found[2])
        if (int(found[3]), int(found[4])) != counts:
            self.differ(what + ": references and mappings of the frame",
                        "%d and %d" % counts, "%s and %s" % found[3:])

    def do_zero_read(self, page):
        area, what = self.area_at(page), "anon_zero_read() at page %d" % page
        self.check_result(what, "BROUGHT")
        self.check_brought(what, "zero", self.user_bits(area[2] & ~WRITE), "FAULT_ZERO_READ",
                           (0, 0))

    def frame_result(self):
        """What comes of the wish for a frame; a frame that the rules refuse is free again."""
        if self.memory == 0:
            return "WANT_FRAME"
        self.memory -= 1
        return "WANT_RULES" if self.rules is False else "BROUGHT"

    def do_zero_write(self, page):
        area, what = self.area_at(page), "anon_zero_write() at page %d" % page
        expected = self.frame_result()
        self.check_result(what, expected)
        if expected != "BROUGHT":
            return
        self.frames += 1
        self.check_brought(what, "own", self.user_bits(area[2]), "FAULT_ZERO", (1, 1))
        line = self.take()
        expected = "page private 1 family 1 index %d content zeros" % page
        if line != expected:
            self.differ(what + ": the page", expected[len("page "):], line[len("page "):])

    def tables(self):
        """Page tables that the areas may need, as charged: those of unreserved ones are not."""
        found = set()
        for start, end, _, flags in self.areas:
            if not flags & 4:
                found.update((1, page // 512) for page in (*range(start, end, 512), end - 1))
                found.update((2, page // 512 ** 2) for page in (start, end - 1))
        return len(found)

    def grow(self, page):
        """stack_grow: its result."""
        above = self.area_above(page)
        if not above or above is not self.stack or above[0] <= page or page < self.limit:
            return 0
        before, start = self.tables(), above[0]
        if "steps_of_four" in RULES:
            page = max([page // STEP * STEP, self.limit] +
                       [end for _, end, _, _ in self.areas if end <= page])
        above[0] = page
        owed = self.tables() - before
        if owed and self.memory < 1:
            above[0] = start
            return ENOMEM
        self.memory -= 1 if owed else 0
        self.charged += owed
        return 0

    def do_grow(self, page):
        line, expected = self.take(), self.grow(page)
        if line != "grow %d" % expected:
            self.differ("stack_grow() to page %d" % page, "%d" % expected, line[len("grow "):])

    def do_copy(self, page, offset, count, way):
        line = self.take()
        entry = self.entry(page)
        may = entry.bits & (V | U | way << 1) == V | U | way << 1
        done = count if may else 0
        user = (offset, offset + done) if done and way == WRITE else (-1, -1)
        kernel = (0, done) if done and way == READ else (-1, -1)
        if may:
            entry.bits |= A | D if way == WRITE else 0 if "copies_leave_a" in RULES else A
        what = "copy_in_page(): %d bytes %s page %d, from its byte %d on; the entry is %s" % (
            count, "from" if way == READ else "to", page, offset, entry_text(entry.bits))
        match = re.match(r"copied (\d+) user (\S+) (\S+) kernel (\S+) (\S+) same (\d+) "
                         r"entry (\d+)$", line)
        if not match:
            self.wrong("the driver's reply was: " + line)
        found = [int(each) for each in match.groups()]
        if found[0] != done:
            self.differ(what + "\nthe bytes that it says it has done", done, found[0])
        for who, expected, got in (("the user's page", user, tuple(found[1:3])),
                                   ("the kernel's buffer", kernel, tuple(found[3:5]))):
            if expected != got:
                names = ["nothing" if pair == (-1, -1) else "bytes %d to %d" % pair
                         for pair in (expected, got)]
                self.differ("%s\nwhat changed in %s" % (what, who), *names)
        if found[5] != done:
            self.wrong("%s\nbyte %d is not what was copied" % (what, found[5]))
        if found[6] != entry.bits:
            self.differ(what + "\nthe entry afterwards", entry_text(entry.bits),
                        entry_text(found[6]))

    # -- all of it --

    def touch(self, page, access, sp):
        """The words of the reply: kinds, and results that end it."""
        words, area, entry = [], self.area_at(page), self.entry(page)
        if not area:
            above = self.area_above(page)
            below_stack = above is not None and above is self.stack
            facts = (GAP if below_stack and page >= self.limit else 0) | \
                (GROW if page >= sp else 0) | \
                (GUARD if below_stack and self.limit - 16 <= page < self.limit else 0)
            kind = outside(facts)
            if kind != "STACK":
                return [kind]
            words.append(kind)
            self.grow(page)
            area = self.stack
        facts = AREA | (BELOW_SP if area is self.stack and page < sp else 0) | \
            (ZERO_PAGE if entry.frame == "zero" else 0)
        kind = kind_of(access, facts, area[2], ZERO, entry.bits & 1023)
        words.append(kind)
        if kind == "MARK":
            entry.bits |= A | D if access == WRITE else A
        elif kind == "ZERO_READ":
            self.pages[page] = Page(self.user_bits(area[2] & ~WRITE), "zero")
        elif kind in ("ZERO_WRITE", "ZERO_UPGRADE"):
            result = self.frame_result()
            if result != "BROUGHT":
                return words + [result]
            self.pages[page] = Page(self.user_bits(area[2]), "own")
            self.frames += 1
        return words

    def do_touch(self, page, access, sp):
        expected = " ".join(self.touch(page, access, sp) + ["end"])
        line = self.take()
        if line != "touch " + expected:
            self.differ("%s in page %d, sp in page %d: the cases, one after the other" % (
                ACCESS_NAMES[access], page, sp), expected, line[len("touch "):])

    def do_drop(self, page):
        if self.pages.pop(page, Page(0, None)).frame == "own":
            self.frames -= 1

    def do_share(self, page):
        self.entry(page).bits &= ~W

    def do_own(self, page):
        entry = self.entry(page)
        if entry.frame == "own" and entry.bits & (V | U | R) == V | U | R:
            entry.bits |= W | A | D

    def do_swap(self, page):
        self.do_drop(page)
        self.pages[page] = Page(SWAP, None)

    def do_unmark(self, page):
        self.entry(page).bits &= ~(A | D)

    def do_state(self):
        areas, pages = [], {}
        while True:
            words = self.take().split()
            if words == ["state"]:
                break
            if words[0] == "area":
                areas.append((int(words[1]), int(words[2]), int(words[4])))
            elif words[0] == "charged":
                found = int(words[1]), int(words[3]), int(words[5])
            elif words[0] == "entry":
                pages[int(words[1])] = (words[2], int(words[3]))
        expected = sorted((start, end, flags) for start, end, _, flags in self.areas)
        if areas != expected:
            def text(each):
                return " ".join("[%d, %d)%s" % (start, end, " the stack" if flags & 1 else "")
                                for start, end, flags in each)
            self.differ("the areas", text(expected), text(areas))
        size = sum(end - start for start, end, _, _ in self.areas) * PAGE
        for what, wanted, got in zip(("page tables that are charged", "area_bytes of the space",
                                      "frames in use"), (self.charged, size, self.frames), found):
            if wanted != got:
                self.differ(what, wanted, got)
        for page in sorted(set(pages) | set(self.pages)):
            mine = self.entry(page)
            frame, bits = pages.get(page, (None, 0))
            if (bits, frame if bits & V else None) != (mine.bits, mine.frame if mine.bits & V
                                                       else None):
                self.differ("the entry of page %d" % page, "%s %s" % (
                    mine.frame or "", entry_text(mine.bits)), "%s %s" % (
                        frame or "", entry_text(bits)))


def case(name, *script):
    return Case(name, list(script), Judge(list(script)))


# ---- the table, function by function ----

def asked(function, access, facts=0, allowed=3, backing=ZERO, entry=0):
    return "%s %d %d %d %d %d" % (function, access, facts, allowed, backing, entry)


def for_all(function, accesses, *rest):
    return [asked(function, access, *rest) for access in accesses]


BOTH, LOADS = (READ, WRITE), (READ, EXEC)
OUTSIDE = (
    case("nothing_is_there", *for_all("outside", (READ, WRITE, EXEC), 0)),
    case("the_stack_grows", *for_all("outside", BOTH, GAP | GROW)),
    case("the_stack_does_not_grow_below_its_pointer", *for_all("outside", BOTH, GAP)),
    case("no_gap_that_may_grow", *for_all("outside", BOTH, GROW)),
    case("the_guard", *for_all("outside", BOTH, GUARD)),
    case("the_guard_with_the_pointer_in_it", *for_all("outside", BOTH, GUARD | GROW)),
)

ABSENT = (
    case("zero_content", *for_all("absent", (READ, EXEC, WRITE), AREA, 7)),
    case("zero_content_past_an_end", *for_all("absent", BOTH, AREA | PAST_END)),
    case("a_page_of_a_file", *for_all("absent", (READ, EXEC, WRITE), AREA, 7, WHOLE)),
    case("a_part_of_a_page", *for_all("absent", (READ, EXEC, WRITE), AREA, 7, PART)),
    case("a_shared_page", *for_all("absent", (READ, EXEC, WRITE), AREA | SHARED, 7, WHOLE)),
    case("past_the_end_of_a_file", *for_all("absent", (READ, EXEC, WRITE), AREA | PAST_END, 7,
                                            WHOLE)),
    case("past_the_end_in_part", *for_all("absent", BOTH, AREA | PAST_END, 3, PART)),
    case("past_the_end_of_a_shared_file", *for_all("absent", BOTH, AREA | PAST_END | SHARED, 3,
                                                   WHOLE)),
    case("in_the_stack_below_its_pointer", *for_all("absent", BOTH, AREA | BELOW_SP)),
)

PRESENT = (
    case("a_store_to_what_fork_shares", asked("present", WRITE, AREA, 3, ZERO, CLEAN)),
    case("a_store_to_the_zero_page", asked("present", WRITE, AREA | ZERO_PAGE, 3, ZERO, CLEAN)),
    case("a_store_to_a_private_page_of_a_file",
         asked("present", WRITE, AREA, 3, WHOLE, CLEAN),
         asked("present", WRITE, AREA, 3, PART, CLEAN),
         asked("present", WRITE, AREA | PAST_END, 3, WHOLE, CLEAN)),
    case("a_store_to_a_clean_shared_page",
         asked("present", WRITE, AREA | SHARED, 3, WHOLE, CLEAN)),
    case("a_store_to_one_that_is_cut_off",
         asked("present", WRITE, AREA | SHARED | PAST_END, 3, WHOLE, CLEAN)),
    case("another_hart_was_first",
         asked("present", READ, AREA, 3, ZERO, CLEAN), asked("present", EXEC, AREA, 5, WHOLE, CODE),
         asked("present", WRITE, AREA, 3, ZERO, DIRTY),
         asked("present", READ, AREA, 3, ZERO, DIRTY),
         asked("present", READ, AREA | ZERO_PAGE, 3, ZERO, CLEAN)),
    case("a_shared_page_that_may_be_written",
         asked("present", WRITE, AREA | SHARED, 3, WHOLE, DIRTY),
         asked("present", READ, AREA | SHARED, 3, WHOLE, CLEAN)),
    case("a_is_to_be_set",
         asked("present", READ, AREA, 3, ZERO, CLEAN & ~A),
         asked("present", EXEC, AREA, 5, WHOLE, CODE & ~A),
         asked("present", READ, AREA | ZERO_PAGE, 3, ZERO, CLEAN & ~A)),
    case("d_is_to_be_set",
         asked("present", WRITE, AREA, 3, ZERO, WRITABLE),
         asked("present", WRITE, AREA, 3, ZERO, WRITABLE & ~A),
         asked("present", WRITE, AREA | SHARED, 3, WHOLE, WRITABLE)),
    case("a_is_to_be_set_though_d_is", asked("present", WRITE, AREA, 3, ZERO, DIRTY & ~A)),
    case("a_load_minds_no_d", asked("present", READ, AREA, 3, ZERO, WRITABLE)),
    case("a_copy_comes_before_a_mark",
         asked("present", WRITE, AREA, 3, ZERO, CLEAN & ~A),
         asked("present", WRITE, AREA | ZERO_PAGE, 3, ZERO, CLEAN & ~A)),
)

ORDER = (
    case("without_an_area_the_entry_is_of_no_matter",
         asked("kind", READ, GUARD, 3, WHOLE, DIRTY), asked("kind", WRITE, 0, 7, ZERO, SWAP),
         asked("kind", READ, GAP | GROW | PAST_END, 0, PART, CLEAN)),
    case("the_area_is_asked_before_the_entry",
         *[asked("kind", access, AREA, 7 & ~access, backing, entry) for access in BOTH + (EXEC,)
           for backing, entry in ((ZERO, 0), (WHOLE, CLEAN), (ZERO, SWAP), (ZERO, KEPT))]),
    case("permission_comes_before_the_end",
         asked("kind", WRITE, AREA | PAST_END, 1, WHOLE), asked("kind", READ, AREA | PAST_END, 0,
                                                                WHOLE)),
    case("permission_comes_before_the_stack_pointer",
         asked("kind", EXEC, AREA | BELOW_SP, 3)),
    case("in_swap", *for_all("kind", (READ, WRITE, EXEC, 0), AREA, 7, ZERO, SWAP | 77 << 10)),
    case("in_swap_whatever_else",
         asked("kind", READ, AREA | PAST_END, 3, WHOLE, SWAP | 5 << 10),
         asked("kind", WRITE, AREA | BELOW_SP, 3, ZERO, SWAP | 5 << 10)),
    case("each_kind_of_entry_goes_its_way",
         asked("kind", READ, AREA, 3), asked("kind", WRITE, AREA, 3, WHOLE),
         asked("kind", WRITE, AREA, 3, ZERO, CLEAN | 99 << 10),
         asked("kind", READ, AREA, 3, ZERO, DIRTY | 99 << 10)),
    case("a_page_that_is_there_below_the_stack_pointer",
         asked("kind", WRITE, AREA | BELOW_SP, 3, ZERO, DIRTY),
         asked("kind", WRITE, AREA | BELOW_SP, 3, ZERO, CLEAN)),
)

CORRUPT = (
    case("a_load_that_the_entry_does_not_allow",
         asked("present", READ, AREA, 3, ZERO, V | R | A), asked("present", READ, AREA, 3, WHOLE,
                                                                 V | U | X | A),
         asked("kind", READ, AREA, 3, ZERO, V | R | A)),
    case("a_fetch_that_the_entry_does_not_allow",
         asked("present", EXEC, AREA, 7, WHOLE, CLEAN),
         asked("present", EXEC, AREA, 7, ZERO, DIRTY),
         asked("kind", EXEC, AREA, 5, WHOLE, CLEAN)),
    case("kept_by_prot_none_where_something_is_allowed",
         *for_all("kind", (READ, WRITE, EXEC), AREA, 7, ZERO, KEPT | 9 << 10)),
    case("kept_and_wired", *for_all("kind", BOTH, AREA, 3, ZERO, KEPT | SWAP | 9 << 10)),
    case("kept_where_nothing_is_allowed", *for_all("kind", BOTH, AREA, 0, ZERO, KEPT | 9 << 10)),
    case("wired_is_not_in_swap", *for_all("kind", BOTH, AREA, 3, ZERO, DIRTY | SWAP | 9 << 10)),
)


# ---- zero-fill, copies, the stack ----

SPACE = ("new", "area 2 12 3", "area 14 18 1", "area 20 24 7")

ZEROS = (
    case("a_load_brings_the_zero_page", *(SPACE + ("zero-read 5", "zero-read 6", "state"))),
    case("it_has_all_that_the_area_allows_but_stores",
         *(SPACE + ("zero-read 5", "zero-read 15", "zero-read 21"))),
    case("a_store_brings_a_frame_of_its_own",
         *(SPACE + ("zero-write 5", "zero-write 6", "zero-write 21", "state"))),
    case("a_store_where_the_zero_page_was_read",
         *(SPACE + ("zero 5", "zero-write 5", "zero-write 4", "state"))),
    case("rules_that_agree", *(SPACE + ("rules 1", "zero-write 5", "zero-read 6", "state"))),
)

NO_FRAME = (
    case("no_frame", *(SPACE + ("memory 0", "zero-write 5", "state"))),
    case("no_frame_after_two", *(SPACE + ("memory 2", "zero-write 5", "zero-write 6",
                                          "zero-write 7", "state"))),
    case("the_zero_page_needs_no_frame", *(SPACE + ("memory 0", "zero-read 5", "zero-read 15",
                                                    "state"))),
    case("rules_that_refuse", *(SPACE + ("rules 0", "zero-write 5", "zero-write 6", "state"))),
    case("no_frame_and_no_rules", *(SPACE + ("rules 0", "memory 0", "zero-write 5", "state"))),
    case("the_charge_of_a_table_is_refused",
         "new", "stack 514 520 300", "memory 0", "grow 511", "state", "memory 1", "grow 511",
         "state"),
    case("the_same_far_down",
         "new", "area 100 110 3", "stack 1030 1040 200", "memory 0", "grow 1020", "state",
         "grow 1025", "state", "memory 9", "grow 600", "state"),
)

COPIES = (
    case("from_the_user", *(SPACE + ("entry 5 %d" % DIRTY, "copy 5 0 8 1", "copy 5 100 300 1",
                                     "copy 5 4095 1 1"))),
    case("to_the_user", *(SPACE + ("entry 5 %d" % DIRTY, "copy 5 0 8 2", "copy 5 100 300 2",
                                   "copy 5 4095 1 2"))),
    case("whole_pages", *(SPACE + ("entry 5 %d" % DIRTY, "copy 5 0 4096 1", "copy 5 0 4096 2",
                                   "copy 5 1 4095 2"))),
    case("from_a_page_that_is_only_read", *(SPACE + ("entry 15 %d" % CLEAN, "copy 15 7 99 1"))),
    case("from_the_zero_page", *(SPACE + ("zero 5", "copy 5 10 50 1", "state"))),
    case("a_is_set_for_a_load", *(SPACE + ("entry 5 %d" % (DIRTY & ~A & ~D), "copy 5 10 50 1",
                                           "entry 15 %d" % (CLEAN & ~A), "copy 15 10 50 1",
                                           "state"))),
    case("a_and_d_are_set_for_a_store",
         *(SPACE + ("entry 5 %d" % (DIRTY & ~A & ~D), "copy 5 10 50 2", "entry 6 %d" % WRITABLE,
                    "copy 6 10 50 2", "entry 7 %d" % (DIRTY & ~A), "copy 7 9 9 2", "state"))),
    case("nothing_is_set_that_is_set", *(SPACE + ("entry 5 %d" % DIRTY, "copy 5 0 9 2",
                                                  "copy 5 0 9 1", "state"))),
)

NO_COPY = (
    case("no_page_is_there", *(SPACE + ("copy 5 0 8 1", "copy 5 0 8 2", "state"))),
    case("no_table_is_there", *(SPACE + ("copy 700 0 8 1", "copy 5000000 0 8 2", "state"))),
    case("no_store_to_what_is_only_read", *(SPACE + ("entry 5 %d" % CLEAN, "copy 5 0 8 2",
                                                     "copy 5 0 8 1", "state"))),
    case("no_store_to_the_zero_page", *(SPACE + ("zero 5", "copy 5 0 4096 2", "copy 5 0 8 1",
                                                 "state"))),
    case("no_load_of_code_that_cannot_be_read",
         *(SPACE + ("entry 21 %d" % (V | U | X | A), "copy 21 0 8 1", "copy 21 0 8 2", "state"))),
    case("not_what_is_the_kernels_own",
         *(SPACE + ("entry 5 %d" % (V | R | W | A | D), "copy 5 0 8 1", "copy 5 0 8 2", "state"))),
    case("not_what_prot_none_keeps", *(SPACE + ("entry 5 %d" % KEPT, "copy 5 0 8 1",
                                                "copy 5 0 8 2", "state"))),
    case("not_what_is_in_swap", *(SPACE + ("swap 5", "copy 5 0 8 1", "copy 5 0 8 2", "state"))),
)

GROWTH = (
    case("by_a_page", "new", "stack 40 44 20", "grow 39", "state"),
    case("by_many_pages", "new", "stack 40 44 20", "grow 25", "state"),
    case("again_and_again", "new", "stack 40 44 20", "grow 38", "grow 33", "grow 21", "state"),
    case("with_areas_below", "new", "area 2 12 3", "area 15 18 1", "stack 40 44 20", "grow 30",
         "state"),
    case("a_new_page_table_is_charged", "new", "stack 514 520 300", "grow 513", "grow 511",
         "grow 400", "state"),
    case("two_tables_are", "new", "stack 1030 1040 200", "grow 500", "state"),
    case("a_table_that_an_area_has_is_not", "new", "area 400 450 3", "stack 514 520 460",
         "grow 500", "state"),
    case("an_unreserved_stack_pays_when_it_is_touched", "new", "stack 514 520 300 4", "grow 400",
         "state"),
)

LIMITS = (
    case("down_to_the_limit", "new", "stack 40 44 20", "grow 20", "state"),
    case("no_page_further", "new", "stack 40 44 20", "grow 19", "state", "grow 0", "state"),
    case("it_is_there_already", "new", "stack 40 44 20", "grow 41", "state", "grow 40",
         "grow 43", "state"),
    case("another_area_is_next", "new", "area 30 34 3", "stack 40 44 20", "grow 25", "state",
         "grow 34", "state"),
    case("above_the_stack", "new", "area 50 52 3", "stack 40 44 20", "grow 44", "grow 47",
         "grow 50", "grow 60", "state"),
    case("no_stack", "new", "area 10 14 3", "grow 5", "grow 20", "state"),
    case("no_area", "new", "grow 5", "state"),
)


# ---- drawn by the seed ----

def is_open(access, facts, backing, entry):
    """The table says nothing of this, or it cannot be."""
    if facts & SHARED and backing != WHOLE or facts & BELOW_SP and backing != ZERO or \
            facts & ZERO_PAGE and (backing != ZERO or facts & SHARED):
        return True
    if entry & V:
        return bool(entry & (R | W) == W or facts & ZERO_PAGE and entry & W or
                    access == WRITE and not entry & U or not entry & (R | X))
    return bool(facts & ZERO_PAGE)


def drawn_entry(dice, kind):
    frame = dice.randrange(1, 1 << 20) << 10
    if kind == "present":
        return V | frame | sum(bit for bit in (R, W, X, A, D) if dice.random() < 0.6) | \
            (U if dice.random() < 0.9 else 0) | (SWAP if dice.random() < 0.1 else 0)
    return {"empty": 0, "swap": SWAP | frame, "kept": KEPT | frame}[kind]


def drawn_facts(dice, kinds):
    """(access, facts, allowed, backing, entry) of an area, and an entry of one of the kinds."""
    while True:
        access = dice.choice((READ, WRITE, EXEC))
        facts = AREA | sum(bit for bit in (BELOW_SP, PAST_END, SHARED, ZERO_PAGE, GAP, GROW, GUARD)
                           if dice.random() < 0.3)
        backing, entry = dice.randrange(3), drawn_entry(dice, dice.choice(kinds))
        if not is_open(access, facts, backing, entry):
            return access, facts, access | dice.randrange(8), backing, entry


def drawn_table(dice, function, kinds):
    return tuple(case("drawn_%s_%d" % (function, number), *[
        asked(function, *drawn_facts(dice, kinds)) for _ in range(20)])
        for number in range(DRAWN))


def drawn_outside(dice):
    return tuple(case("drawn_outside_%d" % number, *[
        asked("outside", dice.choice((READ, WRITE, EXEC)), dice.randrange(256) & ~AREA,
              dice.randrange(8), dice.randrange(3)) for _ in range(10)])
        for number in range(DRAWN))


def drawn_order(dice):
    script = []
    for _ in range(30):
        access, facts, allowed, backing, entry = drawn_facts(
            dice, ("empty", "present", "swap", "swap"))
        shape = dice.randrange(4)
        if shape == 0:
            allowed &= ~access
        if shape == 1:
            facts &= ~AREA
        script.append(asked("kind", access, facts, allowed, backing, entry))
    return script


def drawn_copies(dice, number):
    script = list(SPACE)
    for page in dice.sample(range(2, 12), 5):
        script.append("entry %d %d" % (page, dice.choice((DIRTY, WRITABLE, DIRTY & ~A))))
        for _ in range(3):
            offset = dice.randrange(PAGE)
            script.append("copy %d %d %d %d" % (page, offset, 1 + dice.randrange(PAGE - offset),
                                                dice.choice(BOTH)))
    return case("drawn_copies_%d" % number, *(script + ["state"]))


def drawn_growth(dice, number):
    """Pages of the stack and below, with a limit that is drawn."""
    start = 480 + dice.randrange(80)
    limit = start - 30 - dice.randrange(60)
    script = ["new", "area %d %d 3" % (limit - 40, limit - 20 - dice.randrange(10)),
              "stack %d %d %d" % (start, start + 4, limit)]
    script += ["grow %d" % (start - dice.randrange(120)) for _ in range(8)]
    return case("drawn_growth_%d" % number, *(script + ["state"]))


def drawn_there(dice, number):
    """Pages that are there, and entries that can be."""
    script = []
    while len(script) < 20:
        facts = drawn_facts(dice, ("present",))
        if kind_of(*facts) != "CORRUPT":
            script.append(asked("present", *facts))
    return case("drawn_there_%d" % number, *script)


def drawn_zeros(dice, number, short):
    """short: what is short of, or nothing."""
    pages = dice.sample([*range(2, 12), *range(20, 24)], 6)
    script = list(SPACE)
    for at, page in enumerate(pages):
        script += [short] if short and at == 2 else []
        script.append("zero-%s %d" % (dice.choice(("read", "write", "write")), page))
    return case("drawn_zeros_%s_%d" % ((short or "plenty").replace(" ", "_"), number),
                *(script + ["state"]))


def drawn_no_copy(dice, number):
    script = list(SPACE)
    for page in dice.sample(range(2, 12), 4):
        entry = dice.choice((CLEAN, KEPT, V | U | X | A, V | R | W | A | D, 0))
        script += ["entry %d %d" % (page, entry)] if entry else []
        offset = dice.randrange(PAGE - 8)
        script += ["copy %d %d %d %d" % (page, offset, 1 + dice.randrange(PAGE - offset), way)
                   for way in BOTH]
    return case("drawn_no_copy_%d" % number, *(script + ["state"]))


def drawn_limits(dice, number):
    """At the limit, at another area, and above the stack."""
    start = 40 + dice.randrange(30)
    below, limit = dice.randrange(4, 12), 18 + dice.randrange(8)
    script = ["new", "area %d %d 3" % (below, below + 4), "stack %d %d %d" % (
        start, start + 4, limit)]
    for page in (start + dice.randrange(9), limit - 1 - dice.randrange(4), limit, limit - 1):
        script += ["grow %d" % page, "state"]
    return case("drawn_limits_%d" % number, *script)


def random_facts(seed):
    """10,000 facts, and no space."""
    dice, script = random.Random("facts %d" % seed), []
    for _ in range(STEPS // 4):
        script.append(asked("kind", *drawn_facts(dice, ("empty", "present", "present", "swap",
                                                        "kept"))))
    while len(script) < STEPS:
        script += drawn_order(dice)
    return Case("%d_random_facts_seed_%d" % (len(script), seed), script, Judge(script))


def random_steps(seed):
    """10,000 accesses, copies and changes in a space with memory, a stack, and few frames."""
    dice = random.Random("steps %d" % seed)
    script = ["new", "area 2 10 3", "area 12 16 1", "area 17 19 7", "stack 52 56 34"]
    for step in range(STEPS):
        page = dice.choice((dice.randrange(2, 19), dice.randrange(16, 60)))
        kind = dice.choice(("touch",) * 8 + ("copy",) * 4 + (
            "drop", "drop", "share", "own", "swap", "unmark", "memory"))
        if kind == "touch":
            script.append("touch %d %d %d" % (page, dice.choice((READ, WRITE, WRITE, EXEC)),
                                              page if dice.random() < 0.5 else
                                              dice.randrange(30, 56)))
        elif kind == "copy":
            offset = dice.randrange(PAGE)
            script.append("copy %d %d %d %d" % (page, offset, 1 + dice.randrange(PAGE - offset),
                                                dice.choice(BOTH)))
        elif kind == "memory":
            script.append("memory %d" % dice.choice((0, 3, 20, 100)))
        elif kind in ("drop", "swap") or page < 16:
            script.append("%s %d" % (kind, page))
        if step % 100 == 99:
            script.append("state")
    return Case("%d_random_steps_seed_%d" % (STEPS, seed), script, Judge(script))


def tests(seed):
    dice = random.Random("cases %d" % seed)
    orders = tuple(case("drawn_order_%d" % number, *drawn_order(dice)) for number in range(DRAWN))
    copies = tuple(drawn_copies(dice, number) for number in range(DRAWN))
    growth = tuple(drawn_growth(dice, number) for number in range(DRAWN))
    numbers = range(DRAWN)
    short = ["memory %d" % dice.randrange(2) if number % 2 else "rules 0" for number in numbers]
    table = ("outside of areas", "an empty entry", "a page that is there")
    return [
        Test("outside of areas", "works", 2, OUTSIDE + drawn_outside(dice)),
        Test("an empty entry", "works", 3, ABSENT + drawn_table(dice, "absent", ("empty",))),
        Test("a page that is there", "works", 3,
             PRESENT + tuple(drawn_there(dice, number) for number in numbers)),
        Test("the order of questions", "works", 3, ORDER + orders,
             needs=table + ("what cannot be",)),
        Test("zero-fill", "works", 2,
             ZEROS + tuple(drawn_zeros(dice, number, "") for number in numbers)),
        Test("copies", "works", 2, COPIES + copies, needs=("no copy",)),
        Test("the stack grows", "works", 2, GROWTH + growth, needs=("limits of the stack",)),
        Test("random steps", "works", 3, (random_facts(seed), random_steps(seed)), together=True),
        Test("what cannot be", "bad arguments", 5,
             CORRUPT + drawn_table(dice, "present", ("present",)),
             needs=("a page that is there", "the order of questions")),
        Test("no frame, no charge", "bad arguments", 5,
             NO_FRAME + tuple(map(drawn_zeros, [dice] * DRAWN, numbers, short)),
             needs=("zero-fill", "the stack grows", "limits of the stack")),
        Test("no copy", "bad arguments", 5,
             NO_COPY + tuple(drawn_no_copy(dice, number) for number in numbers), needs=("copies",)),
        Test("limits of the stack", "bad arguments", 5,
             LIMITS + tuple(drawn_limits(dice, number) for number in numbers),
             needs=("the stack grows",)),
    ]
