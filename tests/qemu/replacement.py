"""Page replacement: the model against what is known, the kernel against the model."""

import os
import subprocess
import sys

import suite as s
from suite import need

sys.path.append(os.path.join(s.ROOT, "tests/model"))
import compare                                      # noqa: E402
import policies                                     # noqa: E402
import strings                                      # noqa: E402
import tables                                       # noqa: E402

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
