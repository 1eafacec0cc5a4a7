"""How much there is to read: the map of chapters in kernel/README.md, and the bounds in sizes.txt.

A row of the map names the files of a chapter, those of its first reading in bold. With a .c goes
its header, unless a row names that itself.
"""

import re

import house as floors
from count import CODE, read_lines, split_lines

TABLE = "tests/lint/sizes.txt"
SAN = "SAN=1 only"
READING = "first reading: "
CHAPTERS = 9            # of the document, and the whole
MOST_TO_READ = 900      # lines of a first reading, as read
ROUND = 50              # the map tells lines in such steps, and may be off by one
STEP = 5                # the bounds fall in such steps
EXTRA = "kernel/vm/extra/"


class Chapter:
    """A row of the map: name, its cells as text, paths: first (in bold) and rest."""

    def __init__(self, cells, kernel, named):
        self.name, self.cells = cells[0], cells[1:]
        self.first, self.rest, self.gone = [], [], []
        for part, bold in split_bold(self.cells[2]):
            for name in re.findall(r"`([^`]+\.[chS])`", part):
                paths = [p for p in kernel if p.endswith("/" + name)]
                header = [p[:-1] + "h" for p in paths if p.endswith(".c")]
                (self.first if bold else self.rest).extend(paths)
                self.rest.extend(p for p in header if p in kernel and p not in named)

    def lines(self, tree):
        """Of the first reading, and of all, as the map may say them: exact, and in its form."""
        first = sum(read_lines(tree[p]) for p in self.first)
        both = first, first + sum(read_lines(tree[p]) for p in self.rest)
        return both, "%s of %s" % tuple(format(-(-n // ROUND) * ROUND, ",d") for n in both)

    def lines_are_true(self, tree):
        """Does the map say so, in steps that are off by one at most?"""
        said = re.match(r"([\d,]+) of ([\d,]+)$", self.cells[3])
        return said is not None and all(
            n - ROUND <= int(word.replace(",", "")) < n + 2 * ROUND
            for n, word in zip(self.lines(tree)[0], said.groups()))


def split_bold(cell):
    """Pieces of a cell, each with whether it is in bold."""
    return [(part, bool(number % 2)) for number, part in enumerate(cell.split("**"))]


def read_map(tree):
    """The chapters, in the order of the map."""
    rows = re.findall(r"^\|([^|\n]*)\|([^|\n]*)\|([^|\n]*)\|([^|\n]*)\|([^|\n]*)\|([^|\n]*)\|$",
                      tree.get(floors.ORDER) or "", re.MULTILINE)[2:]
    kernel = [p for p in tree if p.startswith("kernel/") and p.endswith((".c", ".h", ".S"))]
    words = {w for row in rows for w in re.findall(r"`([^`]+\.h)`", row[3])}
    named = {p for p in kernel for w in words if p.endswith("/" + w)}
    return [Chapter([cell.strip() for cell in row], kernel, named) for row in rows]


def with_lines(tree):
    """kernel/README.md with the lines of each chapter put right, where they are not."""
    text = tree[floors.ORDER]
    for chapter in [c for c in read_map(tree) if not c.lines_are_true(tree)]:
        row = "| %s | %s |" % (chapter.name, " | ".join(chapter.cells[:3]))
        text = text.replace("%s %s |" % (row, chapter.cells[3]),
                            "%s %s |" % (row, chapter.lines(tree)[1]))
    return text


def chapters(tree):
    """Complaints about the map: number of rows, names of nothing, files left out, wrong lines."""
    if floors.SHOWN not in tree:
        return
    found = read_map(tree)
    kernel = {p: t for p, t in tree.items() if p.startswith("kernel/") and t is not None
              and p.endswith((".c", ".h", ".S"))}
    if len(found) != CHAPTERS:
        yield "%s: %d chapters, not %d" % (floors.ORDER, len(found), CHAPTERS)
    for chapter in found:
        for name in re.findall(r"`([^`]+)`", " ".join(chapter.cells)):
            known = (any(p.startswith("kernel/" + name) for p in kernel) if name.endswith("/")
                     else any(p.endswith("/" + name) for p in kernel) if "." in name
                     else any(re.search(r"\b%s\(" % name, t) for t in kernel.values()))
            if not known:
                yield "%s: chapter %s: there is no %s" % (floors.ORDER, chapter.name, name)
        if not chapter.lines_are_true(tree):
            yield "%s: chapter %s has %s lines; `tests/tools/house --readme` puts it right" % (
                floors.ORDER, chapter.name, chapter.lines(tree)[1])
    mapped = {p for chapter in found for p in chapter.first + chapter.rest}
    for path in sorted(kernel):
        if path.startswith("kernel/vm/") and path.count("/") == 3 and path not in mapped and \
                not path.startswith(EXTRA):
            yield "%s: no chapter has %s" % (floors.ORDER, path)


# ---- bounds --------------------------------------------------------------------------------------

def counts(tree):
    """Lines by what the table may name: folders (with files right in them), kernel, readings."""
    both, san, folders = 0, 0, {}
    for path, text in tree.items():
        if path.startswith("kernel/") and path.endswith(CODE) and text is not None:
            one, two = split_lines(path, text)
            both, san = both + one, san + two
            folder = path.rsplit("/", 1)[0]
            folders[folder] = folders.get(folder, 0) + one
    vm = sum(n for folder, n in folders.items() if folder.startswith("kernel/vm"))
    return dict(folders, **{"kernel": both, SAN: san, "kernel/vm": vm},
                **{READING + c.name: sum(read_lines(tree[p]) for p in c.first)
                   for c in read_map(tree)})


def read_bounds(tree):
    """The table: [name, now, goal]."""
    return [[name, int(now), int(goal)] for name, now, goal in
            re.findall(r"^(?!#)(.+?) \| (\d+) \| (\d+)$", tree.get(TABLE) or "", re.MULTILINE)]


def sizes(tree):
    """Complaints: what is larger than the table says that it is, and than it is to come to."""
    there = counts(tree)
    bounds = read_bounds(tree)
    for name, now, goal in bounds:
        if there.get(name, 0) > max(now, goal):
            yield "%s: %d lines, %d allowed" % (name, there[name], max(now, goal))
    for name in set(there) - {row[0] for row in bounds}:
        if name.startswith(READING) and there[name] > MOST_TO_READ:
            yield "%s: %d lines, %d allowed" % (name, there[name], MOST_TO_READ)


def lowered(tree):
    """The table with what has fallen since; nothing rises."""
    there = counts(tree)
    text = tree[TABLE]
    for name, now, goal in read_bounds(tree):
        new = max(goal, min(now, -(-there.get(name, 0) // STEP) * STEP))
        text = text.replace("\n%s | %d |" % (name, now), "\n%s | %d |" % (name, new))
    return text
