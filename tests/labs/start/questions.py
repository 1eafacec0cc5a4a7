"""Questions about a run of the student's own functions. What the code gives is the answer.

This is a beginning: what calls return. Ask what a student can work out who has understood the
functions, and nobody else; see tests/labs/buddy/questions.py.
"""

import random

import lab
from questions import Question

CALLS = 3                   # of each question


def answer(lines):
    """What each call returned; of one that returns nothing, how many words it changed."""
    found, changed = [], 0
    for line in lines + ["returns nothing"]:
        if line.startswith("returns "):
            if found and found[-1] is None:
                found[-1] = str(changed)
            found.append(None if line == "returns nothing" else line[len("returns "):])
            changed = 0
        elif line.startswith("object "):
            changed += 1
    return " ".join(each for each in found if each is not None)


def told(lines):
    return "\n".join(lines)


def question(dice, number):
    calls = lab.Lab("LABNAME").module("host").recorded()
    name = dice.choice(sorted(calls))
    known = [row for kind in ("calls", "edges") for row in calls[name][kind]]
    rows = dice.sample(known, min(CALLS, len(known)))
    script = [command for row in rows for command in row["script"]]
    return Question(
        "calls %d" % number, 5,
        "What do these calls return? tests/labs/LABNAME/driver.c says what the commands do. Of a "
        "function that returns nothing: how many words are not what they were?\n    %s"
        % "\n    ".join(script), script, answer, told)


def questions(seed):
    dice = random.Random("LABNAME %d" % seed)
    return [question(dice, number) for number in (1, 2)]
