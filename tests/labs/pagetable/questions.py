"""Questions about a run of the student's page tables. What the code gives is the answer."""

import random

from questions import Question

NAMES = {3: "Sv39", 4: "Sv48", 5: "Sv57"}
PAGE = 4096


def va_of(indices):
    va = 0
    for i in indices:
        va = va << 9 | i
    return va << 12


def named(indices):
    return "[%s]" % " ".join(map(str, indices))


def near(dice, levels, others):
    """Indices that part from those of another address at some level."""
    if not others:
        return [dice.randrange(1, 250)] + [dice.randrange(512) for _ in range(levels - 1)]
    same = dice.randrange(levels)
    return dice.choice(others)[:same] + near(dice, levels, [])[same:]


def places(dice, levels, count):
    found = []
    while len(found) < count:
        one = near(dice, levels, found)
        if one not in found:
            found.append(one)
    return found


def frames_of(lines):
    """{frame: {index: entry}} of the state that was told last."""
    frames = {}
    for line in lines:
        words = line.split()
        if words[0] == "frame":
            frames[int(words[1].rstrip(":"))] = {
                int(i): int(entry, 16) for i, entry in (word.split("=") for word in words[2:])}
    return frames


def way(lines, root, indices):
    """The entries on the way, from the root's to the leaf entry."""
    frames, frame, found = frames_of(lines), root, []
    for i in indices:
        found.append(frames[frame].get(i, 0))
        frame = found[-1] >> 10
    return found


def told_tables(lines):
    return "the tables: " + "; ".join(
        "frame %d: %s" % (frame, " ".join("%d=0x%x" % pair for pair in sorted(entries.items())))
        for frame, entries in sorted(frames_of(lines).items()) if entries)


def walks(dice, levels, where, numbers):
    """Walks, each with the supply filled up before: commands, their text, and the root's frame."""
    root, script, said, left, there = numbers.pop(), [], [], [], set()
    for indices in where:
        more = [numbers.pop() for _ in range(levels - 1 - len(left))]
        left = left + more
        script += ["supply " + " ".join(map(str, more))] if more else []
        script.append("walk 0x%x" % va_of(indices))
        said.append("    supply->frame[] = {%s}; walk for %s" % (", ".join(map(str, left)),
                                                                named(indices)))
        for depth in range(1, levels):
            if tuple(indices[:depth]) not in there:
                there.add(tuple(indices[:depth]))
                left = left[:-1]
    return ["new %d %d" % (levels, root)] + script, "\n".join(said), root


def which_tables(dice):
    levels = dice.choice((4, 5))
    where = places(dice, levels, 4)
    script, said, root = walks(dice, levels, where, dice.sample(range(100, 4000), 40))
    asked = dice.choice(where[1:])
    return Question(
        "which tables", 3,
        "An address is given by its indices, the root's first. An empty space of %s has its root "
        "in frame %d. After\n%s\nwhich frames hold the tables that the hardware goes through for "
        "%s, from the one below the root down to the leaf table? (%d numbers)"
        % (NAMES[levels], root, said, named(asked), levels - 1),
        script + ["state"],
        lambda lines: " ".join(str(entry >> 10) for entry in way(lines, root, asked)[:-1]),
        told_tables)


def which_next(dice):
    first = dice.randrange(1, 200)
    where = [[first, dice.randrange(500), dice.randrange(1, 511)]]
    for kind in dice.sample(range(4), 4):
        a, b, _ = where[-1]
        where.append([a + (kind % 2), (b + 1 + dice.randrange(8)) % 512 if kind % 2 == 0 else
                      dice.randrange(512), dice.randrange(1, 512)])
    where.sort()
    begin = list(where[0])
    begin[1:] = [max(0, begin[1] - dice.randrange(3)), dice.randrange(1, 512)]
    script, there = ["new 3 50"], set()
    for number, indices in enumerate(where):
        for level in (1, 0):
            if tuple(indices[:2 - level]) not in there:
                there.add(tuple(indices[:2 - level]))
                script.append("table 0x%x %d %d" % (va_of(indices), level, 60 + 2 * number + level))
    script += ["leaves 0x%x 0x%x" % (va_of(begin), va_of([255, 0, 0]))]

    def found(lines):
        return [[int(line.split()[1], 16) >> shift & 511 for shift in (30, 21, 12)]
                for line in lines if line.startswith("leaf ") and line != "leaf end"]
    return Question(
        "which are next", 3,
        "An address is given by its indices, the root's first. A space of Sv39 has the tables for "
        "%s, and no others. A loop calls pte_next, and goes on each time at the end of the leaf "
        "table that it was given. It begins at %s. Which addresses do the first three calls give? "
        "(nine numbers)" % (", ".join(map(named, where)), named(begin)),
        script, lambda lines: " ".join(str(i) for one in found(lines)[:3] for i in one),
        lambda lines: "all that it gave: " + ", ".join(map(named, found(lines))))


def where_it_ends(dice):
    levels = dice.choice((4, 5))
    numbers = dice.sample(range(100, 4000), 6)
    where = places(dice, levels, 9)
    while not 3 <= reached(where, 5) <= 6:
        where = places(dice, levels, 9)
    script = ["new %d %d" % (levels, numbers[0]),
              "supply " + " ".join(map(str, numbers[1:]))]
    return Question(
        "where the supply ends", 2,
        "An address is given by its indices, the root's first. In an empty space of %s walks are "
        "made for %s, in this order, with supply->frame[] = {%s}, which is not filled up. Which of "
        "them give an entry (1 for the first), and in which frame is the leaf table of the last "
        "that does? (numbers, that of the frame at the end)"
        % (NAMES[levels], ", ".join(map(named, where)), ", ".join(map(str, numbers[1:]))),
        script + ["walk 0x%x" % va_of(indices) for indices in where] + ["state"],
        answer_of_walks, told_tables)


def reached(where, frames):
    """How many of the places have a leaf table where each has what it can get."""
    there, count = set(), 0
    for indices in where:
        for depth in range(1, len(indices)):
            if tuple(indices[:depth]) not in there and len(there) == frames:
                break
            there.add(tuple(indices[:depth]))
        else:
            count += 1
    return count


def answer_of_walks(lines):
    given = [line for line in lines if line.startswith("at ") or line in ("nothing", "astray")]
    found = [number for number, line in enumerate(given, 1) if line.startswith("at ")]
    return "%s %s" % (" ".join(map(str, found)), given[found[-1] - 1].split()[1])


def which_entries(dice):
    levels = 3
    where = places(dice, levels, 2)
    script, said, root = walks(dice, levels, where, dice.sample(range(100, 4000), 20))
    frame, allowed, names = dice.randrange(0x80000, 0x88000), *dice.choice((
        (2, "ACCESS_READ"), (4, "ACCESS_WRITE"), (10, "ACCESS_READ | ACCESS_EXEC"),
        (6, "ACCESS_READ | ACCESS_WRITE")))
    script += ["make %d %d" % (frame, allowed), "state"]

    def answer(lines):
        made, = [line.split()[1] for line in lines if line.startswith("entry ")]
        return "0x%x 0x%s" % (way(lines, root, where[1])[1], made)
    return Question(
        "which entries", 2,
        "An address is given by its indices, the root's first. An empty space of Sv39 has its root "
        "in frame %d. After\n%s\nthe entry that pte_make_user gives for frame 0x%x and %s is put "
        "at %s. What do the entry of level 1 and the leaf entry for this address hold? (two "
        "numbers of the form 0x1a2b)" % (root, said, frame, names, named(where[1])),
        script, answer, told_tables)


def questions(seed):
    dice = random.Random("pagetable %d" % seed)
    return [which_tables(dice), which_next(dice), where_it_ends(dice), which_entries(dice)]
