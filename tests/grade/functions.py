"""The functions of a C file: where each begins and ends, its signature, the comment above it.

Universal ctags says which functions there are and on which lines; where a body begins and ends is
read from the text, and both must agree. A function that is there twice, or not at all, is an error
that says so.
"""

import bisect
import functools
import json
import os
import re
import subprocess
import tempfile

CTAGS = ("ctags", "--options=NONE", "--output-format=json", "--fields=+neSKZ", "--language-force=C",
         "--kinds-C=f", "-o", "-")
QUIET = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
SECONDS = 60                # of ctags, which a student's file may keep busy
DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)


class Trouble(Exception):
    """The message says what is wrong, and in which file."""


class NoTool(Trouble):
    """Nothing is wrong with the file."""


def blank(match):
    """As many characters that mean nothing."""
    return re.sub(r"[^\n]", " ", match.group(0))


def without_comments(text):
    """The text, of the same length, with blanks for its comments."""
    return QUIET.sub(lambda match: blank(match) if match.group(0)[0] == "/" else match.group(0),
                     text)


def tidy(text):
    """A signature in one form, whatever its white space."""
    text = " ".join(text.split())
    return re.sub(r" ?([^\w ]) ?", r"\1", text)


class Function:
    """One definition. Positions in the text: of its comment (or of start, if it has none), start
    (the first token), body (its brace), end (behind the last brace). Lines count from 1."""

    def __init__(self, source, tag):
        text, code = source.text, source.code
        self.name = tag["name"]
        line = source.lines[tag["line"] - 1]
        named = re.compile(r"\b%s\b" % re.escape(self.name)).search(code, line)
        self.body = code.find("{", named.end()) if named else -1
        if self.body < 0:
            raise Trouble("%s: no body of %s is found" % (source.path, self.name))
        before = max(code.rfind(mark, 0, named.start()) for mark in ";}")
        self.start = before + 1 + re.match(r"\s*", code[before + 1:]).end()
        self.end = end_of_body(source, self.name, self.body)
        self.comment = comment_above(source, self.start)
        self.start_line = source.line(self.start)
        self.end_line = source.line(self.end - 1)
        if self.end_line != tag.get("end"):
            raise Trouble("%s: %s ends on line %d by its braces, and on line %s for ctags" % (
                source.path, self.name, self.end_line, tag.get("end")))
        self.signature = tidy(without_comments(text[self.start:self.body]))
        self.body_text = text[self.body:self.end]


def end_of_body(source, name, position):
    depth = 0
    for brace in re.compile(r"[{}]").finditer(source.code, position):
        depth += 1 if brace.group(0) == "{" else -1
        if depth == 0:
            return brace.end()
    raise Trouble("%s: %s has no end" % (source.path, name))


def comment_above(source, start):
    """Where the comment begins that ends on the line above start; start, if there is none."""
    found, text = start, source.text
    for at in range(bisect.bisect_left(source.comment_starts, start) - 1, -1, -1):
        match = source.comments[at]
        alone = not text[text.rfind("\n", 0, match.start()) + 1:match.start()].strip()
        between = text[match.end():found]
        if not alone or between.strip() or between.count("\n") != 1:
            break
        if found != start and match.group(0).startswith("/*"):
            break           # one comment of that form, or lines of the other
        found = match.start()
        if match.group(0).startswith("/*"):
            break
    return found


class Source:
    """The functions of a text; path is for messages."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.code = DIRECTIVE.sub(blank, QUIET.sub(blank, text))
        self.lines = [0] + [match.end() for match in re.finditer("\n", text)]
        self.comments = [match for match in QUIET.finditer(text) if match.group(0)[0] == "/"]
        self.comment_starts = [match.start() for match in self.comments]
        tags = sorted(tags_of(path, text), key=lambda tag: tag["line"])
        self.functions = [Function(self, tag) for tag in tags]

    def line(self, position):
        return self.text.count("\n", 0, position) + 1

    def names(self):
        return [function.name for function in self.functions]

    def function(self, name):
        found = [function for function in self.functions if function.name == name]
        if not found:
            raise Trouble("%s: there is no function %s" % (self.path, name))
        if len(found) > 1:
            raise Trouble("%s: function %s is there %d times: lines %s" % (
                self.path, name, len(found), " ".join(str(f.start_line) for f in found)))
        return found[0]


@functools.lru_cache(maxsize=None)
def tags_of(path, text):
    with tempfile.TemporaryDirectory(prefix="xv39.") as folder:
        copy = os.path.join(folder, "text.c")
        with open(copy, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        try:
            done = subprocess.run(CTAGS + (copy,), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  timeout=SECONDS)
        except OSError:
            raise NoTool("there is no ctags: install the package universal-ctags")
        except subprocess.TimeoutExpired:
            raise Trouble("%s: ctags does not come to an end with it" % path)
    if done.returncode != 0:
        raise Trouble("ctags cannot read %s: is it that of the package universal-ctags?\n%s" % (
            path, done.stderr.decode(errors="replace").strip()))
    tags = [json.loads(line) for line in done.stdout.decode().splitlines()]
    return [tag for tag in tags if tag.get("_type") == "tag"]


def read(root, path):
    try:
        with open(os.path.join(root, path), encoding="utf-8", newline="") as file:
            return Source(path, file.read())
    except FileNotFoundError:
        raise Trouble("there is no %s" % path)
