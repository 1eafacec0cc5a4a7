"""Questions about a run of the student's buddy allocator. What the code gives is the answer."""

import random

from questions import Question

FRAMES = 64
FEW, RELEASES = 32, 14      # of "how many blocks"
RELEASE = "(`release N`: the block number N of those still held, from 0 on, by age)"


def warm_up(dice, steps):
    """Requests that leave 64 frames in pieces; there are always enough."""
    script, held = ["new %d" % FRAMES, "quiet 1", "give 0 %d" % FRAMES], 0
    for _ in range(steps):
        if held < 3 or dice.random() < 0.62:
            script.append("alloc %d" % dice.choice((0, 0, 0, 1, 1, 2)))
            held += 1
        else:
            script.append("release %d" % dice.randrange(held))
            held -= 1
    return script


def state_of(lines):
    """{order: list of first frames} of the last state that was told."""
    lists = {}
    for line in lines[last_begin(lines):]:
        words = line.split()
        if words[0] == "order":
            lists[int(words[1])] = [int(word) for word in words[4:]]
    return lists


def last_begin(lines):
    return max(i for i, line in enumerate(lines) if line.startswith("free "))


def gots(lines):
    return [line.split()[1] for line in lines if line.startswith("got ")]


def told_state(lines):
    return "the free blocks: " + ("   ".join(
        "order %d: %s" % (order, " ".join(map(str, firsts)))
        for order, firsts in sorted(state_of(lines).items()) if firsts) or "none")


def listed(script):
    return "\n".join("    " + "; ".join(script[i:i + 8]) for i in range(0, len(script), 8))


def which_frame(dice):
    order = dice.choice((0, 1))
    script = warm_up(dice, 14) + ["state", "alloc %d" % order, "alloc 0"]
    return Question(
        "which frames", 3,
        "With 64 frames, and after\n%s\n%s\nwhich frames do the next two allocations give, one of "
        "order %d, then one of order 0? (two numbers)" % (listed(script[2:-3]), RELEASE, order),
        script, lambda lines: " ".join(gots(lines)[-2:]),
        lambda lines: "before them, " + told_state(lines))


def which_list(dice):
    script = warm_up(dice, 18) + ["state"]
    return Question(
        "which blocks", 3,
        "With 64 frames, and after\n%s\n%s\nwhich blocks are free? Give their first frames, "
        "rising, of all orders." % (listed(script[2:-1]), RELEASE),
        script, lambda lines: " ".join(map(str, sorted(
            first for firsts in state_of(lines).values() for first in firsts))) or "none",
        told_state)


def how_many(dice):
    """Frames that come back in a random order: how many blocks do they make up?"""
    script = ["new %d" % FEW, "quiet 1", "give 0 %d" % FEW] + ["alloc 0"] * FEW
    script += ["release %d" % dice.randrange(FEW - i) for i in range(RELEASES)]
    script.append("state")
    return Question(
        "how many blocks", 2,
        "32 frames are allocated, one by one. Then\n%s\n%s\nHow many free blocks are there, and "
        "what is the first frame of the largest? (two numbers; of several the lowest)"
        % (listed(script[3 + FEW:-1]), RELEASE),
        script, lambda lines: "%d %d" % (
            sum(len(firsts) for firsts in state_of(lines).values()),
            min(state_of(lines)[max(o for o, firsts in state_of(lines).items() if firsts)])),
        told_state)


def which_fails(dice):
    """Allocations until one fails: which one, and how many frames are free then."""
    script = ["new %d" % FRAMES, "quiet 1", "give 0 %d" % FRAMES]
    asked = [dice.choice((0, 1, 1, 2, 2, 3)) for _ in range(40)]
    script += ["alloc %d" % order for order in asked] + ["state"]

    def answer(lines):
        got = gots(lines)
        return "%d %d" % (got.index("nothing") + 1, len([g for g in got if g == "nothing"]))
    return Question(
        "which fails", 2,
        "With 64 frames, all free, allocations of these orders are made one after the other: %s. "
        "Which is the first that finds nothing (1 for the first), and how many of the 40 find "
        "nothing? (two numbers)" % " ".join(map(str, asked)),
        script, answer, told_state)


def questions(seed):
    dice = random.Random("buddy %d" % seed)
    return [which_frame(dice), which_list(dice), how_many(dice), which_fails(dice)]
