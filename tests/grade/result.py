"""The one result of one submission, and its text for people.

What always holds: points are integers; `pass` has all points of its test, `fail` and `not-run`
none; a test that needs another one counts only where that one counts; where anything but the
submission was at fault, status is `infrastructure`, and there are no points at all.
"""

import json
import os

VERDICTS = ("pass", "fail", "not-run")


def entry(name, stage, part, points, evidence, verdict, why="", needs=(), used=None, limit=None,
          rerun=""):
    assert verdict in VERDICTS
    return {"name": name, "stage": stage, "part": part, "points": 0, "max": points,
            "verdict": verdict, "evidence": evidence, "used": used, "limit": limit, "why": why,
            "needs": list(needs), "rerun": rerun}


def settle(tests):
    """Points, by the verdicts and by what each test needs, and what that needs in its turn."""
    found = True
    while found:
        found = False
        passed = {test["name"] for test in tests if test["verdict"] == "pass"}
        for test in tests:
            missing = [name for name in test["needs"] if name not in passed]
            if test["verdict"] == "pass" and missing:
                found = True
                test["verdict"] = "not-run"
                test["why"] = "counts only where these pass: " + ", ".join(missing)
    for test in tests:
        test["points"] = test["max"] if test["verdict"] == "pass" else 0
        del test["needs"]
    return tests


def preview(test):
    """The same for a text while the other tests still run: as if it needed none."""
    return dict(test, points=test["max"] if test["verdict"] == "pass" else 0)


def make(lab, seed, variant, submission, authors, tests, tools, tree, trouble=""):
    """trouble: why nothing could be judged; then no test counts."""
    return {
        "lab": lab.name, "seed": seed, "variant": variant, "submission": submission,
        "authors": authors, "status": "infrastructure" if trouble else "graded",
        "why": trouble,
        "score": 0 if trouble else sum(test["points"] for test in tests),
        "max_score": sum(test["max"] for test in tests),
        "tests": [] if trouble else tests,
        "manual": lab.settings.get("manual", []), "tools": tools, "tree": tree,
    }


def write(result, path):
    """All of it, or what was there before: never a half."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1, sort_keys=True)
        file.write("\n")
    os.replace(path + ".new", path)


def quoted(text, most=200):
    """What a student's file, or its compiler, says: marked, and without control characters."""
    lines = text.rstrip().split("\n")
    more = ["[%d lines more]" % (len(lines) - most)] if len(lines) > most else []
    return "\n".join("    | " + "".join(c if c.isprintable() else "?" for c in line.expandtabs())
                     for line in lines[:most] + more)


def text_of_test(test):
    word = {"pass": "ok", "fail": "FAIL", "not-run": "--"}[test["verdict"]]
    lines = ["%-5s %2d/%-2d  %-7s %s" % (word, test["points"], test["max"], test["stage"],
                                         test["name"])]
    if test["why"]:
        lines += ["             " + line for line in test["why"].split("\n")]
    if test["verdict"] == "fail" and test["rerun"]:
        lines.append("             again: " + test["rerun"])
    return "\n".join(lines)


def text(result):
    if result["status"] == "infrastructure":
        return "not graded, and not the submission's fault: %s\n" % result["why"]
    return "\n".join([text_of_test(test) for test in result["tests"]] +
                     [last_line(result)]) + "\n"


def last_line(result):
    return "%s: %d of %d points" % (result["lab"], result["score"], result["max_score"])
