"""A lab whose student writes a program that tests kernels: how many of those with a mistake does it
find, and is it quiet on those without?

The kernels are the reference with a patch of the lab's in it: of kernels/ some are drawn; a
hand-out has those of practice/ only. Among them is a right one three times: once as it is, and
with patches of harmless/, which change what may be otherwise (how long things take, what is free,
counters), so that nobody can tell a wrong kernel by that. Seed and lab decide which they are, and
their order; each machine has new disks, and memory of another size.

An alarm: the program ends with another status than 0, or does not end, or the kernel panics. An
alarm on a wrong kernel counts if it comes again, with memory of yet another size. One on a right
kernel, and no wrong one counts.
"""

import os
import random
import shutil

import evidence
import kernelbuild
import machinestage
import program
import result

RIGHT = "no alarm on a right kernel"
RIGHT_ONES = 3
SIZES = ["%dM" % size for size in range(14, 20)]    # of memory
SETTINGS = {"SWAP": "16M", "PAGING": "sv39"}


def tests(wrong, points, quiet):
    """What a lab's machine.py says: so many wrong kernels; points for each, and for no alarm."""
    return [machinestage.Test(RIGHT, "", "no alarm", quiet, "N", None)] + [
        machinestage.Test("kernel %d" % (i + 1), "", "kernels", points, "N", None, [RIGHT])
        for i in range(wrong)]


def patches(lab, kind):
    folder = lab.path(kind)
    return [os.path.join(folder, name) for name in
            sorted(os.listdir(folder) if os.path.isdir(folder) else ()) if name.endswith(".patch")]


def field(patch, name):
    """What the lines before the patch say under that name."""
    with open(patch, encoding="utf-8") as file:
        head = file.read().split("\n--- ")[0]
    found = [line[len(name) + 2:] for line in head.split("\n") if line.startswith(name + ": ")]
    return found[0] if found else ""


class Trial:
    """One kernel: patch, or None; name: of the test that it counts for; sizes of memory."""

    def __init__(self, name, patch, sizes):
        self.name, self.patch, self.sizes = name, patch, sizes

    @property
    def is_right(self):
        return self.name == RIGHT


def trials(lab, seed):
    """In the order in which they are run."""
    chance = random.Random("%s %d kernels" % (lab.name, seed))
    wrong = patches(lab, "kernels") or patches(lab, "practice")
    names = [test.name for test in machinestage.tests_of(lab) if test.name != RIGHT]
    found = [Trial(name, patch, chance.sample(SIZES, 2))
             for name, patch in zip(names, chance.sample(wrong, min(len(wrong), len(names))))]
    right = [None] + patches(lab, "harmless")
    right += [None] * (RIGHT_ONES - len(right))
    found += [Trial(RIGHT, patch, chance.sample(SIZES, 1))
              for patch in [None] + chance.sample(right[1:], RIGHT_ONES - 1)]
    chance.shuffle(found)
    return found


def kernel_of(lab, patch, build):
    folder = os.path.join(program.ROOT, build, "grade")
    if patch:
        return kernelbuild.patched(lab.root, folder, patch)
    return os.path.join(kernelbuild.reference(lab.root, folder), "build/kernel.elf")


def boot(name, kernel, built, size, words="", limits=machinestage.LIMITS):
    """evidence.Result of the program on that kernel."""
    settings = evidence.lane(kernel, MEM=size, **SETTINGS)
    return machinestage.examined(name, built, lambda run: run.end(), settings,
                                 (built.name + " " + words).strip(), limits)


def is_quiet(made):
    return made.how == "ended" and made.status == 0


def built_of(lab, seed, objects, folder, build):
    """The program.Program of a submission. objects: as kernelbuild.compile_programs() has them."""
    (path, data), = objects.items()
    return program.Program(path, machinestage.nonce_of(lab, seed, path), folder, build, made=data)


def alarm_of(patch, lab, size, made):
    """What is said of an alarm on a right kernel; "" where there is none."""
    return "" if is_quiet(made) else "%s, %s of memory: %s%s" % (
        os.path.relpath(patch, lab.folder) if patch else "the kernel as it is", size, made.why,
        machinestage.last_lines(made))


def run(lab, seed, objects, folder, build, rerun, limits=machinestage.LIMITS):
    """result.entry for each test. Nothing more is run after an alarm on a right kernel."""
    built = built_of(lab, seed, objects, folder, build)
    alarms, why, said = {}, {}, ""
    waiting = trials(lab, seed)
    while waiting and not said:
        trial = waiting.pop(0)
        kernel = kernel_of(lab, trial.patch, build)
        made = [boot(trial.name, kernel, built, trial.sizes[0], limits=limits)]
        if made[0].how == "limit":      # is it so everywhere? Then that is seen soon
            waiting.sort(key=lambda each: not each.is_right)
        if not is_quiet(made[0]) and len(trial.sizes) > 1:
            made.append(boot(trial.name, kernel, built, trial.sizes[1], limits=limits))
        if trial.is_right:
            said = alarm_of(trial.patch, lab, trial.sizes[0], made[0])
        else:
            alarms[trial.name] = not any(is_quiet(each) for each in made)
            why[trial.name] = "no alarm; its mistake is about: %s" % field(trial.patch, "about") \
                if is_quiet(made[0]) else "the alarm did not come again with more or less memory"
    # Whoever alarms by chance has been lucky: once more, wherever an alarm has been believed.
    again = list(SIZES) if any(alarms.values()) else []
    while again and not said:
        size = again.pop(0)
        said = alarm_of(None, lab, size, boot(RIGHT, kernel_of(lab, None, build), built, size,
                                              limits=limits))
    return entries(lab, alarms, why, said, rerun)


def entries(lab, alarms, why, said, rerun):
    """said: what was seen on a right kernel where it alarmed."""
    found = []
    for test in machinestage.tests_of(lab):
        verdict, words = "not-run", ""
        if test.name == RIGHT:
            if said:
                verdict, words = "fail", "an alarm, and the kernel is right\n" + said
            elif any(alarms.values()):
                verdict = "pass"
            else:
                words = "counts only where a wrong kernel is found; is the program not written yet?"
        elif said:
            words = "not tried, because of the alarm on a right kernel"
        elif test.name not in alarms:
            words = "only your course has this kernel"
        else:
            verdict = "pass" if alarms[test.name] else "fail"
            words = "" if alarms[test.name] else why[test.name]
        found.append(result.entry(test.name, "public", test.part, test.points, test.kind, verdict,
                                  words, test.needs, rerun=rerun))
    return found


# Compiled otherwise than what `make` makes, and without the lines' numbers: its code is not to be
# laid beside the student's own.
OTHERWISE = (("-std=gnu11 -O2 -g", "-std=gnu11 -Os"),)


def write_bug(lab, patch, build, target):
    folder = os.path.join(program.ROOT, build, "grade")
    shutil.copyfile(kernelbuild.patched(lab.root, folder, patch, OTHERWISE), target)
