"""Whole programs with memory short and plenty: how much they read from the disks and write to them.

They run in the deterministic lane, where two runs do the same to the digit: the bounds below hold
there, whatever else the computer does. On virtio disks the numbers are of the same kind, not the
same (`make bench WORK=1` prints those), for there the kernel waits for its disks.
"""

import os
import re
import subprocess
import sys

import suite as s
from suite import need

sys.path.insert(1, os.path.join(s.ROOT, "tests", "bench"))
import work                                         # noqa: E402

# What the kernel needs for each program and memory: reads, megabytes (10^6 bytes) read, writes,
# megabytes written, and looks per eviction. A tenth more is allowed. A change that makes one of
# them smaller enters what is reached then.
REACHED = {
    ("sortbig", "short"): (3260, 94.3, 1615, 92.1, 2.3),
    ("hashbig", "short"): (11306, 46.5, 1670, 57.0, 3.1),
    ("gc", "short"): (31550, 763.1, 10290, 618.6, 2.1),
    ("scanfile", "short"): (1198, 75.0, 402, 25.1, 2.0),
    ("scanfile", "plenty"): (0, 0.0, 254, 16.1, 0.0),
    ("forks", "short"): (5602, 23.3, 191, 11.4, 2.9),
    ("reopen", "short"): (1005, 5.2, 252, 11.7, 3.8),
    ("files", "short"): (5307, 21.7, 795, 27.5, 2.3),
    ("files", "plenty"): (156, 0.6, 419, 10.4, 0.0),
    ("pipes", "short"): (0, 0.0, 4, 0.0, 0.0),
}
FULL = ("gc",)                      # programs that take too long for the quick suite
SPARE = (20, 0.1, 20, 0.1, 1.0)     # of each that nobody minds


def make_image(name):
    """A disk with the 5,000 inodes that the program files wants."""
    path = "%s/work_%s.img" % (s.BUILD, name)
    if os.path.exists(path):
        os.remove(path)     # mkfs makes a new one only
    done = subprocess.run([s.BUILD + "/mkfs/mkfs", path, str(work.DISK_BYTES),
                           s.BUILD + "/fs.list"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    need(done.returncode == 0, "mkfs: " + done.stdout.decode(errors="replace"))
    return path


def needed(program, memory, image):
    """The numbers for REACHED."""
    ram, free = work.MEMORIES[memory]
    ending = s.boot("work %s %s" % (program, memory), s.SECONDS["command"], image=image,
                    ICOUNT="1", PAGING="sv39", MEM=ram, SWAP="64M",
                    CMD="work %s 1 %d" % (program, free))
    s.need_status(ending, 0)
    paging = re.findall(r"^work (?:begins|ends): (.*)$", ending.output, re.MULTILINE)
    need(len(paging) == 2, "not two lines of counters\n" + s.tail(ending))
    cost = work.Paging(*paging)
    return (cost.reads, cost.read_bytes / 1e6, cost.writes, cost.written_bytes / 1e6, cost.looks())


def traffic(wanted):
    """Each program moves as little as was reached."""
    missing = [p for p in work.NAMES if (p, "short") not in REACHED]
    need(not missing, "no numbers for %s" % missing)
    trouble, image = [], make_image("traffic")
    for (program, memory), reached in REACHED.items():
        if not wanted(program):
            continue
        numbers = needed(program, memory, image)
        if any(n > 1.1 * r + spare for n, r, spare in zip(numbers, reached, SPARE)):
            trouble.append('("%s", "%s"): (%d, %.1f, %d, %.1f, %.1f)' % ((program, memory) +
                                                                         numbers))
    need(not trouble, "these need more than REACHED in %s has for them, and a tenth\n%s" % (
        __file__, "\n".join(trouble)))


def traffic_quick():
    traffic(lambda program: program not in FULL)


def traffic_full():
    traffic(lambda program: program in FULL)


def counted():
    """The kernel counts requests and bytes of its disks as QEMU does; `make bench` tells them."""
    settings = work.settings({"QEMU": s.cell_settings()["QEMU"], "KERNEL": s.BUILD + "/kernel.elf",
                              "IMAGE": make_image("counted")}, "short", "scanfile", INSTRET="1")
    counter = work.Counter(s.BUILD, settings["QEMU"])
    cost, _ = work.run("scanfile", settings, counter, s.log_name("work counted"))
    for number, what, kernels in ((0, "bytes read", cost.paging.read_bytes),
                                  (1, "bytes written", cost.paging.written_bytes),
                                  (2, "reads", cost.paging.reads),
                                  (3, "writes", cost.paging.writes)):
        qemus = sum(disk[number] for disk in cost.disks.values())
        need(abs(kernels - qemus) <= kernels / 50, "%s: the kernel counts %d, QEMU %d" % (
            what, kernels, qemus))
    line = work.told("scanfile", "short", cost, cost.wall, counter.arguments)
    number = r"[\d.]+"
    need(re.match(r"work scanfile short kernel=(-|\d+) user=(-|\d+) wall=N fs=N\+N,\d+\+\d+ "
                  r"swap=N\+N,\d+\+\d+ pgin=\d+ pgout=\d+ looks=N$".replace("N", number), line),
         line)
    if counter.arguments:
        need(10e6 < cost.user < 15e6 and cost.kernel > 20e6, line)


def items():
    return (("whole programs: disk traffic", traffic_quick),
            ("whole programs: counters", counted))


def full_items():
    return (("whole programs: disk traffic of those that take long", traffic_full),)
