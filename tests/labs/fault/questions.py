"""Questions about a run of the student's fault handling. What the code gives is the answer."""

import random

from questions import Question

PAGE = 4096
READ, WRITE, EXEC = 1, 2, 4
NAMES = {READ: "a load", WRITE: "a store", EXEC: "a fetch"}
V, R, W, X, U, A, D = 1, 2, 4, 8, 16, 64, 128
KEPT, SWAP = 256, 512
BITS = ((V, "V"), (R, "R"), (W, "W"), (X, "X"), (U, "U"), (A, "A"), (D, "D"))
AREA, GAP, GROW, GUARD, BELOW_SP, PAST_END, SHARED, ZERO_PAGE = (1 << bit for bit in range(8))
FACTS = ((AREA, "has_area"), (GAP, "is_stack_gap"), (GROW, "may_grow"), (GUARD, "is_guard"),
         (BELOW_SP, "below_sp"), (PAST_END, "past_end"), (SHARED, "is_shared"),
         (ZERO_PAGE, "is_zero_page"))
BACKING = ("BACKING_ZERO", "BACKING_FILE_WHOLE", "BACKING_FILE_PART")


def entry_text(entry):
    if not entry:
        return "empty"
    if not entry & V:
        return "a swap slot" if entry & SWAP else "kept by PROT_NONE"
    return " ".join(name for bit, name in BITS if entry & bit)


def allowed_text(allowed):
    return "".join(c for i, c in enumerate("rwx") if allowed >> i & 1) or "nothing"


def numbered(texts):
    return "\n".join("    %d. %s" % pair for pair in enumerate(texts, 1))


def kinds(lines):
    return [line.split()[1] for line in lines if line.startswith("kind ")]


# (access, facts, allowed, backing, entry): one of each group is drawn.
GROUPS = (
    [(WRITE, GAP | GROW, 0, 0, 0), (READ, GAP, 0, 0, 0), (WRITE, GUARD | GROW, 0, 0, 0)],
    [(WRITE, AREA | BELOW_SP, 3, 0, 0), (EXEC, AREA, 5, 0, 0), (WRITE, AREA | PAST_END, 3, 0, 0)],
    [(WRITE, AREA, 3, 1, 0), (READ, AREA, 3, 2, 0), (WRITE, AREA | SHARED, 3, 1, 0),
     (READ, AREA | SHARED | PAST_END, 3, 1, 0)],
    [(WRITE, AREA, 3, 0, V | R | U), (WRITE, AREA | ZERO_PAGE, 3, 0, V | R | U | A),
     (WRITE, AREA | SHARED, 3, 1, V | R | U | A), (WRITE, AREA, 3, 0, V | R | W | U | A)],
    [(READ, AREA, 3, 0, V | R | U), (READ, AREA, 3, 0, V | R | W | U | A),
     (EXEC, AREA, 7, 1, V | R | U | A), (READ, AREA | BELOW_SP, 3, 0, V | R | W | U | A | D)],
    [(WRITE, AREA, 1, 0, SWAP), (WRITE, AREA, 3, 0, SWAP), (READ, AREA, 0, 0, KEPT),
     (READ, AREA, 1, 0, KEPT)],
)


def which_kinds(dice):
    facts = [dice.choice(group) for group in GROUPS]
    dice.shuffle(facts)
    texts = ["%s; the area allows %s; %s; the entry: %s; true are: %s" % (
        NAMES[access], allowed_text(allowed), BACKING[backing], entry_text(entry),
        " ".join(name for bit, name in FACTS if has & bit))
        for access, has, allowed, backing, entry in facts]
    return Question(
        "which cases", 3,
        "Which cases does fault_kind() name for these facts?\n%s\n(six names, as in enum "
        "fault_kind, without FAULT_KIND_)" % numbered(texts),
        ["kind %d %d %d %d %d" % each for each in facts],
        lambda lines: " ".join(kinds(lines)), lambda lines: "the cases: " + " ".join(kinds(lines)))


def which_copies(dice):
    """Pages with entries of many kinds, and copies from and to them."""
    good = [V | R | W | U | A | D, V | R | W | U, V | R | U | A]
    bad = [KEPT, V | R | W | A | D, V | X | U | A]
    kept = dice.sample(good, 2) + [dice.choice(good + bad) for _ in range(3)]
    entries = list(zip((3, 4, 5, 6, 7), kept[:1] + dice.sample(kept[1:], 4)))
    copies = []
    for page in dice.sample((4, 5, 6, 7, 8), 5) + [3]:
        offset = dice.randrange(4000)
        copies.append((page, offset, 1 + dice.randrange(PAGE - offset), dice.choice((1, 2, 2))))
    script = ["new", "area 2 12 3"] + ["entry %d %d" % each for each in entries]
    script += ["copy %d %d %d %d" % each for each in copies]

    def done(lines):
        return [line.split()[1] for line in lines if line.startswith("copied ")]

    def entries_after(lines):
        return [line.split()[-1] for line in lines if line.startswith("copied ")]
    return Question(
        "which copies", 2,
        "The pages 3 to 7 have these entries: %s. The entries of all others are empty. "
        "copy_in_page() is called:\n%s\nHow many bytes does each call say it has copied, and what "
        "is the lowest byte of the last call's entry afterwards? (seven numbers, the last one "
        "decimal; V is 1, D is 128)" % (
            "; ".join(entry_text(entry) for _, entry in entries),
            numbered(["%d bytes %s page %d, from its byte %d on" % (
                count, "from" if way == READ else "to", page, offset)
                for page, offset, count, way in copies])),
        script, lambda lines: " ".join(done(lines) + [str(int(entries_after(lines)[-1]) & 255)]),
        lambda lines: "copied: %s; the entries afterwards: %s" % (
            " ".join(done(lines)), " ".join(entries_after(lines))))


def where_the_stack_begins(dice):
    limit = 20 + dice.randrange(20)
    start = limit + 20 + dice.randrange(20)
    below = limit + dice.randrange(1, 15)
    pages = [start - dice.randrange(1, 8), start + dice.randrange(3), below + dice.randrange(5, 9),
             limit - dice.randrange(2), below - dice.randrange(2, 4), below + dice.randrange(1, 4)]
    pages = [page + 2 if page == below - 1 else page for page in pages]
    script = ["new", "area %d %d 3" % (below - 1, below), "stack %d %d %d" % (
        start, start + 4, limit)]
    for page in pages:
        script += ["grow %d" % page, "state"]

    def begins(lines):
        found = []
        for line in lines:
            words = line.split()
            if words[0] == "area" and int(words[1]) >= below:
                found.append(words[1])
        return found
    return Question(
        "where the stack begins", 3,
        "The area of the stack has the pages [%d, %d), its limit is page %d, and page %d is an "
        "area of memory. stack_grow() is called for the pages %s, in this order. At which page "
        "does the stack begin after each of the calls? (six numbers)" % (
            start, start + 4, limit, below - 1, " ".join(map(str, pages))),
        script, lambda lines: " ".join(begins(lines)),
        lambda lines: "after each call: " + " ".join(begins(lines)))


def what_happens(dice):
    """Loads and stores, one after the other, in a space with little memory."""
    limit = 30 + dice.randrange(4)
    frames = 3 + dice.randrange(3)
    script = ["new", "area 2 6 3", "area 10 12 1", "stack 44 48 %d" % limit, "memory %d" % frames]
    touches = []
    for _ in range(14):
        page = dice.choice((2, 3, 4, 5, 10, 11, 36, 37, 38, 39, 43, 45, limit - 1))
        touches.append((page, dice.choice((READ, WRITE, WRITE)),
                        dice.choice((page, page, page, 40))))
    script += ["touch %d %d %d" % each for each in touches] + ["state"]

    def told(lines):
        return [line[len("touch "):-len(" end")] for line in lines if line.startswith("touch ")]

    def frames_in_use(lines):
        return next(line.split()[-1] for line in lines if line.startswith("charged "))
    return Question(
        "what happens", 2,
        "A space has areas of the pages [2, 6), for loads and stores, [10, 12), for loads, and "
        "[44, 48), the stack, whose limit is page %d. %d frames are free. Then:\n%s\nWhich case "
        "does fault_kind() name last in each of the last five, and how many frames does the space "
        "have at the end? (five names and a number. A stack that grows is looked at again; a page "
        "for which there is no frame stays away)" % (
            limit, frames, numbered(["%s in page %d, the stack pointer in page %d, at the same "
                                     "offset" % (NAMES[access], page, sp)
                                     for page, access, sp in touches])),
        script, lambda lines: " ".join(
            [each.replace(" WANT_FRAME", "").split()[-1] for each in told(lines)[-5:]] +
            [frames_in_use(lines)]),
        lambda lines: "the cases: " + "; ".join(told(lines)))


def questions(seed):
    dice = random.Random("fault %d" % seed)
    return [which_kinds(dice), which_copies(dice), where_the_stack_begins(dice),
            what_happens(dice)]
