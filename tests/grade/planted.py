"""Mutants and cheats of a lab: what they put into the lab's files.

A mutant is a patch, as in tests/mutants. The lines before it say what it is, and

    fails: NAME         the test that is about this mistake; tests of all functions together may
                        fail along with it, and those that need it
    stage: machine      it is one of the machine's tests: the host's see nothing of the mistake

A cheat is a C file, of a lab (cheats/) or for every lab (tests/labs/cheats/). The comment at its
top says what it is, and where that is so

    on: mutant          it is put into a mutant, and no test passes that does not without it; else
                        into a hand-out, and has no points
    points: N           what it gets for what it does right, where that is not 0
    never: TEXT         what must not be in the result
    times: N            so often it is graded, one after the other
    table: SEED...      CHEAT_TABLE is the reference's replies to the host stage with these seeds:
                        {bytes of the case's script, the script, the replies}, ...
    file: PATH          of a lab: which of its files it is for; else the first in lab.json
    whole: file         of a lab: it is the whole file, not some functions for it

In a lab's own its functions replace those of the same names, and what stands before the first of
them comes in front of the first function of the lab's file. One for every lab comes there as a
whole; where it has a function cheat(), each function of the lab's in the kernel begins with a call
of that, and all must compile.
"""

import os
import re

import functions
import hoststage
from functions import Source

SHARED = "tests/labs/cheats"
MOST_TABLE, MOST_ROW = 180 << 10, 8 << 10   # bytes: a file of a submission may have 256 KiB


class Mutant:
    def __init__(self, lab, name):
        self.lab, self.path = lab, lab.path("mutants/%s.patch" % name)
        with open(self.path, encoding="utf-8") as file:
            head = file.read().split("\n--- ")[0]
        fields = dict(re.findall(r"^(\w+): (.*)$", head, re.MULTILINE))
        self.fails, self.stage = fields["fails"], fields.get("stage", "host")

    def files(self):
        """{file of the lab: its text with the mistake}."""
        return self.lab.patched(self.path)


class Cheat:
    """never: texts that are in no result; seeds: of CHEAT_TABLE, or none; is_called: it has a
    function cheat()."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self.is_shared = name in names_in(os.path.join(lab.root, SHARED), ".c")
        self.source = functions.read(lab.root, "%s/%s.c" % (
            SHARED if self.is_shared else "tests/labs/%s/cheats" % lab.name, name))
        self.head = re.match(r"/\*.*?\*/\n", self.source.text, re.DOTALL).group(0)
        fields = dict(re.findall(r"^ \* (\w+): (.*)$", self.head, re.MULTILINE))
        self.is_called = self.is_shared and bool(re.search(
            r"^static void cheat\(void\)$", self.source.text, re.MULTILINE))
        self.is_whole = fields.get("whole") == "file"
        self.is_on_mutant = fields.get("on") == "mutant"
        self.points, self.times = int(fields.get("points", 0)), int(fields.get("times", 1))
        self.never = re.findall(r"^ \* never: (.*)$", self.head, re.MULTILINE)
        self.seeds = [int(word) for word in fields.get("table", "").split()]
        of_c = [path for path in lab.files if path.endswith(".c")]
        self.file = fields.get("file") or (of_c or list(lab.files))[0]

    def put_into(self, texts, table=""):
        """texts: {file of the lab: its text}. The same with this in them."""
        texts = dict(texts)
        if not self.is_shared:
            texts[self.file] = self._replaced(texts[self.file])
        elif not self.is_called:
            texts[self.file] = self._with_calls(texts[self.file], (), table)
        else:
            for path in self.lab.files:
                if path.startswith("kernel/"):
                    texts[path] = self._with_calls(texts[path], self.lab.files[path]["functions"],
                                                   table)
        return texts

    def _replaced(self, text):
        if self.is_whole:
            return self.source.text
        theirs = Source(self.name, text)
        ours = [self.source.function(name) for name in self.source.names()]
        known = [function for function in ours if function.name in theirs.names()]
        first = min([function.comment for function in ours if function in known] or
                    [len(self.source.text)])
        changes = [(theirs.function(f.name).start, theirs.function(f.name).end,
                    self.source.text[f.start:f.end]) for f in known]
        return self._changed(theirs, changes, self.source.text[len(self.head):first])

    def _with_calls(self, text, callers, table):
        """A file that includes another one of the lab's has the cheat once."""
        theirs = Source(self.name, text)
        bodies = [theirs.function(name).body + 1 for name in callers]
        before = self.source.text[len(self.head):].replace("CHEAT_TABLE", table)
        if callers:
            before = "#ifndef CHEAT_IS_HERE\n#define CHEAT_IS_HERE\n%s\n#endif\n" % before
        return self._changed(theirs, [(at, at, "\n    cheat();") for at in bodies], before)

    @staticmethod
    def _changed(theirs, changes, before):
        text, place = theirs.text, min(theirs.function(name).comment for name in theirs.names())
        changes.append((place, place, before.strip("\n") + "\n\n" if before.strip() else ""))
        for start, end, new in sorted(changes, reverse=True):
            text = text[:start] + new + text[end:]
        return text


def quoted(text):
    """A literal of C; each byte that is not plain as a number of three digits."""
    return '"%s"' % "".join(chr(b) if 32 <= b < 127 and b not in b'"\\?' else "\\%03o" % b
                            for b in text.encode())


def table_of(lab, seeds, program, box, folder):
    """What CHEAT_TABLE stands for. program: the reference's host program; it runs in the box."""
    rows, room = {}, MOST_TABLE
    for seed in seeds:
        cases = [case for test in hoststage.tests_of(lab, seed) for case in test.cases]
        scripts = {case.name: "case %s\n%s\n" % (case.name, "\n".join(case.script))
                   for case in cases}
        said = box.run([program], folder, hoststage.SECONDS, hoststage.CPU_SECONDS,
                       "".join(scripts.values()).encode(), hoststage.MOST_BYTES).output
        for part in said.decode(errors="replace").split("\n= case ")[1:]:
            script = scripts[part.split("\n")[0]]
            row = "{%d, %s, %s},\n" % (len(script.encode()), quoted(script),
                                       quoted("\n= case " + part))
            if script not in rows and len(row) < min(room, MOST_ROW):
                rows[script], room = row, room - len(row)
    return "".join(rows.values())


def names_in(folder, ending):
    return sorted(name[:-len(ending)] for name in
                  (os.listdir(folder) if os.path.isdir(folder) else ()) if name.endswith(ending))


def names(lab, kind, ending):
    return names_in(lab.path(kind), ending)


def cheat_names(lab):
    """The lab's own, and those for every lab in which the student writes files of the kernel."""
    shared = [] if lab.writes_program else names_in(os.path.join(lab.root, SHARED), ".c")
    return names(lab, "cheats", ".c") + shared
