"""Labs and the grader: hand-outs, evidence from the machine, and each lab's own tests."""

import os
import re
import subprocess

import suite as s
from suite import need

BUILD = s.BUILD + "/labs"

# Of the script selftest.labs, for each lab in the full suite; in the quick one ONE of them has the
# parts QUICK, and each the parts EACH.
PARTS = ("submissions", "guesses", "handout", "reference", "mutants", "cheats", "steps", "rules",
         "trouble", "machine", "seeds")
EACH = ("handout", "reference")
ONE, QUICK = "buddy", ("submissions", "guesses", "mutants", "cheats", "trouble")


def names():
    """The labs that there are, by their folders."""
    folder = os.path.join(s.ROOT, "tests/labs")
    return sorted(name for name in os.listdir(folder)
                  if os.path.exists(os.path.join(folder, name, "lab.json")))


def title(part, lab):
    return "labs: %s: %s" % (lab, part)


def selftest(name, *words, seconds=s.SECONDS["labs"]):
    """One of the scripts tests/grade/selftest.*: a line of each thing that it has tried."""
    try:
        done = subprocess.run(["tests/grade/selftest." + name] + list(words), cwd=s.ROOT,
                              env=s.clean_environment(BUILD=BUILD), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=seconds)
    except subprocess.TimeoutExpired:
        raise s.Failure("time-out")
    text = done.stdout.decode(errors="replace")
    with open(s.log_name("labs " + " ".join((name,) + words)), "w") as log:
        log.write(text)
    failed = re.findall(r"^FAIL .*(?:\n  .*)*", text, re.MULTILINE)
    need(not failed and done.returncode == 0, "\n".join(failed) or text[-1500:])
    tried = re.findall(r"^ok ", text, re.MULTILINE)
    need(tried, "it tried nothing\n" + text[-1500:])


def general(*bundles):
    """What is about no lab. bundles: for which systems; none: for all."""
    return [("labs: bundles", selftest, "bundles") + bundles] + [
        ("labs: " + what, selftest, name) for what, name in (
            ("hand-outs", "handout"), ("evidence", "evidence"), ("moments", "moments"),
            ("class", "class"), ("formats", "formats"), ("course", "course"), ("tools", "tools"),
            ("a lab of your own", "start"), ("earlier labs", "carry"))]


def items():
    jobs = [("labs: cheats", selftest, "labs", "cheats", ONE)]
    jobs += general("prairielearn", "submitty", "wrong")       # Gradescope's takes a whole build
    jobs += [("labs: " + part, selftest, "labs", part, ONE) for part in QUICK if part != "cheats"]
    jobs += [("labs: %s: nothing and all" % lab, selftest, "labs") + EACH + (lab,)
             for lab in names()]
    return tuple((name, lambda function=function, words=words: function(*words))
                 for name, function, *words in jobs)


def whole_part(part, lab):
    selftest("labs", part, lab, seconds=s.SECONDS["program"])


def sixty():
    selftest("sixty", ONE, seconds=s.SECONDS["program"])


def has(lab, part):
    """A lab for which the student writes a program has no rules."""
    return part != "rules" or os.path.exists(os.path.join(
        s.ROOT, "tests/labs", lab, "rules.patch"))


def full_items():
    """(name, function, arguments): those that take long first, lab by lab."""
    return [("labs: sixty submissions", sixty)] + [
        (title(part, lab), whole_part, part, lab)
        for part in reversed(PARTS) for lab in names() if has(lab, part)] + general()
