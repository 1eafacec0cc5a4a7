"""Questions about a run of the student's areas. What the code gives is the answer."""

import random

from questions import Question

PAGES = 64
PAGE = 4096
WORDS = ("`map START END ACCESS` (1: read, 3: read and write): areas_isolate, what is there goes, "
         "a new area comes, areas_merge. `unmap START END`: areas_isolate, what is there goes. "
         "`protect START END ACCESS`: areas_isolate, all there gets that access, areas_merge.")


def listed(script):
    return "\n".join("    " + "; ".join(script[i:i + 6]) for i in range(0, len(script), 6))


def areas_of(lines):
    """The last state: (start, end, access) of each area."""
    states = [i for i, line in enumerate(lines) if line == "state"]
    begin = ([-1] + states)[-2] + 1
    return [(int(w[1]), int(w[2]), int(w[4])) for w in
            (line.split() for line in lines[begin:]) if w[0] == "area"]


def told_areas(lines):
    names = {0: "none", 1: "r", 3: "rw"}
    return "the areas: " + (" ".join("[%d,%d)%s" % (start, end, names.get(access, access))
                                     for start, end, access in areas_of(lines)) or "none")


def changes(dice, count, unmaps=2):
    """So many commands on 64 pages; the first map, so that there is something."""
    script = ["map %d %d 3" % (4 + dice.randrange(8), 55 + dice.randrange(8))]
    for _ in range(count - 1):
        start = dice.randrange(PAGES - 12)
        kind = dice.choice(["unmap"] * unmaps + ["map", "protect", "protect"])
        end = start + 2 + dice.randrange(9)
        script.append("%s %d %d%s" % (kind, start, end,
                                      "" if kind == "unmap" else " %d" % dice.choice((1, 3))))
    return script


def which_gap(dice):
    script = changes(dice, 12, unmaps=4)
    gaps = [(4 + dice.randrange(3), 47 + dice.randrange(8)),
            (3 + dice.randrange(3), 36 + dice.randrange(8)),
            (1 + dice.randrange(3), 20 + dice.randrange(12))]
    return Question(
        "which gaps", 3,
        "In an empty space, and after\n%s\n(%s)\nat which pages do the gaps begin that "
        "vma_find_gap gives for %s? (three numbers; `none` where there is none)" % (
            listed(script), WORDS,
            ", ".join("%d pages below page %d" % gap for gap in gaps)),
        ["new", "quiet 1"] + script + ["state"] + ["gap %d %d" % gap for gap in gaps],
        lambda lines: " ".join(line.split()[1] if line.startswith("gap ") else "none"
                               for line in lines[-3:]), told_areas)


def which_areas(dice):
    script = changes(dice, 12)
    return Question(
        "which areas", 3,
        "In an empty space, and after\n%s\n(%s)\nwhich areas are there? Give the pages where they "
        "begin, rising." % (listed(script), WORDS), ["new", "quiet 1"] + script + ["state"],
        lambda lines: " ".join(str(area[0]) for area in areas_of(lines)), told_areas)


def what_is_found(dice):
    """Which area each search gives, and which one is remembered at the end."""
    at, areas = dice.randrange(1, 5), []
    for _ in range(12):
        areas.append((at, at + 1 + dice.randrange(4)))
        at = areas[-1][1] + dice.randrange(4)
    pages = [dice.randrange(at) for _ in range(4)] + [at + 3, dice.randrange(at), at + 9]
    finds = ["find %d 0" % page for page in pages]

    def found(lines):
        return [line.split()[1] for line in lines if line.startswith("found ")]
    return Question(
        "what is found", 2,
        "These areas are there: %s. find_vma is called for the first byte of the pages %s, in this "
        "order. What do the first four calls give, and what is last_found after all of them? "
        "(five numbers: the page where the area begins)" % (
            " ".join("[%d,%d)" % area for area in areas), " ".join(map(str, pages))),
        ["new"] + ["area %d %d 1 0 0 0 %d" % (area + (16 * (i % 2),))
                   for i, area in enumerate(areas)] + finds,
        lambda lines: " ".join(found(lines)[:4] + [lines[-1].split()[1]]),
        lambda lines: "the calls found: " + " ".join(found(lines)))


def which_is_refused(dice):
    """Memory for some allocations is left: which call is the first that fails?"""
    count, left = 10 + dice.randrange(5), 5 + dice.randrange(6)
    beside = ["area %d %d %d" % (100 + i, 101 + i, 1 + 2 * (i % 2)) for i in range(count)]
    calls = []
    for _ in range(10):
        start = 11 + dice.randrange(40)
        calls.append("protect %d %d %d" % (start, start + 1 + dice.randrange(7), dice.choice(
            (1, 3, 0))))

    script = ["new"] + beside + ["area 10 60 3", "quiet 1", "state", "memory %d" % left]
    for call in calls:
        script += [call, "state"]

    def refused(lines):
        """Which calls are refused: the reply comes before the state that follows the call."""
        found, failed = [], False
        for line in lines:
            failed |= line.startswith("isolated")
            if line == "state":
                found.append(failed)
                failed = False
        return found[1:]
    return Question(
        "which is refused", 2,
        "%d areas of one page are there, no two neighbours of which are alike, and below them one "
        "of the pages 10 to 60, for reading and writing. From now on %d allocations and charges "
        "succeed, and all others fail. Then\n%s\n(%s)\nWhich is the first call that is refused "
        "(1 for the first; 0: none), and at which pages do the areas below page 60 begin at the "
        "end? (the number of the call, then the pages, rising)" % (
            count, left, listed(calls), WORDS), script,
        lambda lines: " ".join([str((refused(lines) + [True]).index(True) + 1
                                    if any(refused(lines)) else 0)] +
                               [str(area[0]) for area in areas_of(lines) if area[0] < 60]),
        lambda lines: "refused: %s; %s" % (
            " ".join(str(i) for i, each in enumerate(refused(lines), 1) if each) or "none",
            told_areas(lines)))


def questions(seed):
    dice = random.Random("vma %d" % seed)
    return [which_gap(dice), which_areas(dice), what_is_found(dice), which_is_refused(dice)]
