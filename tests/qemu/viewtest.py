"""The live view (tests/view) without a browser: in the terminal, and unnoticed by the guest."""

import json
import os
import pty
import random
import re
import subprocess
import sys
import threading
import time

import machine as m
import suite as s
from readermachine import MODES, machine
from suite import need
from terminal import Terminal

import snapshot     # tests/view

VIEW = "tests/view/view"


def viewed(*words):
    """What `make view VIEW=text` prints where there is no terminal, and its status."""
    done = subprocess.run([sys.executable, VIEW, "text"] + list(words), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=s.SECONDS["command"])
    return done.stdout.decode(), done.returncode


def numbers():
    """Of a machine that stands still: the reader's numbers, in each mode, with 1 to 8 harts."""
    for mode in MODES:
        harts = random.choice((1, 2, 4, 8))
        with machine("view %s" % mode, "pattern: frames", PAGING=mode, CPUS=harts, MEM="32M",
                     CMD="grind 50 & pattern") as (guest, reader):
            guest.qmp("stop")
            text, status = viewed("", "", guest.settings["RAM_FILE"], guest.settings["KERNEL"])
            need(status == 0 and text.startswith("%s, %d hart" % (mode.capitalize(), harts)), text)
            for kind, count in reader.ledger().items():
                if count and kind != "reserved":
                    need(re.search(r"%s %d\b" % (kind.replace("_", " "), count), text) or
                         re.search(r"\b%d\b" % count, text), "%s %d is not in\n%s" % (
                             kind, count, text))
            need("\x1b" not in text, "colours, and this is no terminal")


def beside():
    """Beside `make qemu`: in a terminal until q; and what an ended machine has left."""
    with Terminal("view", MEM="32M") as shell:
        text, status = viewed(shell.folder)
        need(status == 0 and "free" in text, "status %d: %s" % (status, text))
        pid, screen = pty.fork()
        if pid == 0:
            os.execvpe(sys.executable, [sys.executable, VIEW, "text", shell.folder],
                       dict(os.environ, TERM="xterm"))
        seen, end = b"", time.monotonic() + s.SECONDS["command"]
        while seen.count(b"q ends") < 2 and time.monotonic() < end:     # it is drawn again
            seen += os.read(screen, 65536)
        os.write(screen, b"q")
        try:
            while os.read(screen, 65536):
                pass
        except OSError:         # how Linux tells the end of a terminal
            pass
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(screen)
        need(status == 0 and seen.count(b"q ends") >= 2 and b"\x1b[" in seen, "status %d: %r" % (
            status, seen[-400:]))
        gone = subprocess.Popen(["true"])
        gone.wait()
        path = os.path.join(shell.folder, snapshot.DESCRIPTION)
        with open(path, encoding="utf-8") as file:
            about = json.load(file)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(dict(about, pid=gone.pid), file)
        text, status = viewed(shell.folder)
        need(status == 0 and "free" in text, "of a machine that has ended: " + text)


def refused():
    """One line, and a status, for what cannot be shown."""
    for words, said in ((("nowhere",), "No machine"), (("", "99999"), "PORT=99999"),
                        (("", "", "/no/ram", "x"), "RAM_FILE=/no/ram")):
        text, status = viewed(*words)
        need(status == 1 and said in text and "Traceback" not in text, "%s: %s" % (words, text))


def unnoticed():
    """In the deterministic lane a run prints the same, to the instruction, looked at or not."""
    outputs, pictures = [], []
    for looked_at in (False, True):
        settings = s.cell_settings(ICOUNT="1", PAGING="sv39", MEM="32M", SWAP="64M",
                                   CMD="grind -s 3 -n 4000; bench zero_fault cow_copy")
        with m.Machine(settings, shared_ram=True, log=s.log_name("view unnoticed")) as guest:
            ended = threading.Event()
            watch = snapshot.Watch("", settings["RAM_FILE"], settings["KERNEL"])

            def look():
                while not ended.is_set():
                    pictures.append("letters" in watch.picture())

            looker = threading.Thread(target=look, daemon=True)
            if looked_at:
                looker.start()
            ending = guest.run(s.SECONDS["boot"])
            ended.set()
            if looked_at:
                looker.join()
        s.need_status(ending, 0)
        outputs.append(ending.output)
    need(sum(pictures) >= 10, "%d pictures were taken" % sum(pictures))
    need("bench cow_copy" in outputs[0] and outputs[0] == outputs[1],
         "they differ:\n%s\n%s" % tuple(outputs))


def items():
    return (("view: numbers", numbers), ("view: beside `make qemu`", beside),
            ("view: refused", refused), ("view: unnoticed", unnoticed))
