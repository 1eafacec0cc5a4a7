"""What happens when the swap disk fails, is too small, or is no good from the start.

Only a process that needs a page which cannot be read is killed, with a message; a page that cannot
be written stays in memory. What the disk failed for is not used again, and so much less can be
promised. Everybody else finds every byte (tests/guest/swaperror.c compares), and the machine powers
off with the status of its command.
"""

import json
import os
import re

import machine as m
import suite as s
from suite import Skip, need, tail

PAGE = 4096
SECTORS = PAGE // 512           # of a slot
EIO = 5
SECONDS = 300
LOST = r"^swap: slot (\d+) could not be (read|written):"

# What has which slot in the end, where 24 MiB are filled in order: see swaperror.c. The shell's
# pages, and init's, come first of all; the last ones of the parts may take turns.
SHARED, INHERITED, OWN = 300, 900, 2000
SMALL = 300                     # of 4 MiB with little memory: a page of one process


def faults(way, slots):
    """Rules for blkdebug: reading, or writing, one of these slots fails; None: any."""
    sectors = [-1] if slots is None else [slot * SECTORS + slot % SECTORS for slot in slots]
    return [{"event": "none", "iotype": way, "sector": sector, "errno": EIO} for sector in sectors]


def disk(path, rules=(), **more):
    """QEMU's words for a swap disk with these faults."""
    node = {"driver": "blkdebug", "node-name": "failing",
            "image": {"driver": "file", "filename": path}}
    if rules:
        node["inject-error"] = list(rules)
    node.update(more)
    top = {"driver": "raw", "node-name": "swap", "file": "failing"}
    top.update(more)
    return ("-blockdev", json.dumps(node), "-blockdev", json.dumps(top),
            "-device", "virtio-blk-device,drive=swap,serial=swap,werror=report,rerror=report")


def run(name, command, size="64M", rules=(), cut_to=None, cut_when="", san=False, more=None,
        **values):
    """Boots with such a swap disk, which gets smaller when a line is printed. The ending."""
    size = int(size) if size.isdigit() else m.size_in_bytes(size)
    values = dict({"MEM": "16M", "CPUS": "4"}, **values)
    settings = s.cell_settings(s.BUILD, san, SWAP="0", CMD=command, **values)
    path = "%s/%s.img" % (s.BUILD, os.path.basename(s.log_name("swap error " + name)))
    m.make_empty(path, size)
    with m.Machine(settings, log=s.log_name("swap error " + name), qmp=cut_to is not None,
                   arguments=disk(path, rules, **(more or {}))) as guest:
        guest.start()
        if cut_to is not None:
            guest.wait_for(cut_when, SECONDS)
            guest.qmp("block_resize", **{"node-name": "swap", "size": cut_to})
        ending = guest.run(SECONDS)
    os.unlink(path)
    if ending.status == m.NOT_STARTED and "blkdebug" in ending.why:
        raise Skip("this QEMU has no blkdebug driver")
    need(ending.status == 0 and not ending.panicked, "%s\n%s" % (ending.why, tail(ending, 30)))
    return ending


class Result:
    """What swaperror printed, and the kernel meanwhile."""

    def __init__(self, ending):
        self.ending = ending
        ends = re.search(r"^ends: (\d+) fine, (\d+) killed, (\d+) wrong$", ending.output, re.M)
        less = re.search(r"^promise less: (-?\d+)$", ending.output, re.M)
        need(ends and less, "swaperror did not come to its end\n" + tail(ending, 30))
        self.fine, self.killed, wrong = (int(number) for number in ends.groups())
        self.less = int(less.group(1))
        self.lost = {(int(slot), how) for slot, how in re.findall(LOST, ending.output, re.M)}
        # two harts may report at the same time, in pieces of one line
        self.unreadable = ending.output.count("the page could not be read from the disk")
        self.addresses = set(re.findall(r"page fault at (0x[0-9a-f]+)", ending.output))
        self.need(wrong == 0, "somebody found other bytes than were stored")
        self.need("ledger: even" in ending.output, "frames, slots or promises are missing")

    def need(self, is_true, what):
        need(is_true, "%s\n%s" % (what, tail(self.ending, 30)))

    def need_ends(self, fine, killed):
        """So many; and who was killed needed a page that could not be read."""
        self.need((self.fine, self.killed) == (fine, killed),
                  "not %d fine and %d killed" % (fine, killed))
        self.need(self.unreadable == killed, "who was killed died of something else")

    def need_lost(self, how, slots):
        """All these, and no others: neighbours that were read or written along are well."""
        self.need(self.lost == {(slot, how) for slot in slots} and self.less == len(self.lost),
                  "not just these slots are lost: %s" % list(slots))


def stress(name, words="4 24", **values):
    return Result(run(name, "swaperror " + words, **values))


def read_fails():
    """One page of one process; its neighbours, read along with it, are well."""
    result = stress("read", rules=faults("read", [OWN]))
    result.need_ends(4, 1)
    result.need_lost("read", [OWN])


def shared_read_fails():
    """A page of shared memory, one that was inherited: those who read it die, the others do not."""
    for name, slot in (("shared", SHARED), ("inherited", INHERITED)):
        result = stress("read of a page that is " + name, rules=faults("read", [slot]))
        result.need_ends(2, 3)
        result.need_lost("read", [slot])
        result.need(len(result.addresses) == 1, "it was not the same page")


def write_fails():
    """All kinds of pages, in and between clusters: they stay in memory, or go somewhere else."""
    slots = [SHARED, INHERITED] + list(range(OWN, OWN + 40)) + list(range(OWN + 50, OWN + 200, 3))
    result = stress("write", rules=faults("write", slots))
    result.need_ends(5, 0)
    result.need(result.less == len(slots), "%d slots should be lost" % len(slots))


def both_fail_checked():
    """The same with all checks on: every seventh slot cannot be written, one not be read."""
    result = stress("with SAN=1", san=True, rules=faults("write", range(0, OWN + 500, 7)) +
                    faults("read", [OWN // 7 * 7 + 1]))
    result.need(result.killed >= 1 and result.unreadable == result.killed, "who died, and why?")
    result.need(len(result.addresses) == 1, "it was not the same page")


def nothing_is_written():
    """Then memory is all there is: who needs more is killed, and says so; the others are well."""
    result = stress("no write", "4 24; vmstat", rules=faults("write", None))
    result.need(result.killed > 0 and result.unreadable == 0, "memory should have been too small")
    result.need(result.ending.output.count("no memory is left") >= result.killed, "why?")
    result.need(result.less > 1000, "failed writes do not lower what can be promised")
    result.need(re.search(r"^pgout +0$", result.ending.output, re.M) and
                re.search(r"^evict_dirty +[1-9]", result.ending.output, re.M),
                "pages were to be evicted, and none written: two counters")


def disk_shrinks():
    """It is shorter than it was when the machine found it, before or after pages went there."""
    result = Result(run("shrunk before", "echo ready; sleep 2; swaperror 4 18", size="32M",
                        cut_to=9 << 19, cut_when="\nready"))
    result.need(result.less > 0, "no slot is lost")
    result.need(result.fine > 0 and result.unreadable == 0, "a page was lost that was written")
    result = stress("shrunk after", size="32M", cut_to=6 << 20, cut_when="\nfull")
    result.need(result.killed > 0 and result.fine > 0, "some of them were to die")
    result.need(result.unreadable == result.killed, "who was killed died of something else")


def swap_is_full():
    """All that can be promised is used, which leaves next to nothing of the disk."""
    stress("full", "4 0", size="4M").need_ends(5, 0)


def swapoff_meets_errors():
    """It refuses, and kills nobody, where a page cannot be read; a failed write is no obstacle."""
    result = stress("swapoff, read", "4 4 64 swapoff", rules=faults("read", [SMALL]))
    result.need("swapoff: errno %d\n" % EIO in result.ending.output, "swapoff did not refuse")
    result.need(result.unreadable == result.killed > 0, "who needs the page was to die")
    result.need_lost("read", [SMALL])
    result = stress("swapoff, write", "4 4 64 swapoff", rules=faults("write", [SMALL, SMALL + 9]))
    result.need("swapoff: errno 0\n" in result.ending.output, "swapoff did not succeed")
    result.need_ends(5, 0)


def no_good_from_the_start():
    """Too small, read-only: a message, and the machine does without. An odd size is rounded."""
    for name, size, more, message in (
            ("of 300 bytes", "300", {}, "is smaller than a page"),
            ("of 7 sectors", "3584", {}, "is smaller than a page"),
            ("read-only", "16M", {"read-only": True}, "is read-only")):
        ending = run(name, "free; swaperror 2 4", size=size, more=more)
        Result(ending).need_ends(3, 0)
        need("\nswap: the disk %s: going on without\n" % message in ending.output, tail(ending, 30))
        need(re.search(r"^swap +0$", ending.output, re.M), "there is swap\n" + tail(ending, 30))
    ending = run("of an odd size", "free; swaperror 4 0", size=str((4 << 20) + PAGE - 512))
    Result(ending).need_ends(5, 0)
    need(re.search(r"^swap +4096$", ending.output, re.M), "not 4096 KiB\n" + tail(ending, 30))


def items():
    return (
        ("swap errors: reads", read_fails),
        ("swap errors: reads of shared pages", shared_read_fails),
        ("swap errors: writes", write_fails),
        ("swap errors: with SAN=1", both_fail_checked),
        ("swap errors: no write at all", nothing_is_written),
        ("swap errors: the disk shrinks", disk_shrinks),
        ("swap errors: full", swap_is_full),
        ("swap errors: swapoff", swapoff_meets_errors),
        ("swap errors: no good from the start", no_good_from_the_start),
    )
