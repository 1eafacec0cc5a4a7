"""An SVG, put together from above to below: text, boxes, cells, arrows; in light and dark.

What always holds: the same calls give the same bytes; whatever a text is, it is text; nothing is
told by colour alone; a picture says in its title and description what it shows.
"""

import os
import re
import sys
from xml.sax.saxutils import escape

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../page"))
import owners           # noqa: E402

WIDTH, MARGIN = 960, 20
FORBIDDEN = re.compile("[^\t\n\r -~\xa0-\ud7ff\ue000-\ufffd]")

STYLE = """
.xv39-memory { --paper: #ffffff; --ink: #1c1c1c; --soft: #565656; --line: #8a8f96; --box: #f6f7f9;
  --mark: #b3261e; --empty: #eef0f2; color-scheme: light dark;
  font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; font-size: 15px }
@media (prefers-color-scheme: dark) { .xv39-memory { --paper: #17191c; --ink: #f0f0f0;
  --soft: #b9bcc0; --line: #6d737b; --box: #1f2226; --mark: #ff8f80; --empty: #24282d } }
.xv39-memory text { fill: var(--ink) } .xv39-memory .soft { fill: var(--soft) }
.xv39-memory .paper { fill: var(--paper) } .xv39-memory .empty { fill: var(--empty) }
.xv39-memory .head { font-size: 20px; font-weight: 600 } .xv39-memory .bold { font-weight: 600 }
.xv39-memory .wrong { fill: var(--mark); font-weight: 600 }
.xv39-memory .mono { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: 14px; white-space: pre }
.xv39-memory .small { font-size: 13px }
.xv39-memory .box { fill: var(--box); stroke: var(--line) }
.xv39-memory .grid { fill: none; stroke: var(--paper); stroke-width: 1 }
.xv39-memory .arrow { fill: none; stroke: var(--soft); stroke-width: 1.6 }
.xv39-memory .point { fill: var(--soft) }
.xv39-memory .hatch { fill: none; stroke: var(--ink); stroke-width: 1; opacity: .55 }
.xv39-memory .ring { fill: none; stroke: var(--mark); stroke-width: 3 }
.xv39-memory .flag { fill: var(--mark) }
.xv39-memory .ink-kk, .xv39-memory .ink-kw { fill: #000000 }
.xv39-memory .ink-wk, .xv39-memory .ink-ww { fill: #ffffff }
@media (prefers-color-scheme: dark) { .xv39-memory .ink-kw { fill: #ffffff }
  .xv39-memory .ink-wk { fill: #000000 } }
"""


def clean(words):
    return FORBIDDEN.sub("\ufffd", str(words))


def short(words, most):
    """At most so many characters."""
    words = clean(words)
    return words if len(words) <= most else words[:most - 1] + "…"


def wrap(words, most, lines):
    """The text in lines of so many characters; what does not go into them is cut off."""
    found = []
    for word in " ".join(clean(words).split()).split(" "):
        if found and len(found[-1]) + 1 + len(word) <= most:
            found[-1] += " " + word
        else:
            found.append(short(word, most))
    if len(found) > lines:
        found = found[:lines]
        found[-1] = short(found[-1] + " …" + " " * most, most - 1).rstrip(" …") + " …"
    return found


def text(x, y, words, kind="", anchor="start", more=""):
    return '<text x="%s" y="%s"%s%s%s>%s</text>' % (
        number(x), number(y), ' class="%s"' % kind if kind else "",
        ' text-anchor="%s"' % anchor if anchor != "start" else "", more, escape(clean(words)))


def number(value):
    """With one digit behind the point where it needs one."""
    return ("%.1f" % value).rstrip("0").rstrip(".")


def ink_on(kind, pid=0):
    """The CSS class of a letter on the owner's fill: black or white, in light and in dark."""
    return "ink-" + "".join("k" if owners.ink(owners.fill(kind, pid, dark)) == "#000000" else "w"
                            for dark in (False, True))


def box(x, y, width, height, kind="box", more=""):
    return '<rect class="%s" x="%s" y="%s" width="%s" height="%s"%s/>' % (
        kind, number(x), number(y), number(width), number(height), more)


class Sheet:
    """y: where the next thing goes. facts: what the picture says, as sentences."""

    def __init__(self, name, title):
        self.name = re.sub(r"[^a-z0-9]+", "-", clean(name).lower()).strip("-") or "picture"
        self.title, self.y, self.parts, self.facts = title, 0, [], []
        self.fills = {}                 # name of a CSS class → colours for light and dark

    def add(self, *parts):
        self.parts += parts

    def heading(self, words, more=""):
        self.y += 34
        self.add(text(MARGIN, self.y, short(words, 86), "head"))
        self.y += 4
        if more:
            self.line(more, "soft")

    def line(self, words, kind="", x=MARGIN, step=21):
        self.y += step
        self.add(text(x, self.y, short(words, 122), kind))

    def part(self, words, more=""):
        """The begin of a part of the picture."""
        self.y += 36
        self.add('<text x="%d" y="%d"><tspan class="bold">%s</tspan>%s</text>' % (
            MARGIN, self.y, escape(clean(words)), '<tspan class="soft" dx="10">%s</tspan>' % escape(
                short(more, 118 - len(words))) if more else ""))
        self.y += 8

    def say(self, sentence):
        self.facts.append(clean(sentence))

    # ---- owners ----

    def fill(self, kind, pid=0):
        """The CSS class that fills a shape in the owner's colour."""
        colours = owners.fill(kind, pid), owners.fill(kind, pid, True)
        name = "own" + colours[0][1:]       # the same in each picture of a page
        self.fills[name] = colours
        return name

    def cells(self, owned, x, y, columns, size, letters=True, tall=None):
        """A grid of cells, row by row; owned: (class, pid) each. Returns: its height."""
        tall = tall or size
        runs = {}
        for at, owner in enumerate(owned):
            row, column = divmod(at, columns)
            mine = runs.setdefault(owner, [])
            if mine and mine[-1][0] == row and mine[-1][1] + mine[-1][2] == column:
                mine[-1][2] += 1
            else:
                mine.append([row, column, 1])
        for owner in sorted(runs):
            self.add('<path class="%s" d="%s"/>' % (self.fill(*owner), "".join(
                "M%s %sh%sv%sh-%sz" % (number(x + column * size), number(y + row * tall),
                                       number(count * size), number(tall), number(count * size))
                for row, column, count in runs[owner])))
        rows = -(-len(owned) // columns)
        if size >= 10:
            lines = "".join("M%s %sv%s" % (number(x + i * size), number(y), number(rows * tall))
                            for i in range(1, min(columns, len(owned)))) + \
                "".join("M%s %sh%s" % (number(x), number(y + i * tall), number(columns * size))
                        for i in range(1, rows))
            self.add('<path class="grid" d="%s"/>' % lines)
        for row in range(rows if letters else 0):
            some = owned[row * columns:(row + 1) * columns]
            self.letters([owners.letter(*owner) for owner in some], [ink_on(*owner)
                                                                     for owner in some],
                         x, y + row * tall, size, tall)
        return rows * tall

    def letters(self, letters, inks, x, y, size, tall):
        """One letter in each cell of a row."""
        for ink in sorted(set(inks)):
            some = [(i, c) for i, (c, own) in enumerate(zip(letters, inks)) if own == ink and c]
            if some:
                self.add('<text class="mono %s" y="%s" x="%s" text-anchor="middle" style="font-size'
                         ':%dpx">%s</text>' % (
                             ink, number(y + tall / 2 + size * .27),
                             " ".join(number(x + (i + .5) * size) for i, _ in some),
                             min(14, size - 2), escape("".join(c for _, c in some))))

    def keys(self, owned):
        """The legend: each owner once, with its letter. owned: (class, pid, name), or (…, words)"""
        x = MARGIN
        self.y += 24
        for kind, pid, words in owned:
            words = short(words, 40)
            wide = 26 + 8 * len(words) + 12
            if x + wide > WIDTH - MARGIN and x > MARGIN:
                x, self.y = MARGIN, self.y + 24
            self.cells([(kind, pid)], x, self.y - 14, 1, 18)
            self.add(text(x + 25, self.y, words, "small"))
            x += wide

    def __str__(self):
        """The whole file."""
        fills, dark = ("".join(".xv39-memory .%s { fill: %s }\n" % (name, colours[i])
                               for name, colours in sorted(self.fills.items())) for i in (0, 1))
        height = self.y + 20
        return "\n".join([
            '<svg xmlns="http://www.w3.org/2000/svg" class="xv39-memory" role="img" '
            'viewBox="0 0 %d %d" aria-labelledby="%s-title %s-desc">' % (
                WIDTH, height, self.name, self.name),
            '<title id="%s-title">%s</title>' % (self.name, escape(clean(self.title))),
            '<desc id="%s-desc">%s</desc>' % (self.name, escape("\n".join(self.facts))),
            "<style>%s%s@media (prefers-color-scheme: dark) {\n%s}</style>" % (STYLE, fills, dark),
            box(0, 0, WIDTH, height, "paper")] + self.parts) + "\n</svg>\n"
