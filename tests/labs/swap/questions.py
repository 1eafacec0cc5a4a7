"""Questions about a run of the student's functions. What the code gives is the answer."""

import random

from questions import Question

SLOTS = 12
WORDS = "`alloc P`: page P, which is new, gets a slot (`+`: the page has a charge); `get S`, " \
    "`put S`: a use of slot S more, or less; `drop P`: the last reference to page P is gone"


class Story:
    """Commands that no contract forbids. It follows them, to know which do not."""

    def __init__(self, dice, size=SLOTS):
        self.dice, self.size, self.words = dice, size, []
        self.script = ["disk %d" % size, "quiet 1"]
        self.uses, self.page, self.pages, self.next = {}, {}, 0, 0

    def do(self, *commands, word=None):
        self.script += commands
        self.words.append(word or commands[-1])

    def alloc(self):
        free = [n for n in range(self.size) if n not in self.uses]
        slot = min(free, key=lambda n: (n < self.next, n))
        self.pages += 1
        charged = self.dice.randrange(2)
        self.do("page %d 1 %d" % (self.pages, 16 * charged), "alloc %d 1" % self.pages,
                word="alloc %d%s" % (self.pages, "+" if charged else ""))
        self.uses[slot], self.page[slot], self.next = 0, self.pages, slot + 1
        return slot

    def get(self, slot):
        self.uses[slot] += 1
        self.do("get %d" % slot)

    def settle(self, slot):
        if not self.uses[slot] and not self.page.get(slot):
            del self.uses[slot]

    def step(self):
        used = sorted(n for n in self.uses if self.uses[n])
        paged = sorted(n for n in self.uses if self.page.get(n))
        kind = self.dice.choice(("alloc", "alloc", "get", "put", "put", "put", "drop", "drop"))
        if kind == "alloc" and len(self.uses) < self.size - 4:
            slot = self.alloc()
            for _ in range(self.dice.choice((0, 1, 1, 2))):
                self.get(slot)
        elif kind == "get" and self.uses:
            self.get(self.dice.choice(sorted(self.uses)))
        elif kind == "put" and used:
            slot = self.dice.choice(used)
            self.uses[slot] -= 1
            self.do("put %d" % slot)
            self.settle(slot)
        elif kind == "drop" and paged:
            slot = self.dice.choice(paged)
            self.do("drop %d" % self.page.pop(slot))
            self.settle(slot)

    def until(self, pages):
        """Until so many pages were given slots: more than there are, so that some come again."""
        while self.pages < pages:
            self.step()
        return self

    def text(self):
        return "\n".join("    " + "; ".join(self.words[i:i + 8])
                         for i in range(0, len(self.words), 8))


def states(lines):
    """{slot: state} of the last state that was told."""
    last = max(i for i, line in enumerate(lines) if line.startswith("counts "))
    found = {}
    for line in lines[last:]:
        words = line.split()
        if words[0] == "slot":
            uses, page = int(words[3]), int(words[5])
            found[int(words[1])] = (("I" if not uses else "C") if page else "O",
                                    int(words[7]) & 1)
    return found


def told(lines):
    return "in the end, slots that are not free: " + (" ".join(
        "%d:%s" % (n, state) for n, (state, _) in sorted(states(lines).items())) or "none")


def which_slots(dice):
    story = Story(dice, 30)
    out = sorted(dice.sample(range(30), 14))
    story.uses, story.next = dict.fromkeys(out, 1), dice.randrange(30)
    story.script += ["place %d 1 0" % n for n in out] + ["next %d" % story.next]
    begin = "these are out, with one use each: %s. The search goes on at slot %d" % (
        " ".join(map(str, out)), story.next)
    text = story.until(4).text()
    for _ in range(3):
        story.alloc()
    story.script.append("state")
    return Question(
        "which slots", 3,
        "On a disk of 30 slots %s. After\n%s\n(%s) which slots do the next three new pages get? "
        "(three numbers, in order)" % (begin, text, WORDS), story.script,
        lambda lines: " ".join([line.split()[1] for line in lines
                                if line.startswith("took ")][-3:]), told)


def which_states(dice):
    story = Story(dice).until(dice.randint(13, 18))
    story.script.append("state")
    return Question(
        "which states", 3,
        "On a disk of %d slots, and after\n%s\n(%s) in which state is each slot, from slot 0 on? "
        "(%d letters, F I C O for FREE IDLE CACHED OUT, with blanks between them)" % (
            SLOTS, story.text(), WORDS, SLOTS), story.script,
        lambda lines: " ".join(states(lines).get(n, "F")[0] for n in range(SLOTS)), told)


def which_charges(dice):
    story = Story(dice).until(dice.randint(13, 18))
    story.script.append("state")

    def answer(lines):
        ended = sum(line.startswith("charge freed") for line in lines) + sum(
            int(line.split()[1]) for line in lines if line.startswith("released "))
        slots = [n for n, (_, charged) in sorted(states(lines).items()) if charged]
        return " ".join(map(str, [ended] + slots))
    return Question(
        "which charges", 2,
        "On a disk of %d slots, and after\n%s\n(%s) how many charges have ended, and which slots "
        "carry one? (a number, then the slots' numbers, rising)" % (SLOTS, story.text(), WORDS),
        story.script, answer, told)


def what_is_read(dice):
    """Which neighbours come along, and from which side first, is the code's own."""
    size, window = 40, dice.choice((5, 6, 7))
    gaps = set(dice.sample(range(size), 5))
    script = ["disk %d" % size, "quiet 1", "window %d" % window]
    script += ["place %d 1 0" % n for n in range(size) if n not in gaps]
    wanted = dice.sample([n for n in range(size) if n not in gaps], 3)
    script += ["read %d 0" % n for n in wanted] + ["state"]
    return Question(
        "what is read", 2,
        "On a disk of %d slots all are out but %s, which are free; %d pages are read at once where "
        "nothing is advised. Then read_from_swap() is called for slot %d, for %d, and for %d. "
        "Which slots have a page in memory then? (numbers, rising)" % (
            (size, " ".join(map(str, sorted(gaps))), window) + tuple(wanted)),
        script, lambda lines: " ".join(str(n) for n, (state, _) in sorted(states(lines).items())
                                       if state == "C"),
        lambda lines: "; ".join(line for line in lines if line.startswith(("gave ", "transfer "))))


def questions(seed):
    dice = random.Random("swap %d" % seed)
    return [which_slots(dice), which_states(dice), which_charges(dice), what_is_read(dice)]
