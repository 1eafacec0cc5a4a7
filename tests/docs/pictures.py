"""The pictures in docs/pictures: memory as it was at a moment, drawn from the machine itself.

Each is of a machine in the deterministic lane that runs an experiment of docs/programs/moments.c.
When the program says "moment: pid P va A" and everything sleeps, the machine is stopped, its memory
is read from outside, and tests/trace/picture.py draws it. Numbers of frames depend on the kernel's
size; so two pictures say the same if their words do, with numbers of frames left out and counts
about equal.
"""

import os
import re
import sys

import book
import runs

for folder in ("tests/trace", "tests/reader", "tests/qemu"):
    sys.path.append(os.path.join(book.ROOT, folder))

FOLDER = "docs/pictures"
MOMENT = r"moment: pid (\d+) va (?:0x)?([0-9A-Fa-f]+)\r?\n"

# Name of the picture: experiment, what is drawn, settings of the machine.
PICTURES = {
    "walk": ("walk", "tree", {"PAGING": "sv39"}),
    "areas": ("areas", "space", {"PAGING": "sv39"}),
    "shared": ("shared", "tree", {"PAGING": "sv39"}),
    "clock": ("quota", "lists", {"PAGING": "sv39"}),
    "frames": ("walk", "frames", {"PAGING": "sv39", "MEM": "16M", "SWAP": "16M"}),
    "slots": ("out", "slots", {"PAGING": "sv39", "SWAP": "16M"}),
    "swapped": ("out", "space", {"PAGING": "sv39", "SWAP": "16M"}),
}
ABOUT = 0.25        # by so much counts may differ


def image():
    """The disk with the program; build/images/… is made by make."""
    import suite as s
    program = "docs/programs/moments.c"
    s.call_make("BUILD=" + s.BUILD, "run", "EXTRA=" + program, "ICOUNT=1", "CMD=true")
    text = s.call_make("BUILD=" + s.BUILD, "-n", "run", "EXTRA=" + program, "CMD=true", "V=1").text
    found = sorted((os.path.getmtime(os.path.join(folder, "fs.img")), folder)
                   for folder in images(s.BUILD) if "moments" in book.read(folder + "/fs.list"))
    s.need(found, "no image with moments\n" + text)
    return found[-1][1] + "/fs.img"


def images(build):
    top = build + "/images"
    return [top + "/" + name for name in os.listdir(top)
            if os.path.exists("%s/%s/fs.list" % (top, name))]


def draw(name, disk):
    """The SVG of that name, drawn anew."""
    import guest_state
    import machine as m
    import picture
    import readermachine
    import suite as s
    from memory_state import Memory
    from reader import Reader

    experiment, what, values = PICTURES[name]
    settings = s.cell_settings(CMD="moments " + experiment, ICOUNT="1", **values)
    settings["IMAGE"] = disk
    with m.Machine(settings, qmp=True, shared_ram=True, log=s.log_name("picture " + name)) as guest:
        guest.start()
        s.need(guest.wait_for(MOMENT, s.SECONDS["boot"]), "%s: no moment\n%s" % (
            name, guest.seen.decode(errors="replace")[-800:]))
        pid, va = readermachine.printed(guest, MOMENT)
        with Reader(settings["RAM_FILE"], settings["KERNEL"]) as reader:
            with readermachine.stopped_when_idle(guest, reader):
                memory = Memory(*guest_state.of(reader))
    words = {"tree": (int(pid), int(va, 16)), "space": (int(pid), int(va, 16))}.get(what, ())
    return picture.PICTURES[what](memory, *words)


def words_of(svg):
    """What a picture says, word by word, whatever the lines; letters in cells are no words."""
    found = []
    for text in re.findall(r"<(?:text|title|desc)\b[^>]*>(.*?)</(?:text|title|desc)>", svg, re.S):
        text = " ".join(re.sub(r"<[^>]*>", " ", text).split())
        if len(text) > 2:
            found += re.sub(r"\b0x[0-9a-f]+\b", "0x#", text).split()
    return found


def difference(old, new):
    """What two pictures say otherwise, or None."""
    old, new = words_of(old), words_of(new)
    for at, (one, other) in enumerate(zip(old, new)):
        if not runs.same_line(one, other, ABOUT):
            return "it was: … %s\nit is:  … %s" % tuple(
                " ".join(words[max(0, at - 8):at + 3]) for words in (old, new))
    return None if len(old) == len(new) else "it had %d words, and has %d" % (len(old), len(new))


def path_of(name):
    return "%s/%s.svg" % (FOLDER, name)


def write(name, disk):
    text = draw(name, disk)
    os.makedirs(os.path.join(book.ROOT, FOLDER), exist_ok=True)
    with open(os.path.join(book.ROOT, path_of(name)), "w", encoding="utf-8", newline="") as file:
        file.write(text)
    return text
