"""How an owner of a frame looks, in every picture of ours: a letter, and a fill for light and dark.

Capitals are classes of the ledger; digits and small letters are processes, in warm colours, by
their pid. The letter alone says as much as the colour. owners.js says the same to pages.
"""

import json
import os

FOLDER = os.path.dirname(os.path.abspath(__file__))

with open(os.path.join(FOLDER, "owners.json"), encoding="utf-8") as file:
    OWNERS = json.load(file)


def letter(kind, pid=0):
    """kind: a ledger class; pid: of the process that has the page, 0: of none, or not known."""
    if kind == "anon" and pid > 0:
        return OWNERS["letters"][(pid - 1) % len(OWNERS["letters"])]
    return OWNERS["classes"].get(kind, {"letter": "?"})["letter"]


def fill(kind, pid=0, dark=False):
    if kind == "anon" and pid > 0:
        return OWNERS["processes"][(pid - 1) % len(OWNERS["processes"])][dark]
    return OWNERS["classes"].get(kind, OWNERS["classes"]["reserved"])["dark" if dark else "light"]


def ink(colour):
    """Black or white, whichever can be read better on a fill."""
    red, green, blue = (channel(int(colour[i:i + 2], 16)) for i in (1, 3, 5))
    bright = .2126 * red + .7152 * green + .0722 * blue
    return "#000000" if (bright + .05) / .05 >= 1.05 / (bright + .05) else "#ffffff"


def channel(value):
    value /= 255
    return value / 12.92 if value <= .04045 else ((value + .055) / 1.055) ** 2.4


def words(kind, pid=0, name=""):
    if kind == "anon" and pid > 0:
        return "pid %d%s" % (pid, " " + name if name else "")
    return OWNERS["classes"].get(kind, {"words": kind})["words"]
