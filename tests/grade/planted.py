"""Mutants and cheats of a lab: what they put into the lab's files.

A mutant is a patch, as in tests/mutants. The lines before it say what it is, and

    fails: NAME         the test that is about this mistake; tests of all functions together may
                        fail along with it, and those that need it
    stage: machine      it is one of the machine's tests: the host's see nothing of the mistake

A cheat is a C file. Its functions replace those of the same names; what stands before the first of
them, but for the comment at its top, comes in front of the first function of the lab's file. The
comment says what it is, and where that is so

    file: PATH          which file of the lab it is for; without that, the first in lab.json
    whole: file         it is the whole file of the lab, not some functions for it
    points: N           what it gets for what it does right, where that is not 0
"""

import os
import re
import subprocess
import tempfile

import functions
from functions import Source


class Mutant:
    def __init__(self, lab, name):
        self.lab, self.path = lab, lab.path("mutants/%s.patch" % name)
        with open(self.path, encoding="utf-8") as file:
            head = file.read().split("\n--- ")[0]
        fields = dict(re.findall(r"^(\w+): (.*)$", head, re.MULTILINE))
        self.fails, self.stage = fields["fails"], fields.get("stage", "host")

    def files(self):
        """{file of the lab: its text with the mistake}."""
        with tempfile.TemporaryDirectory(prefix="xv39.mutant.") as folder:
            for path in self.lab.files:
                target = os.path.join(folder, path)
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "w", encoding="utf-8") as file:
                    file.write(self.lab.text(path))
            subprocess.run(["git", "apply", self.path], cwd=folder, check=True)
            found = {}
            for path in self.lab.files:
                with open(os.path.join(folder, path), encoding="utf-8") as file:
                    found[path] = file.read()
            return found


class Cheat:
    def __init__(self, lab, name):
        self.name = name
        self.source = functions.read(lab.root, "tests/labs/%s/cheats/%s.c" % (lab.name, name))
        self.head = re.match(r"/\*.*?\*/\n", self.source.text, re.DOTALL).group(0)
        self.is_whole = "\n * whole: file\n" in self.head
        match = re.search(r"^ \* points: (\d+)$", self.head, re.MULTILINE)
        self.points = int(match.group(1)) if match else 0
        match = re.search(r"^ \* file: (\S+)$", self.head, re.MULTILINE)
        self.file = match.group(1) if match else next(iter(lab.files))

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


def names(lab, kind, ending):
    folder = lab.path(kind)
    return sorted(name[:-len(ending)] for name in
                  (os.listdir(folder) if os.path.isdir(folder) else ()) if name.endswith(ending))
