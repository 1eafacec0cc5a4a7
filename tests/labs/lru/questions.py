"""Questions about a run of the student's policies. What the code gives is the answer."""

import random

import lab as labs
from questions import Question

traces = labs.Lab("lru").module("traces")

CLOCK, OWN = 1, 4           # numbers of the policies
WORDS = "`add P`: page P comes; `use P`: its accessed bit is set; `victim`: one is looked for, " \
    "and goes; `remove P`: page P goes by another way"


class Story:
    """Commands that no contract forbids, whatever rules hold: what is used, or removed, is there
    under all of them."""

    def __init__(self, dice, policy):
        self.dice, self.words, self.fresh = dice, [], 0
        self.script = ["list 0 %d 10" % policy, "quiet 1"]
        self.circles = [traces.Clock(rules=rules) for rules in traces.all_rules()]

    def do(self, command):
        self.script.append(command)
        self.words.append(command)

    def add(self):
        self.do("add %d" % self.fresh)
        for circle in self.circles:
            circle.add(self.fresh)
        self.fresh += 1

    def victim(self):
        self.do("victim")
        for circle in self.circles:
            circle.victim()

    def step(self):
        pages = sorted(set.intersection(*[set(circle.circle) for circle in self.circles]))
        kind = self.dice.choice(("use", "use", "use", "victim", "add", "remove"))
        if kind == "add" or len(pages) < 5:
            self.add()
        elif kind == "victim":
            self.victim()
        else:
            page = self.dice.choice(pages)
            self.do("%s %d" % (kind, page))
            for circle in self.circles:
                if kind == "use":
                    circle.mark(page)
                else:
                    circle.remove(page)

    def run(self, pages, steps):
        for _ in range(pages):
            self.add()
        for _ in range(steps):
            self.step()
        return self

    def text(self):
        return "\n".join("    " + "; ".join(self.words[i:i + 8])
                         for i in range(0, len(self.words), 8))


def victims(lines):
    return [line.split()[1] for line in lines if line.startswith("victim ")]


def looks(lines):
    return [line.split()[1:] for line in lines if line.startswith("looks")]


def about(lines):
    return "looks, page and bit, of each victim: " + "; ".join(map(" ".join, looks(lines)))


def which_victims(dice):
    story = Story(dice, CLOCK).run(9, 22)
    story.script += ["victim"] * 3
    return Question(
        "which victims", 3,
        "The list of the policy `clock` is empty, and then\n%s\n(%s) which are the next three "
        "victims? (three pages, in order)" % (story.text(), WORDS), story.script,
        lambda lines: " ".join(victims(lines)[-3:]), about)


def how_many_looks(dice):
    story = Story(dice, CLOCK).run(8, 26)
    story.script += ["victim"] * 2
    return Question(
        "how many looks", 2,
        "The list of the policy `clock` is empty, and then\n%s\n(%s) two more victims are looked "
        "for. How many looks do they take, all that came before included, and which is the last "
        "page that is looked at and passed? (two numbers)" % (story.text(), WORDS), story.script,
        lambda lines: "%d %s" % (sum(map(len, looks(lines))), passed(lines)), about)


def passed(lines):
    pages = [word.split(":")[0] for each in looks(lines) for word in each[:-1]]
    return pages[-1] if pages else "none"


def accesses(dice, count, pages):
    hot = dice.sample(range(pages), 3)
    return [dice.choice(hot) if dice.random() < 0.5 else dice.randrange(pages)
            for _ in range(count)]


def replayed(dice, name, points, policy, policy_name, frames, pages, count):
    trace = accesses(dice, count, pages)
    script = ["list 0 %d %d" % (policy, frames)]
    script += ["access " + " ".join(map(str, trace[i:i + 8])) for i in range(0, count, 8)]
    script += ["score", "state"]

    def there(lines):
        return sorted(int(word) for line in lines if line.startswith("place ")
                      for word in line.split(":")[1].split())

    def faults(lines):
        return next(line.split()[2] for line in lines if line.startswith("score "))
    return Question(
        name, points,
        "With %d frames, and the policy %s, a program uses these pages: %s. How many faults are "
        "there, and which pages are there at the end? (a number, then the pages, rising; at each "
        "fault, the accessed bit of the page that came last is cleared first)" % (
            frames, policy_name, " ".join(map(str, trace))), script,
        lambda lines: " ".join(map(str, [faults(lines)] + there(lines))),
        lambda lines: "; ".join(line for line in lines if line.startswith(("place ", "hand "))))


def questions(seed):
    dice = random.Random("lru %d" % seed)
    return [which_victims(dice), how_many_looks(dice),
            replayed(dice, "faults of the clock", 2, CLOCK, "`clock`", 5, 12, 40),
            replayed(dice, "faults of your own", 3, OWN, "of your own", 6, 12, 40)]
