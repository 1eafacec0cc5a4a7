"""Page replacement: the model against what is known, the kernel against the model."""

import contextlib
import os
import re
import shutil
import subprocess
import sys

import machine as m
import suite as s
from suite import need

sys.path[1:1] = [os.path.join(s.ROOT, "tests", part) for part in ("model", "reader")]
import compare                                      # noqa: E402
import policies                                     # noqa: E402
import reader                                       # noqa: E402
import strings                                      # noqa: E402
import tables                                       # noqa: E402

TRACE = 131072      # records: what a run of reftrace makes, with room to spare
# 8 frames: the least that a quota has.
HOST_RUNS = tuple((string, frames) for string in strings.GENERATORS for frames in (8, 61, 1024)
                  if string != "belady") + (("belady", 9), ("belady", 12))


def model():
    """The model gives the tables that others found, and our policies reach their goals."""
    for string, frames, known in tables.KNOWN:
        for name, count in zip(("opt", "exact lru", "clock", "fifo"), known):
            found = tables.missed(string, name, frames)
            need(count in (None, found), "%s, %d frames, %s: %d misses, not %s" % (
                string, frames, name, found, count))
    for text, value, limit in tables.goals():
        need(value <= limit, "%s: %.3f, more than %.2f" % (text, value, limit))
    wrong = [text for text, holds in tables.winners() if not holds]
    need(not wrong, "it is not so: " + "; ".join(wrong))


def small_string(accesses):
    return strings.String("small", max(accesses) + 1, accesses, 0)


def explained():
    """The first divergence is told in words."""
    string = small_string([0, 1, 2, 3, 0, 1, 4])
    victims = [page for _, page in policies.replace("lru", string.accesses, 3).victims]
    need(victims == [0, 1, 2, 3], "lru on a small string: %s" % victims)
    need(compare.first_difference(string, "lru", 3, victims) is None, "a difference from itself")
    for accesses, policy, machine, words in (
            ([0, 1, 2, 1, 3], "lru", [1],
             "access 4: model evicts page 0, kernel evicted 1, whose accessed bit was set at "
             "access 3"),
            ([0, 1, 2, 1, 3], "fifo", [2], "access 4: model evicts page 0, kernel evicted 2, whose "
             "accessed bit is clear: it was used at access 2 for the last time"),
            ([0, 1, 2, 3, 4], "lru", [0, 0], "access 4: model evicts page 1, kernel evicted 0, "
             "which went out at access 3 and is not back"),
            ([0, 1, 2, 3, 4], "adaptive", [3], "which has not been used yet"),
            ([0, 1, 2, 3, 4], "lru", [0], "kernel evicted nothing any more"),
            ([0, 1, 2, 3], "lru", [0, 1], "kernel evicted 1 more, page 1 first")):
        text = compare.first_difference(small_string(accesses), policy, 3, machine)
        need(text and words in text, "%s, victims %s: it says\n%s" % (policy, machine, text))


def host_output(*words):
    binary = s.build_host_test("test_policy")
    done = subprocess.run([binary] + [str(w) for w in words], stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, timeout=s.SECONDS["host"])
    need(done.returncode == 0, "%s: status %d" % (words, done.returncode))
    return [int(line.split()[-1]) for line in done.stdout.decode().splitlines()]


def kernel_files():
    """The kernel's own policy files, run on the host, have the model's victims, one by one."""
    for name, frames in HOST_RUNS:
        for seed in (7, strings.SEEDS.get(name, 0)):
            string = strings.make(name, frames, seed)
            need(host_output("string", name, frames, seed) == string.accesses,
                 "the string %s, seed %d, is another one for reftrace" % (name, seed))
        for policy in policies.KERNEL:
            victims = host_output("victims", name, policy, frames)
            text = compare.first_difference(string, policy, frames, victims)
            need(not text, "%s: %s" % (name, text))
            need(victims, "%s, %s, %d frames: no victims" % (name, policy, frames))


# ---- in the guest -------------------------------------------------------------------------------

class Told:
    """What reftrace says of one run."""

    def __init__(self, numbers):
        self.faults, self.counted, self.pid, self.pages, self.written, self.victims = (
            int(number, 0) for number in numbers)


@contextlib.contextmanager
def reftrace(name, runs, **values):
    """A machine of the deterministic lane that has replayed (string, policy, frames, ...) and has
    ended, but for its memory; and what it told of each."""
    command = " && ".join("reftrace %s" % " ".join(str(word) for word in run) for run in runs)
    settings = s.cell_settings(ICOUNT="1", PAGING="sv39", CMD=command)
    settings.update(values)
    with m.Machine(settings, shared_ram=True, log=s.log_name("reftrace " + name)) as guest:
        ending = guest.run(s.SECONDS["command"])
        s.need_status(ending, 0)
        lines = re.findall(
            r"^refault (\w+) (\w+) F=(\d+) faults=(\d+) refaults=(\d+) opt=- lru=-.*\n"
            r"reftrace: pid (\d+) pages (0x\w+) reads=\d+ writes=(\d+) victims=(\d+)$",
            ending.output, re.MULTILINE)
        need([line[:3] for line in lines] == [tuple(map(str, run[:3])) for run in runs],
             "it does not tell of %s\n%s" % (runs, s.tail(ending)))
        yield guest, [Told(line[3:]) for line in lines]


def counts():
    """Faults, misses and victims of the guest are the model's, to the digit."""
    runs = [("rnd", policy, 1024) for policy in policies.KERNEL]
    runs += [("seq", "adaptive", 1024), ("shift", "lru", 1024), ("scanhot", "adaptive", 1024),
             ("loop", "clock", 8), ("zipf", "aging", 600), ("phase", "lru", 1024),
             ("belady", "fifo", 9), ("belady", "fifo", 12), ("rnd", "adaptive", 600, 7)]
    with reftrace("counts", runs) as (_, all_told):
        for (name, policy, frames, *seed), told in zip(runs, all_told):
            string = strings.make(name, frames, *seed)
            run = policies.replace(policy, string.accesses, frames)
            expected = (len(run.faults), run.missed(string.counted), len(run.victims))
            found = (told.faults, told.counted, told.victims)
            need(found == expected, "%s, %s, %d frames: faults, misses that count and victims are "
                 "%s, not %s" % (name, policy, frames, found, expected))
            need(told.written == told.victims, "%s, %s: all uses are stores, but %d of %d victims "
                 "were written" % (name, policy, told.written, told.victims))


def victims(policy):
    """The guest's victims, read out of its trace, are the model's, one by one."""
    with reftrace("victims " + policy, [("rnd", policy, 1024)],
                  APPEND="trace=%d" % TRACE) as (guest, (told,)):
        with reader.Reader(guest.settings["RAM_FILE"], guest.settings["KERNEL"]) as memory:
            need(memory.trace_lost() == 0, "%d records are lost" % memory.trace_lost())
            found = [(r.va - told.pages) // 4096 for r in memory.trace()
                     if r.type == "evict" and r.pid == told.pid]
    need(len(found) == told.victims, "%d victims in the trace, %d counted" % (
        len(found), told.victims))
    text = compare.first_difference(strings.make("rnd", 1024), policy, 1024, found)
    need(not text, "rnd: %s" % text)


def students_policy():
    """One file more in kernel/vm/policies is one policy more, by its name and by its number."""
    folder = os.path.join(os.path.abspath(s.BUILD), "student")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder + "/build")
    for name in ("Makefile", "kernel.ld", "tests", "user", "mkfs", "README.md"):
        os.symlink(os.path.join(s.ROOT, name), os.path.join(folder, name))
    shutil.copytree("kernel", folder + "/kernel")
    shutil.copytree(s.BUILD + "/kernel", folder + "/build/kernel")     # what is compiled already
    shutil.copy2(s.BUILD + "/tools.mk", folder + "/build")
    shutil.copy("tests/qemu/programs/policy_mru.c", folder + "/kernel/vm/policies")
    s.call_make("-C", folder, "WERROR=1", "POLICY=mru", "build/kernel.elf")
    with reftrace("student", [("loop", "5", 100)], KERNEL=folder + "/build/kernel.elf",
                  APPEND="policy=mru") as (guest, (told,)):
        output = guest.seen.decode(errors="replace")
    need("policy=mru" not in output, "no policy of that name\n" + output)
    need(told.counted < 20, "a loop of F + 1: %d misses; every policy of ours has more" %
         told.counted)


def items():
    found = [("replacement: a student's policy", students_policy),
             ("replacement: kernel's files and model", kernel_files),
             ("replacement: model", model),
             ("replacement: divergence explained", explained),
             ("replacement: reftrace", counts)]
    for policy in policies.KERNEL:
        found.append(("replacement: victims of " + policy, lambda policy=policy: victims(policy)))
    return tuple(found)
