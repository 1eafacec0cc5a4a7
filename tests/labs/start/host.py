"""The host stage of `LABNAME`: calls of its functions, and what must come of them.

OWN is for you: rows (function, commands, what must come). The commands are those of driver.c, and
what must come are its replies. Where you write None, the test fails and says what came.

recorded.json has many more calls, and what this tree's functions gave: `make lab NAME=LABNAME`
records them anew. A seed draws some of them. It is a beginning: who reads that file can write a
table of it. Replace it by values that the seed draws, and by a judge that knows what must hold, as
in tests/labs/buddy/host.py.
"""

import json
import os
import random

from hoststage import Case, Test, Wrong

OWN = (
OWN_ROWS)

DRAWN = 24                  # calls of each test
WORKS, BAD = 20, 20         # points, of all functions together


def shown(replies):
    return "; ".join(replies) or "nothing"


class Judge:
    """Compares what was told with what must come, but for calls of what stands in."""

    def __init__(self, script, expected):
        self.script, self.expected = script, expected

    def __call__(self, replies):
        replies.finish()
        found = [line for line in replies.lines if not line.startswith("calls ")]
        if any(line.startswith(("panic ", "not-written ")) for line in found):
            raise Wrong(replies.trouble())
        if self.expected is None or found != list(self.expected):
            raise Wrong("after %s\nexpected: %s\nfound:    %s" % (
                ", ".join(self.script), "(you have not said what)" if self.expected is None else
                shown(self.expected), shown(found)))


def recorded():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recorded.json")
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def share(points, number, of):
    """So that all shares together are the points."""
    return points * (number + 1) // of - points * number // of


def tests(seed):
    dice, found, calls = random.Random("LABNAME %d" % seed), [], recorded()
    for number, name in enumerate(calls):
        rows = [row for row in OWN if row[0] == name]
        own = [Case("%s_own_%d" % (name, i), list(script), Judge(script, expected))
               for i, (_, script, expected) in enumerate(rows, 1)]
        for kind, part, points in (("calls", "works", WORKS), ("edges", "bad arguments", BAD)):
            known = calls[name][kind]
            drawn = [Case("%s_%s_%d" % (name, kind, i), known[i]["script"],
                          Judge(known[i]["script"], known[i]["replies"]))
                     for i in sorted(dice.sample(range(len(known)), min(DRAWN, len(known))))]
            found.append(Test("%s: %s" % (name, kind), part, share(points, number, len(calls)),
                              (own if kind == "calls" else []) + drawn,
                              needs=() if kind == "calls" else ("%s: calls" % name,),
                              together=len(calls) > 1))
    return found
