"""`make run` and `tests/qemu/run`: how a machine ends, and what is told of it."""

import re
import shutil
import subprocess
import sys
import threading

import machine as m
import suite as s
from building import prefix
from suite import Failure, boot, need, need_status, tail


def make_run(*words, status=0):
    """`make run` as a user types it; returns the lines on stdout."""
    done = s.call_make("BUILD=" + s.BUILD, "run", *words, expect_success=False, merged=False,
                       timeout=s.SECONDS["command"] + s.SECONDS["boot"])
    lines = done.stdout.decode(errors="replace").splitlines()
    lines = [x for x in lines if not re.match(r"  [A-Z]+ +\S", x)]     # what make built
    errors = done.stderr.decode(errors="replace")
    need(bool(done.returncode) == bool(status), "make ended with %d\n%s%s" % (
        done.returncode, "\n".join(lines[-12:]), errors))
    need(lines and lines[0].startswith("xv39 "), "the first line is not the kernel's: %s\n%s" % (
        lines[:1], errors))
    return lines


def run_status():
    """`make run` tells how it ended; `tests/qemu/run` gives the status itself."""
    need(make_run("CMD=true")[-1] == "run: exit 0", "true")
    need(make_run("CMD=false", status=1)[-1] == "run: exit 1", "false")
    lines = make_run("CMD=echo a $? 'b  c' | cat; exit 3", status=3)
    need(lines[-1] == "run: exit 3", "exit 3: " + lines[-1])
    need("a 0 b  c" in lines, "the command did not arrive as typed: %s" % lines)
    need("OpenSBI" not in "\n".join(lines), "the firmware's banner is on stdout")
    with open(s.BUILD + "/run.log", errors="replace") as log:
        need("OpenSBI" in log.read(), "the firmware's banner is not in the log")
    done = subprocess.run([sys.executable, "tests/qemu/run", "CMD=exit 7", "LOG=" + s.log_name("7"),
                           "KERNEL=%s/kernel.elf" % s.BUILD, "IMAGE=%s/fs.img" % s.BUILD],
                          env=s.clean_environment(), stdout=subprocess.PIPE)
    need(done.returncode == 7, "tests/qemu/run gives %d for exit 7" % done.returncode)
    for command, told in (("exit -1", 255), ("exit 125", 125), ("(exit 256); exit $?", 255)):
        ending = boot("big status", s.SECONDS["boot"], CMD=command)
        need_status(ending, 123)
        need(ending.why == "exit %d" % told, "%s: %s" % (command, ending.why))


def run_extra():
    """A program from outside replaces ours of the same name; other files go on the disk, too."""
    lines = make_run("CMD=echo ours; cat LICENSE", "EXTRA=tests/qemu/programs/echo.c",
                     "FILES=LICENSE", "DISK=32M")
    need("an echo from outside" in lines, "EXTRA did not win\n" + "\n".join(lines))
    need(any("MIT License" in x for x in lines), "FILES is not there\n" + "\n".join(lines))
    need(any("fs 32 MiB" in x for x in lines), "DISK is not as wanted\n" + "\n".join(lines))


def run_twice_at_once():
    """Two runs work on private copies."""
    results = []

    def one(number):
        try:
            results.append(make_run("CMD=echo %d > f; sleep 0.5; cat f" % number))
        except Failure as why:
            results.append([str(why)])

    threads = [threading.Thread(target=one, args=(n,)) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    need(sorted(r[-2:] for r in results) == [["1", "run: exit 0"], ["2", "run: exit 0"]],
         "they ended with %s" % [r[-3:] for r in results])


def power_off_statuses():
    for status in (0, 1, 123):
        need_status(boot("exit %d" % status, s.SECONDS["boot"], CMD="exit %d" % status), status)


# ---- programs that end badly --------------------------------------------------------------------

def run_killed():
    for command, why in (("fault s", "store"), ("true; fault l", "load"),
                         ("(true; fault j)", "instruction")):
        lines = make_run("CMD=" + command, "EXTRA=tests/qemu/programs/fault.c", status=125)
        need(lines[-1] == "run: killed (%s page fault)" % why, lines[-1])
        need([x for x in lines if re.match(r"pid \d+ \(fault\): killed: " + why, x)],
             "no line that teaches\n" + "\n".join(lines))
    lines = make_run("CMD=fault s; echo $?; kill $$; sleep 99", "EXTRA=tests/qemu/programs/fault.c",
                     status=125)
    need("125" in lines and lines[-1] == "run: killed (kill)", "the last kill's cause: %s" % lines)


NULL = "NULL, or a small offset from it: "
DEATHS = (
    r"store page fault at 0x0+: " + NULL + r"area 0x0-0x\w+ r-x of the program does not allow it",
    r"illegal instruction: a call through NULL \(value 0x0, pc 0x0\)",
    r"load page fault at 0x\w+: no area there \(pc",
    r"store page fault at 0x\w+: no area there \(the stack grows only at or above sp\)",
    r"store page fault at 0x\w+: the guard below the stack \(limit \d+ KiB\)",
    r"store page fault at 0x\w+: area 0x\w+-0x\w+ r-- of a file does not allow it",
    r"instruction page fault at 0x\w+: area 0x\w+-0x\w+ r-- of a file does not allow it",
    r"load page fault at 0x\w+: past the end of the file that is mapped there",
    r"store page fault at 0x\w+: no block of the disk is free for the file that is mapped there",
)


def run_deaths():
    """Who is killed for an access learns why."""
    lines = make_run("CMD=usertests load_nowhere store_nowhere jump_nowhere; deaths",
                     "EXTRA=tests/qemu/programs/deaths.c", "DISK=32M")
    for number, why in enumerate(DEATHS):
        end = lines.index("death %d: status -1" % number)
        need(re.match(r"pid \d+ \(deaths\): killed: " + why, lines[end - 1]),
             "wanted %s, got %s" % (why, lines[end - 1]))
    for access in ("load", "store", "instruction"):
        need([x for x in lines if re.search(access + r" page fault at 0x0{16}: " + NULL +
                                            r"no area there \(pc", x)], access + " through NULL")


WRITERS = ("echo hello", "ls", "ps", "free", "vmstat", "grep a README", "hexdump README",
           "wc README", "head README", "cat README", "uptime")


def full_disk():
    """A tool that cannot write its output says so, and ends with 1; none goes on for ever."""
    words = ["touch e", "cat bigexec bigexec bigexec > full", "echo : cat bigexec $?"]
    for writer in WRITERS:
        words += [writer + " > e", "echo : %s $?" % writer]
    words += ["vmstat 1 | head -n 1", "rm full", "cp README copy", "echo : cp $?"]
    lines = make_run("CMD=" + "; ".join(words), "DISK=32M")
    for writer in ("cat bigexec",) + WRITERS:
        name = writer.split()[0]
        end = lines.index(": %s 1" % writer)
        said = lines[end - 1]
        need(said == name + ": write error: disk full", "%s: %s" % (writer, said))
    need(": cp 0" in lines, "cp, where there is space again")


# ---- a kernel that ends badly -------------------------------------------------------------------

def debug_panic():
    ending = boot("panic", s.SECONDS["boot"], APPEND="debug=panic", CMD="true")
    need_status(ending, m.PANIC)
    need(re.search(r"^ +\S*pc\b", ending.output, re.MULTILINE) and " sp " in ending.output,
         "no registers\n" + tail(ending, 30))
    calls = re.findall(r"^ +0x[0-9a-f]+ (\w+)\+0x[0-9a-f]+$", ending.output, re.MULTILINE)
    need(len(calls) >= 3, "no symbolised backtrace\n" + tail(ending, 30))
    lines = m.source_lines(s.cell_settings(PREFIX=prefix()), ending.output)
    if shutil.which(prefix() + "addr2line"):
        need(any(re.search(r"kernel/.*\.[cS]:\d+", x) for x in lines), "no source lines")


def debug_hang():
    seconds = s.SECONDS["hang"]
    lines = make_run("CMD=true", "APPEND=debug=hang", "TIMEOUT=%d" % seconds, status=124)
    need(lines[-1] == "run: time-out after %d s" % seconds, lines[-1])


def lock_order():
    """The checker of the lock order complains of what is wrong, and of nothing else."""
    ending = boot("lock order", s.SECONDS["boot"], san=True, APPEND="debug=lockorder", CMD="true")
    found = re.search(r"^lockorder: (\d+) cases, 0 judged wrongly$", ending.output, re.MULTILINE)
    need_status(ending, 0)
    need(found and int(found.group(1)) > 20, "the checker\n" + tail(ending, 30))
