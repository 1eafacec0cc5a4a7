"""The machine's tests of a lab: its program machine.c on the kernel that has the student's files.

Each test boots a machine of its own, in the deterministic lane: what comes of it depends on the
kernel and the seed alone. A test that is about harts says so by its settings (ICOUNT=0). The nonce
of a test is drawn from the seed and the test's name.

A lab's machine.py says `TESTS`: a list of Test. A test's function gets an evidence.Run; it may set
run.used and run.limit, instructions.
"""

import hashlib
import os
import re
import shutil

import evidence
import moment
import program
from evidence import need
import result

SETTINGS = {"MEM": "16M", "SWAP": "16M", "PAGING": "sv39"}
LIMITS = evidence.Limits(5 * 10 ** 8, 30)   # ten times what the longest test needs
TRACED = "trace=1"          # the last 4,096 records of each hart, for the picture of a failure
RETRIES = 2                 # where anything but the kernel was at fault
LAST_LINES = 12
REGISTERS = re.compile(r"( *\w+ [0-9a-f]{16})+ *$")
OWN_TESTS, OWN_POINTS = "the usertests pass", 4         # usertests, as far as lab.json names some
OWN_SETTINGS = {"MEM": "32M", "SWAP": "64M"}
OWN_PROGRAMS = ("usertests", "true")     # with those that the tests start


class Trouble(Exception):
    """Infrastructure: nobody's mark depends on it."""


class Test:
    """mode: the word that machine.c gets; settings: of the machine, over SETTINGS.
    part, points, needs: as in hoststage.Test."""

    def __init__(self, name, mode, part, points, kind, function, needs=(), settings=None):
        self.name, self.mode, self.part, self.points = name, mode, part, points
        self.kind, self.function, self.needs = kind, function, needs
        self.settings = dict(SETTINGS, **(settings or {}))
        if part != "counts":            # there it would be counted
            self.settings["APPEND"] = TRACED
        self.command, self.others = "machine " + mode, ()


def tests_of(lab):
    tests = tuple(lab.module("machine").TESTS)
    if not lab.settings.get("usertests"):
        return tests
    return tests + (own_tests(lab, [test.name for test in tests if test.part == "works"]),)


def own_tests(lab, needs):
    """The groups and tests of tests/guest/usertests that have to pass when the lab is done. What
    they print counts here, so it counts only where the hardware has shown the same."""
    wanted = lab.settings["usertests"]

    def function(run):
        ending = run.end()
        text = ending.output
        last = re.findall(r"^usertests: (\d+) passed, (\d+) failed", text, re.MULTILINE)
        failed = re.findall(r"^not ok.*", text, re.MULTILINE)
        need(ending.status == 0 and last and last[-1][0] != "0" and last[-1][1] == "0",
             "`usertests %s` did not pass: %s" % (
                 " ".join(wanted), "; ".join(failed[:3]) or ending.why))

    test = Test(OWN_TESTS, "usertests", "works", OWN_POINTS, "C", function, tuple(needs),
                dict(OWN_SETTINGS, **lab.settings.get("usertests_on", {})))
    test.command, test.others = " ".join(["usertests -q"] + wanted), OWN_PROGRAMS
    return test


def nonce_of(lab, seed, name):
    text = "%s %s %s" % (lab.name, seed, name)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def run_one(lab, test, seed, kernel, folder, build, limits=LIMITS):
    """The evidence.Result of one test; used and limit are set in it."""
    built = program.Program("tests/labs/%s/machine.c" % lab.name,
                            nonce_of(lab, seed, test.name), folder, build, test.others)
    numbers = {}

    def function(run):
        run.used = run.limit = None
        try:
            test.function(run)
        finally:
            numbers.update(used=run.used, limit=run.limit)

    seen = moment.Moment(test.name)
    made = examined(test.name, built, function, evidence.lane(kernel, **test.settings),
                    test.command, limits, seen.catch)
    made.used, made.limit, made.moment = numbers.get("used"), numbers.get("limit"), seen
    return made


def examined(name, *words):
    """evidence.examine(), until nothing but the machine decides what came of it."""
    for _ in range(1 + RETRIES):
        made = evidence.examine(*words)
        if made.how != "infrastructure":
            return made
    raise Trouble("%s: %s" % (name, made.why))


def why_of(made):
    """For the student: what is wrong, and the last lines of the console."""
    if made.passed:
        return ""
    if made.how == "limit":
        why = "it took too long: %s" % made.why
    else:
        why = made.failure or made.why
    return why + last_lines(made)


def last_lines(made):
    """Of the console, as far as there are any; of a panic its own, without the registers."""
    lines = [line for line in made.console.split("\n") if line.strip()]
    panics = [at for at, line in enumerate(lines) if line.startswith("panic: ")]
    if panics:
        lines = [line for line in lines[panics[0]:] if not REGISTERS.match(line)][:LAST_LINES]
    lines = lines[-LAST_LINES:]
    return "\nthe machine's last lines:\n" + "\n".join("  " + line for line in lines) \
        if lines else ""


def run(lab, seed, kernel, folder, build, rerun, limits=LIMITS, tests=None, pictures=None,
        with_pages=False):
    """result.entry for each test. pictures: the folder for those of the moments when some failed,
    or None; it is made anew. with_pages: each as a page of the time machine, too."""
    entries, hangs = [], None
    if pictures:
        shutil.rmtree(pictures, ignore_errors=True)
    for test in tests or tests_of(lab):
        if hangs:
            entries.append(result.entry(test.name, "public", test.part, test.points, test.kind,
                                        "not-run", "not run, because the machine of `%s` came to "
                                        "nothing" % hangs))
            continue
        made = run_one(lab, test, seed, kernel, os.path.join(folder, test.mode), build, limits)
        entries.append(result.entry(test.name, "public", test.part, test.points, test.kind,
                                    "pass" if made.passed else "fail", why_of(made), test.needs,
                                    made.used, made.limit, "%s; under gdb: %s TEST='%s'" % (
                                        rerun, rerun.replace("make grade", "make gdb"), test.name)))
        if pictures and not made.passed:
            made.moment.tell(entries[-1], pictures, with_pages)
        if made.how == "limit" and not made.met:
            hangs = test.name
    return entries
