"""What the quick and the full suite share: items, their running in parallel, builds, cells.

An item is a function that returns nothing when all is well, raises Failure(why) or Skip(why), or
returns a list of (name, verdict, why) when it stands for many. Items run in two threads, for they
mostly wait for a QEMU or a compiler. What an item prints of a machine is in build/check/logs.
"""

import glob
import os
import queue
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time

import machine as m

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", "build") + "/check"
LOGS = BUILD + "/logs"
PARALLEL = 2

# All time-outs, in seconds of wall time: at least ten times the median of the longest of its kind
# on two idle cores (the comments: those medians), so a loaded machine fails nothing. They only end
# what hangs; no verdict depends on how long something took. "hang" and "idle" are not time-outs: so
# long a machine that hangs is given, to come to where it does, and so long an idle one is watched.
SECONDS = {
    "boot": 120,        # 8: a boot, a command that does little
    "hang": 20,         # 1: to the kernel's first line
    "command": 400,     # 30: a command with work to do; a longer run, up to its next line
    "usertests": 4000,  # 300: all tests, a stress program
    "cell": 2000,       # 160
    "full cell": 6000,  # 500
    "build": 1000,      # 80: everything, by one of two
    "host": 600,        # 30
    "labs": 1000,       # 80
    "crash": 4000,      # 150: a program of tests that boots machines, in the quick suite
    "machine": 1000,    # 60: one of the machines that such a program boots
    "long": 12000,      # 1000: a long run
    "program": 40000,   # 3600: a program of tests that boots machines, in the full suite
    "idle": 10,
}


class Failure(Exception):
    """The item failed; the text says why."""


class Skip(Exception):
    """The machine lacks what the item needs; the text says what."""


def need(condition, why):
    if not condition:
        raise Failure(why)


class Progress:
    """How many of how many items are done, and which run.

    On a terminal it stands below all else that is printed; elsewhere it is a line of its own when
    there was none for a minute.
    """
    EVERY = 60

    def __init__(self, lock):
        self.lock, self.running = lock, {}
        self.done = self.all = 0
        self.shown = ""
        self.on_screen = sys.stdout.isatty()
        self.last = time.monotonic()

    def __str__(self):
        return "%d of %d" % (self.done, self.all)

    def of(self, number):
        self.done, self.all = 0, number

    def begin(self, name):
        with self.lock:
            self.running[name] = time.monotonic()
        self.show()

    def end(self, name):
        with self.lock:
            self.done += 1
            self.running.pop(name, None)

    def line(self, text):
        with self.lock:
            self.clear()
            print(text, flush=True)
            self.last = time.monotonic()

    def clear(self):
        if self.shown:
            print("\r" + " " * len(self.shown) + "\r", end="", flush=True)
            self.shown = ""

    def show(self):
        with self.lock:
            now = time.monotonic()
            if not self.running or not self.on_screen and now - self.last < self.EVERY:
                return
            text = "     %s done; now: %s" % (self, ", ".join(
                "%s (%d s)" % (name, now - began) for name, began in self.running.items()))
            if not self.on_screen:
                self.line(text)
                return
            text = text[:max(20, shutil.get_terminal_size().columns - 1)]
            if text != self.shown:
                print("\r" + text.ljust(len(self.shown)), end="", flush=True)
                self.shown = text


class Suite:
    """Runs items and counts verdicts; `wanted` are names or parts of names, none for all.

    What is in `first` runs before all others, one after the other, and what is in `last` after
    them, whatever is wanted. `program` is how the same is called again.
    """

    def __init__(self, wanted=(), program="tests/qemu/check"):
        self.first, self.items, self.last = [], [], []
        self.wanted = wanted
        self.counts = {"ok": 0, "FAIL": 0, "skip": 0}
        self.failed = []
        self.lock = threading.RLock()
        self.progress = Progress(self.lock)
        self.program = program

    def add(self, name, function, *arguments):
        self.items.append((name, function, arguments))

    def chosen(self):
        """The items that are wanted: one whose name is given, else those that have it in theirs."""
        names = [item[0] for item in self.items]
        chosen = set()
        for part in self.wanted or ("",):
            found = [part] if part in names else [name for name in names if part in name]
            if not found and part not in [""] + [item[0] for item in self.first + self.last]:
                self.tell("FAIL", part, "no item has this in its name")
            chosen.update(found)
        return [item for item in self.items if item[0] in chosen]

    def again(self, name, function, part=None):
        """The command that runs just this one again."""
        return function.again(part) if hasattr(function, "again") and part else \
            "%s %s" % (self.program, shlex.quote(name))

    def tell(self, verdict, name, why="", seconds=None, again=None):
        with self.lock:
            self.counts[verdict] += 1
            if verdict == "FAIL":
                self.failed.append(name)
            took = "  (%.1f s, %s)" % (seconds, self.progress) if seconds is not None else ""
            first, _, rest = str(why).partition("\n")
            self.progress.line("%-4s %s%s%s" % (verdict, name, ": " + first if first else "", took))
            for line in rest.split("\n")[:40] if rest else ():
                self.progress.line("     " + line)
            if again and verdict == "FAIL":
                self.progress.line("     again: " + again)

    def run_item(self, name, function, arguments):
        start = time.monotonic()
        parts, told = (), ("ok", "")
        self.progress.begin(name)
        try:
            parts = function(*arguments) or ()
        except Skip as why:
            told = "skip", why
        except Failure as why:
            told = "FAIL", why
        except Exception as why:    # a broken test is a failed test, and the others go on
            told = "FAIL", "%s: %s" % (type(why).__name__, why)
        seconds = time.monotonic() - start
        with self.lock:
            self.progress.end(name)
            for part, verdict, reason in parts:
                self.tell(verdict, name + ": " + part, reason,
                          again=self.again(name, function, part))
            if parts:
                self.progress.line("     %s: all of it took %.1f s, %s" % (
                    name, seconds, self.progress))
            else:
                self.tell(told[0], name, told[1], None if told[0] == "skip" else seconds,
                          self.again(name, function))

    def run(self):
        """Runs all items that were added."""
        chosen = self.chosen()
        self.progress.of(len(self.first) + len(chosen) + len(self.last))
        for item in self.first:
            self.run_several([item])
        self.run_several(chosen)
        for item in self.last:
            self.run_several([item])
        self.progress.clear()
        self.first, self.items, self.last = [], [], []

    def run_several(self, items):
        waiting = queue.Queue()
        for item in items:
            waiting.put(item)

        def work():
            while True:
                try:
                    item = waiting.get_nowait()
                except queue.Empty:
                    return
                self.run_item(*item)

        threads = [threading.Thread(target=work, daemon=True)
                   for _ in range(min(PARALLEL, len(items)))]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():        # in steps, so that Ctrl-C comes through
                thread.join(0.5)
                self.progress.show()

    def end(self):
        """Prints the last line; gives the exit status."""
        if self.failed:
            print("failed: " + ", ".join(self.failed))
        passed, failed, skipped = (self.counts[v] for v in ("ok", "FAIL", "skip"))
        print("%d passed, %d failed%s" % (passed, failed,
                                          ", %d skipped" % skipped if skipped else ""), flush=True)
        return 0 if passed and not failed else 1


# ---- building -----------------------------------------------------------------------------------

def clean_environment(**changes):
    """Ours without what a make above us set for itself and its variables."""
    ours = ("PAGING CPUS MEM SWAP DISK POLICY OVERCOMMIT ICOUNT SEED RACE CPU APPEND TIMEOUT "
            "WERROR BUILD KERNEL IMAGE PREFIX SHARD WALL WORK SAN CMD COMMAND LOG MAKEFLAGS MFLAGS "
            "MAKELEVEL MAKEOVERRIDES MAKEFILE_LIST CLANG EXTRA FILES RAM_FILE").split()
    result = {k: v for k, v in os.environ.items() if k not in ours}
    result.update(changes)
    return result


def call_make(*words, expect_success=True, timeout=None, merged=True):
    """make with these words; returns the finished process with its output as text."""
    command = ["make", "--no-print-directory"] + list(words)
    if not any(w.startswith("CROSS=") for w in words) and os.environ.get("CROSS"):
        command.append("CROSS=" + os.environ["CROSS"])
    try:
        done = subprocess.run(command, cwd=ROOT, env=clean_environment(),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT if merged else subprocess.PIPE,
                              timeout=timeout or SECONDS["build"])
    except subprocess.TimeoutExpired:
        raise Failure("make %s: time-out" % " ".join(words))
    done.text = done.stdout.decode(errors="replace")
    if expect_success:
        need(done.returncode == 0, "make %s failed\n%s" % (
            " ".join(words), "\n".join(done.text.splitlines()[-30:])))
    return done


def build_all(folder, *words):
    """Kernel and disk image without a warning, in a folder of their own."""
    call_make("-j%d" % PARALLEL, "BUILD=" + folder, "WERROR=1", *words)


def build_first(suite):
    """What every item boots. Nothing goes on without it, but the host and lint items still run."""
    suite.first += [("build", build_all, (BUILD, "all")),
                    ("build SAN=1", build_all, (BUILD, "SAN=1", BUILD + "/san/kernel.elf"))]


# ---- booting ------------------------------------------------------------------------------------

def cell_settings(folder=BUILD, san=False, **values):
    values.setdefault("QEMU", os.environ.get("QEMU"))
    kernel = folder + ("/san" if san else "") + "/kernel.elf"
    return m.settings(None, KERNEL=kernel, IMAGE=folder + "/fs.img", **values)


def log_name(name):
    return "%s/%s.log" % (LOGS, re.sub(r"[^A-Za-z0-9.,=+-]+", "_", name))


def boot(name, timeout, folder=BUILD, san=False, image="", arguments=(), **values):
    """Runs a machine to its end. A silent guest or a QEMU that fails is a failure at once."""
    s = cell_settings(folder, san, **values)
    with m.Machine(s, image=image, log=log_name(name), arguments=arguments) as guest:
        ending = guest.run(timeout)
    ending.cpu_seconds = guest.cpu_seconds
    need(ending.status != m.NOT_STARTED, ending.why)
    return ending


def tail(ending, lines=12):
    return "\n".join(ending.output.splitlines()[-lines:])


def need_status(ending, status):
    need(ending.status == status and ending.panicked == (status == m.PANIC),
         "ended with %s, not with status %d\n%s" % (ending.why, status, tail(ending)))


def usertests_verdict(ending):
    """The TAP lines of a run as parts; fails if it did not come to its end."""
    need(not ending.panicked and ending.status in (0, 1), "%s\n%s" % (ending.why, tail(ending)))
    last = re.search(r"^usertests: (\d+) passed, (\d+) failed, (\d+) skipped$", ending.output,
                     re.MULTILINE)
    need(last, "no line `usertests: …` at the end\n" + tail(ending))
    parts = []
    for match in re.finditer(r"^(not )?ok \d+ -? ?(.*?)(?: # SKIP ?(.*))?\n"
                             r"(?:  ---\n((?:  .*\n)*?)  \.\.\.\n)?", ending.output, re.MULTILINE):
        failed, name, skip, why = match.groups()
        verdict = "FAIL" if failed else "skip" if skip is not None else "ok"
        parts.append((name, verdict, skip or (why and "\n" + why.rstrip()) or ""))
    counted = [sum(1 for p in parts if p[1] == v) for v in ("ok", "FAIL", "skip")]
    need(counted == [int(n) for n in last.groups()],
         "the last line does not agree with the tests above it: %s\n%s" % (counted, last.group(0)))
    need(counted[0] > 0, "nothing passed")
    need(ending.status == (1 if counted[1] else 0), "the status does not agree: %s" % ending.why)
    return parts


def cell_name(values):
    return " ".join("%s=%s" % pair for pair in values.items())


def run_cell(values, command, timeout):
    """usertests in one cell: fails with the names of what failed."""
    values = dict(values)
    san = values.pop("SAN", "0") == "1"
    ending = boot("cell " + cell_name(values) + (" SAN" if san else ""), timeout, san=san,
                  CMD=command, **values)
    banner = re.search(r"^(\d+) harts?, (\d+) MiB, paging (\w+), asid \d+", ending.output,
                       re.MULTILINE)
    need(banner, "no banner\n" + tail(ending))
    need(banner.group(1) == values["CPUS"], "%s harts came up" % banner.group(1))
    need(values["PAGING"] in ("auto", banner.group(3)), "paging is " + banner.group(3))
    failed = [name for name, verdict, _ in usertests_verdict(ending) if verdict == "FAIL"]
    need(not failed, "failed: %s (the log is in %s)" % (", ".join(failed), LOGS))


# ---- tests on the host --------------------------------------------------------------------------

HOST_FLAGS = ("-std=gnu11 -g -O1 -Wall -Wextra -Werror -fsanitize=address,undefined "
              "-fno-sanitize-recover=all -fno-builtin-printf -fno-omit-frame-pointer -pthread "
              "-Itests/host/instead -Ikernel -Itests/host -Imkfs").split()


def host_tests():
    folder = os.path.join(ROOT, "tests/host")
    return sorted(f[:-2] for f in os.listdir(folder) if re.match(r"test_\w+\.c$", f))


def needed_files(name):
    """The files of the tree that a host test is compiled with: its first line names them."""
    with open(os.path.join(ROOT, "tests/host", name + ".c")) as file:
        match = re.match(r"/\* needs: (.*) \*/", file.readline())
    need(match, "tests/host/%s.c: the first line is not /* needs: FILE... */" % name)
    files = []
    for pattern in match.group(1).split():
        pattern = pattern if pattern.startswith(("mkfs/", "user/")) else "kernel/" + pattern
        found = sorted(glob.glob(os.path.join(ROOT, pattern)))
        need(found, "%s needs %s" % (name, pattern))
        files += [os.path.relpath(file, ROOT) for file in found]
    return files


def host_test_files(name):
    return ["tests/host/%s.c" % name, "tests/host/mock.c"] + needed_files(name)


def newest(paths):
    return max((os.path.getmtime(os.path.join(ROOT, p)) for p in paths), default=0)


def build_host_test(name):
    """The program, built if it is not up to date. Two items may want the same one."""
    binary = "%s/host/%s" % (BUILD, name)
    fresh = "%s.%d" % (binary, threading.get_ident())
    files = host_test_files(name)
    headers = [os.path.join(folder, f) for top in ("kernel", "mkfs", "user", "tests/host")
               for folder, _, inside in os.walk(top) for f in inside if f.endswith(".h")]
    if not os.path.exists(binary) or os.path.getmtime(binary) < newest(files + headers):
        os.makedirs(os.path.dirname(binary), exist_ok=True)
        compile_host_test(files, os.path.abspath(fresh), ROOT)
        os.replace(fresh, binary)
    return binary


def compile_host_test(files, binary, folder):
    """folder: the tree whose files, and headers, are meant."""
    found = shutil.which("pkg-config") and subprocess.run(
        ["pkg-config", "--cflags", "--libs", "cmocka"], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL).stdout.decode().split()
    done = subprocess.run([os.environ.get("HOSTCC", "cc")] + HOST_FLAGS + ["-o", binary] + files +
                          (found or ["-lcmocka"]), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, cwd=folder)
    need(done.returncode == 0, "does not compile\n" + done.stdout.decode(errors="replace"))


def run_host_test(name):
    binary = build_host_test(name)
    try:
        done = subprocess.run([binary], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, timeout=SECONDS["host"])
    except subprocess.TimeoutExpired:
        raise Failure("time-out")
    text = done.stdout.decode(errors="replace")
    with open(log_name(name), "w") as log:
        log.write(text)
    parts = [(match.group(2), "FAIL" if "FAILED" in match.group(1) else "ok", "")
             for match in re.finditer(r"^\[  (     OK|FAILED  ) \] (\w+)$", text, re.MULTILINE)]
    need(done.returncode == 0, "status %d\n%s" % (
        done.returncode, "\n".join(text.splitlines()[-25:])))
    need(parts, "ran no test")
    return parts
