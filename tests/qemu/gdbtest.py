"""gdb's commands on machines: what they print is what the reader finds in the RAM file of the same
machine, which stands still meanwhile; errors are one line; `bt` goes on across a trap."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

import machine as m
import suite as s
from readermachine import MODES, PATTERN, Told
from suite import Skip, need

GDB = "tests/gdb"
BOTH = ("ps", "lru", "slots", "ledger", "trace -n 20")
READER_SAYS = {"slots": "swap"}         # what the reader calls it


def find_gdb():
    found = subprocess.run(["sh", "-c", ". tests/tools/tools.sh; find_gdb"],
                           stdout=subprocess.PIPE).stdout.decode().strip()
    if not found:
        raise Skip("no gdb that knows RISC-V: `make deps gdb` installs one")
    return found


class Machine:
    """One with a gdb stub and a RAM file. python: gdb's commands are those in Python."""

    def __init__(self, name, stopped=False, san=False, **values):
        self.gdb = find_gdb()
        self.settings = s.cell_settings(san=san, **values)
        self.folder = tempfile.mkdtemp(prefix="xv39.gdb.")
        self.socket = self.folder + "/gdb.sock"
        self.guest = m.Machine(self.settings, shared_ram=True, log=s.log_name(name), arguments=[
            "-gdb", "chardev:gdb", "-chardev",
            "socket,id=gdb,path=%s,server=on,wait=off" % self.socket] +
            (["-S"] if stopped else []))

    def __enter__(self):
        self.guest.start()
        return self

    def __exit__(self, *_):
        self.guest.kill()
        self.guest.__exit__()
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait(self, pattern, seconds=s.SECONDS["boot"]):
        need(self.guest.wait_for(pattern, seconds), "no line %s\n%s" % (
            pattern, self.guest.seen.decode(errors="replace")[-800:]))

    def words(self, commands):
        return [self.gdb, "-nx", "-q", "-x", GDB + "/start", "-x", GDB + "/" + commands,
                "-ex", "target remote " + self.socket, self.settings["KERNEL"]]

    def ask(self, *lines, commands="commands.py"):
        """What gdb prints for each line. A line may be of several, as a definition is."""
        text = ""
        for number, line in enumerate(lines):
            text += "echo \\n@%d@\\n\n%s\n" % (number, line)
        text += "echo \\n@end@\\n\ndetach\n"
        done = subprocess.run(self.words(commands), input=text.encode(), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=s.SECONDS["command"],
                              env=s.clean_environment(TERM="dumb"))
        printed = done.stdout.decode(errors="replace").replace("(gdb) ", "")
        need("@end@" in printed and "Traceback" not in printed, "gdb says\n" + printed[-2000:])
        return [part.strip("\n") for part in re.split(r"\n@(?:\d+|end)@\n", printed)[1:-1]]

    def reader(self, line):
        """gdb's command that has the reader answer, from the RAM file, while the machine stands."""
        words = line.split()
        return "shell exec %s tests/reader/reader %s %s %s" % (
            sys.executable, self.settings["RAM_FILE"], self.settings["KERNEL"],
            " ".join([READER_SAYS.get(words[0], words[0])] + words[1:]))

    def compare(self, *lines):
        """Each command prints what the reader does. Returns: what they printed."""
        asked = [text for line in lines for text in (line, self.reader(line))]
        answers = self.ask(*asked)
        for line, ours, theirs in zip(lines, answers[::2], answers[1::2]):
            need(ours and ours == theirs, "%s: gdb says\n%s\nand the reader\n%s" % (
                line, ours[-1500:], theirs[-1500:]))
        return dict(zip(lines, answers[::2]))


@contextlib.contextmanager
def pattern_machine(name, **values):
    """One on which `pattern` has told where it has what, and waits."""
    with Machine(name, CMD="pattern", APPEND="trace=1", **values) as machine:
        machine.wait(PATTERN)
        machine.wait(r"pattern: frames [\d ]+\n")
        yield machine, Told(machine.guest)


def modes(mode, harts):
    """Each command on this machine; and the text file's commands say the same."""
    with pattern_machine("gdb %s %d" % (mode, harts), PAGING=mode, CPUS=str(harts)) as (
            machine, told):
        walks = ["walk 0x%x %d" % (va, told.pid)
                 for va in (told.words, told.zero, told.none, told.absent)]
        per_process = ["vmas %d" % told.pid, "pages %d" % told.pid]
        printed = machine.compare(*BOTH, *per_process, *walks)
        for walk, end in zip(walks, ("is at physical address", "is at physical address",
                                     "no access: the frame", "is mapped to nothing")):
            need(end in printed[walk], "%s\n%s" % (walk, printed[walk]))
            need(printed[walk].startswith(mode.capitalize()), printed[walk])
            need(printed[walk].count("  level ") == int(mode[2:]) // 9 - 1 or
                 "empty" in printed[walk], printed[walk])
        pfn = int(re.search(r"in frame (0x\w+)", printed[walks[0]]).group(1), 0)
        page = machine.compare("page 0x%x" % pfn)["page 0x%x" % pfn]
        need("mapped by process %d (pattern) at 0x%x" % (told.pid, told.words) in page, page)
        need("class anon" in page and "private memory" in page, page)
        need(len(printed["trace -n 20"].splitlines()) == 21, printed["trace -n 20"])
        alike = ["walk 0x%x %d" % (told.words, told.pid), "walk 0x%x %d" % (told.absent, told.pid)]
        ours, plain = machine.ask(*alike), machine.ask(*alike, commands="plain")
        need(ours == plain, "walk: with Python\n%s\nwithout\n%s" % (ours, plain))
        plain = machine.ask("ps", "vmas %d" % told.pid, "page 0x%x" % pfn, commands="plain")
        need(plain[0] == printed["ps"].rsplit("\n", 1)[0], "ps\n" + plain[0])
        areas = re.findall(r"^0x\w+-0x\w+ \S+ \w+", printed[per_process[0]], re.MULTILINE)
        need(areas == re.findall(r"^0x\w+-0x\w+ \S+ \w+", plain[1], re.MULTILINE), plain[1])
        need(page.split(";")[0] == plain[2].split(";")[0] and "FRAME_ANON" in plain[2], plain[2])


def items():
    return tuple(("gdb: %s, %d hart%s" % (mode, harts, "s" * (harts > 1)),
                  lambda mode=mode, harts=harts: modes(mode, harts))
                 for mode, harts in zip(MODES, (1, 4, 2)))
