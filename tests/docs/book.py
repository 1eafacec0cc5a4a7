"""The book: the files of docs/ in their order, and what must be true of them.

docs/README.md lists the files; that is the order. A name of the code stands in `backticks`, and
must be in the tree; so nothing else stands in them (a name of others' stands in *emphasis*). The
rules below give complaints, a line each.
"""

import functools
import glob
import os
import re

import markdown

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = "docs"
MAP = "kernel/README.md"
CODE = (".c", ".h", ".S", ".py", ".awk", ".ld", ".list", ".s")
NO_CODE = (".md", ".svg", ".txt", ".patch", ".json")
SECTIONS = ("The idea", "Our code", "What hardware and Linux do otherwise",
            "The sketch, bug by bug", "Bugs you could have made", "What people believe",
            "Exercises")
NAME = re.compile(r"[A-Za-z_]\w*(?:\.[a-z]\w*)?")
WORD = re.compile(r"[A-Za-z_]\w*")
CALL = re.compile(r"([a-z_]\w*)\(")
VARIABLE = re.compile(r"^([A-Z_]+) *\??=", re.M)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


class File:
    """One file of the book."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.blocks = markdown.parse(read(path))
        self.title = markdown.plain(self.blocks[0].text) if self.blocks else ""

    def pieces(self, *kinds, without=()):
        """Line and piece of those kinds, in reading order, but for what is within others."""
        for line, text in markdown.texts(self.blocks):
            for piece in markdown.pieces_of(text, without):
                if piece[0] in kinds:
                    yield line, piece

    def headings(self, level):
        return [markdown.plain(block.text) for block in self.blocks
                if block.kind == "heading" and block.level == level]

    def anchors(self):
        used, found = {}, set()
        for block in self.blocks:
            if block.kind == "heading":
                name = markdown.slug(markdown.plain(block.text))
                count = used[name] = used.get(name, -1) + 1
                found.add(name + ("-%d" % count if count else ""))
        return found


class Book:
    def __init__(self):
        self.contents = File(FOLDER + "/README.md")
        names = [target for _, (_, _, target) in self.contents.pieces("link")
                 if re.match(r"[\w-]+\.md$", target)]
        self.files = [self.contents] + [File(FOLDER + "/" + name)
                                        for name in dict.fromkeys(names)]
        self.by_path = {file.path: file for file in self.files}

    def chapters(self):
        """The files that are chapters: they have an idea."""
        return [file for file in self.files if SECTIONS[0] in file.headings(2)]


# ---- the tree -----------------------------------------------------------------------------------

def code_files():
    """Paths of what counts as code: not the book, nor what tests it, nor what is built."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = sorted(f for f in folders if f not in (".git", "build", "__pycache__"))
        inside = os.path.relpath(folder, ROOT)
        if inside == FOLDER:
            folders[:] = ["programs"] if "programs" in folders else []
            continue
        if inside == "tests/docs":
            continue
        for name in files:
            if name.endswith(CODE) or not name.endswith(NO_CODE):
                yield os.path.normpath(os.path.join(inside, name))


@functools.lru_cache(maxsize=None)
def tree():
    return Tree()


class Tree:
    """Every word of the code, and every function."""

    def __init__(self):
        self.words, self.functions, self.paths = set(), set(), set()
        for path in code_files():
            self.paths.add(path)
            self.words.update(re.findall(r"\w+", os.path.basename(path)))
            try:
                text = read(path)
            except UnicodeDecodeError:
                continue
            self.words.update(WORD.findall(text))
            self.functions.update(CALL.findall(text))
        self.words.update(os.path.basename(path)[:-len(".patch")]
                          for path in glob.glob(os.path.join(ROOT, "tests/mutants/*.patch")))
        make = read("Makefile")
        self.goals = set(re.findall(r"^([a-z][\w -]*):(?!=)", make, re.M))
        self.goals = {goal for line in self.goals for goal in line.split()}
        self.goals.update(re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", make, re.M).group(1)
                          .replace("\\", "").split())
        self.variables = set(VARIABLE.findall(make))

    def has_path(self, path):
        """Of the tree, also without folders in front; what is built counts as there."""
        return path.startswith("build/") or any(
            glob.glob(os.path.join(ROOT, base, path)) for base in ("", "kernel", "kernel/vm")) or \
            any(("/" + known).endswith("/" + path) for known in self.paths)

    def wrong_in(self, code):
        """What is wrong with a text in backticks, or None."""
        words = code.split()
        if words[0] == "make":
            typed = re.sub(r'"[^"]*"', "", code).split()[1:]
            wrong = [word for word in typed if "=" not in word and word not in self.goals]
            wrong += [word for word in re.findall(r"\b([A-Z_]{2,})=", code)
                      if word not in self.variables]
            return "make has no %s" % wrong[0] if wrong else None
        if re.match(r"[A-Z_]+=", code):
            name = code.split("=")[0]
            return None if name in self.variables else "there is no variable %s" % name
        if len(words) == 1 and re.search(r"/|\.(c|h|S|py|md|patch|svg)$", code):
            return None if self.has_path(code) else "there is no such path"
        if re.match(r"[a-z_]\w*\(\)$", code):
            return None if code[:-2] in self.functions else "there is no such function"
        text = re.sub(r'"[^"]*"|\b0x[0-9a-f]+\b', "", code)
        for name in NAME.findall(text):
            if name not in self.words and not all(part in self.words for part in name.split(".")):
                return "%s is nowhere in the code" % name
        return None


# ---- the rules ----------------------------------------------------------------------------------

def names(book):
    """What stands in backticks is in the tree; and a name of the code stands in backticks."""
    for file in book.files:
        for line, piece in file.pieces("code"):
            wrong = tree().wrong_in(piece[1])
            if wrong:
                yield "%s:%d: `%s`: %s" % (file.path, line, piece[1], wrong)
        for line, piece in file.pieces("text", without=("link", "emphasis")):
            for word in re.findall(r"(?<![\w/])[a-z]\w*_\w+|\b\w+\(\)", piece[1]):
                yield "%s:%d: %s stands without backticks" % (file.path, line, word)


def links(book):
    """A link leads to a file of the tree, and to a heading that is there; the text says which."""
    for file in book.files:
        for line, piece in file.pieces("link", "picture"):
            target, _, anchor = piece[2].partition("#")
            if re.match(r"[a-z]+:", target):
                yield "%s:%d: %s leads out of the tree" % (file.path, line, target)
                continue
            path = os.path.normpath(os.path.join(FOLDER, target)) if target else file.path
            if not os.path.exists(os.path.join(ROOT, path)):
                yield "%s:%d: there is no %s" % (file.path, line, path)
            elif anchor and (path not in book.by_path or
                             anchor not in book.by_path[path].anchors()):
                yield "%s:%d: %s has no heading #%s" % (file.path, line, path, anchor)
            label = piece[1] if piece[0] == "picture" else markdown.plain(piece[1])
            if piece[0] == "link" and re.search(r"\w/\w", label) and not path.endswith(label):
                yield "%s:%d: %s leads to %s" % (file.path, line, label, path)
            if piece[0] == "picture" and len(label) < 20:
                yield "%s:%d: the picture's text says little: %s" % (file.path, line, label)


def mutants(book):
    """Each mutant is told of once, in a chapter, where it belongs: among the bugs."""
    told = {}
    for file in book.files:
        section = ""
        for block in markdown.walk(file.blocks):
            if block.kind == "heading":
                section = markdown.plain(block.text)
            if block.kind not in ("paragraph", "table"):
                continue
            for _, text in markdown.texts([block]):
                for piece in markdown.pieces_of(text):
                    match = piece[0] == "link" and re.match(
                        r"\.\./tests/mutants/(\w+)\.patch$", piece[2])
                    if not match:
                        continue
                    told.setdefault(match.group(1), []).append(file.path)
                    if section != SECTIONS[4]:
                        yield "%s:%d: the mutant %s is not among the bugs" % (
                            file.path, block.line, match.group(1))
                    if markdown.plain(piece[1]) != match.group(1):
                        yield "%s:%d: the link to %s says another name" % (
                            file.path, block.line, match.group(1))
    for path in sorted(glob.glob(os.path.join(ROOT, "tests/mutants/*.patch"))):
        name = os.path.basename(path)[:-len(".patch")]
        if len(told.get(name, ())) != 1:
            yield "the mutant %s is told of %d times: %s" % (
                name, len(told.get(name, ())), " ".join(told.get(name, ())) or "in no chapter")


def chapter_map():
    """Rows of the map in kernel/README.md: the name of a chapter, and its files, bold ones first
    reading."""
    for line in re.findall(r"^\| ([a-zA-Z ]+) \| [^|]*\? \|.*$", read(MAP), re.M):
        row = re.search(r"^\| %s \|.*$" % re.escape(line), read(MAP), re.M).group(0).split("|")
        folders = re.findall(r"`([^`]+/)`", row[3])
        first = re.findall(r"`([^`]+)`", "".join(re.findall(r"\*\*(.*?)\*\*", row[4])))
        yield line, folders, first


def shape(book):
    """A chapter for each of the map, in that order, with all sections, and its files linked."""
    rows = list(chapter_map())
    if len(rows) != 9:
        yield "%s: %d chapters in the map" % (MAP, len(rows))
    chapters = book.chapters()
    have = [file.title.lower() for file in chapters]
    if have != [row[0].lower() for row in rows]:
        yield "chapters: %s, in the map: %s" % (have, [row[0] for row in rows])
        return
    for file, (_, folders, first) in zip(chapters, rows):
        missing = [section for section in SECTIONS if section not in file.headings(2)]
        if missing:
            yield "%s: no section %s" % (file.path, ", ".join(missing))
        targets = {os.path.normpath(os.path.join(FOLDER, piece[2]))
                   for _, piece in file.pieces("link")}
        for name in first:
            paths = ["kernel/" + name] + ["kernel/" + folder + name for folder in folders]
            if not targets.intersection(paths):
                yield "%s: no link to %s, of the first reading" % (file.path, name)


def alone(book):
    """Every file of docs/ is in the book, every picture and program is used."""
    for path in sorted(glob.glob(os.path.join(ROOT, FOLDER, "*.md"))):
        if os.path.relpath(path, ROOT) not in book.by_path:
            yield "%s is not in the list of docs/README.md" % os.path.relpath(path, ROOT)
    text = "".join(read(file.path) for file in book.files)
    for path in sorted(glob.glob(os.path.join(ROOT, FOLDER, "*/*"))):
        inside = os.path.relpath(path, os.path.join(ROOT, FOLDER))
        if inside not in text and not inside.endswith((".md", ".h")):
            yield "%s: no chapter has it" % os.path.relpath(path, ROOT)


RULES = (names, links, mutants, shape, alone)
