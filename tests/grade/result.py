"""The one result of one submission, and its text for people.

What always holds: points are integers; `pass` has all points of its test, `fail` and `not-run`
none; a test that needs another one counts only where that one counts; where anything but the
submission was at fault, status is `infrastructure`, and there are no points at all.
"""

import json
import os

VERDICTS = ("pass", "fail", "not-run")
NO_SEED = 1             # where none is given, and none is drawn
VISIBLE = "visible"
WORDS = {"pass": "ok", "fail": "FAIL", "not-run": "--"}
HIDDEN_NAME = "hidden tests"


def entry(name, stage, part, points, evidence, verdict, why="", needs=(), used=None, limit=None,
          rerun=""):
    assert verdict in VERDICTS
    return {"name": name, "stage": stage, "part": part, "points": 0, "max": points,
            "verdict": verdict, "evidence": evidence, "used": used, "limit": limit, "why": why,
            "needs": list(needs), "rerun": rerun, "hint": "", "visibility": VISIBLE,
            "picture": "", "moment": ""}


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


def make(lab, seed, variant, submission, authors, tests, tools, tree, trouble="", course=None,
         time=None):
    """trouble: why nothing could be judged; then no test counts. time: of handing in, in seconds;
    what the course says of it makes the score out of raw_score."""
    raw = 0 if trouble else sum(test["points"] for test in tests)
    score, remarks = course.by_date(raw, time) if course else (raw, [])
    return {
        "lab": lab.name, "seed": seed, "variant": variant, "submission": submission,
        "authors": authors, "status": "infrastructure" if trouble else "graded",
        "why": trouble, "score": score, "raw_score": raw, "remarks": remarks,
        "max_score": sum(test["max"] for test in tests),
        "tests": [] if trouble else tests,
        "manual": course.manual() if course else [], "tools": tools, "tree": tree,
    }


def for_students(result):
    """The same without the tests that are hidden; one test stands for all of them."""
    shown = [test for test in result["tests"] if test.get("visibility", VISIBLE) == VISIBLE]
    hidden = [test for test in result["tests"] if test not in shown]
    if hidden:
        points, most = (sum(test[key] for test in hidden) for key in ("points", "max"))
        shown.append(dict(hidden[0], name=HIDDEN_NAME, points=points, max=most, used=None,
                          verdict="pass" if points == most else "fail", limit=None, why="",
                          rerun="", hint="", visibility=VISIBLE, picture="", moment=""))
    made = dict(result, tests=shown)
    if "carried" in result:
        names = {test["name"] for test in shown}
        made["carried"] = dict(result["carried"], tests=[
            test for test in result["carried"]["tests"] if test["name"] in names])
    return made


def columns(result):
    """Of a submission on earlier labs: (test of the machine, with the reference's earlier
    functions, with the student's), verdicts."""
    verdicts = {test["name"]: test["verdict"] for test in result["tests"]}
    return [(test["name"], WORDS[verdicts[test["name"]]], WORDS[test["verdict"]])
            for test in result["carried"]["tests"] if test["name"] in verdicts]


def carried_title(result):
    return "with your earlier lab" + ("s " if len(result["carried"]["labs"]) > 1 else " ") + \
        " ".join(result["carried"]["labs"])


def carried_lines(result):
    """What the text has of that, for information: no point depends on it."""
    if "carried" not in result:
        return []
    if not result["carried"]["tests"]:
        return ["", "%s: not tried: %s" % (carried_title(result), result["carried"]["why"] or
                                           "nothing of it was handed in")]
    lines = ["", "on the machine, for information: the marks are those with the reference's",
             "%-40s  %-20s  %s" % ("", "with the reference's", carried_title(result))]
    return lines + ["%-40s  %-20s  %s" % row for row in columns(result)]


def manual_lines(result):
    return ["%s: %s" % (item["name"], "not marked yet (%d points)" % item["max"]
                        if item.get("points") is None else
                        "%d of %d points" % (item["points"], item["max"]))
            for item in result["manual"]]


def put(text, path):
    """All of it, or what was there before: never a half."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


def write(result, path):
    put(json.dumps(result, indent=1, sort_keys=True) + "\n", path)


def quoted(text, most=200):
    """What a student's file, or its compiler, says: marked, and without control characters."""
    lines = text.rstrip().split("\n")
    more = ["[%d lines more]" % (len(lines) - most)] if len(lines) > most else []
    return "\n".join("    | " + "".join(c if c.isprintable() else "?" for c in line.expandtabs())
                     for line in lines[:most] + more)


def moment_lines(test, folder):
    """What memory held when it failed."""
    if not test.get("picture"):
        return []
    lines = ["what memory held then, as a picture: " + os.path.join(folder, test["picture"])]
    if test.get("page"):
        lines.append("as the time machine's page: " + os.path.join(folder, test["page"]))
    return lines + ["  " + line for line in test["moment"].split("\n")]


def text_of_test(test, folder=""):
    word = WORDS[test["verdict"]]
    lines = ["%-5s %2d/%-2d  %-7s %s" % (word, test["points"], test["max"], test["stage"],
                                         test["name"])]
    if test["why"]:
        lines += ["             " + line for line in test["why"].split("\n")]
    if test["verdict"] == "fail" and test["hint"]:
        lines.append("             hint: " + test["hint"])
    if test["verdict"] == "fail" and test["rerun"]:
        lines.append("             again: " + test["rerun"])
    lines += ["             " + line for line in moment_lines(test, folder)]
    return "\n".join(lines)


def text(result):
    """For the student."""
    if result["status"] == "infrastructure":
        return "not graded, and not the submission's fault: %s\n" % result["why"]
    shown = for_students(result)
    return "\n".join([text_of_test(test) for test in shown["tests"]] + result["remarks"] +
                     [last_line(result)] + manual_lines(result) + carried_lines(shown)) + "\n"


def last_line(result):
    return "%s: %d of %d points" % (result["lab"], result["score"], result["max_score"])
