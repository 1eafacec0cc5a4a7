"""Labs and the grader: hand-outs, evidence from the machine, and each lab's own tests."""

import re
import subprocess

import suite as s
from suite import need

BUILD = s.BUILD + "/labs"


def selftest(name, *words):
    """One of the scripts tests/grade/selftest.*: a line of each thing that it has tried."""
    try:
        done = subprocess.run(["tests/grade/selftest." + name] + list(words), cwd=s.ROOT,
                              env=s.clean_environment(BUILD=BUILD), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=s.SECONDS["labs"])
    except subprocess.TimeoutExpired:
        raise s.Failure("time-out")
    text = done.stdout.decode(errors="replace")
    with open(s.log_name("labs " + " ".join((name,) + words)), "w") as log:
        log.write(text)
    failed = re.findall(r"^FAIL .*(?:\n  .*)*", text, re.MULTILINE)
    need(not failed and done.returncode == 0, "\n".join(failed) or text[-1500:])
    tried = re.findall(r"^ok ", text, re.MULTILINE)
    need(tried, "it tried nothing\n" + text[-1500:])


def items():
    return (("labs: hand-outs", lambda: selftest("handout")),
            ("labs: evidence", lambda: selftest("evidence")),
            ("labs: submissions", lambda: selftest("labs", "submissions", "handout", "guesses")),
            ("labs: class", lambda: selftest("class")),
            ("labs: mutants", lambda: selftest("labs", "mutants")),
            ("labs: cheats", lambda: selftest("labs", "cheats")),
            ("labs: steps", lambda: selftest("labs", "steps")))
