"""The pictures of `make curves`: SVG without a script, in light and dark.

A policy is told by its marker and its dashes; its colour comes on top, so that a copy in black and
white says as much.
"""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 1000, 560
LEFT, RIGHT, TOP, BOTTOM = 78, 690, 64, 492     # of the plot
LEGEND = 722

# Marker, dashes.
LOOKS = {
    "OPT": ("disc", ""),
    "exact LRU": ("block", "11 5"),
    "fifo": ("triangle", "7 4"),
    "clock": ("circle", "2 4"),
    "lru": ("diamond", "13 4 2 4"),
    "aging": ("cross", "6 3 2 3 2 3"),
    "adaptive": ("square", "18 5"),
}
MORE = (("down", "4 2"), ("star", "10 3 3 3"), ("plus", "3 6"), ("bar", "22 3 3 3"))

STYLE = """<style>
.xv39-curves { --paper: #ffffff; --ink: #1c1c1c; --soft: #565656; --grid: #dcdcdc; --OPT: #1c1c1c;
  --exact-LRU: #565656; --fifo: #b3261e; --clock: #0b5cad; --lru: #17703f; --aging: #805200;
  --adaptive: #6d35a8; --own-0: #a01d68; --own-1: #006a75; --own-2: #4d5a00; --own-3: #7a3b12;
  font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; font-size: 16px }
@media (prefers-color-scheme: dark) { .xv39-curves { --paper: #17191c; --ink: #f0f0f0;
  --soft: #b9bcc0; --grid: #3a3e44; --OPT: #f0f0f0; --exact-LRU: #b9bcc0; --fifo: #ff8f80;
  --clock: #7cbaff; --lru: #67d49c; --aging: #f2bd55; --adaptive: #caa6ff; --own-0: #ff94cf;
  --own-1: #5fd5de; --own-2: #c9d96a; --own-3: #f0a67c } }
.xv39-curves text { fill: var(--ink) } .xv39-curves .soft { fill: var(--soft) }
.xv39-curves .paper { fill: var(--paper) } .xv39-curves .head { font-size: 21px; font-weight: 600 }
.xv39-curves .grid { stroke: var(--grid); stroke-width: 1; fill: none }
.xv39-curves .axis { stroke: var(--soft); stroke-width: 1.5; fill: none }
.xv39-curves .line { fill: none; stroke-width: 2.2; stroke-linejoin: round }
.xv39-curves .mark { stroke-width: 2; stroke-dasharray: none }
.xv39-curves .band { stroke-width: 15; stroke-linecap: round; opacity: .3; fill: none }
.xv39-curves .dots { stroke: var(--ink); fill: none }
</style>"""


def look(name, own):
    """Marker, dashes and colour. own: the policies that are not ours, in order."""
    if name in LOOKS:
        return LOOKS[name] + ("var(--%s)" % name.replace(" ", "-"),)
    place = own.index(name)
    return MORE[place % len(MORE)] + ("var(--own-%d)" % (place % 4),)


def number(value):
    """Without zeros at its end: a fault of the string may be a part of one, see times()."""
    return ("%.3f" % value).rstrip("0").rstrip(".")


def ticks(most, count=6):
    """Round numbers from 0 to at least `most`, a few more or less than `count`."""
    rough = max(most, 1) / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= rough)
    step = max(1, step)
    return [int(step * i) for i in range(int(math.ceil(max(most, 1) / step)) + 1)]


def marker(kind, x, y, colour, size=6.5):
    lines = {
        "triangle": ((0, -1.15), (1.05, .75), (-1.05, .75)),
        "down": ((0, 1.15), (1.05, -.75), (-1.05, -.75)),
        "diamond": ((0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)),
        "square": ((-1.15, -1.15), (1.15, -1.15), (1.15, 1.15), (-1.15, 1.15)),
        "block": ((-.65, -.65), (.65, -.65), (.65, .65), (-.65, .65)),
    }
    strokes = {
        "cross": "M-1-1L1 1M-1 1L1-1", "plus": "M-1.2 0H1.2M0-1.2V1.2",
        "bar": "M0-1.3V1.3", "star": "M0-1.2V1.2M-1-.6L1 .6M-1 .6L1-.6",
    }
    if kind in ("circle", "disc"):
        return '<circle class="mark" cx="%.1f" cy="%.1f" r="%.1f" stroke="%s" fill="%s"/>' % (
            x, y, size if kind == "circle" else size * .6, colour,
            colour if kind == "disc" else "none")
    if kind in strokes:
        return '<path class="mark" transform="translate(%.1f %.1f) scale(%.1f)" d="%s" ' \
            'stroke="%s" style="stroke-width:.36" fill="none"/>' % (x, y, size, strokes[kind],
                                                                   colour)
    return '<polygon class="mark" points="%s" stroke="%s" fill="%s"/>' % (
        " ".join("%.1f,%.1f" % (x + size * dx, y + size * dy) for dx, dy in lines[kind]),
        colour, colour if kind == "block" else "none")


def text(x, y, words, kind="", anchor="start", more=""):
    return '<text x="%.1f" y="%.1f"%s text-anchor="%s"%s>%s</text>' % (
        x, y, ' class="%s"' % kind if kind else "", anchor, more, escape(words))


class Scale:
    """From values to places on the paper."""

    def __init__(self, least, most, start, end):
        self.least, self.start = least, start
        self.factor = (end - start) / ((most - least) or 1)

    def __call__(self, value):
        return self.start + (value - self.least) * self.factor


class Picture:
    """Parts of an SVG, and what it says to those that do not see it."""

    def __init__(self, identity, title, description, height=HEIGHT):
        self.height = height
        self.parts = ['<svg xmlns="http://www.w3.org/2000/svg" class="xv39-curves" role="img" '
                      'viewBox="0 0 %d %d" aria-labelledby="%s-title %s-desc">' % (
                          WIDTH, height, identity, identity),
                      '<title id="%s-title">%s</title>' % (identity, escape(title)),
                      '<desc id="%s-desc">%s</desc>' % (identity, escape(description)), STYLE,
                      '<rect class="paper" width="%d" height="%d"/>' % (WIDTH, height)]

    def add(self, *parts):
        self.parts += parts

    def axes(self, x, y, across, up, top, bottom, x_name, y_name):
        """Lines at the ticks, numbers beside them, and what they count."""
        for value in up:
            self.add('<path class="grid" d="M%d %.1fH%d"/>' % (LEFT, y(value), RIGHT),
                     text(LEFT - 9, y(value) + 5.5, str(value), "soft", "end"))
        for value in across:
            self.add('<path class="axis" d="M%.1f %dv6"/>' % (x(value), bottom))
            if x_name:
                self.add(text(x(value), bottom + 24, str(value), "soft", "middle"))
        self.add('<path class="axis" d="M%d %dV%dH%d"/>' % (LEFT, top, bottom, RIGHT))
        if x_name:
            self.add(text((LEFT + RIGHT) / 2, bottom + 50, x_name, anchor="middle"))
        middle = (top + bottom) / 2
        self.add(text(20, middle, y_name, anchor="middle",
                      more=' transform="rotate(-90 20 %.1f)"' % middle))

    def __str__(self):
        return "\n".join(self.parts) + "\n</svg>\n"


# ---- faults against frames ----

def rise_words(name, frames, faults, rise):
    low, high = rise
    return "%s: %d → %d frames, %s → %s faults" % (name, frames[low], frames[high],
                                                   number(faults[low]), number(faults[high]))


def faults_curve(curve, own):
    """curve: a Curve, see curves."""
    string, frames = curve.string, curve.frames
    title = "%s: faults against frames" % string.name
    described = ["Frames %s." % " ".join(map(str, frames))]
    described += ["%s: %s faults." % (name, " ".join(map(number, faults)))
                  for name, faults in curve.faults.items()]
    described += ["More frames, more faults with " + rise_words(name, frames, curve.faults[name],
                                                                rise) + "."
                  for name, rise in curve.rises]
    picture = Picture(string.name + "-faults", title, " ".join(described))
    most = max(max(faults) for faults in curve.faults.values())
    up = ticks(most)
    across = frames if len(frames) <= 12 else ticks(frames[-1], 8)
    pad = 22
    x = Scale(frames[0], frames[-1], LEFT + pad, RIGHT - pad)
    y = Scale(0, up[-1], BOTTOM, TOP)
    picture.add(text(LEFT, 34, title, "head"))
    picture.axes(x, y, [a for a in across if frames[0] <= a <= frames[-1]], up, TOP, BOTTOM,
                 "frames", "faults")
    for name, (low, high) in curve.rises:
        faults = curve.faults[name]
        picture.add('<path class="band" d="M%.1f %.1fL%.1f %.1f" stroke="%s"/>' % (
            x(frames[low]), y(faults[low]), x(frames[high]), y(faults[high]),
            look(name, own)[2]), text(x(frames[high]), y(faults[high]) - 14, "▲", "", "middle"))
    for name, faults in curve.faults.items():
        kind, dashes, colour = look(name, own)
        points = [(x(n), y(f)) for n, f in zip(frames, faults)]
        picture.add('<polyline class="line" points="%s" stroke="%s"%s/>' % (
            " ".join("%.1f,%.1f" % point for point in points), colour,
            ' stroke-dasharray="%s"' % dashes if dashes else ""))
        picture.add(*[marker(kind, px, py, colour) for px, py in points])
    legend(picture, curve, own)
    return str(picture)


def legend(picture, curve, own):
    at, seen = TOP + 8, {}
    for name, faults in curve.faults.items():
        kind, dashes, colour = look(name, own)
        picture.add('<path class="line" d="M%d %dh58" stroke="%s"%s/>' % (
            LEGEND, at, colour, ' stroke-dasharray="%s"' % dashes if dashes else ""),
            marker(kind, LEGEND + 29, at, colour))
        same = seen.setdefault(tuple(faults), name)
        picture.add(text(LEGEND + 70, at + 5.5, name if same == name else
                         "%s (as %s)" % (name, same)))
        at += 29
    for name, why in curve.failed.items():
        picture.add(text(LEGEND, at + 5.5, "%s: no result" % name))
        at += 29
    at += 18
    if not curve.rises:
        return
    picture.add(text(LEGEND, at, "Belady's anomaly", more=' font-weight="600"'))
    at += 24
    room = int((BOTTOM - at) / 44)
    for name, (low, high) in curve.rises[:room]:
        faults = curve.faults[name]
        picture.add(text(LEGEND, at, "▲ %s: %d → %d frames" % (
            name, curve.frames[low], curve.frames[high])))
        picture.add(text(LEGEND + 20, at + 20, "%s → %s faults" % (
            number(faults[low]), number(faults[high])), "soft"))
        at += 44
    if len(curve.rises) > room:
        picture.add(text(LEGEND, at, "and %d more" % (len(curve.rises) - room), "soft"))


# ---- working set ----

MAP_TOP, MAP_BOTTOM, SET_BOTTOM = 372, 492, 344
COLUMNS, ROWS = 612, 120
WINDOW_LOOKS = (("soft", "2 4", 2), ("ink", "", 1.8), ("clock", "13 5", 3.2))


def used_cells(string):
    """The places of the map, column and row, at which a page is used."""
    length, cells = len(string.accesses), set()
    columns, rows = min(COLUMNS, length), min(ROWS, string.pages)
    for at, page in enumerate(string.accesses):
        cells.add((at * columns // length, page * rows // string.pages))
    return sorted(cells, key=lambda cell: (cell[1], cell[0])), columns, rows


def map_path(string):
    """Runs of columns in a row are one line each."""
    cells, columns, rows = used_cells(string)
    width, height = (RIGHT - LEFT) / columns, (MAP_BOTTOM - MAP_TOP) / rows
    runs = []
    for column, row in cells:
        if runs and runs[-1][0] == row and runs[-1][2] == column:
            runs[-1][2] += 1
        else:
            runs.append([row, column, column + 1])
    return " ".join("M%.1f %.1fh%.1f" % (
        LEFT + start * width, MAP_BOTTOM - (row + .5) * height, (end - start) * width)
        for row, start, end in runs), max(1.4, min(height * .75, 12))


def working_set(string, sets):
    """sets: window → sizes, one for each access."""
    title = "%s: working set over time" % string.name
    length = len(string.accesses)
    described = ["%d accesses to %d pages." % (length, string.pages)]
    described += ["Among the last %d accesses: at most %d pages, %s on average." % (
        window, max(sizes), number(round(sum(sizes) / length, 1)))
        for window, sizes in sets.items()]
    described.append("Below: which page each access is to.")
    picture = Picture(string.name + "-working-set", title, " ".join(described))
    picture.add(text(LEFT, 34, title, "head"))
    up = ticks(max(max(sizes) for sizes in sets.values()), 5)
    across = ticks(length, 8)
    x = Scale(0, length, LEFT, RIGHT)
    y = Scale(0, up[-1], SET_BOTTOM, TOP)
    inside = [a for a in across if a <= length]
    picture.axes(x, y, inside, up, TOP, SET_BOTTOM, "", "pages in use")
    step = max(1, length // COLUMNS)
    ends = []
    for (window, sizes), (colour, dashes, width) in zip(sets.items(), WINDOW_LOOKS):
        points = [(x(at + 1), y(sizes[at])) for at in range(0, length, step)]
        points.append((x(length), y(sizes[-1])))
        picture.add('<polyline class="line" points="%s" stroke="var(--%s)" style="stroke-width:%s"'
                    '%s/>' % (" ".join("%.1f,%.1f" % p for p in points), colour, width,
                              ' stroke-dasharray="%s"' % dashes if dashes else ""))
        ends.append((window, colour, dashes, width))
    picture.add(text(LEGEND, TOP + 6, "Pages among the last …", more=' font-weight="600"'))
    for i, (window, colour, dashes, width) in enumerate(reversed(ends)):
        at = TOP + 36 + 29 * i
        picture.add('<path class="line" d="M%d %dh58" stroke="var(--%s)" style="stroke-width:%s"%s'
                    '/>' % (LEGEND, at, colour, width,
                            ' stroke-dasharray="%s"' % dashes if dashes else ""),
                    text(LEGEND + 70, at + 5.5, "%d accesses" % window))
    path, thick = map_path(string)
    picture.axes(x, Scale(0, 1, MAP_BOTTOM, MAP_TOP), inside, [], MAP_TOP, MAP_BOTTOM, "accesses",
                 "which page")
    picture.add('<path class="dots" d="%s" stroke-width="%.1f"/>' % (path, thick),
                text(LEGEND, MAP_TOP + 20, "Each mark is an access.", "soft"),
                text(LEGEND, MAP_TOP + 44, "Page first used lowest.", "soft"))
    return str(picture)
