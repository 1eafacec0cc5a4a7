"""The items of the quick suite, apart from the tests on the host and the cells."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
import time

import diskerror
import fuzz
import lint
import machine as m
import replacement
import readertest
import suite as s
import swaperror
from suite import Failure, Skip, boot, need, need_status, tail

COMMANDS = ("deps", "qemu", "run", "qemu-gdb", "gdb", "check", "check-full", "bench", "doctor",
            "loc", "help", "clean")

BAD_VARIABLES = (
    "PAGING=sv32", "PAGING=", "CPUS=0", "CPUS=9", "CPUS=two", "MEM=15M", "MEM=5G", "MEM=64",
    "MEM=big", "SWAP=12", "SWAP=-1M", "DISK=0", "DISK=1M", "POLICY=random", "OVERCOMMIT=maybe",
    "ICOUNT=2", "SAN=yes", "SEED=x", "RACE=x", "RACE=1", "CPU=",
    "TIMEOUT=soon", "WERROR=all", "EXTRA=no/such.c",
    "EXTRA=README.md", "FILES=no.such", "CROSS=no-such-prefix-", "ICOUNT=1 CPUS=2",
)


def lint_rule(rule):
    complaints = list(rule())
    need(not complaints, "%d complaints\n%s" % (len(complaints), "\n".join(complaints[:40])))


def same_tree(before):
    """The suites leave the source tree as they found it."""
    after = lint.read_tree()
    changed = sorted(p for p in set(before) | set(after) if before.get(p) != after.get(p))
    new = [p for p in changed if p not in before]
    need(not new, "files appeared: " + " ".join(new))


def usertests():
    """Every guest test once; the group that makes memory short with a quarter of it."""
    others = boot("usertests", s.SECONDS["usertests"], PAGING="sv39",
                  CMD="usertests proc fs cow fault vm stress")
    paging = boot("usertests paging", s.SECONDS["usertests"], PAGING="sv39", MEM="32M",
                  CMD="usertests paging")
    return s.usertests_verdict(others) + s.usertests_verdict(paging)


# ---- make ---------------------------------------------------------------------------------------

def bad_variables():
    """Each is refused with one line that names it, before anything is built."""
    folder = s.BUILD + "/nothing"
    shutil.rmtree(folder, ignore_errors=True)
    for bad in BAD_VARIABLES:
        done = s.call_make("BUILD=" + folder, "all", *bad.split(), expect_success=False)
        lines = done.text.strip().splitlines()
        need(done.returncode != 0 and len(lines) == 1, "%s: %s" % (bad, lines))
        need(bad.split()[-1].split("=")[0] in lines[0], "%s is not named: %s" % (bad, lines[0]))
        need(not os.path.exists(folder), "%s: something was built" % bad)
    done = s.call_make("BUILD=" + folder, "run", expect_success=False)
    need(done.returncode != 0 and "CMD" in done.text, "make run without CMD: " + done.text)


def nothing_to_do():
    """A second make does nothing; after an edit of one file it compiles that one."""
    words = ("BUILD=" + s.BUILD, "WERROR=1", "all")
    s.call_make(*words)
    again = s.call_make(*words).text
    need(not re.search(r"^  [A-Z]+ ", again, re.MULTILINE), "a second make does\n" + again)
    edited = s.call_make("-n", "-W", "kernel/main.c", "V=1", *words).text
    compiled = re.findall(r"-c (\S+\.[cS]) -o", edited)
    need([c for c in compiled if not c.endswith("ksyms.S")] == ["kernel/main.c"],
         "an edit of kernel/main.c compiles %s" % compiled)


def small_commands():
    text = s.call_make("help").text
    for word in COMMANDS:
        need(re.search(r"\b%s\b" % word, text), "make help does not tell of " + word)
    text = s.call_make("loc").text
    need(re.search(r"^ *\d+ +kernel, of 18700 allowed", text, re.MULTILINE), "make loc")
    done = s.call_make("doctor", expect_success=False)
    need("qemu" in done.text and "gcc" in done.text, "make doctor: " + done.text)
    done = s.call_make("deps", "help")
    need("nothing is missing" in done.text and "make qemu" in done.text, done.text)


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


def run_extra():
    """A program from outside replaces ours of the same name; other files go on the disk, too."""
    lines = make_run("CMD=echo ours; cat LICENSE", "EXTRA=tests/qemu/programs/echo.c",
                     "FILES=LICENSE", "DISK=32M")
    need("an echo from outside" in lines, "EXTRA did not win\n" + "\n".join(lines))
    need(any("MIT License" in x for x in lines), "FILES is not there\n" + "\n".join(lines))
    need(any("fs 32 MiB" in x for x in lines), "DISK is not as wanted\n" + "\n".join(lines))


XV6_PRINTS = (
    "-5 FF text c 4294967296 0x0000000100000000 %",
    "-2147483648 0 4294967295 BEEF 0x0000000000ABCDEF",
    "-1 18446744073709551615 FEED 1099511627776 1099511627776 10000000000",
    "text|c|%|(null)|%y",
    "0",
    "xv6_style: all is as in xv6",
)


def run_xv6():
    """Programs written for xv6, of 2022 and 2025: headers, types, constants, what calls do."""
    names = ("xv6_2022", "xv6_2025", "xv6_style")
    lines = make_run("CMD=xv6_2022; echo $?; xv6_2025; echo $?; xv6_style; exit $?",
                     "EXTRA=" + " ".join("tests/qemu/programs/%s.c" % n for n in names))
    need(lines[-1] == "run: exit 0", "\n".join(lines[-6:]))
    need([x for x in lines if x in ("0", "7")][:2] == ["0", "7"], "\n".join(lines))
    for line in XV6_PRINTS:
        need(line in lines, "%s is not among\n%s" % (line, "\n".join(lines)))


def call_names():
    """The system calls that user/lib/user.h declares."""
    with open("user/lib/user.h") as file:
        text = file.read()
    calls = text[text.index("/* System calls:"):text.index("/* Strings and bytes:")]
    return re.findall(r"^[a-z][\w ]*?[ *](\w+)\(.*\).*;", calls, re.MULTILINE)


def xv6_headers():
    """All of xv39's calls and constants are in the headers for xv6's programs, with one value."""
    path = s.BUILD + "/xv6_all.c"
    names = ("types", "stat", "fs", "fcntl", "param", "syscall", "vm", "abi/errno", "abi/vm_stats",
             "abi/wait")
    words = ['#include "kernel/%s.h"' % n for n in names] + ['#include "user/user.h"']
    calls = [n for n in call_names() if n != "errno_address"]
    need(len(calls) > 45 and "futex_wake" in calls and "fork" in calls, "calls: %s" % calls)
    constants = 0
    for name in ("syscall", "fcntl", "stat", "mman"):
        with open("kernel/abi/%s.h" % name) as file:
            defined = re.findall(r"^#define ((?!SYS_LAST)\w+) (\d\w*)", file.read(), re.MULTILINE)
        words += ["_Static_assert(%s == %s, \"%s\");" % (n, v, n) for n, v in defined]
        constants += len(defined)
    need(constants > 70, "%d constants" % constants)
    words += ["void *calls[] = {%s};" % ", ".join(calls), "int main(void)", "{",
              "    return sizeof(calls) / sizeof(calls[0]);", "}", ""]
    with open(path, "w") as file:
        file.write("\n".join(words))
    lines = make_run("CMD=xv6_all", "EXTRA=" + path, status=1)
    need(lines[-1] == "run: exit %d" % len(calls), lines[-1])


def run_twice_at_once():
    """Two runs work on private copies."""
    results = []

    def one(number):
        try:
            results.append(make_run("CMD=echo %d > f; sleep 5; cat f" % number))
        except Failure as why:
            results.append([str(why)])

    threads = [threading.Thread(target=one, args=(n,)) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    need(sorted(r[-2:] for r in results) == [["1", "run: exit 0"], ["2", "run: exit 0"]],
         "they ended with %s" % [r[-3:] for r in results])


# ---- how a machine ends -------------------------------------------------------------------------

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


def prefix():
    """The compiler prefix that the build found."""
    with open(s.BUILD + "/tools.mk") as file:
        return re.search(r"^PREFIX := (\S+)", file.read(), re.MULTILINE).group(1)


def lock_order():
    """The checker of the lock order complains of what is wrong, and of nothing else."""
    ending = boot("lock order", s.SECONDS["boot"], san=True, APPEND="debug=lockorder", CMD="true")
    found = re.search(r"^lockorder: (\d+) cases, 0 judged wrongly$", ending.output, re.MULTILINE)
    need_status(ending, 0)
    need(found and int(found.group(1)) > 20, "the checker\n" + tail(ending, 30))


def debug_hang():
    seconds = s.SECONDS["hang"]
    lines = make_run("CMD=true", "APPEND=debug=hang", "TIMEOUT=%d" % seconds, status=124)
    need(lines[-1] == "run: time-out after %d s" % seconds, lines[-1])


def power_off_statuses():
    for status in (0, 1, 123):
        need_status(boot("exit %d" % status, s.SECONDS["boot"], CMD="exit %d" % status), status)


# ---- disks --------------------------------------------------------------------------------------

def disk_missing():
    refusal(boot("no disk", s.SECONDS["boot"], image=None, CMD="true"), "no disk")


def disk_foreign():
    for name, data in (("zeros", bytes(1 << 20)), ("text", b"not a disk\n" * 100000),
                       ("short", bytes(4096))):
        path = "%s/%s.img" % (s.LOGS, name)
        with open(path, "wb") as file:
            file.write(data)
        ending = boot("disk of " + name, s.SECONDS["boot"], image=os.path.abspath(path), CMD="true")
        refusal(ending, "a disk of " + name)
        os.remove(path)


def refusal(ending, what):
    """A clean stop with a message that says what to do."""
    need(ending.status not in (0, m.TIME_OUT) and not ending.panicked,
         "%s: %s\n%s" % (what, ending.why, tail(ending)))
    need("make" in ending.output, "%s: no word of what to do\n%s" % (what, tail(ending)))


def without_swap():
    need_status(boot("no swap", s.SECONDS["boot"], SWAP="0", CMD="true"), 0)


def bytes_read_by(command):
    """What a command reads from the file-system disk, counted by QEMU, boot and shell included.

    The first sleep brings that program into the cache, so that the last one reads nothing more.
    """
    settings = s.cell_settings(CMD="sleep 0; " + command + "; echo status $?; sleep 1000")
    with m.Machine(settings, qmp=True) as guest:
        guest.start()
        need(guest.wait_for(r"status \d+\n", s.SECONDS["boot"]), "no end of " + command)
        return guest.bytes_read()["fs"], re.search(rb"status (\d+)", guest.seen).group(1).decode()


def exec_reads_little():
    """exec of a 10 MiB program that returns at once reads less than 200 KiB of it."""
    size = os.path.getsize(s.BUILD + "/user/tests/guest/bigexec")
    need(size > 10 << 20, "bigexec has only %d bytes" % size)
    plain, _ = bytes_read_by("true")
    big, _ = bytes_read_by("true; bigexec")
    need(0 < big - plain < 200 << 10, "it read %d bytes" % (big - plain))


def threads_on_one_space():
    """Eight threads on four harts change one address space at random, and find what they expect."""
    for san in (False, True):
        ending = boot("vmstress" + " SAN" * san, s.SECONDS["usertests"], san=san, CPUS="4",
                      CMD="vmstress 20000")
        need_status(ending, 0)


def more_than_memory():
    """Eight processes use five times the memory, four keep all of it dirty: nothing is missing, by
    the guest's own count (it fails, and the machine ends) and by the host's."""
    for paging, san in (("sv39", False), ("sv48", False), ("sv57", True)):
        with readertest.machine("swapstress " + paging + " SAN" * san, "nothing is missing\n",
                                san=san, seconds=s.SECONDS["usertests"],
                                PAGING=paging, CPUS="4", MEM="32M", SWAP="256M",
                                CMD="swapstress 8 160 %d 1 && sleep 100000" % (
                                    5000 if san else 20000)) as (guest, reader):
            readertest.need_nothing_missing(guest, reader)
    ending = boot("dirtystress", s.SECONDS["usertests"], CPUS="4", MEM="16M",
                  CMD="dirtystress 5000 1")
    need_status(ending, 0)


def out_of_memory():
    """Whoever is killed for want of memory, the line shows the sums: its own share, and all."""
    ending = boot("out of memory", s.SECONDS["usertests"], MEM="16M", SWAP="32M",
                  CMD="free && usertests greediest_is_killed && usertests lazy_beyond_memory")
    need_status(ending, 0)
    promised, limit = (int(re.search(r"^%s +(\d+)$" % word, ending.output, re.M).group(1)) // 4
                       for word in ("promised", "promise limit"))
    who = r"^pid \d+ \(usertests\): killed: "
    largest = re.findall(who + r"out of memory: it has (\d+) unreserved pages, the most of all "
                         r"\((\d+) of (\d+) promised\)$", ending.output, re.M)
    own = re.findall(who + r"store page fault at 0x\w+: no memory is left "
                     r"\((\d+) of (\d+) pages are promised\)", ending.output, re.M)
    need(len(largest) == 1 and len(own) == 1, "not one line each\n" + tail(ending, 20))
    pages, used, most = (int(number) for number in largest[0])
    need(most == limit and limit - 64 <= used <= limit, "line 1: other sums")
    need(limit // 2 < pages <= used - promised, "it cannot have had %d pages" % pages)
    used, most = (int(number) for number in own[0])
    need(most == limit and limit - 64 <= used <= limit, "line 2: other sums")


def swap_queue(way):
    """How many reads or writes ("rd", "wr") wait for a slow swap disk, over two seconds on average:
    the most that is seen until it is over one."""
    path = s.BUILD + "/swap_queue.img"
    slow = ",cache=unsafe,stats-intervals.0=2,throttling.iops-%s=100" % (
        "read" if way == "rd" else "write")
    m.make_empty(path, 128 << 20)
    settings = s.cell_settings(MEM="16M", CPUS="4", SWAP="0", CMD="swapstress 8 40 1000000 1")
    most, end = 0.0, time.monotonic() + s.SECONDS["command"]
    with m.Machine(settings, log=s.log_name("swap queue " + way), qmp=True,
                   arguments=m.disk_arguments("swap", path, slow)) as guest:
        guest.start()
        while most <= 1.5 and time.monotonic() < end and guest.read_some(0.2):
            disk = [x for x in guest.qmp("query-blockstats") if x["device"] == "swap"][0]
            most = max(most, disk["stats"]["timed_stats"][0]["avg_%s_queue_depth" % way])
    os.remove(path)
    return most


def several_in_flight():
    """Reads from swap do not wait for each other, nor do writes."""
    for way in ("wr", "rd"):
        most = swap_queue(way)
        need(most > 1.5, "%s: never more than %.1f at a time" % (way, most))


def areas_grow():
    """With 100,000 areas an operation costs at most three times what it costs with 10."""
    ending = boot("areas", s.SECONDS["usertests"], ICOUNT="1", PAGING="sv39", CMD="areas")
    need_status(ending, 0)
    need("areas: ok" in ending.output, ending.output)


def family_size():
    """An eviction costs the same in a family of 128 as in one of four."""
    ending = boot("families", s.SECONDS["usertests"], ICOUNT="1", PAGING="sv39", MEM="32M",
                  SWAP="128M", CMD="families")
    need_status(ending, 0)
    need("families: ok" in ending.output, ending.output)


def kills(test):
    """A call that is killed at any point is gone within 100 million instructions; nothing leaks."""
    ending = boot(test, s.SECONDS["usertests"], san=True, ICOUNT="1", CMD="usertests " + test)
    need_status(ending, 0)
    need("by the count of instructions" in ending.output, ending.output)


def kills_quick():
    kills("kill_at_some_points")


def kills_full():
    kills("kill_at_many_points")


def high_segment():
    """A program at 2^41 runs where the paging mode reaches it, else it is refused."""
    for paging in ("sv39", "sv48", "sv57"):
        ending = boot("highseg " + paging, s.SECONDS["boot"], PAGING=paging, CMD="highseg")
        if paging == "sv39":
            need(ending.status not in (0, 41, m.TIME_OUT) and not ending.panicked, ending.why)
        else:
            need_status(ending, 41)


# ---- the machine --------------------------------------------------------------------------------

def paging_modes():
    for paging in ("auto", "sv39", "sv48", "sv57"):
        ending = boot("paging " + paging, s.SECONDS["boot"], PAGING=paging, CMD="true")
        need_status(ending, 0)
        mode = re.search(r"paging (\w+)", ending.output).group(1)
        need(mode == ("sv57" if paging == "auto" else paging), "%s gives %s" % (paging, mode))


# Processors that differ in what the kernel has to mind, each with the paging mode that it must come
# up in ("": any) and tests that show it. Where there are several names, the first one is meant that
# this QEMU takes.
FLOATS = ("cow illegal_instructions_kill float_survives_switches float_survives_fork "
          "floats_are_its_own fork_copies_the_caller calls_without_memory")
PROCESSORS = {
    "vectors": (("rv64,v=true",), "", FLOATS),
    "no floating point": (("rv64,f=false,d=false", "rv64,f=false,d=false,zfa=false"), "", FLOATS),
    "svade": (("rv64,svade=on",), "", "cow fault"),
    "no sv57": (("rv64,sv57=off",), "sv48", "cow"),
    "no sv48": (("rv64,sv48=off",), "sv39", "cow"),
    "sifive-u54": (("sifive-u54",), "", "cow"),
}


def cpu_for(names):
    """The first of them that QEMU takes; else the item is skipped, with QEMU's words."""
    qemu = s.cell_settings()["QEMU"]
    for name in names:
        done = subprocess.run([qemu, "-machine", "virt", "-cpu", name, "-display", "none",
                               "-monitor", "stdio", "-S"], input=b"quit\n",
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              timeout=s.SECONDS["boot"])
        if done.returncode == 0:
            return name
    raise Skip(done.stderr.decode(errors="replace").strip().splitlines()[-1])


def paging_refused():
    """Where the machine lacks the mode, the kernel says so and stops."""
    cpu = cpu_for(PROCESSORS["no sv57"][0])
    ending = boot("sv57 off", s.SECONDS["boot"], CPU=cpu, PAGING="sv57", CMD="true")
    need(ending.status not in (0, m.TIME_OUT) and not ending.panicked and "sv57" in ending.output,
         "%s\n%s" % (ending.why, tail(ending)))


def processor(what, groups=None):
    """One cell on a processor other than the usual one."""
    names, mode, usual = PROCESSORS[what]
    ending = boot("processor " + what, s.SECONDS["cell"], CPU=cpu_for(names),
                  CMD="usertests -q " + (groups or usual))
    parts = s.usertests_verdict(ending)
    failed = [name for name, verdict, _ in parts if verdict == "FAIL"]
    need(not failed, "failed: " + ", ".join(failed))
    need("paging " + mode in ending.output, "not in paging mode %s\n%s" % (mode, tail(ending)))
    if what == "vectors":
        need(": it is for vectors, and" in ending.output, "no line says what vectors are")
    if what == "no floating point":
        need(": this machine has no floating point" in ending.output and any(
            verdict == "skip" for _, verdict, _ in parts), "it has floating point")


def virtio_versions():
    for version in ("1", "2"):
        ending = boot("virtio " + version, s.SECONDS["boot"], VIRTIO=version,
                      CMD="cp README copy && sync && cat copy | wc && rm copy")
        need_status(ending, 0)


def idle_cost():
    """An idle shell with 4 harts uses under 5 % of one host core (QEMU's own processor time)."""
    used = []
    for seconds in (1, 1 + s.SECONDS["idle"]):
        with m.Machine(s.cell_settings(CPUS="4", CMD=""), interactive=True) as guest:
            guest.start()
            need(guest.wait_for(r"\n[^\n]*[$#>] $", s.SECONDS["boot"]),
                 "no prompt\n" + guest.seen.decode(errors="replace")[-400:])
            guest.wait_for("nothing that it prints", seconds)
        used.append(guest.cpu_seconds)
    part = 100 * (used[1] - used[0]) / s.SECONDS["idle"]
    need(part < 5, "%.1f %% of a core" % part)


def console():
    """Typed at the shell: editing with backspace, end of a program by typing, power-off."""
    with m.Machine(s.cell_settings(CMD=""), interactive=True, log=s.log_name("console")) as guest:
        guest.start()
        need(guest.wait_for(r"\n[^\n]*[$#>] $", s.SECONDS["boot"]), "no prompt")
        guest.send("echo helk\x7flo | wc\n")
        need(guest.wait_for(r"\n *1 +1 +6", s.SECONDS["boot"]),
             "no answer\n" + guest.seen.decode(errors="replace")[-400:])
        guest.send("shutdown\n")
        need_status(guest.run(s.SECONDS["boot"]), 0)


def terminal():
    """`make qemu` on a terminal: a shell that takes what is typed and powers off."""
    pid, screen = pty.fork()
    if pid == 0:
        os.execvpe("make", ["make", "--no-print-directory", "BUILD=" + s.BUILD, "WERROR=1",
                            "IMAGE=%s/terminal/fs.img" % s.BUILD, "qemu"],
                   s.clean_environment(TERM="dumb"))
    seen = b""
    typed = [(rb"[$#>] $", b"echo typed | cat\r"), (rb"\ntyped\r*\n", b"shutdown\r")]
    end = time.monotonic() + s.SECONDS["boot"] + s.SECONDS["build"]
    while time.monotonic() < end:
        if select.select([screen], [], [], 1)[0]:
            try:
                data = os.read(screen, 4096)
            except OSError:         # how Linux tells the end of a terminal
                data = b""
            if not data:
                break
            seen += data
        if typed and re.search(typed[0][0], seen):
            os.write(screen, typed.pop(0)[1])
    else:
        os.kill(pid, signal.SIGHUP)
    status = os.waitpid(pid, 0)[1]
    os.close(screen)
    need(not typed and status == 0, "status %d\n%s" % (
        status, seen.decode(errors="replace")[-600:]))


def gdb():
    """gdb finds the stopped machine, our commands work, symbols are those of the kernel."""
    if not any(shutil.which(g) for g in ("gdb-multiarch", "riscv64-unknown-elf-gdb",
                                         "riscv64-elf-gdb")):
        raise Skip("no gdb for RISC-V")
    folder = s.BUILD + "/gdb"
    os.makedirs(folder, exist_ok=True)
    m.copy_sparse(s.BUILD + "/fs.img", folder + "/fs.img")
    environment = s.clean_environment(KERNEL=s.BUILD + "/kernel.elf", IMAGE=folder + "/fs.img",
                                      BUILD=folder)
    stopped = subprocess.Popen([sys.executable, "tests/qemu/run", "--gdb"], env=environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        for _ in range(10 * s.SECONDS["boot"]):
            if os.path.exists(folder + "/gdb.sock"):
                break
            time.sleep(0.1)
        done = subprocess.run(["tests/qemu/gdb", s.BUILD + "/kernel.elf"], env=environment,
                              input=b"kbreak kernel_main\ncontinue\nhart\nbacktrace 1\nkill\n",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=s.SECONDS["boot"])
        text = done.stdout.decode(errors="replace")
        need("kernel/main.c" in text and "kernel_sp" in text, "gdb says\n" + text[-1500:])
    finally:
        stopped.kill()
        stopped.wait()


def deterministic():
    """Two runs in the deterministic lane print the same, to the digit."""
    if not os.path.exists("user/bench.c"):
        raise Skip("there is no bench program")
    outputs = [boot("icount %d" % n, s.SECONDS["command"], ICOUNT="1", PAGING="sv39",
                    CMD="bench null_syscall fork_small").output for n in (1, 2)]
    need("bench null_syscall" in outputs[0], "no result\n" + outputs[0])
    need(", 128 MiB," in outputs[0], "MEM is not what the kernel manages\n" + outputs[0])
    need(outputs[0] == outputs[1], "they differ:\n%s\n%s" % tuple(outputs))


def seeds():
    """A planted race is found by some seed, and found again by its number."""
    s.build_all(s.BUILD + "/race", "EXTRA=tests/qemu/programs/race.c", "SAN=1",
                s.BUILD + "/race/fs.img")

    def result(seed):
        ending = boot("race %d" % seed, s.SECONDS["command"], san=True, ICOUNT="1", SEED=seed,
                      image=s.BUILD + "/race/fs.img", CMD="race", SWAP="256M")
        need_status(ending, 0)
        return re.search(r"^race: (\d+) of (\d+)$", ending.output, re.MULTILINE)

    for seed in range(1, 9):
        found = result(seed)
        need(found, "the program printed nothing")
        if found.group(1) != found.group(2):
            again = result(seed)
            need(again.group(0) == found.group(0), "seed %d gives %s, then %s" % (
                seed, found.group(0), again.group(0)))
            return
    raise Failure("none of 8 seeds found the race")


def reservations():
    """Each way out of a trap ends with an SC, from which on nothing branches away or comes in."""
    for kernel in (s.BUILD + "/kernel.elf", s.BUILD + "/san/kernel.elf"):
        listing = subprocess.run([prefix() + "objdump", "-d", "--no-show-raw-insn", kernel],
                                 stdout=subprocess.PIPE, check=True).stdout.decode()
        targets = set(re.findall(r"\t(?:j|b\w+)\t(?:.*,)?([0-9a-f]{16}) <", listing))
        code = re.findall(r"^([0-9a-f]+)(?: <\S+)?:(?:\t(\S+)\t?(.*))?$", listing, re.MULTILINE)
        ways = [i for i, line in enumerate(code) if line[1] == "sret"]
        need(len(ways) >= 2, "%s: %d times sret" % (kernel, len(ways)))
        for way in ways:
            at = way
            while at > 0 and not code[at][1].startswith("sc."):
                address, word, _ = code[at]
                need(word and address not in targets and (
                    at == way or not re.match(r"(j|b|call|ret|sret|mret)", word)),
                    "%s: no SC before the sret at 0x%s" % (kernel, code[way][0]))
                at -= 1


# ---- other compilers ----------------------------------------------------------------------------

def with_compiler(name, tool, *words):
    if not shutil.which(tool):
        raise (Failure if os.environ.get("CI") else Skip)("%s is not installed" % tool)
    folder = s.BUILD + "/" + name
    s.build_all(folder, "all", *words)
    s.build_all(folder, "SAN=1", folder + "/san/kernel.elf", *words)
    ending = boot(name, s.SECONDS["cell"], folder=folder, CMD="usertests -q proc cow fault")
    failed = [part for part, verdict, _ in s.usertests_verdict(ending) if verdict == "FAIL"]
    ending = boot(name + " SAN", s.SECONDS["cell"], folder=folder, san=True,
                  CMD="usertests -q proc")
    failed += [part for part, verdict, _ in s.usertests_verdict(ending) if verdict == "FAIL"]
    need(not failed, "failed: " + ", ".join(failed))


def clang():
    with_compiler("clang", "clang", "CLANG=1")


def linux_gcc():
    with_compiler("linux-gnu", "riscv64-linux-gnu-gcc", "CROSS=riscv64-linux-gnu-")


# ---- crashes ------------------------------------------------------------------------------------

def program(*command, seconds=s.SECONDS["crash"]):
    """A test program of its own: 0 all is well, 77 this machine cannot do it."""
    done = subprocess.run([sys.executable] + list(command),
                          env=s.clean_environment(KERNEL=s.BUILD + "/kernel.elf",
                                                  IMAGE=s.BUILD + "/fs.img", BUILD=s.BUILD),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, timeout=seconds)
    text = done.stdout.decode(errors="replace")
    if done.returncode == 77:
        raise Skip(text.strip().splitlines()[-1])
    need(done.returncode == 0, "status %d\n%s" % (done.returncode, text[-2000:]))


def crash_quick():
    program("tests/crash/crash", "--quick")


def crash_full():
    program("tests/crash/crash", "--full", seconds=s.SECONDS["program"])


def mutants(*names):
    """Kernels with a planted bug, each of which must be noticed."""
    program("tests/mutants/run", *names, seconds=s.SECONDS["crash" if names else "program"])


def mutants_quick():
    mutants("mprotect", "fork")


def all_items():
    """Name and function of each, long ones first so that two threads end together."""
    return (
        ("crash, quick", crash_quick),
        ("mutants, quick", mutants_quick),
        ("clang builds and boots", clang),
        ("riscv64-linux-gnu-gcc builds and boots", linux_gcc),
        ("seeds find and find again", seeds),
        ("threads on one address space", threads_on_one_space),
        ("more than memory", more_than_memory),
        ("100,000 areas", areas_grow),
        ("eviction in a big family", family_size),
        ("kills at some points", kills_quick),
        ("out of memory", out_of_memory),
        ("several transfers in flight", several_in_flight),
        ("idle cost", idle_cost),
        ("deterministic lane", deterministic),
        ("reservations end with a trap", reservations),
        ("bad variables", bad_variables),
        ("small commands", small_commands),
        ("nothing to do", nothing_to_do),
        ("run: status", run_status),
        ("run: killed", run_killed),
        ("run: why one is killed", run_deaths),
        ("run: tools on a full disk", full_disk),
        ("run: EXTRA and FILES", run_extra),
        ("run: xv6 programs", run_xv6),
        ("run: xv6 headers have every call", xv6_headers),
        ("run: two at once", run_twice_at_once),
        ("run: hang", debug_hang),
        ("run: panic", debug_panic),
        ("lock order", lock_order),
        ("run: power-off status", power_off_statuses),
        ("console", console),
        ("make qemu on a terminal", terminal),
        ("gdb", gdb),
        ("disk missing", disk_missing),
        ("disk foreign", disk_foreign),
        ("disk errors", diskerror.all_cases),
        ("without swap", without_swap),
        ("virtio 1 and 2", virtio_versions),
        ("paging modes", paging_modes),
        ("paging refused", paging_refused),
        ("exec of 10 MiB", exec_reads_little),
        ("program at 2^41", high_segment),
    ) + fuzz.items() + tuple(("processor: " + what, lambda what=what: processor(what))
              for what in PROCESSORS) + swaperror.items() + replacement.items() + readertest.items()
