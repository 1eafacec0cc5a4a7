"""The disks: missing, foreign or slow ones, both versions of virtio, and how much is read."""

import os
import re
import time

import machine as m
import suite as s
from suite import boot, need, need_status, tail


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


def virtio_versions():
    for version in ("1", "2"):
        ending = boot("virtio " + version, s.SECONDS["boot"], VIRTIO=version,
                      CMD="cp README copy && sync && cat copy | wc && rm copy")
        need_status(ending, 0)


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


def slow_and_crowded():
    """Where all pages of files are on their way from a slow disk, who needs a frame waits."""
    path = s.BUILD + "/slow.img"
    m.copy_sparse(s.BUILD + "/fs.img", path)
    settings = s.cell_settings(MEM="16M", CPUS="4", SWAP="0", CMD="readcrowd")
    slow = m.disk_arguments("fs", path, ",cache=unsafe,throttling.iops-read=10")
    with m.Machine(settings, image=None, log=s.log_name("slow disk"), arguments=slow) as guest:
        ending = guest.run(s.SECONDS["usertests"])
    os.remove(path)
    need_status(ending, 0)
    need("all have read" in ending.output, tail(ending))
