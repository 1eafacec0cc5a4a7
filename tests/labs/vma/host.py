"""The host stage of `vma`: cases by hand, and a long random run, against a plain list of ranges.

The list says what each area is. What must hold is said of it: a search gives the first range that
ends above an address; a gap is the highest place between ranges; two neighbours are alike or not,
whatever is beside them; a split changes what is said of two ranges, and nothing else. Rules of a
student's own say which gap comes first, where last_found is good, and in which order areas merge.
"""

import random

from hoststage import Case, Test, Wrong

PAGE = 4096
STEPS = 10000
DRAWN = 6                   # cases of each test that the seed draws
RULES = frozenset()         # of rules.patch, for one student
PER_FRAME = 16              # areas for which one frame is charged
ENOMEM = -12
MOST_AREAS = 131072
PLENTY = 1000
READ, WRITE, EXEC, ALL = 1, 2, 4, 7
SHARED, STACK, HEAP = 8, 1, 2
UNKNOWN = "unknown"
GAPS_FIRST = ", where a gap below an area comes before the room above the last one"
ACCESS_NAMES = ("none", "r", "w", "rw", "x", "rx", "wx", "rwx")


class Area:
    """Pages [start, end); offset and bytes count only where there is an object."""

    def __init__(self, start, end, access=3, object_=0, offset=0, bytes_=0, flags=0, most=0):
        self.start, self.end, self.access = start, end, access
        self.object, self.offset, self.bytes = object_, offset, bytes_
        self.flags, self.most = flags, most or ALL

    def size(self):
        return (self.end - self.start) * PAGE

    def kind(self):
        return self.access, self.most, self.flags, self.object

    def all(self):
        return (self.start, self.end) + self.kind() + \
            ((self.offset, self.bytes) if self.object else ())

    def text(self):
        text = "[%d, %d) %s" % (self.start, self.end, ACCESS_NAMES[self.access & 7])
        if self.most != ALL:
            text += " at most " + ACCESS_NAMES[self.most & 7]
        if self.flags:
            text += " flags %d" % self.flags
        if self.object:
            text += " object %d from %d, %d bytes" % (self.object, self.offset, self.bytes)
        return text


def alike(lower, upper):
    return lower.end == upper.start and lower.kind() == upper.kind() and \
        (not lower.object or
         (lower.bytes == lower.size() and lower.offset + lower.size() == upper.offset))


def start_of(area):
    return str(area.start) if area else "nothing"


def picture(areas):
    """A character a page: `.` free; n, r, w, x what is allowed at most; a capital begins an area.
    Nothing where there is too much to show."""
    end = max([area.end for area in areas] or [0])
    if end > 90:
        return None
    row = ["."] * end
    for area in areas:
        letter = "x" if area.access & EXEC else "w" if area.access & WRITE else \
            "r" if area.access else "n"
        row[area.start:area.end] = letter.upper() + letter * (area.end - area.start - 1)
    return "".join(row)


def listed(areas, others):
    """Those that are not the same in both."""
    same = [area.all() for area in others]
    return "\n".join("    " + area.text() for area in areas if area.all() not in same) or \
        "    all of these"


class Space:
    """The plain list of ranges, rising."""

    def __init__(self):
        self.areas = []

    def put(self, area):
        self.areas = sorted(self.areas + [area], key=lambda each: each.start)

    def found(self, page):
        return next((area for area in self.areas if page < area.end), None)

    def with_page(self, page):
        area = self.found(page)
        return area if area and area.start <= page else None

    def around(self, start, end):
        """(below, first, last, above), each an area or None."""
        return (next((a for a in reversed(self.areas) if a.end <= start), None), self.found(start),
                next((a for a in reversed(self.areas) if a.start < end), None),
                next((a for a in self.areas if a.start >= end), None))

    def gap(self, length, top):
        """Where the highest gap of that length begins; None: there is none."""
        borders = [0] + [area.end for area in self.areas]
        starts = [area.start for area in self.areas] + [top]
        fitting = [min(start, top) - length for end, start in zip(borders, starts)
                   if min(start, top) - length >= end]
        if "gaps_first" in RULES:
            last = self.areas[-1].end if self.areas else 0
            fitting = [start for start in fitting if start < last] or fitting
        return max(fitting) if fitting else None

    def splits(self, start, end):
        """At which of these borders an area has to be split."""
        return [at for at in (start, end) if any(a.start < at < a.end for a in self.areas)]

    def split(self, at):
        """Of the area around `at`; returns what it was."""
        area = next(a for a in self.areas if a.start < at < a.end)
        was, into = area.bytes, (at - area.start) * PAGE
        upper = Area(at, area.end, area.access, area.object, area.offset + into,
                     max(area.bytes - into, 0), area.flags, area.most)
        area.end, area.bytes = at, min(area.bytes, into)
        self.put(upper)
        return was, upper

    def merge(self, start, end):
        """At each border from start to end where the two sides are alike. Returns: where the areas
        of objects began that are closed by it, rising."""
        closed = []
        for lower in list(self.areas):
            while lower in self.areas and lower is not self.areas[-1]:
                upper = self.areas[self.areas.index(lower) + 1]
                if not (start <= lower.end <= end and alike(lower, upper)):
                    break
                lower.end, lower.bytes = upper.end, lower.bytes + upper.bytes
                self.areas.remove(upper)
                closed += [upper.start] if upper.object else []
        return closed

    def drop(self, start, end):
        self.areas = [a for a in self.areas if not start <= a.start < end]


class Told:
    """A state, as the driver tells it."""

    def __init__(self, take):
        self.areas, self.gaps, self.objects = [], [], {}
        while True:
            words = take().split()
            if words == ["state"]:
                break
            if words[0] == "area":
                start, end, access, most, flags, object_, offset, bytes_, gap = [
                    int(words[i]) for i in (1, 2, 4, 6, 8, 10, 12, 14, 16)]
                self.areas.append(Area(start, end, access, object_, offset, bytes_, flags, most))
                self.areas[-1].most = most
                self.gaps.append(gap)
            elif words[0] == "tree":
                self.count, self.largest = int(words[1]), int(words[3])
            elif words[0] == "charged":
                self.charged, self.sum, self.there = [int(words[i]) for i in (1, 3, 5)]
            elif words[0] == "object":
                self.objects[int(words[1])] = (int(words[3].rstrip(":")),
                                               sorted(int(word) for word in words[4:]))


class Judge:
    """Follows a script with what the driver told."""

    def __init__(self, script):
        self.script, self.done = script, []
        self.space, self.last, self.quiet = Space(), None, False
        self.memory, self.structs, self.is_full = PLENTY, PLENTY, False
        self.opened, self.closed, self.merged = [], [], []

    def __call__(self, replies):
        self.replies = replies
        for command in self.script:
            self.done.append(command)
            words = command.split()
            self.opened, self.closed, self.merged = [], [], []
            getattr(self, "do_" + words[0])(*[int(word) for word in words[1:]])
            if words[0] == "state" or (not self.quiet and words[0] in (
                    "split", "merge", "isolate", "map", "place", "unmap", "protect")):
                self.check_state(Told(self.take))
                if words[0] == "merge":
                    self.check_order()
        replies.finish()
        if replies.at < len(replies.lines):
            self.take()
            self.wrong("there is more told than was asked for")

    def wrong(self, why):
        said = self.done[-8:]
        raise Wrong("after %s%s\n%s" % ("... " if len(self.done) > 8 else "", ", ".join(said), why))

    def differ(self, what, expected, found):
        drawn = picture(self.space.areas)
        self.wrong("%s\n%sexpected: %s\nfound:    %s" % (
            what, "areas:    %s\n" % drawn if drawn else "", expected, found))

    def take(self):
        """The next reply that is not told along with a command."""
        while True:
            line = self.replies.take()
            words = line.split()
            if words[0] == "unlocked":
                self.wrong("file_bytes of the area at %s changed, and the list of its object was "
                           "not locked" % words[1])
            if words[0] == "open":
                self.opened.append([int(words[i]) for i in (1, 2, 4, 6, 8, 9)])
            elif words[0] == "close":
                self.closed.append(int(words[1]))
            else:
                return line

    # -- commands without the student's help --

    def do_new(self):
        pass                            # each script begins with it

    def do_area(self, *words):
        self.space.put(Area(*words))

    def do_decoy(self, start, end, gap=0):
        self.last = ("decoy", start, end, gap)

    def do_memory(self, count):
        self.memory = count

    def do_structs(self, count):
        self.structs = count

    def do_full(self):
        self.is_full = True

    def do_quiet(self, is_on):
        self.quiet = bool(is_on)

    def do_state(self):
        pass

    # -- searches --

    def hint(self, page):
        """What last_found gives for that page: a name; None: the tree is searched."""
        if self.last == UNKNOWN:
            return None
        if isinstance(self.last, tuple):
            start, end, gap = self.last[1:]
            start -= gap if "hint_has_gap" in RULES else 0
            return "decoy" if start <= page < end else None
        inside = self.last and self.last.start <= page < self.last.end
        return start_of(self.last) if inside else None

    def name_of_last(self):
        return "decoy" if isinstance(self.last, tuple) else start_of(self.last)

    def do_find(self, page, byte):
        found, last = self.take(), self.take()
        expected = self.hint(page)
        what = "find_vma(), byte %d of page %d" % (byte, page)
        if expected == "decoy" and found != "found decoy":
            self.differ("%s: last_found has it%s, and has to be looked at first" % (
                what, ", or the gap below last_found" if "hint_has_gap" in RULES else ""),
                        "the area that last_found leads to", found[len("found "):])
        if expected is None:
            area = self.space.found(page)
            expected = start_of(area)
            if area:
                self.last = area
        if found != "found " + expected:
            self.differ(what, "the area at %s" % expected if expected != "nothing" else "nothing",
                        found[len("found "):])
        if self.last != UNKNOWN and last != "last " + self.name_of_last():
            self.differ("%s: last_found afterwards" % what, self.name_of_last(),
                        last[len("last "):])

    def check_around(self, what, line, start, end):
        names = [start_of(area) for area in self.space.around(start, end)]
        expected = "%d %d below %s first %s last %s above %s" % tuple([start, end] + names)
        if line != expected:
            self.differ(what, expected, line)

    def do_around(self, start, end):
        line = self.take()
        self.check_around("vma_find_range() from page %d to %d" % (start, end),
                          line[len("around "):], start, end)
        self.last = UNKNOWN

    def do_gap(self, length, top):
        line, start = self.take(), self.space.gap(length, top)
        what = "vma_find_gap(): %d pages below page %d%s" % (length, top, GAPS_FIRST if
                                                             "gaps_first" in RULES else "")
        if start is None or line == "no gap":
            if (start is None) != (line == "no gap"):
                self.differ(what, "no gap" if start is None else "%d to %d" % (
                    start, start + length), line)
            return
        found = [int(word) for word in line.split()[1:3]]
        if found != [start, start + length]:
            self.differ(what, "%d to %d" % (start, start + length), "%d to %d" % tuple(found))
        self.check_around(what + ", what is around it", line[len("gap "):], start, start + length)

    def do_ask(self, low, high):
        line = self.take()
        lower, upper = self.space.with_page(low), self.space.with_page(high)
        expected = "alike" if alike(lower, upper) else "different"
        if line != expected:
            self.wrong("areas_alike() of\n    %s\n    %s\nexpected: %s\nfound:    %s" % (
                lower.text(), upper.text(), expected, line))

    # -- changes --

    def needed(self, splits):
        """Allocations and charges that so many splits take."""
        count = len(self.space.areas)
        return sum(2 if (count + i) % PER_FRAME == 0 else 1 for i in range(splits))

    def allowed(self, splits):
        """Whether memory is enough for them, which is used up then."""
        if self.is_full and splits:
            return False
        needed = self.needed(splits)
        is_enough = needed <= self.memory and splits <= self.structs
        if self.memory < PLENTY:        # what a refused call has used up of it is open
            self.memory = self.memory - needed if is_enough else 0
        if self.structs < PLENTY:
            self.structs = self.structs - splits if is_enough else 0
        return is_enough

    def check_result(self, what, line, allowed):
        result = int(line.split()[1])
        if result != (0 if allowed else ENOMEM):
            self.differ(what, "0" if allowed else "-ENOMEM, %d" % ENOMEM, str(result))

    def split_at(self, at):
        """The model's split, against the open that was told."""
        was, upper = self.space.split(at)
        opened = [each for each in self.opened if each[0] == at]
        if self.quiet or not upper.object:
            return
        if len(opened) != 1:
            self.differ("a split at page %d of an area of an object: opens of the upper part" % at,
                        1, len(opened))
        start, end, offset, bytes_, _, lower_bytes = opened[0]
        found = Area(start, end, upper.access, upper.object, offset, bytes_, upper.flags,
                     upper.most)
        if (end, offset, bytes_) != (upper.end, upper.offset, upper.bytes):
            self.differ("a split at page %d: the upper part when it is opened" % at, upper.text(),
                        found.text())
        if lower_bytes != was:
            self.differ("a split at page %d: file_bytes of the lower part when the upper one is "
                        "opened: a walk over the list would miss a page" % at, was, lower_bytes)

    def do_split(self, page):
        line = self.take()
        allowed = self.allowed(1)
        self.check_result("area_split() at page %d" % page, line, allowed)
        if allowed:
            self.split_at(page)
        self.last = UNKNOWN

    def do_merge(self, start, end):
        self.merged = self.space.merge(start, end)
        self.last = UNKNOWN

    def check_order(self):
        """Of the areas that a merge has closed."""
        wanted = self.merged[::-1]
        if "merges_from_above" in RULES and self.closed != wanted:
            self.differ("areas_merge() goes from the highest border to the lowest: so areas are "
                        "closed in this order", " ".join(map(str, wanted)),
                        " ".join(map(str, self.closed)))

    def isolate(self, start, end, line):
        """line: a reply `isolated`, or None if there is none but in case of a failure."""
        splits = self.space.splits(start, end)
        allowed = self.allowed(len(splits))
        if line is None and not allowed:
            line = self.take()
        if line is not None:
            self.check_result("areas_isolate() from page %d to %d" % (start, end), line, allowed)
        if not allowed:
            self.opened = []
        for at in splits if allowed else ():
            self.space.split(at)
        self.last = UNKNOWN
        return allowed

    def do_isolate(self, start, end):
        if self.isolate(start, end, self.take()):
            self.check_around("areas_isolate() from page %d to %d: *range" % (start, end),
                              self.take()[len("around "):], start, end)

    def do_map(self, start, end, *words):
        if self.isolate(start, end, None):
            self.space.drop(start, end)
            self.space.put(Area(start, end, *words))
            self.space.merge(start, end)

    def do_place(self, length, top, access):
        line, start = self.take(), self.space.gap(length, top)
        expected = "no gap" if start is None else "placed %d" % start
        if line != expected:
            self.differ("a place for %d pages below page %d%s" % (
                length, top, GAPS_FIRST if "gaps_first" in RULES else ""), expected, line)
        if start is not None:
            self.space.put(Area(start, start + length, access))
            self.space.merge(start, start + length)
        self.last = UNKNOWN

    def do_unmap(self, start, end):
        if self.isolate(start, end, None):
            self.space.drop(start, end)

    def do_protect(self, start, end, access):
        if self.isolate(start, end, None):
            for area in self.space.areas:
                if start <= area.start < end:
                    area.access = access
            self.space.merge(start, end)

    # -- the state --

    def check_state(self, told):
        areas = self.space.areas
        if [a.all() for a in told.areas] != [a.all() for a in areas]:
            drawn = [picture(areas), picture(told.areas)]
            self.wrong("the areas that differ\nexpected:\n%s\nfound:\n%s%s" % (
                listed(areas, told.areas), listed(told.areas, areas),
                "\nexpected: %s\nfound:    %s" % tuple(drawn) if None not in drawn else ""))
        gaps = [area.start - end for area, end in
                zip(areas, [0] + [area.end for area in areas])]
        if told.gaps != gaps:
            self.differ("the gaps below the areas", gaps, told.gaps)
        if told.largest != max(gaps or [0]):
            self.differ("largest_gap of the root", max(gaps or [0]), told.largest)
        count = MOST_AREAS if self.is_full else len(areas)
        if told.count != count:
            self.differ("vma_count", count, told.count)
        frames = (len(areas) + PER_FRAME - 1) // PER_FRAME
        if (told.charged, told.sum) != (frames, frames):
            self.differ("frames charged for %d areas, a frame for 16: to the space, and in all"
                        % len(areas), "%d and %d" % (frames, frames),
                        "%d and %d" % (told.charged, told.sum))
        if told.there != len(areas):
            self.differ("structs of areas that are allocated", len(areas), told.there)
        objects = {}
        for area in areas:
            if area.object:
                objects.setdefault(area.object, []).append(area.start)
        expected = {number: (len(starts), starts) for number, starts in objects.items()}
        if told.objects != expected:
            def said(each):
                return "; ".join("object %d: %d uses, listed %s" % (
                    number, uses, " ".join(map(str, starts)) or "none")
                    for number, (uses, starts) in sorted(each.items())) or "none in use"
            self.differ("the objects, and the areas on their lists", said(expected),
                        said(told.objects))


def case(name, *script):
    return Case(name, list(script), Judge(list(script)))


def area(start, end, access=3, object_=0, offset=0, bytes_=None, flags=0, most=0):
    """The command. Of an object: as many bytes as the area has, if nothing else is said."""
    if bytes_ is None:
        bytes_ = (end - start) * PAGE if object_ else 0
    words = [start, end, access, object_, offset, bytes_, flags, most]
    while words[-1] == 0 and len(words) > 3:
        words.pop()
    return "area " + " ".join(map(str, words))


def apart(count, first=10, size=2, step=4):
    """The commands for so many areas with holes between them."""
    return [area(first + i * step, first + i * step + size) for i in range(count)]


def beside(count, first=1):
    """For so many areas of one page, each beside the next, no two of which are alike."""
    return [area(first + i, first + i + 1, 1 + i % 2) for i in range(count)]


FINDING = (
    case("each_byte_of_an_area_leads_to_it",
         "new", area(10, 12), "find 10 0", "find 10 1", "find 11 0", "find 11 4095"),
    case("below_an_area_that_area_is_found",
         "new", area(10, 12), "find 9 4095", "find 3 0"),
    case("the_end_is_not_part_of_the_area",
         "new", area(10, 12), area(20, 25), "find 12 0", "find 25 0", "find 24 4095"),
    case("of_two_that_touch_the_upper_has_the_border",
         "new", area(10, 12), area(12, 15, READ), "find 12 0", "find 11 4095", "find 12 1"),
    case("in_a_hole_the_area_above_is_found",
         "new", *(apart(5) + ["find 13 7", "find 17 0", "find 21 4095", "find 24 100"])),
    case("above_all_areas_nothing_is_found",
         "new", *(apart(3) + ["find 20 0", "find 11 0", "find 1000 0"])),
    case("each_of_many_areas_is_found",
         "new", *(apart(40) + ["find %d 0" % page for page in range(8, 172, 3)])),
    case("what_was_found_last_is_remembered",
         "new", *(apart(9) + ["find 30 0", "find 31 5", "find 13 0", "find 500 0", "find 14 9"])),
    case("what_was_found_last_is_looked_at_first",
         "new", *(apart(7) + ["decoy 22 24", "find 22 0", "find 23 4095", "find 24 0"])),
    case("what_was_found_last_may_not_have_the_address",
         "new", *(apart(7) + ["decoy 30 32", "find 20 0", "decoy 30 32", "find 32 0",
                              "decoy 5 6", "find 19 0"])),
)

# With the rule hint_has_gap: last_found is the area, though the tree has another one there.
HINT_HAS_GAP = (
    case("the_gap_below_what_was_found_last",
         "new", *(apart(7) + ["decoy 22 24 2", "find 20 0", "find 21 4095", "find 23 0"])),
    case("below_the_gap_below_what_was_found_last",
         "new", *(apart(7) + ["decoy 22 24 2", "find 19 4095", "decoy 22 24 2", "find 24 0"])),
)

RANGES = (
    case("a_range_in_one_area", "new", *(apart(3) + ["around 14 15", "around 14 16"])),
    case("a_range_in_a_hole", "new", *(apart(3) + ["around 12 13", "around 12 14"])),
    case("a_range_over_several_areas", "new", *(apart(6) + ["around 13 24", "around 14 28"])),
    case("a_range_that_begins_and_ends_within_areas",
         "new", *(apart(6) + ["around 15 23", "around 11 31"])),
    case("areas_that_touch_the_range_are_outside",
         "new", area(10, 12), area(12, 14, READ), area(14, 16), "around 12 14", "around 12 13"),
    case("nothing_below_and_nothing_above",
         "new", *(apart(3) + ["around 2 4", "around 2 11", "around 19 40", "around 2 40"])),
    case("an_area_that_is_larger_than_the_range",
         "new", area(5, 9), area(20, 60), area(70, 71), "around 30 31", "around 20 60",
         "around 19 61"),
)

GAPS = (
    case("an_empty_space", "new", "gap 1 100", "gap 99 100"),
    case("above_the_last_area", "new", area(10, 12), "gap 3 100", "gap 88 100"),
    case("between_two_areas",
         "new", area(10, 20), area(30, 100), "gap 1 100", "gap 10 100", "gap 9 100"),
    case("a_gap_that_fits_exactly",
         "new", area(4, 10), area(13, 20), area(22, 40), area(41, 50), "gap 1 50", "gap 2 50",
         "gap 3 50", "gap 4 50"),
    case("the_highest_not_the_best",
         "new", area(5, 10), area(12, 20), area(50, 60), "gap 2 60", "gap 2 50", "gap 2 20"),
    case("a_gap_that_is_cut_by_the_top",
         "new", area(10, 20), area(40, 50), "gap 5 30", "gap 10 30", "gap 3 23", "gap 3 24"),
    case("a_top_within_an_area",
         "new", area(10, 20), area(40, 50), area(60, 64), "gap 4 45", "gap 4 62", "gap 12 15"),
    case("a_top_at_the_borders_of_an_area",
         "new", area(10, 20), area(40, 50), "gap 4 40", "gap 4 50", "gap 4 20", "gap 4 10"),
    case("the_gap_below_the_lowest_area",
         "new", area(30, 31), area(35, 90), "gap 20 90", "gap 30 90", "gap 5 33"),
    case("large_gaps_above_the_top_are_no_help",
         "new", *(apart(20, first=10, size=3, step=4) + [area(200, 210), area(260, 270)] +
                  ["gap 1 60", "gap 2 60", "gap 9 60", "gap 40 250", "gap 30 230"])),
    case("the_areas_around_are_told",
         "new", *(apart(12, size=3) + ["gap 1 40", "gap 1 38", "gap 8 57", "gap 10 57"])),
    case("a_gap_in_the_middle_of_many",
         "new", *(apart(30, first=5, size=3, step=4) + apart(30, first=150, size=3, step=4) +
                  ["gap 5 260", "gap 2 260", "gap 1 260", "gap 5 151", "gap 27 260"])),
)


def merged(name, *script):
    return case(name, "new", *script)


MERGING = (
    merged("two_that_touch_become_one", area(10, 12), area(12, 15), "ask 10 12", "merge 10 15"),
    merged("a_row_becomes_one",
           area(10, 12), area(12, 13), area(13, 20), area(20, 21), "merge 10 21"),
    merged("the_neighbour_below_joins", area(10, 12), area(12, 15), "merge 12 15"),
    merged("the_neighbour_above_joins", area(10, 12), area(12, 15), "merge 10 12"),
    merged("both_neighbours_join",
           area(3, 5, READ), area(5, 12), area(12, 15), area(15, 18), area(18, 20, READ),
           "merge 12 15"),
    merged("the_range_begins_at_page_0", area(0, 2), area(2, 4), area(4, 5, READ), "merge 0 4"),
    merged("far_away_nothing_happens",
           area(2, 4), area(4, 6), area(10, 12, READ), area(14, 16), area(16, 18, READ),
           area(20, 22, READ), area(30, 33), area(33, 36), "merge 14 18"),
    merged("holes_stay_and_others_merge",
           area(10, 12), area(13, 15), area(15, 16), area(16, 18, READ), area(18, 19, READ),
           "merge 10 19"),
    merged("of_an_object_that_goes_on",
           area(10, 12, 1, 1, 8192), area(12, 15, 1, 1, 16384), "ask 10 12", "merge 10 15"),
    merged("the_upper_one_may_end_in_zeros",
           area(10, 12, 3, 2, 300), area(12, 15, 3, 2, 300 + 8192, 5000), "ask 10 12",
           "merge 12 15"),
    merged("a_row_of_one_object",
           area(10, 12, 1, 1, 0), area(12, 13, 1, 1, 8192), area(13, 16, 1, 1, 12288),
           area(16, 20, 1, 1, 24576, 9000), "merge 12 16"),
    merged("rows_of_two_objects",
           area(4, 6, 1, 1, 0), area(6, 7, 1, 1, 8192), area(7, 9, 1, 1, 12288),
           area(10, 12, 1, 2, 0), area(12, 13, 1, 2, 8192), area(13, 16, 1, 2, 12288),
           area(16, 18, 1), area(18, 20, 1), "merge 4 20"),
    merged("offsets_of_memory_say_nothing",
           area(10, 12, 3, 0, 8192), area(12, 15, 3, 0, 0), area(15, 16, 3, 0, 77), "ask 10 12",
           "ask 12 15", "merge 10 16"),
    merged("flags_that_are_equal", area(10, 12, 3, 0, 0, 0, 20), area(12, 15, 3, 0, 0, 0, 20),
           "ask 10 12", "merge 10 15"),
    merged("the_charge_of_a_frame_is_given_back",
           *(beside(16) + [area(17, 18, WRITE), area(18, 20, READ), "merge 17 17"])),
    merged("a_range_without_areas", area(10, 12), area(20, 22), "merge 14 18", "merge 2 5"),
)


def different(name, lower, upper):
    """Two areas, of pages 10 to 12 and 12 to 15: what differs, as words for area()."""
    script = ["new", area(10, 12, *lower), area(12, 15, *upper), "ask 10 12", "merge 10 15",
              "merge 12 12"]
    return case(name, *script)


DIFFERENT = (
    different("another_access", (3,), (1,)),
    different("no_access_and_some", (0,), (1,)),
    different("another_most", (1, 0, 0, 0, 0, 7), (1, 0, 0, 0, 0, 3)),
    different("another_flag", (3, 0, 0, 0, HEAP), (3, 0, 0, 0, 0)),
    different("a_high_flag", (3, 0, 0, 0, 512), (3, 0, 0, 0, 0)),
    different("memory_and_an_object", (3,), (3, 1, 0)),
    different("an_object_and_memory", (3, 1, 0), (3,)),
    different("two_objects", (3, 1, 0), (3, 2, 8192)),
    different("another_place_in_the_object", (3, 1, 0), (3, 1, 12288)),
    different("the_same_place_in_the_object", (3, 1, 8192), (3, 1, 8192)),
    different("a_place_before", (3, 1, 8192), (3, 1, 0)),
    different("a_place_that_is_a_byte_further", (3, 1, 0), (3, 1, 8193)),
    different("zeros_between", (3, 1, 0, 8191), (3, 1, 8192)),
    different("a_lower_one_of_zeros", (3, 1, 0, 0), (3, 1, 8192, 0)),
    case("a_hole_between", "new", area(10, 12), area(13, 15), "ask 10 13", "merge 10 15"),
    case("a_hole_in_the_object", "new", area(10, 12, 1, 1, 0), area(13, 15, 1, 1, 8192),
         "ask 10 13", "merge 10 15"),
    case("one_between_that_differs",
         "new", area(10, 12), area(12, 13, READ), area(13, 15), "merge 10 15", "merge 12 13"),
)

SPLITTING = (
    case("memory_in_the_middle", "new", area(10, 20), "split 14"),
    case("the_first_page_of_it", "new", area(10, 20), "split 11"),
    case("the_last_page_of_it", "new", area(10, 20), "split 19"),
    case("between_others",
         "new", area(2, 5), area(7, 9, READ), area(10, 20), area(20, 22, READ), area(30, 31),
         "split 13", "split 17"),
    case("all_that_it_says_is_kept",
         "new", area(10, 20, 5, 0, 0, 0, 64 + 16, 5), "split 12", area(30, 40, 0, 0, 0, 0, 4),
         "split 33"),
    case("a_file_from_its_begin", "new", area(10, 20, 1, 1, 0), "split 13"),
    case("a_file_from_further_on", "new", area(10, 20, 1, 1, 40960, None, SHARED), "split 13",
         "split 16"),
    case("a_file_that_begins_anywhere", "new", area(10, 20, 3, 2, 1234), "split 11", "split 18"),
    case("the_file_ends_in_the_lower_part", "new", area(10, 20, 3, 1, 4096, 5000), "split 14"),
    case("the_file_ends_in_the_upper_part", "new", area(10, 20, 3, 1, 4096, 30001), "split 14"),
    case("the_file_ends_at_the_split", "new", area(10, 20, 3, 1, 4096, 16384), "split 14"),
    case("the_file_ends_a_byte_further", "new", area(10, 20, 3, 1, 4096, 16385), "split 14"),
    case("all_of_it_is_zeros", "new", area(10, 20, 3, 1, 4096, 0), "split 14"),
    case("others_map_the_same_object",
         "new", area(10, 20, 1, 1, 0), area(30, 40, 1, 1, 0), area(50, 60, 3, 1, 8192),
         "split 35", "split 12"),
    case("the_17th_area_is_charged_a_frame", "new", *(beside(15) + [area(20, 30), "split 25"])),
    case("others_are_not", "new", *(beside(14) + [area(20, 30), "split 25"])),
    case("each_of_many_parts",
         "new", area(0, 40), *["split %d" % at for at in (20, 10, 30, 5, 35, 1, 39, 21, 19, 2)]),
)


def refused(name, count, command, splits):
    """With `count` areas: each allocation and charge fails once that the command needs; then it is
    done. splits: how many it makes."""
    script = ["new"] + beside(count - 2, 50) + [area(10, 20), area(30, 40, 1, 1, 4096, 30000)]
    charges = sum((count + i) % PER_FRAME == 0 for i in range(splits))
    for short, most in (("memory", splits + charges), ("structs", splits)):
        for enough in range(most):
            script += ["%s %d" % (short, enough), command]
        script += ["%s %d" % (short, PLENTY)]
    return case("%s_%d_areas" % (name, count), *(script + [command]))


def refused_at_each():
    for count in (5, 15, 16):
        yield refused("a_split_of_memory", count, "split 14", 1)
        yield refused("a_split_of_a_file", count, "split 34", 1)
        yield refused("areas_isolate_in_one_area", count, "isolate 12 17", 2)
        yield refused("areas_isolate_in_two_areas", count, "isolate 14 34", 2)
        yield refused("mprotect_of_a_file", count, "protect 33 35 3", 2)


MEMORY_OUT = tuple(refused_at_each()) + (
    case("as_many_areas_as_there_may_be", "new", area(10, 20), area(30, 40, 1, 1, 0), "full",
         "split 14", "split 34"),
    case("nothing_to_split_needs_no_memory", "new", area(10, 20), area(30, 40), "memory 0",
         "isolate 10 20", "isolate 5 60", "unmap 22 28", "protect 30 40 1", "unmap 10 20"),
)

EDGES = (
    case("no_area_at_all", "new", "find 0 0", "find 17 5", "around 0 1", "around 5 9"),
    case("page_0", "new", area(0, 1), area(2, 3), "find 0 0", "find 1 0", "around 0 1",
         "around 0 3"),
    case("the_highest_address",
         "new", area(10, 12), "find %d 4095" % ((1 << 52) - 1), "find 11 1",
         "find %d 0" % ((1 << 52) - 1)),
    case("an_area_of_one_page", "new", area(7, 8), "find 6 4095", "find 7 0", "find 7 4095",
         "find 8 0", "around 7 8"),
    case("last_found_has_less_than_the_search",
         "new", area(10, 12), area(12, 14, READ), "decoy 10 11", "find 11 0", "decoy 14 15",
         "find 13 4095"),
    case("nothing_found_is_not_remembered",
         "new", *(apart(3) + ["find 14 0", "find 99 0", "decoy 3 4", "find 99 0", "find 3 1"])),
    case("a_large_range", "new", *(apart(5) + ["around 0 %d" % (1 << 40)])),
)

NO_GAP = (
    case("longer_than_the_top", "new", "gap 101 100", "gap 1 0", area(10, 12), "gap 101 100"),
    case("as_long_as_the_top", "new", "gap 100 100", area(120, 130), "gap 100 100"),
    case("a_length_that_is_nearly_all", "new", area(10, 12), "gap %d 100" % ((1 << 52) - 1),
         "gap %d 100" % ((1 << 51) + 5)),
    case("all_is_in_use", "new", area(0, 50), area(50, 100, READ), "gap 1 100", "gap 1 60"),
    case("no_gap_is_long_enough", "new", *(apart(20, first=3) + ["gap 4 81", "gap 3 81",
                                                                "gap 40 81"])),
    case("the_gap_is_above_the_top", "new", area(0, 10), area(40, 50), "gap 8 15", "gap 6 15",
         "gap 5 15", "gap 1 10", "gap 1 5"),
    case("the_top_leaves_too_little", "new", area(0, 10), area(20, 30), area(32, 40),
         "gap 3 12", "gap 2 31", "gap 3 31", "gap 12 40"),
    case("many_gaps_above_the_top_and_none_below",
         "new", *([area(0, 20)] + apart(25, first=20, size=1, step=6) + ["gap 2 20", "gap 3 23",
                                                                        "gap 5 25"])),
)


# ---- drawn by the seed ----

def some_areas(dice, count, room=3):
    """So many areas with holes that are drawn, or none: (commands, where they are, the end)."""
    at, script, places = dice.randrange(6), [], []
    for _ in range(count):
        at += dice.randrange(room + 1) * dice.randrange(2)
        end = at + 1 + dice.randrange(5)
        script.append(area(at, end, dice.choice((0, 1, 3, 5)), 0, 0, 0, dice.choice((0, 16))))
        places.append((at, end))
        at = end
    return script, places, at


def drawn_search(dice, number):
    script, _, end = some_areas(dice, 12)
    finds = ["find %d %d" % (dice.randrange(end + 4), dice.randrange(PAGE)) for _ in range(12)]
    ranges = []
    for _ in range(10):
        start = dice.randrange(end + 3)
        ranges.append("around %d %d" % (start, start + 1 + dice.randrange(end // 2)))
    return (case("drawn_finds_%d" % number, "new", *(script + finds)),
            case("drawn_ranges_%d" % number, "new", *(script + ranges)))


def drawn_gaps(dice, number):
    """With room and without."""
    script, _, end = some_areas(dice, 25, room=7)
    gaps = ["gap %d %d" % (1 + dice.randrange(6), dice.randrange(8, end)) for _ in range(15)]
    none = ["gap %d %d" % (8 + dice.randrange(end), dice.randrange(end)) for _ in range(6)]
    return (case("drawn_gaps_%d" % number, "new", *(script + gaps)),
            case("drawn_without_a_gap_%d" % number, "new", *(script + none)))


def drawn_merge(dice, number):
    """A row of pieces, some of which are alike: file, memory, access by chance."""
    at, script = 5, ["new"]
    offset = dice.randrange(1 << 20)
    for _ in range(12):
        size = 1 + dice.randrange(4)
        object_ = dice.choice((0, 1, 1, 1))
        short = dice.choice((0, 0, 0, 1)) * dice.randrange(size * PAGE)
        script.append(area(at, at + size, dice.choice((1, 1, 3)), object_,
                           offset + dice.choice((0, 0, 0, PAGE)) if object_ else 0,
                           size * PAGE - short if object_ else 0))
        at += size
        offset += size * PAGE
    starts = [int(each.split()[1]) for each in script[1:]]
    asks = ["ask %d %d" % pair for pair in zip(starts, starts[1:])]
    return case("drawn_merge_%d" % number, *(script + asks + ["merge 5 %d" % at]))


def drawn_split(dice, number):
    size = 6 + dice.randrange(20)
    first = 1 + dice.randrange(20)
    script = ["new", area(first, first + size, dice.choice((1, 3)), 1, dice.randrange(1 << 24),
                          dice.randrange(size * PAGE + 1), dice.choice((0, 8)))]
    at = dice.sample(range(first + 1, first + size), 4)
    return case("drawn_split_%d" % number, *(script + ["split %d" % each for each in at]))


def random_case(seed):
    """10,000 steps in 80 pages: what is asked for is drawn by the seed."""
    dice, script = random.Random("random %d" % seed), ["new", "quiet 1"]
    for step in range(STEPS):
        start = dice.randrange(76)
        end = start + 1 + dice.randrange(min(10, 80 - start))
        kind = dice.choice(("map", "map", "unmap", "protect", "protect", "place", "find", "around",
                            "gap"))
        if kind == "map":
            object_ = dice.choice((0, 0, 1, 2))
            offset = start * PAGE if object_ == 1 else dice.randrange(4) * PAGE
            script.append("map %d %d %d %d %d %d" % (
                start, end, dice.choice((1, 3)), object_, offset if object_ else 0,
                (end - start) * PAGE - dice.choice((0, 0, 100)) if object_ else 0))
        elif kind == "protect":
            script.append("protect %d %d %d" % (start, end, dice.choice((0, 1, 3))))
        elif kind == "place":
            script.append("place %d %d %d" % (1 + dice.randrange(4), 8 + dice.randrange(72),
                                              dice.choice((1, 3))))
        elif kind == "gap":
            script.append("gap %d %d" % (1 + dice.randrange(9), dice.randrange(81)))
        elif kind == "find":
            script.append("find %d %d" % (start, dice.randrange(PAGE)))
        else:
            script.append("%s %d %d" % (kind, start, end))
        if step % 100 == 99:
            script.append("state")
    return Case("%d_random_steps_seed_%d" % (STEPS, seed), script, Judge(script))


def tests(seed):
    dice = random.Random("cases %d" % seed)
    finds, ranges = zip(*[drawn_search(dice, number) for number in range(DRAWN)])
    gaps, none = zip(*[drawn_gaps(dice, number) for number in range(DRAWN)])
    merges = tuple(drawn_merge(dice, number) for number in range(DRAWN))
    splits = tuple(drawn_split(dice, number) for number in range(DRAWN))
    return [
        Test("finding an area", "works", 3, FINDING + finds +
             (HINT_HAS_GAP if "hint_has_gap" in RULES else ())),
        Test("areas around a range", "works", 2, RANGES + ranges, needs=("finding an area",)),
        Test("the highest gap", "works", 4, GAPS + gaps),
        Test("merging", "works", 4, MERGING, needs=("what differs stays apart",
                                                    "finding an area")),
        Test("splitting", "works", 4, SPLITTING + splits),
        Test("random steps", "works", 3, (random_case(seed),), together=True),
        Test("edges of a search", "bad arguments", 4, EDGES,
             needs=("finding an area", "areas around a range")),
        Test("no gap is no gap", "bad arguments", 5, NO_GAP + none, needs=("the highest gap",)),
        Test("what differs stays apart", "bad arguments", 5, DIFFERENT + merges,
             needs=("merging", "finding an area")),
        Test("memory is out", "bad arguments", 6, MEMORY_OUT,
             needs=("splitting", "merging", "what differs stays apart", "finding an area",
                    "areas around a range")),
    ]
