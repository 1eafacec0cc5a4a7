"""`make bench WORK=1`: whole programs with memory short and plenty: what they cost in all.

One line for each program (tests/bench/work.c says what it does) and size of memory:

    work NAME MEMORY kernel=K user=U wall=S fs=R+W,r+w swap=R+W,r+w pgin=N pgout=N looks=L

MEMORY  short: 12.5 MiB are free when the program begins; plenty: 128 MiB of RAM
K, U    instructions in millions, of kernel and firmware, and of user programs. QEMU counts them
        under -icount shift=0, through the plugin tests/bench/count.c; idle harts count nothing
S       seconds of wall time, in a second machine without -icount and plugin: for this computer only
R+W     megabytes (10^6) read and written, of the disk fs and of the disk swap; r+w the requests.
        QEMU counts them, each request that the kernel makes as one
N       pages read from and written to swap, as vmstat counts them
L       pages looked at for eviction, for each that was evicted; 0: there was none

All are differences from just before the program begins to after a sync at its end: the program
waits for a line at both places, and meanwhile the host reads the counters. One hart, Sv39, virtio
disks. Disks answer when the host has time, so that two runs differ, by less than a tenth; the
user's instructions hardly do. A "-" is what this computer cannot tell (QEMU without plugins).
"""

import os
import re
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "qemu"))
import machine as m     # noqa: E402

NAMES = ("sortbig", "hashbig", "gc", "scanfile", "forks", "reopen", "files", "pipes")
MEMORIES = {"short": ("16M", 3200), "plenty": ("128M", 0)}      # pages left free; 0: all
SECONDS = 2000          # a time-out
DISK_BYTES = 128 << 20  # an image of that size has the inodes that files wants
PLUGIN_VERSIONS = (1, 2, 3, 4, 5)


class Trouble(Exception):
    """A program did not do what it should."""


class Counter:
    """Counts a machine's instructions, if this QEMU can: arguments for it, and the counts."""

    def __init__(self, folder, qemu):
        self.path = os.path.join(os.path.abspath(folder), "count")
        self.arguments = []
        for version in PLUGIN_VERSIONS:
            words = self._built(version)
            if words and self._taken(qemu, words):
                self.arguments = words
                break

    def _built(self, version):
        library = "%s.%d.so" % (self.path, version)
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        done = subprocess.run([os.environ.get("HOSTCC") or "cc", "-O2", "-shared", "-fPIC",
                               "-DVERSION=%d" % version, "-o", library,
                               os.path.join(HERE, "count.c")], stderr=subprocess.DEVNULL)
        return ["-plugin", "%s,counts=%s" % (library, self.path)] if done.returncode == 0 else []

    def _taken(self, qemu, words):
        self.restart()
        done = subprocess.run([qemu, "-machine", "none", "-display", "none", "-monitor", "stdio"] +
                              words, input=b"quit\n", stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, timeout=SECONDS)
        return done.returncode == 0

    def restart(self):
        with open(self.path, "wb") as file:
            file.write(bytes(16))

    def read(self):
        """User's, then kernel's and firmware's."""
        with open(self.path, "rb") as file:
            return struct.unpack("=QQ", file.read(16))


class Paging:
    """What the kernel counted, from one line of the program to the next."""

    def __init__(self, begins, ends):
        before, after = ([int(n) for n in re.findall(r"\d+", line)] for line in (begins, ends))
        (_, self.pgin, self.pgout, self.scan, self.evicted, self.reads, self.read_bytes,
         self.writes, self.written_bytes) = [b - a for a, b in zip(before, after)]

    def looks(self):
        return self.scan / self.evicted if self.evicted else 0


class Reading:
    """All counters at one moment."""

    def __init__(self, guest, counter):
        stats = {d["device"]: d["stats"] for d in guest.qmp("query-blockstats")}
        self.disks = {name: [stats[name][way + what] for what in ("_bytes", "_operations")
                             for way in ("rd", "wr")] for name in ("fs", "swap")}
        self.instructions = counter.read() if counter and counter.arguments else (0, 0)


class Cost:
    """What a run cost: the difference of two readings.

    disks: name → [bytes read, bytes written, reads, writes], as QEMU counts.
    """

    def __init__(self, before, after, paging, wall):
        def minus(new, old):
            return [a - b for a, b in zip(new, old)]
        self.wall = wall
        self.paging = paging
        self.user, self.kernel = minus(after.instructions, before.instructions)
        self.disks = {n: minus(after.disks[n], before.disks[n]) for n in after.disks}


def settings(given, memory, program, part=1, **more):
    """Of a machine that runs the program, PART times smaller, when it is told to."""
    ram, free = MEMORIES[memory]
    return m.settings(given, CPUS="1", PAGING="sv39", MEM=ram, SWAP="64M",
                      CMD="work -w %s %d %d" % (program, part, free), **more)


def run(program, s, counter=None, log=None):
    """The program in a machine of these settings; returns its cost and its checksum."""
    arguments = counter.arguments if counter else []
    if counter:
        counter.restart()
    with m.Machine(s, qmp=True, interactive=True, arguments=arguments, log=log) as guest:
        def line(pattern):
            if not guest.wait_for(pattern, SECONDS):
                raise Trouble("%s: no line %s\n%s" % (program, pattern, guest.seen.decode(
                    errors="replace")[-600:]))
            return re.search(pattern.encode(), guest.seen).group(1).decode()

        guest.start()
        begins = line(r"work begins: (.*)\n")
        before = Reading(guest, counter)
        start = time.monotonic()
        guest.send("\n")
        ends = line(r"work ends: (.*)\n")
        wall = time.monotonic() - start
        after = Reading(guest, counter)
        checksum = line(r"work %s: (\w+)\n" % program)
        guest.send("\n")
        ending = guest.run(SECONDS)
    if ending.status != 0:
        raise Trouble("%s: %s" % (program, ending.why))
    return Cost(before, after, Paging(begins, ends), wall), checksum


def told(program, memory, cost, wall, is_counted):
    words = ["work", program, memory]
    words += ["%s=%s" % (name, "%.0f" % (n / 1e6) if is_counted else "-")
              for name, n in (("kernel", cost.kernel), ("user", cost.user))]
    words.append("wall=%.2f" % wall)
    words += ["%s=%.1f+%.1f,%d+%d" % (name, read / 1e6, written / 1e6, reads, writes)
              for name, (read, written, reads, writes) in cost.disks.items()]
    words += ["pgin=%d" % cost.paging.pgin, "pgout=%d" % cost.paging.pgout,
              "looks=%.1f" % cost.paging.looks()]
    return " ".join(words)


def main(names, given, log):
    for name in names:
        if name not in NAMES:
            sys.exit("bench: no program %s" % name)
    counter = None
    for name in names or NAMES:
        for memory in MEMORIES:
            s = settings(given, memory, name)
            counter = counter or Counter(os.path.dirname(log) or ".", s["QEMU"])
            try:
                timed, _ = run(name, s, log=log)
                cost, _ = run(name, dict(s, INSTRET="1"), counter, log)
            except Trouble as trouble:
                sys.exit("bench: %s (%s has it all)" % (trouble, log))
            print(told(name, memory, cost, timed.wall, counter.arguments), flush=True)
