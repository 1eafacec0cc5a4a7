"""Questions about what the student's counters say. What the code gives is the answer."""

import random

from questions import Question

ROUND = 1 << 64
V, R, W, U, A, NONE, SWAP = 1, 2, 4, 16, 64, 256, 512
PRIVATE = 1 << 11
KINDS = (("is present, in frame %d", V | R | U | A), ("is present and writable, in frame %d",
                                                     V | R | W | U | A),
         ("is kept by PROT_NONE, in frame %d", NONE), ("is in swap, in slot %d", SWAP))


def said(lines):
    return "; ".join(line for line in lines if line != "told")[:300]


def number_of(lines, word, at):
    for line in lines:
        words = line.split()
        if words[0] == word:
            return words[at]
    return ""


def which_sum(dice):
    """Frames that one hart has allocated and another freed."""
    script, told = ["new"], []
    for hart in range(4):
        number = dice.randrange(-400, 900)
        script.append("cell %d 32 %d" % (hart, number % ROUND))
        told.append("%+d on hart %d" % (number, hart))
    script.append("sum 32")
    return Question("which sum", 2, "The cells of `frames anonymous` are %s, and 0 on the others. "
                    "What is vm_stat_sum() of it? (a number; of one less than 0 the number modulo "
                    "2^64)" % ", ".join(told), script, lambda lines: number_of(lines, "sum", 1),
                    said)


def mapped(dice, count):
    script, told = ["new", "space 0 9", "table 0 512"], []
    for page in sorted(dice.sample(range(512, 1024), count)):
        frame = dice.randrange(1, 40)
        kind, bits = dice.choice(KINDS)
        script.append("entry 0 %d %d %d" % (page, frame, bits))
        told.append("page %d %s" % (page, kind % frame))
    files = sorted(dice.sample(range(1, 40), 12))
    script += ["frame %d %d" % (frame, 0 if frame in files else PRIVATE) for frame in range(1, 40)]
    return script, "%s. Frames %s are a file's, all others private" % (
        "; ".join(told), " ".join(map(str, files)))


def how_many_pages(dice):
    script, told = mapped(dice, dice.randrange(24, 44))
    swapped = dice.randrange(3, 90)
    charged, fixed = dice.randrange(100, 900), dice.randrange(1, 40)
    script += ["has 0 %d %d %d" % (charged, fixed, swapped), "one 9"]

    def answer(lines):
        return "%s %s" % (number_of(lines, "stats", 6), next(
            (line.split()[2] for line in lines if line.startswith("item 25 ")), "0"))
    return Question("how many pages", 3, "%s. The process is charged %d pages that can go to swap, "
                    "and %d that cannot. What are `resident` and `commit` of this process? (two "
                    "numbers)" % (told, charged, fixed), script, answer, said)


def which_is_told(dice):
    script = ["new"]
    numbers = [dice.randrange(10, 99) for _ in range(8)]
    script += ["cell 0 27 %d" % numbers[0], "cell 1 27 %d" % numbers[1], "free %d" % numbers[2],
               "cell 0 17 %d" % numbers[3], "swap %d %d %d" % (500 + numbers[4], numbers[5],
                                                              numbers[6]),
               "cell 2 28 %d" % numbers[7], "read 0"]

    def answer(lines):
        found = {line.split()[1]: line.split()[2] for line in lines if line.startswith("item ")}
        return "%s %s %s" % tuple(found.get(item, "0") for item in ("27", "17", "28"))
    return Question("which is told", 2, "The cells of `frames free` are %d and %d on two harts, "
                    "that of swap_slots_used is %d, that of `frames kernel` is %d; "
                    "frame_free_now() gives %d; swap has %d slots, %d used, %d with a page. "
                    "What are `frames free`, "
                    "swap_slots_used and `frames kernel` for vmstat? (three numbers)" % (
                        numbers[0], numbers[1], numbers[3], numbers[7], numbers[2],
                        500 + numbers[4], numbers[5], numbers[6]), script, answer, said)


def what_is_done(dice):
    """Some calls, one after the other: how many allocations, copies and errors?"""
    script, told = ["new", "space 0 9", "space 1 12"], []
    for _ in range(18):
        pid = dice.choice((0, 9, 12, 13, -1, 9 + (1 << 32)))
        flags = dice.choice((0, 0, 1, 2, 32))
        if dice.random() < 0.3:
            error = dice.choice((0, 14))
            script.append("refuse %d" % error)
            told.append("from now on copying %s" % ("fails" if error else "works"))
        script.append("call %d 4096 %d" % (pid, flags))
        told.append("vmstat(%d, p, %d)" % (pid, flags))

    def answer(lines):
        return " ".join(str(sum(line.startswith(word) for line in lines)) for word in
                        ("allocated", "dropped", "copied", "call 0"))
    return Question("what is done", 3, "There are the processes 9 and 12. %s. How many times is "
                    "memory allocated, how many times are caches dropped, how many times is "
                    "anything copied to the caller, and how many calls return 0? (four numbers; "
                    "copying works at first)" % "; ".join(told), script, answer,
                    lambda lines: "; ".join(line for line in lines if line.split()[0] in (
                        "allocated", "dropped", "copied", "call"))[:400])


def questions(seed):
    dice = random.Random("inspect %d" % seed)
    return [which_sum(dice), how_many_pages(dice), which_is_told(dice), what_is_done(dice)]
