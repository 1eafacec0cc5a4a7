"""What a hand-out of a lab does not have: taken out of the lab's files, and put back.

Taken out are the bodies of the lab's functions, for which those of stubs.c come in, and its static
helpers with the comments above them. A line after the first #include brings in not_written(),
unless the lab is a program of the student's own. All put back gives the reference, to the byte;
take_out() makes sure of that.
"""

import re

import functions
from functions import Source, Trouble

INCLUDE = '#include "sync/not_written.h"\n'


class Removed:
    """A file of a lab without its answers: text; answers: what was taken out, piece by piece."""

    def __init__(self, path, text, answers):
        self.path, self.text, self.answers = path, text, answers


def read_stubs(lab):
    """stubs.c, after a check that it has the lab's functions, and no other."""
    stubs = functions.read(lab.root, "tests/labs/%s/stubs.c" % lab.name)
    wanted = [name for _, name in lab.functions()]
    for name in stubs.names():
        if name not in wanted:
            raise Trouble("%s: %s is none of the lab's functions (%s)" % (
                stubs.path, name, " ".join(wanted)))
    for name in wanted:
        if name not in stubs.names():
            raise Trouble("%s: there is no stub for %s" % (stubs.path, name))
        stubs.function(name)
    return stubs


def helper_range(source, name):
    """Of a helper with the comment above it and the blank lines below."""
    function = source.function(name)
    blank = re.compile(r"\s*(?:\n|\Z)").match(source.text, function.end)
    return function.comment, blank.end()


def replaced(text, changes):
    """changes: (start, end, new text), which do not overlap."""
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def take_out(lab, path, stubs):
    """The file as the hand-out has it."""
    source = Source(path, lab.text(path))
    changes, answers = [], []
    for name in lab.files[path]["functions"]:
        function, stub = source.function(name), stubs.function(name)
        if function.signature != stub.signature:
            raise Trouble("%s: the signature of %s is not that of %s\n    %s\n    %s" % (
                stubs.path, name, path, stub.signature, function.signature))
        changes.append((function.body, function.end, stub.body_text))
        answers.append(function.body_text)
    for name in lab.files[path].get("helpers", ()):
        function = source.function(name)
        if not re.match(r"static\b", function.signature):
            raise Trouble("%s: the helper %s is not static" % (path, name))
        changes.append(helper_range(source, name) + ("",))
        answers.append(source.text[function.start:function.end])
    first = re.search(r"^#include .*\n", source.text, re.MULTILINE)
    if not first:
        raise Trouble("%s: there is no #include, after which not_written.h could come" % path)
    if not lab.writes_program:
        changes.append((first.end(), first.end(), INCLUDE))
    removed = Removed(path, replaced(source.text, changes), answers)
    if put_back(lab, path, removed.text) != source.text:
        raise Trouble("%s: what is taken out cannot be put back: is there more than functions "
                      "between a helper and the function behind it?" % path)
    return removed


def helpers_for(lab, path, source, names):
    """The helpers that the functions need, and those that these need, in the file's order."""
    helpers, needed = lab.files[path].get("helpers", ()), set()
    bodies = [source.function(name).body_text for name in names]
    while bodies:
        words = set(re.findall(r"\w+", bodies.pop()))
        for name in words & set(helpers) - needed:
            needed.add(name)
            bodies.append(source.function(name).body_text)
    return [name for name in source.names() if name in needed]


def put_back(lab, path, text, names=None):
    """text: the file as a hand-out has it, or as a student left it. names: the functions of the
    lab whose bodies shall be the reference's, with the helpers that they need; None: all, and then
    the line that includes not_written.h goes."""
    source = Source(path, lab.text(path))
    if names is None:
        names = lab.files[path]["functions"]
        helpers = [n for n in source.names() if n in lab.files[path].get("helpers", ())]
        text = text.replace(INCLUDE, "", 1)
    else:
        helpers = helpers_for(lab, path, source, names)
    for name in reversed(helpers):
        theirs = Source(path, text)
        if name in theirs.names():
            continue        # the student's, of the same name
        start, end = helper_range(source, name)
        place = place_of(source, name, theirs)
        text = text[:place] + source.text[start:end] + text[place:]
    theirs = Source(path, text)
    changes = []
    for name in names:
        function = theirs.function(name)
        changes.append((function.body, function.end, source.function(name).body_text))
    return replaced(text, changes)


def place_of(source, name, theirs):
    """Where the helper goes: before the first of the functions behind it that is there."""
    behind = source.names()[source.names().index(name) + 1:]
    for other in behind:
        if other in theirs.names():
            return theirs.function(other).comment
    return len(theirs.text)
