#!/usr/bin/env python3
"""The reference strings of `make curves`: ours by name, and those of a file.

usage: references.py STRING [FRAMES]    as make got them: prints what is wrong, or nothing

In a file each word names a page: `1 2 3` or `a b c`; commas part words, too, and what follows a #
on its line is passed over. Nothing is counted apart: all accesses of a string count.
"""

import collections
import os
import re
import sys

SEED = 39
LEAST_QUOTA = 8             # what the kernel takes: QUOTA_MIN in kernel/abi/mman.h
MOST_FRAMES = 16384
MOST_PAGES = 16384          # of memory, all of one string
MOST_ACCESSES = 1000000
SHORT = 16                  # so few pages: each number of frames is tried
POINTS = 8                  # else so many numbers of frames

# accesses: numbers of pages, from 0 in the order of first use. words: what the file calls them.
String = collections.namedtuple("String", "name about accesses words pages")


class BadString(Exception):
    """The message says what is wrong with the string, or with the frames for it."""


# ---- ours ----

def dice(seed):
    """Gives a function: a number below the given one. The same numbers on each computer."""
    state = [seed]

    def below(limit):
        state[0] = (state[0] * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        return (state[0] >> 33) * limit >> 31
    return below


def belady(below):
    """Belady's string: FIFO has 9 faults with 3 frames, and 10 with 4."""
    return "1 2 3 4 1 2 5 1 2 3 4 5".split()


def belady_long(below):
    """Twenty times round 7 pages. What comes first leaves FIFO's queue of 5 frames in an order that
    meets the loop, and that of 6 frames in one that always throws out the next page."""
    first = "7 1 2 3 4 5 6 1 7 3 2 4 5 1 7 3 6 2 5".split()
    return first + "1 2 3 4 5 6 7".split() * 20


def loop(below):
    """Round and round over 40 pages: what was used longest ago is needed next."""
    return list(range(40)) * 20


def phases(below):
    """Five phases of 600 accesses, each to 24 pages of its own, the last to those of the first. In
    each, three of four accesses go to 6 of the pages."""
    return [24 * (phase % 4) + below(6 if below(4) else 24)
            for phase in range(5) for _ in range(600)]


def scan(below):
    """Every other access goes to 12 hot pages, the rest once through 60 others, again and again."""
    return [below(12) if i % 2 else 12 + i // 2 % 60 for i in range(3000)]


OURS = {
    "belady": belady,
    "belady-long": belady_long,
    "loop": loop,
    "phases": phases,
    "scan": scan,
}


def numbered(name, about, words):
    number = {}
    accesses = [number.setdefault(str(word), len(number)) for word in words]
    return String(name, about, accesses, list(number), len(number))


def ours(name, seed=SEED):
    about = " ".join((OURS[name].__doc__ or "").split())
    return numbered(name, about, OURS[name](dice(seed)))


# ---- a file's ----

def from_file(path):
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as trouble:
        raise BadString("%s: %s" % (path, trouble.strerror))
    except UnicodeDecodeError:
        raise BadString("%s: this is no text; it wants words, each the name of a page" % path)
    if "\0" in text:
        raise BadString("%s: this is no text; it wants words, each the name of a page" % path)
    words = re.sub(r"#.*", "", text).replace(",", " ").split()
    if not words:
        raise BadString("%s: there is no page in it; it wants words, as 1 2 3 4 1 2 5" % path)
    if len(words) > MOST_ACCESSES:
        raise BadString("%s: %d accesses; allowed are %d" % (path, len(words), MOST_ACCESSES))
    name = re.sub(r"[^A-Za-z0-9]+", "-", os.path.splitext(os.path.basename(path))[0]).strip("-")
    return numbered(name.lower() or "string", "From the file %s." % os.path.basename(path), words)


def chosen(given, seed=SEED):
    """The strings that STRING= names: all of ours if it names none. Names are told apart."""
    strings = []
    for word in given.split() or OURS:
        if os.path.exists(word):
            string = from_file(word)
        elif word in OURS:
            string = ours(word, seed)
        else:
            raise BadString("%s: there is no such file; of ours there are %s" % (
                word, " ".join(OURS)))
        name, names = string.name, [other.name for other in strings]
        while name in names:
            name = re.sub(r"-?(\d*)$", lambda n: "-%d" % (int(n.group(1) or 1) + 1), name, count=1)
        strings.append(string._replace(name=name))
    return strings


# ---- frames ----

def frames_of(string, given=""):
    """The numbers of frames of its curve."""
    if given.split():
        return sorted({int(word) for word in given.split()})
    if string.pages <= SHORT:
        return list(range(min(2, string.pages), string.pages + 1))
    first = max(LEAST_QUOTA, -(-string.pages // POINTS))
    return sorted({first + round((string.pages - first) * i / (POINTS - 1))
                   for i in range(POINTS)})


def times(frames):
    """So many pages of memory stand for one of the string: a quota has at least 8 frames. They are
    used one after the other. FIFO and exact LRU then have just so many times the faults; OPT may
    keep a part of them, and has fewer than the textbook's."""
    return max(1, -(-LEAST_QUOTA // min(frames)))


def wrong(given, frames):
    """A line that says what is wrong with them, or None."""
    for word in frames.split():
        if not re.match(r"^[1-9]\d{0,5}$", word) or int(word) > MOST_FRAMES:
            return "FRAMES=%s: allowed are numbers from 1 to %d (\"2 3 4 5\"); %s is none" % (
                frames, MOST_FRAMES, word)
    try:
        for string in chosen(given):
            memory = string.pages * times(frames_of(string, frames))
            if memory > MOST_PAGES:
                raise BadString("%s: %d pages of memory; allowed are %d" % (
                    string.name, memory, MOST_PAGES))
    except BadString as trouble:
        return "STRING=%s" % trouble
    return None


if __name__ == "__main__":
    print(wrong(sys.argv[1], " ".join(sys.argv[2:])) or "", end="")
