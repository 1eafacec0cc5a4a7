"""Questions about a run of the student's copy-on-write. What the code gives is the answer."""

import random

from questions import Question

NAMES = "ABCD"
FRAMES = 60


class Story:
    """What processes do, as words for people and as a script; all of it is legal."""

    def __init__(self, dice, pages):
        self.dice, self.pages = dice, pages
        self.script = ["new %d 0" % FRAMES, "quiet 1"]
        self.script += ["touch 0 %d %d" % (page, page) for page in range(pages)]
        self.words = ["A stores into pages 0 to %d" % (pages - 1)]
        self.live, self.stores, self.value = [0], [], 100

    def fork(self):
        free = [space for space in range(len(NAMES)) if space not in self.live]
        parent, child = self.dice.choice(self.live), free[0]
        self.script.append("fork %d %d" % (parent, child))
        self.words.append("%s forks %s" % (NAMES[parent], NAMES[child]))
        self.live.append(child)

    def store(self):
        space, page = self.dice.choice(self.live), self.dice.randrange(self.pages)
        self.value += 1
        self.script.append("store %d %d %d" % (space, page, self.value))
        self.words.append("%s stores into page %d" % (NAMES[space], page))

    def end(self):
        space = self.dice.choice(self.live)
        self.live.remove(space)
        self.script.append("exit %d" % space)
        self.words.append("%s exits" % NAMES[space])

    def go_on(self, stores, forks, ends=0):
        acts = [self.store] * stores + [self.fork] * forks + [self.end] * ends
        self.fork()
        self.dice.shuffle(acts)
        for act in acts:
            if act == self.fork and len(self.live) == len(NAMES):
                act = self.store
            if act == self.end and len(self.live) < 2:
                act = self.store
            act()

    def told(self):
        return "    " + "; ".join(self.words)


def told_entries(lines):
    """What the last state says: {(space, page): (frame, can it be written)}."""
    found = {}
    for line in lines:
        words = line.split()
        if words[0] == "entry":
            found[int(words[1]), int(words[2])] = int(words[4]), bool(int(words[5]) & 4)
    return found


def said(lines):
    groups = {}
    for (space, page), (frame, _) in sorted(told_entries(lines).items()):
        groups.setdefault(frame, []).append("%s's page %d" % (NAMES[space], page))
    return "who shows one frame: " + "; ".join(", ".join(places) for places in groups.values())


def numbers(values):
    return " ".join(map(str, values)) or "none"


def listed(story):
    return "\n".join("    %d. %s" % (number, words) for number, words in
                     enumerate(story.words[1:], 1))


def which_stores(dice, name, points, what, way, ends):
    story = Story(dice, 3)
    story.go_on(13, 2, ends)

    def answer(lines):
        stored = [line for line in lines if line.startswith("stored by ")]
        steps = [number for number, words in enumerate(story.words[1:], 1) if " stores " in words]
        return numbers(step for step, line in zip(steps, stored) if line == "stored by " + way)
    return Question(name, points, "%s, then\n%s\nWhich of these steps %s? (their numbers, rising; "
                    "or none)" % (story.words[0], listed(story), what),
                    story.script + ["state"], answer, said)


def how_many_frames(dice):
    story = Story(dice, 8)
    story.go_on(14, 3, 1)

    def answer(lines):
        entries = told_entries(lines)
        frames = [frame for frame, _ in entries.values()]
        alone = [sum(number == space and frames.count(frame) == 1 for (number, _), (frame, _) in
                     entries.items()) for space in sorted(story.live)]
        return numbers([len(set(frames))] + alone)
    return Question("how many frames", 3,
                    "%s\nHow many frames have these processes together; and how many of its pages "
                    "does each one share with nobody (%s)? (%d numbers)" % (
                        story.told(), ", ".join(NAMES[space] for space in sorted(story.live)),
                        len(story.live) + 1),
                    story.script + ["state"], answer, said)


def which_can_be_written(dice):
    story = Story(dice, 4)
    story.go_on(12, 2)

    def answer(lines):
        return " ".join("%s%d" % (NAMES[space], page) for (space, page), (_, can) in
                        sorted(told_entries(lines).items()) if can) or "none"
    return Question("which can be written", 2,
                    "%s\nWhich entries allow stores now? (A3 is that for page 3 of A; by name, "
                    "then by number; or none)" % story.told(), story.script + ["state"], answer,
                    said)


def questions(seed):
    dice = random.Random("cow %d" % seed)
    return [which_stores(dice, "which stores copy", 3, "copy a page", "copy", 0),
            how_many_frames(dice), which_can_be_written(dice),
            which_stores(dice, "which stores take over", 2,
                         "take a page over, by a fault that copies nothing", "reuse", 2)]
