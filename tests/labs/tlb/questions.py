"""Questions about a run of the student's fences. What the code gives is the answer."""

import random

from questions import Question

KERNEL = 255
PAGE = 4096
HARTS = range(4)
BITS = "Sets are given as four digits, hart 0 first: 0100 is hart 1 alone."


def digits(bits):
    return "".join("1" if bits >> hart & 1 else "0" for hart in HARTS)


def events(lines, kind):
    return [line.split() for line in lines if line.split()[0] == kind]


def told(lines):
    """What happened, in words that a student has in front of them."""
    return "; ".join(line for line in lines if line.split()[0] in (
        "fence", "sbi", "satp", "number", "freed", "fencei"))[:1500]


def stale_of(lines):
    """{table: stale_on} of the sets that were told last."""
    return {int(words[1]): int(words[7]) for words in events(lines, "table")}


def which_harts(dice):
    script, said = ["table 0", "stale 0 0"], []
    states = [dice.randrange(3) for _ in HARTS]
    while states.count(2) < 2 or 1 not in states:
        states = [dice.randrange(3) for _ in HARTS]
    for hart, state in zip(HARTS, states):
        script += [[], ["was %d 0" % hart], ["run %d 0 7" % hart]][state]
        said.append("hart %d %s" % (hart, ("was never in it", "has left it", "runs it")[state]))
    def flush():
        hart, pages, start = dice.randrange(4), dice.choice((1, 3)), dice.randrange(1 << 20) * PAGE
        said.append("then hart %d calls flush_tlb_range for %d page%s" % (
            hart, pages, "s" * (pages > 1)))
        return ["on %d" % hart, "flush 0 0x%x 0x%x" % (start, start + pages * PAGE)]
    script += flush()
    leaves = dice.choice([hart for hart in HARTS if states[hart] == 2])
    script += ["on %d" % leaves, "leave 0", "run %d 255 0" % leaves]
    said.append("then hart %d leaves it" % leaves)
    script += flush()
    script.append("sets")

    def answer(lines):
        calls = [digits(int(words[2])) for words in events(lines, "sbi")]
        return "%s %s" % (digits(stale_of(lines)[0]), " ".join(calls) or "none")
    return Question(
        "which harts", 3,
        "A space is in the stale_on of nobody. Of four harts, %s. Which harts are in stale_on at "
        "the end, and to which did each SBI call for a fence go, in their order? %s (the set, then "
        "one for each call, or none)" % (", ".join(said), BITS), script, answer, told)


def which_numbers(dice):
    tables, script, said = 5, ["asid 2"] + ["table %d" % t for t in range(5)], []
    for _ in range(9):
        hart, table = dice.randrange(2), dice.randrange(tables)
        script += ["on %d" % hart, "number %d" % table]
        said.append("%s%d" % ("AB"[hart], table))

    def answer(lines):
        return " ".join("%s%s" % (words[1], "!" if words[3] == "1" else "")
                        for words in events(lines, "number"))
    return Question(
        "which numbers", 3,
        "A satp has 2 bits for the ASID. Tables 0 to 4 are new, and harts A and B have entered "
        "none. asid_enter is called by them for tables as follows (A3: by hart A for table 3): "
        "%s. Which number does each call give? Write ! behind it where everything has to be "
        "flushed. (nine words, such as 2 or 1!)" % " ".join(said), script, answer, told)


def how_many_fences(dice):
    script, said, at = ["table 0", "table 1", "stale 0 0", "stale 1 0"], [], [0, 1, 0, 1]
    script += ["gives 5 0"]
    for hart in HARTS:
        script.append("run %d %d %d" % (hart, at[hart], 5 + at[hart]))
    for _ in range(9):
        hart = dice.randrange(4)
        script.append("on %d" % hart)
        if dice.random() < 0.5:
            to = dice.choice([t for t in (0, 1, KERNEL) if t != at[hart]])
            at[hart] = to
            script += ["gives %d 0" % (5 + to if to != KERNEL else 0), "switch %d" % to]
            said.append("%d to %s" % (
                hart, "the kernel's root" if to == KERNEL else "table %d" % to))
        else:
            table, start = dice.randrange(2), dice.randrange(1 << 20) * PAGE
            script.append("flush %d 0x%x 0x%x" % (table, start, start + PAGE))
            said.append("%d flushes a page of table %d" % (hart, table))

    def answer(lines):
        counts = [0] * 4
        for words in events(lines, "fence"):
            if int(words[2]) == 1 << int(words[1]):
                counts[int(words[1])] += 1
        for words in events(lines, "sbi"):
            for hart in HARTS:
                counts[hart] += int(words[2]) >> hart & 1
        return " ".join(map(str, counts))
    return Question(
        "how many fences", 2,
        "Harts 0 and 2 run table 0, harts 1 and 3 run table 1; no hart has been elsewhere, no "
        "stale_on has a hart, and asid_enter never wants a flush. Then: %s. How many fences has "
        "each hart done, those that others asked for by the SBI included? (four numbers)"
        % "; ".join("hart " + one for one in said), script, answer, told)


def which_pages(dice):
    script, said = ["table 0", "stale 0 0", "run 0 0 7", "begin 0"], []
    for page in dice.sample(range(64), 8):
        references = dice.choice((1, 1, 2, 3))
        script.append("page %d %d 1" % (page, references))
        said.append("page %d (%d)" % (page, references))
    script += ["note 0x5000 0x9000", "finish"]

    def answer(lines):
        return " ".join(word for words in events(lines, "freed") for word in words[1:]) or "none"
    return Question(
        "which pages", 2,
        "A batch has these pages, with so many references each, in this order: %s. Which does "
        "tlb_batch_finish give to frames_free, and in which order?" % ", ".join(said),
        script, answer, told)


def questions(seed):
    dice = random.Random("tlb %d" % seed)
    return [which_harts(dice), which_numbers(dice), how_many_fences(dice), which_pages(dice)]
