"""The result of one submission (result.py) in the forms that other systems read.

    gradescope     results.json
    classroom50    result.json of Classroom 50
    prairielearn   results.json of an external grader
    submitty       validation_results.json, of one test or of all
    autolab        the last line of standard output
    junit, tap     for all else that reads such files

What always holds: what students wrote is text, whatever characters it has, and is cut where a form
has a limit; a test that students shall not see is told to them as a sum of points only; where there
is no mark and the submission is not at fault, the form says so if it can, and gives no 0.

about: what the result does not know, texts by name: `id`, `seconds`, `folder` (where the result and
its pictures are), and what Classroom 50 wants. A form that can carry a picture has it whole or not
at all.
"""

import base64
import html
import json
import os
import re

import report
import result as results
from result import VISIBLE, for_students

MOST = 20000                    # characters of one text
MOST_OF_ALL = 900 << 10         # bytes of a results.json; PrairieLearn takes 1 MB


MOST_OF_PICTURES = 500 << 10    # bytes of all of them


class Whole(str):
    """Is never cut."""


class NoForm(Exception):
    """The form cannot say this; the message is for whoever set it up."""


def cut(text, most=MOST):
    text = report.clean(text)
    if len(text) <= most:
        return text
    return "%s\n[%d characters more]" % (text[:most], len(text) - most)


def is_graded(result):
    return result["status"] == "graded"


def no_mark(result):
    return cut("There is no mark, and the submission is not at fault: " + result["why"])


def with_manual(result):
    """What a person has marked is a test like others; what is not marked yet is not there."""
    filled = [item for item in result["manual"] if item.get("points") is not None]
    more = [{"name": item["name"], "stage": "person", "part": "manual", "points": item["points"],
             "max": item["max"], "verdict": "pass" if item["points"] == item["max"] else "fail",
             "evidence": "", "used": None, "limit": None, "why": "", "rerun": ""}
            for item in filled]
    points, most = (sum(item[key] for item in filled) for key in ("points", "max"))
    return dict(result, tests=result["tests"] + more, score=result["score"] + points,
                max_score=result["max_score"] + most,
                raw_score=result.get("raw_score", result["score"]) + points)


def summary(result):
    return cut("\n".join([results.last_line(result)] + result.get("remarks", [])))


def numbers_of(tests):
    """"1.1" and so on: the part, and the test in it."""
    parts, counts, found = [], {}, []
    for test in tests:
        if test["part"] not in parts:
            parts.append(test["part"])
        counts[test["part"]] = counts.get(test["part"], 0) + 1
        found.append("%d.%d" % (parts.index(test["part"]) + 1, counts[test["part"]]))
    return found


def output_of(test):
    """For people: why it failed, and how to see it again."""
    lines = [test["why"]] if test["why"] else []
    if test.get("hint"):
        lines.append("hint: " + test["hint"])
    if test["verdict"] == "fail" and test["rerun"]:
        lines.append("again: " + test["rerun"])
    return cut("\n".join(lines))


def to_json(value, most=None):
    """As text. With most: texts are cut to half, again and again, until it has no more bytes."""
    length = MOST
    while True:
        text = json.dumps(shortened(value, length), indent=1, sort_keys=True) + "\n"
        if most is None or len(text.encode()) <= most or length < 10:
            return text
        length //= 2


def shortened(value, most):
    if isinstance(value, Whole):
        return value
    if isinstance(value, str):
        return cut(value, most)
    if isinstance(value, list):
        return [shortened(each, most) for each in value]
    if isinstance(value, dict):
        return {name: shortened(each, most) for name, each in value.items()}
    return value


def pictures_of(tests, about):
    """Name of a test → its picture as a data URL; as many as there is room for."""
    found, left = {}, MOST_OF_PICTURES
    for test in tests:
        text = report.picture_of(test, about.get("folder"))
        url = Whole("data:image/svg+xml;base64," + base64.b64encode(text.encode()).decode())
        if text and len(url) <= left:
            found[test["name"]] = url
            left -= len(url)
    return found


def output_html(test, url):
    return Whole('<pre>%s</pre>\n<img alt="%s" src="%s">' % (
        html.escape(output_of(test)), html.escape(cut(test.get("moment", ""), 2000)), url))


# ---- Gradescope ---------------------------------------------------------------------------------

def gradescope(result, about):
    """A test that students shall not see keeps its visibility; then they do not see the sum. Where
    there is no score, Gradescope says that the autograder has failed."""
    made = {"output_format": "text", "test_output_format": "text", "test_name_format": "text",
            "visibility": VISIBLE, "stdout_visibility": "hidden",
            "extra_data": {"lab": result["lab"], "seed": result["seed"], "tree": result["tree"],
                           "submission": result["submission"], "status": result["status"],
                           "tools": result["tools"]}}
    if about.get("seconds"):
        made["execution_time"] = float(about["seconds"])
    if not is_graded(result):
        return dict(made, output=no_mark(result), tests=[])
    tests, pictures = [], pictures_of(result["tests"], about)
    for number, test in zip(numbers_of(result["tests"]), result["tests"]):
        url = pictures.get(test["name"])
        tests.append({
            "score": test["points"], "max_score": test["max"], "name": cut(test["name"]),
            "status": "passed" if test["verdict"] == "pass" else "failed", "number": number,
            "name_format": "text", "output": output_html(test, url) if url else output_of(test),
            "output_format": "html" if url else "text",
            "tags": [test["stage"], test["part"]],
            "visibility": test.get("visibility", VISIBLE),
            "extra_data": {name: test[name] for name in ("verdict", "evidence", "used", "limit")}})
    return dict(made, score=result["score"], tests=tests, output=summary(result))


# ---- Classroom 50 -------------------------------------------------------------------------------

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
WANTED = ("classroom", "assignment", "assignment_type", "owner", "submission", "commit", "release",
          "review", "datetime")


def classroom50(result, about):
    if not is_graded(result):
        raise NoForm("no mark: " + report.one_line(result["why"]))
    missing = [name for name in WANTED if name not in about]
    if missing:
        raise NoForm("Classroom 50 wants to know: " + " ".join(missing))
    for name, good in (("assignment_type", about["assignment_type"] in ("individual", "group")),
                       ("submission", about["submission"].startswith("submit/")),
                       ("datetime", TIME.match(about["datetime"])),
                       ("graded_at", TIME.match(about.get("graded_at", about["datetime"])))):
        if not good:
            raise NoForm("%s cannot be %s" % (name, about.get(name)))
    made = {name: cut(about[name]) for name in WANTED + ("graded_at",) if name in about}
    if "username" in about and "user_id" in about:
        made["submitted_by"] = {"username": cut(about["username"]), "id": int(about["user_id"])}
    tests = [{"test-name": cut(test["name"]), "passed": test["verdict"] == "pass",
              "score": test["points"], "max-score": test["max"]}
             for test in for_students(result)["tests"]]
    return dict(made, schema="classroom50/result/v1", score=result["score"], tests=tests,
                **{"max-score": result["max_score"]})


# ---- PrairieLearn -------------------------------------------------------------------------------

def prairielearn(result, about):
    """A test that was not run has no points to lose: it is drawn grey, with the reason."""
    if not is_graded(result):
        return {"gradable": False, "succeeded": False, "format_errors": [no_mark(result)],
                "message": no_mark(result)}
    tests, shown = [], for_students(result)["tests"]
    pictures = pictures_of(shown, about)
    for test in shown:
        url = pictures.get(test["name"])
        not_run = test["verdict"] == "not-run"
        tests.append({"name": cut(test["name"]), "points": test["points"],
                      "description": "%s, %d points" % (test["part"], test["max"]),
                      "max_points": 0 if not_run else test["max"], "output": output_of(test),
                      "message": "not run, because: " + cut(report.first_line(test["why"]))
                      if not_run else cut(report.first_line(test["why"])),
                      "images": [{"label": "what memory held then", "url": url}] if url else []})
    of = max(1, result["max_score"])
    return {"gradable": True, "succeeded": True, "score": min(1.0, result["score"] / of),
            "message": summary(result),
            "output": "", "images": [], "tests": tests}


# ---- Submitty -----------------------------------------------------------------------------------

def submitty(result, about):
    """Of the test about["test"]; without that, of the first test case, in which all are run."""
    if not is_graded(result):
        return {"status": "failure", "message": no_mark(result)}
    if not about.get("test"):
        return {"status": "success", "data": {"score": 1.0, "message": summary(result),
                                              "status": "information"}}
    found = [test for test in result["tests"] if test["name"] == about["test"]]
    if len(found) != 1:
        return {"status": "failure", "message": cut("%d tests are called %s" % (
            len(found), about["test"]))}
    test = found[0]
    passed = test["verdict"] == "pass"
    status = {"pass": "success", "fail": "failure", "not-run": "warning"}[test["verdict"]]
    lines = [{"message": cut(line), "status": status}
             for line in output_of(test).split("\n")] if not passed else "passed"
    return {"status": "success", "data": {"score": test["points"] / max(1, test["max"]),
                                          "message": lines, "status": status}}


# ---- Autolab ------------------------------------------------------------------------------------

def scores_of(tests, key):
    """By part, which is Autolab's problem."""
    sums = {}
    for test in tests:
        sums[test["part"]] = sums.get(test["part"], 0) + test[key]
    return sums


def autolab(result, about):
    """The last line. What is taken or given for the day of handing in is a problem of its own."""
    if not is_graded(result):
        raise NoForm("no mark: " + report.one_line(result["why"]))
    scores = scores_of(result["tests"], "points")
    if result.get("raw_score", result["score"]) != result["score"]:
        scores["date"] = result["score"] - result["raw_score"]
    return {"scores": scores}


# ---- the forms by name --------------------------------------------------------------------------

def row_of(result, about):
    return {"id": about.get("id") or "submission", "result": for_students(result),
            "seconds": float(about.get("seconds") or 0), "retries": 0}


FORMS = {
    "gradescope": ("gradescope/results.json", lambda r, a: to_json(gradescope(r, a))),
    "classroom50": ("classroom50/result.json", lambda r, a: to_json(classroom50(r, a))),
    "prairielearn": ("prairielearn/results.json",
                     lambda r, a: to_json(prairielearn(r, a), MOST_OF_ALL)),
    "submitty": ("submitty/validation_results.json", lambda r, a: to_json(submitty(r, a))),
    "autolab": ("autolab/last-line",
                lambda r, a: json.dumps(autolab(r, a), sort_keys=True) + "\n"),
    "junit": ("junit.xml", lambda r, a: report.junit([row_of(r, a)])),
    "tap": ("result.tap", lambda r, a: report.tap([row_of(r, a)])),
}


def convert(form, result, about):
    """The form's text. Raises NoForm."""
    return FORMS[form][1](with_manual(result) if is_graded(result) else result, about)


def write_all(result, about, folder):
    """All forms that can say this; what an earlier result left there goes."""
    for form, (name, _) in FORMS.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        try:
            report.put(path, convert(form, result, about))
        except NoForm:
            if os.path.exists(path):
                os.remove(path)
