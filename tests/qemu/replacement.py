"""Page replacement: the model against what is known, the kernel against the model."""

import os
import re
import shutil
import subprocess
import sys
import time

import machine as m
import suite as s
from suite import need

sys.path[1:1] = [os.path.join(s.ROOT, "tests", part) for part in ("model", "reader")]
import compare                                      # noqa: E402
import curvestest                                   # noqa: E402
import policies                                     # noqa: E402
import reader                                       # noqa: E402
import strings                                      # noqa: E402
import tables                                       # noqa: E402

TRACE = 131072      # records, the most that there can be
STEP = 15000        # accesses from one reading of the trace to the next: it never overruns
# 8 frames: the least that a quota has.
HOST_RUNS = tuple((string, frames) for string in strings.GENERATORS for frames in (8, 61, 1024)
                  if string != "belady") + (("belady", 9), ("belady", 12))

# Strings and frames of which every victim is compared: in the quick suite, and in the full one.
QUICK_RUNS = (("rnd", 1024), ("loop", 8), ("loop", 61), ("belady", 9), ("belady", 12))
FULL_RUNS = QUICK_RUNS + tuple((string, frames) for string, frames, _ in tables.KNOWN[1:]) + (
    ("rnd", 600), ("loop", 1024), ("zipf", 1024), ("phase", 1024))


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

# Policies with a mistake, tests/qemu/programs/policy_NAME.c, and what the machine says of them.
WRONG = {"never": "never names a victim", "torn": "breaks a list",
         "stale": "names a page that is not on its list",
         "endless": r"does not return from judge\(\)"}
SOON = 1000         # milliseconds of the guest, from the first look for a victim


class Told:
    """What reftrace says of one run."""

    def __init__(self, numbers):
        self.faults, self.counted, self.pid, self.pages, self.written, self.victims = (
            int(number, 0) for number in numbers)


def boot_settings(runs, *options):
    """Of a machine of the deterministic lane that replays (string, policy, frames, ...) each."""
    command = " && ".join(" ".join(map(str, ("reftrace",) + options + run)) for run in runs)
    return s.cell_settings(ICOUNT="1", PAGING="sv39", CMD=command)


def what_it_told(ending, runs):
    s.need_status(ending, 0)
    lines = re.findall(
        r"^refault (\w+) (\w+) F=(\d+) faults=(\d+) refaults=(\d+) opt=- lru=-.*\n"
        r"reftrace: pid (\d+) pages (0x\w+) reads=\d+ writes=(\d+) victims=(\d+)$",
        ending.output, re.MULTILINE)
    need([line[:3] for line in lines] == [tuple(map(str, run[:3])) for run in runs],
         "it does not tell of %s\n%s" % (runs, s.tail(ending)))
    return [Told(line[3:]) for line in lines]


def reftrace(name, runs, **values):
    """What the machine told of each run."""
    settings = boot_settings(runs)
    settings.update(values)
    with m.Machine(settings, log=s.log_name("reftrace " + name)) as guest:
        return what_it_told(guest.run(s.SECONDS["usertests"]), runs)


class Evictions:
    """Collects (pid, address) of all evictions while a machine is running."""

    def __init__(self, guest):
        self.guest = guest
        self.seen = 0       # records
        self.all = []

    def read(self):
        settings = self.guest.settings
        with reader.Reader(settings["RAM_FILE"], settings["KERNEL"]) as memory:
            lost, records = memory.trace_lost(), memory.trace()
        need(lost <= self.seen, "%d records are lost" % (lost - self.seen))
        self.all += [(r.pid, r.va) for r in records[self.seen - lost:] if r.type == "evict"]
        self.seen = lost + len(records)


def traced(name, runs, **values):
    """What the machine told of each run, and its victims there: page numbers, in order."""
    settings = boot_settings(runs, "-s", STEP)
    settings.update(values, APPEND="trace=%d" % TRACE)
    pauses = sum(-(-len(strings.make(*run[:1] + run[2:]).accesses) // STEP) for run in runs)
    with m.Machine(settings, shared_ram=True, interactive=True,
                   log=s.log_name("reftrace " + name)) as guest:
        guest.start()
        evictions = Evictions(guest)
        for pause in range(pauses):
            end = time.monotonic() + s.SECONDS["command"]
            while guest.seen.count(b"a line goes on\n") <= pause:
                need(guest.read_some(0.5) and time.monotonic() < end, "it does not come to pause "
                     "%d of %d\n%s" % (pause + 1, pauses, guest.seen.decode(errors="replace")))
            evictions.read()
            guest.send("\n")
        told = what_it_told(guest.run(s.SECONDS["usertests"]), runs)
    return [(one, [(va - one.pages) // 4096 for pid, va in evictions.all if pid == one.pid])
            for one in told]


def counts():
    """Faults, misses and victims of the guest are the model's, to the digit."""
    runs = [("rnd", policy, 1024) for policy in policies.KERNEL]
    runs += [("seq", "adaptive", 1024), ("shift", "lru", 1024), ("scanhot", "adaptive", 1024),
             ("loop", "clock", 8), ("zipf", "aging", 600), ("phase", "lru", 1024),
             ("belady", "fifo", 9), ("belady", "fifo", 12), ("rnd", "adaptive", 600, 7)]
    for (name, policy, frames, *seed), told in zip(runs, reftrace("counts", runs)):
        string = strings.make(name, frames, *seed)
        run = policies.replace(policy, string.accesses, frames)
        expected = (len(run.faults), run.missed(string.counted), len(run.victims))
        found = (told.faults, told.counted, told.victims)
        need(found == expected, "%s, %s, %d frames: faults, misses that count and victims are "
             "%s, not %s" % (name, policy, frames, found, expected))
        need(told.written == told.victims, "%s, %s: all uses are stores, but %d of %d victims "
             "were written" % (name, policy, told.written, told.victims))


def victims(policy, strings_and_frames):
    """The guest's victims, read out of its trace, are the model's, one by one."""
    runs = [(string, policy, frames) for string, frames in strings_and_frames]
    for (name, _, frames), (told, found) in zip(runs, traced("victims " + policy, runs)):
        need(len(found) == told.victims, "%s, %d frames: %d victims in the trace, %d counted" % (
            name, frames, len(found), told.victims))
        text = compare.first_difference(strings.make(name, frames), policy, frames, found)
        need(not text, "%s, %d frames: %s" % (name, frames, text))


def students_policy():
    """One file more in vm/replacement/policies is one policy more, by its name and its number, for
    the kernel and for programs. A name or a number that is there twice ends the build."""
    folder = os.path.join(os.path.abspath(s.BUILD), "student")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder + "/build")
    for name in ("Makefile", "kernel.ld", "tests", "user", "mkfs", "README.md"):
        os.symlink(os.path.join(s.ROOT, name), os.path.join(folder, name))
    shutil.copytree("kernel", folder + "/kernel")
    for part in ("kernel", "user", "mkfs"):                            # what is compiled already
        shutil.copytree(os.path.join(s.BUILD, part), folder + "/build/" + part)
    shutil.copy2(s.BUILD + "/tools.mk", folder + "/build")
    for policy in ("mru", "hasty") + tuple(WRONG):
        shutil.copy("tests/qemu/programs/policy_%s.c" % policy,
                    folder + "/kernel/vm/replacement/policies")
    s.call_make("-C", folder, "WERROR=1", "POLICY=mru", "build/kernel.elf", "build/fs.img")
    kernel = folder + "/build/kernel.elf"
    for policy in ("105", "mru"):
        (told,) = reftrace("student " + policy, [("loop", policy, 100)], KERNEL=kernel,
                           IMAGE=folder + "/build/fs.img", APPEND="policy=mru")
        need(told.counted < 20, "a loop of F + 1: %d misses; every policy of ours has more" %
             told.counted)
    # The other one means to be lru, and is not: where the two part, and why, is told in words.
    ((_, found),) = traced("mistaken", [("belady", "hasty", 9)], KERNEL=kernel,
                           IMAGE=folder + "/build/fs.img")
    text = compare.first_difference(strings.make("belady", 9), "lru", 9, found)
    need(text and text.startswith("access 27: model evicts page 12, kernel evicted 0, whose "
                                  "accessed bit was set at access 21\n"), text)
    for policy, why in WRONG.items():
        told_by_name(policy, why, kernel, folder + "/build/fs.img")
    curvestest.students_policies(folder, WRONG)
    twice(folder)


def told_by_name(policy, why, kernel, image):
    """Such a policy ends the machine: by name, soon, of a quota as of all memory."""
    for number, (command, more) in enumerate((
            ("reftrace rnd %s 64" % policy, {}),
            ("usertests more_than_memory", {"APPEND": "policy=" + policy, "MEM": "16M"}))):
        settings = s.cell_settings(ICOUNT="1", PAGING="sv39", CMD=command, **more)
        settings.update(KERNEL=kernel, IMAGE=image)
        with m.Machine(settings, log=s.log_name("%s %d" % (policy, number))) as guest:
            ending = guest.run(s.SECONDS["command"])
        told = re.search(r"the policy %s %s.* \((\d+) ms after" % (policy, why), ending.output)
        need(ending.panicked and told, "%s, %s: it says\n%s" % (policy, command, s.tail(ending)))
        need(int(told.group(1)) <= SOON, "%s, %s: only after %s ms" % (
            policy, command, told.group(1)))


def twice(folder):
    """Of a tree with the student's policies: one more that has a name, or a number, of another."""
    path = folder + "/kernel/vm/replacement/policies/policy_more.c"
    with open("tests/qemu/programs/policy_mru.c", encoding="utf-8") as file:
        text = file.read().replace("mru_", "more_")
    for old, new, why in ((".number = 105", ".number = 110",
                           'the name "mru" is that of policy_m'),
                          ('"mru"', '"more"', "the number 105 is that of policy_m"),
                          ('"mru",\n    .number = 105', '"more",\n    .number = POLICY_FIFO',
                           "the number 2 is that of policy_fifo.c"),
                          ('"mru",\n    .number = 105', '"more",\n    .number = MINE',
                           "the number MINE is neither")):
        need(old in text, "policy_mru.c has no %r" % old)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))
        made = s.call_make("-C", folder, "build/kernel.elf", expect_success=False)
        need(made.returncode != 0 and why in made.text, "not %r, but %s" % (why, made.text[-500:]))
    os.remove(path)


def goals():
    """The goals are reached in the guest, too, and not only by the model."""
    runs = [("rnd", "lru", frames, seed) for frames in (1024, 600) for seed in tables.SEEDS]
    runs += [(string, "adaptive", 1024) for string in ("rnd", "seq", "shift", "scanhot")]
    told = dict(zip(runs, reftrace("goals", runs)))

    def missed(string, policy, frames, seed=None):
        run = (string, policy, frames) + ((seed,) if seed is not None else ())
        return told[run].counted if run in told else tables.missed(*run)

    for text, value, limit in tables.goals(missed):
        need(value <= limit, "in the guest, %s: %.3f, more than %.2f" % (text, value, limit))


def repeats():
    """A run under a quota repeats to the digit: what it prints, and each event with its time, which
    is a count of instructions."""
    command = "reftrace rnd lru 64 && limit 16,clock grep page README && vmstat && free"
    seen = []
    for number in (1, 2):
        settings = s.cell_settings(ICOUNT="1", PAGING="sv39", CMD=command,
                                   APPEND="trace=%d" % TRACE)
        with m.Machine(settings, shared_ram=True, log=s.log_name("repeat %d" % number)) as guest:
            ending = guest.run(s.SECONDS["command"])
            s.need_status(ending, 0)
            with reader.Reader(settings["RAM_FILE"], settings["KERNEL"]) as memory:
                seen.append((ending.output, memory.trace_lost(), memory.trace()))
    (output, lost, trace), (output2, lost2, trace2) = seen
    need(output == output2, "two runs print\n%s\n%s" % (output, output2))
    need(sum(r.type == "evict" for r in trace) > 5000, "there is no paging in the trace")
    for one, two in zip(trace, trace2):
        need(one == two, "the first event that differs:\n%s\n%s" % (one, two))
    need((lost, len(trace)) == (lost2, len(trace2)), "one of them has more events")


def items():
    found = [("replacement: a student's policy", students_policy),
             ("replacement: kernel's files and model", kernel_files),
             ("replacement: model", model),
             ("replacement: divergence explained", explained),
             ("replacement: reftrace", counts),
             ("replacement: repeats", repeats)]
    for policy in policies.KERNEL:
        found.append(("replacement: victims of " + policy,
                      lambda policy=policy: victims(policy, QUICK_RUNS)))
    return tuple(found)


def full_items():
    """Those of the full suite: all victims of all strings, the goals with all seeds."""
    return tuple(("replacement: all victims of " + policy, victims, policy, FULL_RUNS)
                 for policy in policies.KERNEL) + (("replacement: goals in the guest", goals),)
