"""The live view in a terminal: the memory map in letters, over ssh as well.

What always holds: each letter says as much without its colour; NO_COLOR and TERM=dumb take colours
away; without a terminal there is one picture, and the end. q ends; a new size is followed.
"""

import os
import select
import shutil
import sys
import termios
import time
import tty
from collections import Counter

import owners

EVERY = 0.1
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
OTHER_SCREEN, OWN_SCREEN = "\x1b[?1049h", "\x1b[?1049l"
HOME, END_OF_LINE, END_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"
COLOURS = {".": "2", "R": "2", "K": "37", "S": "33", "L": "35", "T": "1;34", "F": "32", "B": "36",
           "Z": "1", "A": "31"}
PROCESS = ("93", "91", "95", "31", "92", "35", "33", "94", "96", "36")


def colour(letter):
    if letter in COLOURS:
        return COLOURS[letter]
    place = owners.OWNERS["letters"].find(letter)
    return PROCESS[place % len(PROCESS)] if place >= 0 else "0"


def painted(text, coloured):
    """Each run of one letter in its colour."""
    if not coloured:
        return text
    parts, at = [], 0
    while at < len(text):
        end = at
        while end < len(text) and text[end] == text[at]:
            end += 1
        parts.append("\x1b[%sm%s\x1b[0m" % (colour(text[at]), text[at:end]))
        at = end
    return "".join(parts)


def grid(letters, cells):
    """So many letters at most, and how many frames one of them stands for."""
    each = 1
    while -(-len(letters) // each) > cells:
        each *= 2
    if each == 1:
        return letters, 1
    return "".join(Counter(letters[i:i + each]).most_common(1)[0][0]
                   for i in range(0, len(letters), each)), each


def header(p):
    ledger, swap = p["ledger"], p["swap"]
    free = "  ".join("%s:%d" % pair for pair in sorted(
        ((order, n) for order, n in p["orders"].items() if order != "single"),
        key=lambda pair: int(pair[0])))
    lines = ["%s, %d harts run: %s" % (p["mode"], len(p["harts"]), ", ".join(
        name or "-" for name in p["harts"]))]
    if p["state"] != "runs":
        lines = [p["head"]] + p["text"].split("\n")[:3] + lines
    lines.append("frames  " + "  ".join("%s %s %d" % (owners.letter(kind), owners.words(kind), n)
                                        for kind, n in ledger.items()))
    lines.append("free blocks by order  %s  single frames: %d" % (free, p["orders"]["single"]))
    lines.append("lists  " + "  ".join("%s: %d pages, %s" % (
        each["name"], each["length"], each["policy"] or "none") for each in p["lists"]))
    lines.append("swap  %d of %d slots used, %d also in memory" % (
        swap["used"], swap["total"], swap["with_page"]) if swap["total"] else "swap  off")
    lines.append("count  " + "  ".join("%s %d" % (name.replace("_", " "), n)
                                       for name, n in p["counters"].items()))
    lines.append("processes  " + "  ".join(
        "%s %s(%d) %d+%d" % (owners.letter("anon", q["pid"]), q["name"], q["pid"], q["resident"],
                             q["swapped"]) for q in p["processes"]))
    return lines


def wrapped(lines, columns):
    """Long lines go on in the next, between two words where there are two blanks."""
    for line in lines:
        while len(line) > columns:
            cut = line.rfind("  ", 1, columns)
            cut = cut if cut > 0 else columns
            yield line[:cut]
            line = "        " + line[cut:].strip()
        yield line


def lines_of(p, columns, rows, coloured, how):
    if "letters" not in p:
        return list(wrapped([p["head"]] + p["text"].split("\n") + ["", how], columns))[:rows]
    above = list(wrapped(header(p), columns))[:max(1, rows - 6)]
    room = max(3, rows - len(above) - 2)
    letters, each = grid(p["letters"], columns * room)
    legend = "each letter is %d frame%s%s; . is free, R reserved, Z the zero page, a digit or " \
        "small letter a process  %s" % (each, "" if each == 1 else "s",
                                        "" if each == 1 else ", the owner of most of them", how)
    below = list(wrapped([legend], columns))[:2]
    letters = letters[:columns * max(1, rows - len(above) - len(below))]
    return above + below + [painted(letters[i:i + columns], coloured)
                            for i in range(0, len(letters), columns)]


def show(watch):
    coloured = "NO_COLOR" not in os.environ and os.environ.get("TERM", "dumb") != "dumb"
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        picture = watch.picture()
        coloured = False
        print("\n".join(lines_of(picture, 100, 48, coloured, "")))
        return 0 if "letters" in picture else 1
    before = termios.tcgetattr(0)
    sys.stdout.write(OTHER_SCREEN + HIDE)
    try:
        tty.setcbreak(0)
        follow(watch, coloured)
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
        sys.stdout.write(SHOW + OWN_SCREEN)
        sys.stdout.flush()
    return 0


def follow(watch, coloured):
    while True:
        began = time.monotonic()
        size = shutil.get_terminal_size()
        lines = lines_of(watch.picture(), size.columns, size.lines, coloured, "q ends")
        sys.stdout.write(HOME + (END_OF_LINE + "\r\n").join(lines) + END_OF_LINE + END_OF_SCREEN)
        sys.stdout.flush()
        left = max(0.02, EVERY - (time.monotonic() - began))
        if select.select([0], [], [], left)[0] and os.read(0, 100)[:1] in (b"q", b"Q", b"\4", b""):
            return
