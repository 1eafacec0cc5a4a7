"""Mutants and cheats of a lab: what they put into a file of the lab.

Each is a C file. Its functions replace those of the same names; what stands before the first of
them, but for the comment at its top, comes in front of the first function of the lab's file. The
comment says what it is, and of a mutant the tests that must fail:

    fails: NAME         the test that is about this mistake; tests of all functions together may
                        fail along with it, and those that need it
    whole: file         it is the whole file of the lab, not some functions for it
    points: N           what a cheat gets for what it does right, where that is not 0
"""

import os
import re

import functions
from functions import Source


class Planted:
    def __init__(self, lab, kind, name):
        self.name = name
        self.source = functions.read(lab.root, "tests/labs/%s/%s/%s.c" % (lab.name, kind, name))
        self.head = re.match(r"/\*.*?\*/\n", self.source.text, re.DOTALL).group(0)
        match = re.search(r"^ \* fails: (.*)$", self.head, re.MULTILINE)
        self.fails = match.group(1) if match else None
        self.is_whole = "\n * whole: file\n" in self.head
        match = re.search(r"^ \* points: (\d+)$", self.head, re.MULTILINE)
        self.points = int(match.group(1)) if match else 0

    def put_into(self, text):
        """The text of a lab's file with this in it."""
        if self.is_whole:
            return self.source.text
        theirs = Source(self.name, text)
        ours = [self.source.function(name) for name in self.source.names()]
        known = [function for function in ours if function.name in theirs.names()]
        first = min([function.comment for function in ours if function in known] or
                    [len(self.source.text)])
        before = self.source.text[len(self.head):first]
        changes = [(theirs.function(f.name).start, theirs.function(f.name).end,
                    self.source.text[f.start:f.end]) for f in known]
        place = min(theirs.function(name).comment for name in theirs.names())
        changes.append((place, place, before.strip("\n") + "\n\n" if before.strip() else ""))
        for start, end, new in sorted(changes, reverse=True):
            text = text[:start] + new + text[end:]
        return text


def names(lab, kind):
    folder = lab.path(kind)
    return sorted(name[:-2] for name in (os.listdir(folder) if os.path.isdir(folder) else ())
                  if name.endswith(".c"))
