"""What a newcomer meets: a machine that lacks tools, slips of the pen, a QEMU that says nothing.

A bare machine is a folder of links to some programs, as the only PATH.
"""

import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import machine as m
import suite as s
from building import prefix
from running import make_run
from suite import Skip, need

BARE = ("sh", "env", "make", "awk", "cat", "cksum", "cmp", "cp", "dirname", "getconf", "grep", "id",
        "mkdir", "mktemp", "mv", "nproc", "printf", "rm", "sed", "sleep", "tr", "uname")
MANAGERS = {
    "apt-get": "apt-get install -q -y --no-install-recommends gcc-riscv64-unknown-elf",
    "dnf": "dnf install -y gcc-riscv64-linux-gnu binutils-riscv64-linux-gnu",
    "pacman": "pacman -S --noconfirm --needed riscv64-elf-gcc riscv64-elf-binutils",
    "brew": "brew install riscv64-elf-gcc riscv64-elf-binutils",
}
WHAT = ("make", "cross", "hostcc", "python", "qemu", "firmware", "cmocka", "ctags", "git", "gdb",
        "linux_cross", "clang", "browser", "node", "npm")


class Bare:
    """A folder of programs; use as `with Bare("python3", …) as bare`."""

    def __init__(self, *programs):
        self.folder = tempfile.mkdtemp(prefix="xv39.")
        for name in BARE + programs:
            found = sys.executable if name == "python3" else shutil.which(name)
            if found:
                os.symlink(os.path.realpath(found), os.path.join(self.folder, name))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def script(self, name, *lines):
        """A program that is not what it seems."""
        path = os.path.join(self.folder, name)
        if os.path.lexists(path):
            os.remove(path)
        with open(path, "w") as file:
            file.write("\n".join(("#!/bin/sh",) + lines) + "\n")
        os.chmod(path, 0o755)
        return path

    def call(self, *command, **variables):
        done = subprocess.run(command, cwd=s.ROOT, env=dict(PATH=self.folder, **variables),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=s.SECONDS["boot"])
        return done.returncode, done.stdout.decode(errors="replace")


# ---- tools that are not there -------------------------------------------------------------------

def without_python():
    """The doctor works; what needs Python says in its first line what is missing."""
    compiler = prefix()
    with Bare(compiler + "gcc", compiler + "ld", "qemu-system-riscv64", "cc") as bare:
        status, text = bare.call("make", "doctor")
        need(status and re.search(r"^  python3 +missing: `make deps` installs it$", text, re.M),
             "doctor\n" + text)
        need(not shutil.which("qemu-system-riscv64") or
             re.search(r"^  qemu +\d+\.\d+ ", text, re.M) and
             re.search(r"^  opensbi +\d+\.\d+ ", text, re.M), "doctor sees too little\n" + text)
        for words in (["check"], ["loc"], ["house"], ["qemu"], ["run", "CMD=ls"]):
            status, text = bare.call("make", *words)
            first = text.split("\n")[0]
            need(status and "no python3" in first and "make deps" in first,
                 "%s\n%s" % (words, text))
        need(bare.call("make", "help")[0] == 0, "make help without Python")


def without_tools():
    """QEMU, compilers: what is missing is named, and the doctor hangs on nothing."""
    with Bare("python3") as bare:
        status, text = bare.call("make", "doctor")
        missing = re.findall(r"^  (\w+) +missing", text, re.M)
        need(status and {"gcc", "qemu", "opensbi", "cc"} <= set(missing), text)
        status, text = bare.call("tests/qemu/run", "CMD=ls", KERNEL=s.BUILD + "/kernel.elf",
                                 IMAGE=s.BUILD + "/fs.img")
        need(status == m.NOT_STARTED and "there is no qemu-system-riscv64" in text, text)
    done = s.call_make("BUILD=" + s.BUILD, "run", "CMD=ls", "QEMU=/nonexistent",
                       expect_success=False)
    need(done.returncode and "QEMU=/nonexistent: there is no such program" in done.text, done.text)


def other_gdb():
    """A gdb counts if it names RISC-V when asked: not by its name, words or status."""
    x86 = ('case "$*" in *show*) echo "The target architecture is set to \\"auto\\"." ;;',
           '*version*) echo "GNU gdb 13.1" ;; esac')
    knows = ('case "$*" in *show*) echo "The target architecture is set to \\"riscv:rv64\\"." ;;',
             '*version*) echo "GNU gdb 14.2" ;; *) echo "here is gdb: $*" ;; esac')
    with Bare() as bare:
        bare.script("gdb", *x86)
        bare.script("gdb-multiarch", "exit 127")
        text = bare.call("tests/tools/doctor")[1]
        need(re.search(r"^  gdb +missing, \S+ does not know RISC-V: `make deps gdb`", text, re.M),
             "doctor\n" + text)
        status, text = bare.call("tests/tools/gdb")
        need(status == 1 and "no gdb that knows RISC-V" in text, "gdb\n" + text)
        need("missing: a gdb that knows RISC-V" in bare.call("tests/tools/deps", "gdb")[1], "deps")
        bare.script("gdb", *knows)
        text = bare.call("tests/tools/doctor")[1]
        need(re.search(r"^  gdb +14.2 ", text, re.M), "doctor, a good one\n" + text)
        status, text = bare.call("tests/tools/gdb", BUILD=bare.folder)
        need(status == 1 and "no machine waits for gdb" in text, text)
        with socket.socket(socket.AF_UNIX) as machine:
            machine.bind(bare.folder + "/gdb.sock")
            text = bare.call("tests/tools/gdb", BUILD=bare.folder)[1]
        need("here is gdb: -q -x" in text, text)
        need("missing: a gdb" not in bare.call("tests/tools/deps", "gdb")[1], "deps, a good one")


# ---- what is installed --------------------------------------------------------------------------

def table():
    """(manager, what) → (packages, source) of tests/tools/packages."""
    rows = {}
    with open(os.path.join(s.ROOT, "tests/tools/packages"), encoding="utf-8") as file:
        for line in file:
            if line.strip() and line[0] != "#":
                left, _, source = line.partition("|")
                manager, what, *packages = left.split()
                need(packages and source.strip(), "no package, or no source: " + line)
                need((manager, what) not in rows, "twice: " + line)
                rows[manager, what] = packages, source.strip()
    return rows


def package_managers():
    """Every package has a source; each manager is called with the names of the table."""
    rows = table()
    need(set(rows) == {(manager, what) for manager in MANAGERS for what in WHAT},
         "rows: %s" % sorted(rows))
    for manager, line in MANAGERS.items():
        with Bare() as bare:
            bare.script(manager, 'echo "called: %s $*"' % manager)
            bare.script("id", "echo 0")
            text = bare.call("tests/tools/deps", "qemu")[1]
            need("called: " + line in text, "%s\n%s" % (manager, text))
            need(re.search(r"^deps: the packages do not have all of it: cross", text, re.M),
                 "%s: it does not look again\n%s" % (manager, text))
            if manager == "brew":
                need("python: Apple's command-line tools have it: xcode-select" in text, text)
                continue
            bare.script("id", "echo 1000")
            status, text = bare.call("tests/tools/deps", "qemu")
            need(status and "neither root nor sudo" in text and "called: %s " % manager not in
                 text.split("neither")[1] and re.search(r"^    " + line.replace(" -q", ""), text,
                                                        re.M), "%s, no root\n%s" % (manager, text))
            bare.script("sudo", 'echo "sudo: $*"')
            status, text = bare.call("tests/tools/deps", "qemu")
            need(status and "sudo: " not in text and "    " + line.replace(" -q", "") in text,
                 "%s, nobody to ask\n%s" % (manager, text))


def make_below_make():
    """The make that `make deps` starts has its share of the processors, and no warning to print."""
    for words in (["deps", "help"], ["-j3", "deps", "help"], ["-s", "-j", "deps", "help"]):
        text = s.call_make(*words).text
        need("make qemu" in text and "warning" not in text and "jobserver" not in text,
             "make %s\n%s" % (" ".join(words), text))


def container():
    """.devcontainer has what `make deps` would install, needs no root and no one processor."""
    listed = subprocess.run(["tests/tools/deps", "--list", "apt-get", "check", "gdb", "handout"],
                            cwd=s.ROOT, stdout=subprocess.PIPE).stdout.decode().split()
    with open(os.path.join(s.ROOT, ".devcontainer/Dockerfile"), encoding="utf-8") as file:
        text = re.sub(r"^#.*\n", "", file.read(), flags=re.M)
    found = re.search(r"--no-install-recommends \\\n((?: +[\w.+-]+ \\\n)+)", text)
    need(found, text)
    packages = found.group(1).replace("\\", "").split()
    need(packages == ["ca-certificates"] + listed, "%s, not %s" % (packages, listed))
    need(re.findall(r"^(FROM|USER) (.*)$", text, re.M) == [
        ("FROM", "debian:bookworm-slim"), ("USER", "student")], text)
    with open(os.path.join(s.ROOT, ".devcontainer/devcontainer.json"), encoding="utf-8") as file:
        settings = json.load(file)
    need(settings["build"] == {"dockerfile": "Dockerfile"} and settings["remoteUser"] == "student"
         and not {"privileged", "runArgs", "capAdd", "securityOpt", "mounts"} & set(settings),
         "%s" % settings)


# ---- slips --------------------------------------------------------------------------------------

SLIPS = (("CPUs=4", "CPUS="), ("PAGGING=sv39", "PAGING="), ("BIULD=x", "BUILD="),
         ("mem=1G", "MEM="), ("SUBMISION=x", "SUBMISSION="), ("FOO=1", ""), ("FO'O=$(x)", ""),
         ("CFLAGS=-O0", ""))


def unknown_variables():
    """A name that nobody knows is refused with the nearest; the build says nothing else."""
    for slip, nearest in SLIPS:
        done = s.call_make(slip, "help", expect_success=False)
        need(done.returncode and len(done.text.splitlines()) == 1 and re.search(
            r"%s: there is no such variable; the nearest is %s" % (
                re.escape(slip), nearest or r"[A-Z_]+="), done.text), done.text)
    done = s.call_make("CPU=4", "help", expect_success=False)
    need(done.returncode and "for 4 harts say CPUS=4" in done.text, done.text)
    with open(os.path.join(s.ROOT, "Makefile"), encoding="utf-8") as file:
        text = file.read()
    told = set(re.findall(r"\b([A-Z_]{2,})=", "\n".join(re.findall(r"^#:.*", text, re.M))))
    done = s.call_make("-n", "help", *(name + "=" for name in sorted(told - {
        "BUILD", "CMD", "PAGING", "CPU", "CPUS", "MEM", "SWAP", "DISK", "POLICY", "OVERCOMMIT"})))
    need("no such variable" not in done.text, done.text)


LOW = """
        .globl main
main:   addi sp, sp, -16
        sd ra, 8(sp)
        la a0, text
        call printf
        ld ra, 8(sp)
        addi sp, sp, 16
        li a0, 7
        ret
        .section .rodata
text:   .asciz "from below\\n"
"""


def replaced_files():
    """EXTRA and FILES may have a sh and a README; what has no place is refused with one line."""
    folder = s.BUILD + "/replaced"
    os.makedirs(folder, exist_ok=True)
    for name, text in (
            ("sh.c", '#include "kernel/types.h"\n#include "user/user.h"\n'
                     'int main(int c, char **v) { printf("somebody\'s own\\n"); exit(0); }\n'),
            ("README", "another one\n"),
            ("low.S", LOW)):
        with open("%s/%s" % (folder, name), "w") as file:
            file.write(text)
    lines = make_run("CMD=cat README; sh; echo through; low", "FILES=%s/README" % folder,
                     "EXTRA=%s/sh.c %s/low.S" % (folder, folder), "DISK=32M", status=7)
    need([x for x in lines if not x.startswith(("xv39", "2 harts", "disks"))] == [
        "another one", "somebody's own", "through", "from below", "run: exit 7"], "%s" % lines)
    shutil.copy(folder + "/README", folder + "/low")
    done = s.call_make("-n", "EXTRA=%s/low.S" % folder, "FILES=%s/low" % folder,
                       expect_success=False)
    need(done.returncode and done.text.count("\n") == 1 and "low on the disk" in done.text,
         done.text)


# ---- how machines end ---------------------------------------------------------------------------

def ended_from_outside():
    """QEMU ends with 0 at a signal, too, but that is no end of the command's."""
    with Bare("python3") as bare:
        real = os.environ.get("QEMU") or shutil.which("qemu-system-riscv64")
        marker = os.path.join(bare.folder, "pid")
        qemu = bare.script("qemu", "case $1 in -L) ;; *) echo $$ > %s ;; esac" % marker,
                           'exec %s "$@"' % real)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL):
            run = subprocess.Popen(
                [sys.executable, "tests/qemu/run", "CMD=echo up; sleep 9999", "QEMU=" + qemu,
                 "KERNEL=%s/kernel.elf" % s.BUILD, "IMAGE=%s/fs.img" % s.BUILD,
                 "LOG=" + s.log_name("outside")], env=s.clean_environment(), cwd=s.ROOT,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
            text = b""
            while b"\nup\n" not in text:
                data = os.read(run.stdout.fileno(), 4096)
                need(data, "it did not come up: %s" % text)
                text += data
            with open(marker) as file:
                os.kill(int(file.read()), number)
            text += run.communicate(timeout=s.SECONDS["boot"])[0]
            last = text.decode().splitlines()[-1]
            need(run.returncode == m.NOT_STARTED and re.match(
                r"run: QEMU was (ended from outside|killed) by signal %d$" % number, last),
                "%s: %s, status %d" % (number, last, run.returncode))


def nobody_reads():
    """A closed stdout keeps no command from its status; one that takes no more is told."""
    words = "exec tests/qemu/run CMD='echo many words; exit 5' KERNEL=%s/kernel.elf " \
        "IMAGE=%s/fs.img LOG=%s " % (s.BUILD, s.BUILD, s.log_name("nobody"))
    for after, status, text in (
            (">&-", 5, r"\Z"), ("> /dev/full", m.NOT_STARTED, r"run: stdout: No space.*\n\Z")):
        if not os.path.exists("/dev/full") and "full" in after:
            continue
        done = subprocess.run(["sh", "-c", words + after], cwd=s.ROOT, stdin=subprocess.DEVNULL,
                              env=s.clean_environment(), stderr=subprocess.PIPE)
        told = done.stderr.decode()
        need(done.returncode == status and re.match(text, told),
             "%s: status %d\n%s" % (after, done.returncode, told))


def crash_places():
    """Where a program was killed is told as file and line, as for a panic."""
    if not shutil.which(prefix() + "addr2line"):
        raise Skip("no addr2line")
    done = s.call_make("BUILD=" + s.BUILD, "run", "CMD=fault s; fault s; fault l",
                       "EXTRA=tests/qemu/programs/fault.c", expect_success=False, merged=False)
    errors = done.stderr.decode(errors="replace")
    places = re.findall(r"^    fault: \w+ at (?:\S+/)?tests/qemu/programs/fault\.c:(\d+)", errors,
                        re.M)
    with open(os.path.join(s.ROOT, "tests/qemu/programs/fault.c")) as file:
        source = file.read().splitlines()
    need(len(places) == 2 and all("*nowhere" in source[int(n) - 1] for n in places),
         "%s\n%s" % (places, errors))


# ---- terminals ----------------------------------------------------------------------------------

def on_terminal(command, until, seconds, **variables):
    """Runs a command on a terminal until a pattern comes, then ends all of it; what it printed."""
    pid, screen = pty.fork()
    if pid == 0:
        os.chdir(s.ROOT)
        os.execvpe(command[0], command, s.clean_environment(TERM="dumb", **variables))
    seen, end = b"", time.monotonic() + seconds
    while time.monotonic() < end and not re.search(until, seen):
        if select.select([screen], [], [], 0.2)[0]:
            try:
                seen += os.read(screen, 4096) or b"\0end"
            except OSError:         # how Linux tells the end of a terminal
                break
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    os.waitpid(pid, 0)
    os.close(screen)
    return seen.decode(errors="replace").replace("\r", "")


def silence():
    """`make qemu` that prints nothing for five seconds says what the doctor would."""
    told = ('case "$*" in -L*) exit ;; *version*) echo "QEMU emulator version 7.2.22"; exit ;;',
            "*-kernel*) ;; *) exit ;; esac")
    speaks = ("all=$*", "log=${all#*logfile=}", 'echo x > "${log%% *}"')
    texts = {}

    def try_one(what, seconds, *lines):
        qemu = bare.script(what, *told + lines + ("exec sleep 20",))
        os.makedirs("%s/silence/%s" % (s.BUILD, what), exist_ok=True)
        began = time.monotonic()
        texts[what] = on_terminal(
            [sys.executable, "tests/qemu/run", "--console"], rb"\n  qemu +7\.2", seconds,
            KERNEL=s.BUILD + "/kernel.elf", IMAGE="%s/silence/%s/fs.img" % (s.BUILD, what),
            SWAP="0", QEMU=qemu), time.monotonic() - began

    with Bare("python3") as bare:
        other = threading.Thread(target=try_one, args=("speaks", 7) + speaks)
        other.start()
        try_one("mute", s.SECONDS["boot"])
        other.join()
    text, took = texts["mute"]
    need("printed nothing for 5 seconds" in text and took > 4.5 and
         "xv39 is built and run here with:" in text, "after %.1f s\n%s" % (took, text))
    need("leaves" in texts["speaks"][0] and "nothing" not in texts["speaks"][0], texts["speaks"])


SUITE = """
import sys, time
sys.path.insert(0, "tests/qemu")
import suite as s

def bad():
    time.sleep(0.3)
    raise s.Failure("it is bad\\nand how")

def many():
    return [("one", "ok", ""), ("two", "FAIL", "why")]

many.again = lambda part: "rerun " + part
suite = s.Suite(sys.argv[1:], "tests/qemu/some")
suite.first.append(("the build", time.sleep, (0.1,)))
for name, job in (("good", lambda: time.sleep(0.7)), ("bad one", bad), ("bad one's friend", bad),
                  ("many", many)):
    suite.add(name, job)
sys.exit(suite.end() if suite.run() is None else 9)
"""


def suite_progress():
    """A suite says how far it is, what runs, and how just what failed is run again."""
    command = [sys.executable, "-c", SUITE]
    done = subprocess.run(command, cwd=s.ROOT, stdout=subprocess.PIPE, env=s.clean_environment())
    text = done.stdout.decode()
    need(done.returncode == 1 and re.search(r"^ok   the build  \(\d\.\d s, 1 of 5\)$", text, re.M)
         and re.search(r"\(\d\.\d s, 5 of 5\)$", text, re.M), text)
    need("     again: tests/qemu/some 'bad one'\n" in text and "     again: rerun two\n" in text
         and text.endswith("\n3 passed, 3 failed\n"), text)
    need("now:" not in text, "a line of progress, and nobody there to see it\n" + text)
    one = subprocess.run(command + ["bad one"], cwd=s.ROOT, stdout=subprocess.PIPE,
                         env=s.clean_environment()).stdout.decode()
    need("friend" not in one and "1 passed, 1 failed" in one, one)
    none = subprocess.run(command + ["nosuch"], cwd=s.ROOT, stdout=subprocess.PIPE,
                          env=s.clean_environment())
    need(none.returncode == 1 and b"FAIL nosuch: no item has this" in none.stdout, "%s" % none)
    seen = on_terminal(command, rb"\d failed", s.SECONDS["boot"])
    need(re.search(r"[1-5] of 5 done; now: good \(\d s\)(, |$)", seen), seen)


def items():
    return tuple(("first hour: " + function.__name__.replace("_", " "), function) for function in (
        without_python, without_tools, other_gdb, package_managers, make_below_make, container,
        unknown_variables, replaced_files, ended_from_outside, nobody_reads, crash_places, silence,
        suite_progress))
