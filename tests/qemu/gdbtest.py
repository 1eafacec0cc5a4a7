"""gdb's commands on machines: what they print is what the reader finds in the RAM file of the same
machine, which stands still meanwhile; errors are one line; `bt` goes on across a trap."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

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

    def compare(self, *lines, first=()):
        """Each command prints what the reader does, after the first ones. Returns: what each
        printed, by the line."""
        asked = [text for line in lines for text in (line, self.reader(line))]
        before = self.ask(*first, *asked)
        before, answers = before[:len(first)], before[len(first):]
        for line, ours, theirs in zip(lines, answers[::2], answers[1::2]):
            need(ours and ours == theirs, "%s: gdb says\n%s\nand the reader\n%s" % (
                line, ours[-1500:], theirs[-1500:]))
        return dict(zip(first + lines, before + answers[::2]))


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


def one_line(machine, *cases):
    """(what it says, commands): each command answers with one line, which says this."""
    lines = [(line, expected) for expected, lines in cases for line in lines]
    for (line, expected), said in zip(lines, machine.ask(*(line for line, _ in lines))):
        need("\n" not in said and expected in said, "%s: %s" % (line, said))


def before_paging():
    """At the first instruction nothing is up, and what is asked for is refused in one line."""
    with Machine("gdb before paging", stopped=True, CMD="true") as machine:
        one_line(machine,
                 ("the kernel has not come up yet", ("ps", "vmas 1", "lru", "slots", "locks",
                                                     "trace", "page 0x80200", "walk 0 1")),
                 ("satp is 0", ("walk 0x1000", "walk &harts")),
                 ("this kernel is not in this RAM",
                  ("python gdb.execute('file %s', to_string=True)\nps" %
                   s.cell_settings(san=True)["KERNEL"],)))
    with Machine("gdb plain before paging", stopped=True, CMD="true") as machine:
        plain = machine.ask("ps", "walk 0x1000", "page 0x80200", commands="plain")
        need(plain[0] == plain[2] and "has not come up yet" in plain[0], plain)
        need("satp is 0" in plain[1], plain)


def no_machine():
    """Without a machine each command says so."""
    done = subprocess.run([find_gdb(), "-nx", "-q", "-x", GDB + "/start", "-x",
                           GDB + "/commands.py", s.BUILD + "/kernel.elf"],
                          input=b"ps\nwalk 0\nlocks\npage 1\nbt\nrun\n", stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=s.SECONDS["command"])
    text = done.stdout.decode(errors="replace")
    need(text.count("no machine: `make qemu-gdb`") == 4 and "Traceback" not in text, text)
    need('use "continue"' in text, text)


def refused():
    """What is wrong with a word is told in one line; completion and help know the rest."""
    with pattern_machine("gdb refused", CPUS="2", PAGING="sv39") as (machine, told):
        one_line(machine,
                 ("is no address in Sv39", ("walk 0x4000000000", "walk 0x8000000000000000")),
                 ("there is no process 99", ("vmas 99", "walk 0 99", "pages 99")),
                 ('No symbol "nothing"', ("walk nothing", "page nothing")),
                 ("usage: ", ("walk", "vmas", "page 1 2", "ps 1", "walk 1 2 3")),
                 ("is no number", ("vmas pattern", "trace -n x", "walk 1 x")),
                 ("is no frame", ("page 1", "page 0xffffffffffff")),
                 ("there is no program", ("program nothing",)),
                 ('use "continue"', ("run", "start", "r")),
                 ("trace takes on, off, or -n", ("trace 3", "trace -n")))
        pids, words, names = machine.ask("complete vmas ", "complete trace -",
                                         "complete program pa")
        need(pids.split() == ["vmas", "1", "vmas", str(told.pid), "vmas", str(told.child)], pids)
        need(words == "trace -n" and "program pattern" in names, "%s, %s" % (words, names))
        need("walk sys_read" in machine.ask("complete walk sys_rea")[0], "no functions")
        helped = machine.ask("help walk", "help page", "help vmas", "help lru", "help slots",
                             "help locks", "help ps", "help trace")
        need(all(text and "not documented" not in text for text in helped), helped)
        need("walk $pc" in helped[0], helped[0])


def user_mode():
    """In a program, and in a call that it made: `bt` goes on below the trap, with its symbols, and
    leaves the machine as it was."""
    for harts in ("1", "4"):
        with Machine("gdb user " + harts, stopped=True, CMD="pattern", CPUS=harts,
                     PAGING="sv48") as machine:
            said = machine.ask(
                "program pattern", "tbreak main", "continue", "bt", "ps", "walk $sp",
                "set $before = $sstatus", "delete", "kbreak sys_write", "continue", "bt",
                "print $sstatus == $before || $priv == 1", "set $kept = $sstatus", "bt",
                "print $sstatus == $kept", "locks")
            need("#0  main (" in said[3] and "pattern" in said[4], "%s\n%s" % (said[3], said[4]))
            need("Sv48, satp 0x9" in said[5] and ": valid, read, write, user" in said[5], said[5])
            for bt in said[10], said[13]:
                order = re.findall(r"\b(sys_write|trap_user|signal handler called|main) ?[(>]", bt)
                need(order == ["sys_write", "trap_user", "signal handler called", "main"], bt)
            need(said[14].endswith("0x1"), "bt left sstatus changed")


def kernel_trap():
    """From an interrupt's handler, `bt` goes on to the kernel code that was interrupted."""
    with Machine("gdb kernel trap", stopped=True, CMD="true", CPUS="1") as machine:
        said = machine.ask("kbreak trap_kernel", "continue", "bt")[2]
        need(re.search(r"trap_kernel(.*\n)*.*signal handler called(.*\n)+#\d .*kernel_main", said),
             said)


def panicked():
    """A kernel that panics stops in gdb, if asked, and all can be looked at."""
    with Machine("gdb panicked", stopped=True, san=True, CMD="true", APPEND="debug=panic",
                 CPUS="4") as machine:
        said = machine.compare("ps", "lru", "ledger", "page 0x80a00", first=(
            "break panic_end", "continue", "bt", "locks", "walk $pc"))
        need("obey_debug_argument" in said["bt"], said["bt"])
        need("is at physical address" in said["walk $pc"], said["walk $pc"])


def evicting():
    """With memory full and swap in use: the lists, the slots, and who holds which lock."""
    with Machine("gdb evicting", stopped=True, san=True, MEM="16M", SWAP="64M",
                 CMD="swapfill 3 24 && true", CPUS="2") as machine:
        said = machine.compare("slots", "ps", first=("hbreak swap_slot_alloc", "continue", "locks",
                                                     "bt", "delete"))
        need(re.search(r"^page lock of frame 0x\w+ \(anon\): held by ", said["locks"],
                       re.MULTILINE), said["locks"])
        need("swap_slot_alloc" in said["bt"], said["bt"])
        machine.wait("swapfill: waiting", s.SECONDS["command"])
        printed = machine.compare("slots", "lru", "ps")
        used = int(re.search(r"^swap: 16384 slots, (\d+) in use", printed["slots"]).group(1))
        need(used > 4096, "not even as much as all of memory: %d" % used)


def compile_commands():
    """The list for editors has the flags of the build: one file of each kind compiles with it."""
    s.call_make("BUILD=" + s.BUILD, "compile_commands.json")
    with open(s.BUILD + "/compile_commands.json", encoding="utf-8") as file:
        entries = {entry["file"]: entry for entry in json.load(file)}
    for name in ("kernel/main.c", "kernel/lib/string.c", "user/ls.c", "user/sh/main.c",
                 "mkfs/mkfs.c", "tests/guest/pattern.c"):
        need(name in entries, "not in the list: " + name)
        entry = entries[name]
        done = subprocess.run(entry["arguments"] + ["-fsyntax-only", "-Werror"],
                              cwd=entry["directory"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=s.SECONDS["build"])
        need(done.returncode == 0, "%s\n%s" % (name, done.stdout.decode(errors="replace")))
    need("-fno-tree-loop-distribute-patterns" in entries["kernel/lib/string.c"]["arguments"] or
         "-fno-builtin" in " ".join(entries["kernel/lib/string.c"]["arguments"]),
         "flags of one file alone are missing")


def port():
    """GDB_PORT=: over TCP, as an editor wants it; the samples for one are what they should be."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = str(free.getsockname()[1])
    find_gdb()
    folder = s.BUILD + "/gdbport"
    os.makedirs(folder, exist_ok=True)
    m.copy_sparse(s.BUILD + "/fs.img", folder + "/fs.img")
    environment = s.clean_environment(KERNEL=s.BUILD + "/kernel.elf", IMAGE=folder + "/fs.img",
                                      BUILD=folder, GDB_PORT=number)
    stopped = subprocess.Popen([sys.executable, "tests/qemu/run", "--gdb"], env=environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + s.SECONDS["boot"]
        text = ""
        while "0x0000000000001000" not in text and time.monotonic() < end:
            text = subprocess.run(["tests/tools/gdb", s.BUILD + "/kernel.elf"], env=environment,
                                  input=b"print $pc\nkill\n", stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT).stdout.decode(errors="replace")
        need("0x0000000000001000" in text, text)
    finally:
        stopped.kill()
        stopped.wait()
    with open(".vscode/launch.json", encoding="utf-8") as file:
        launch = json.load(file)["configurations"][0]
    with open(".vscode/tasks.json", encoding="utf-8") as file:
        tasks = {task["label"]: task["command"] for task in json.load(file)["tasks"]}
    port_ = launch["miDebuggerServerAddress"].rsplit(":", 1)[1]
    need("GDB_PORT=" + port_ in tasks[launch["preLaunchTask"]], tasks)
    for command in launch["setupCommands"]:
        need(os.path.exists(command["text"].split()[-1]), command)


def items():
    return (
        ("gdb: before paging", before_paging),
        ("gdb: no machine", no_machine),
        ("gdb: refused", refused),
        ("gdb: user mode", user_mode),
        ("gdb: kernel trap", kernel_trap),
        ("gdb: panicked", panicked),
        ("gdb: evicting", evicting),
        ("gdb: compile_commands.json", compile_commands),
        ("gdb: port", port),
    ) + tuple(("gdb: %s, %d hart%s" % (mode, harts, "s" * (harts > 1)),
                  lambda mode=mode, harts=harts: modes(mode, harts))
                 for mode, harts in zip(MODES, (1, 4, 2)))
