"""The reports of a class run, out of the results of its submissions, and of nothing else.

A row is what is known of one submission: {"id", "result" (see result.py), "seconds", "retries"}.
What always holds: what students wrote is text in every format, whatever characters it has; a report
needs no other file and no network; colours say nothing that words do not; who has no mark through
no fault of the submission has an empty cell, not 0 points.
"""

import csv
import html
import io
import json
import os
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree

from result import carried_title, columns, for_students, manual_lines

WORDS = {"pass": "passed", "fail": "failed", "not-run": "not run"}
# What XML forbids; in HTML it is no better.
FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd"
                       "\U00010000-\U0010ffff]")
MOST_FAILURES = 20
BINS = 10

# A picture of a test: what moment.py writes, and nothing else.
PICTURE = re.compile(r"pictures/[a-z0-9-]{1,80}\.svg")
LARGEST_PICTURE = 64 << 10

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.45 sans-serif; max-width: 78em; margin: 2em auto; padding: 0 1em;
  color: #1a1a1a; background: #ffffff; }
@media (prefers-color-scheme: dark) { body { color: #f0f0f0; background: #17191c; }
  a { color: #7cbaff; } }
figure { margin: 1em 0 2em; border: 1px solid #888; }
figure svg { display: block; width: 100%; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3em .6em; border-bottom: 1px solid #999; }
td.number, th.number { text-align: right; white-space: nowrap; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font-size: 14px; }
tr.pass td:first-child { border-left: 6px solid #2b7a3d; }
tr.fail td:first-child { border-left: 6px solid #b3261e; }
tr.not-run td:first-child { border-left: 6px solid #777; }
svg { max-width: 100%; height: auto; }
"""


# ---- texts --------------------------------------------------------------------------------------

def clean(text):
    """Without what XML and people cannot read; what is no UTF-8 is written out as numbers."""
    whole = str(text).encode("utf-8", "backslashreplace").decode("utf-8")
    return FORBIDDEN.sub("\ufffd", whole)


def one_line(text):
    return " ".join(clean(text).split())


def h(text):
    return html.escape(clean(text), quote=True)


def first_line(text):
    return next((line.strip() for line in str(text).split("\n") if line.strip()), "")


def kind_of(why):
    """The first line of why, the same for the same mistake with other numbers."""
    return re.sub(r"0x[0-9a-fA-F]+|\d+", "#", first_line(clean(why)))


def is_graded(row):
    return row["result"]["status"] == "graded"


def tests_of(rows):
    """All tests of all results, as (stage, name), in the order in which they first come."""
    found = {}
    for row in rows:
        for test in row["result"]["tests"]:
            found.setdefault((test["stage"], test["name"]), test)
    return found


def column_names(keys):
    """The tests' names; with the stage where two stages have a test of one name."""
    names = [name for _, name in keys]
    return [name if names.count(name) == 1 else "%s: %s" % (stage, name) for stage, name in keys]


def by_key(row):
    return {(test["stage"], test["name"]): test for test in row["result"]["tests"]}


def filled(result):
    """What persons have marked already."""
    return [item for item in result["manual"] if item.get("points") is not None]


def total(result):
    return result["score"] + sum(item["points"] for item in filled(result))


def most(result):
    return result["max_score"] + sum(item["max"] for item in filled(result))


def mark(result):
    if result["status"] != "graded":
        return "no mark"
    return "%d of %d" % (total(result), most(result))


def items_of(rows):
    """What a person marks, by all results, in their order."""
    return list(dict.fromkeys(item["name"] for row in rows for item in row["result"]["manual"]))


# ---- CSV ----------------------------------------------------------------------------------------

def cell(value):
    """A spreadsheet takes a text that begins like this for a formula."""
    if isinstance(value, int):
        return value
    text = one_line(value)
    return "'" + text if text.startswith(("=", "+", "-", "@")) else text


def csv_text(lines):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([cell(each) for each in line] for line in lines)
    return out.getvalue()


def tools_text(result):
    return "; ".join("%s: %s" % pair for pair in sorted(result["tools"].items()))


def class_csv(rows):
    keys, items = list(tests_of(rows)), items_of(rows)
    lines = [["id", "total"] + column_names(keys) + ["manual: " + name for name in items] +
             ["status", "seed", "tools"]]
    for row in rows:
        result, tests = row["result"], by_key(row)
        marked = {item["name"]: item["points"] for item in filled(result)}
        lines.append([row["id"], total(result) if is_graded(row) else ""] +
                     [tests[key]["points"] if key in tests else "" for key in keys] +
                     [marked.get(name, "") for name in items] +
                     [result["status"], result["seed"], tools_text(result)])
    return csv_text(lines)


def manual_csv(rows):
    """For persons to fill in; the class run reads it again."""
    items = items_of(rows)
    lines = [["id"] + items]
    for row in rows:
        marked = {item["name"]: item["points"] for item in filled(row["result"])}
        lines.append([row["id"]] + [marked.get(name, "") for name in items])
    return csv_text(lines)


def authors_csv(rows):
    """One row per author; who hands in without AUTHORS goes by the submission's id."""
    lines = [["author", "id", "total", "max", "status"]]
    for row in rows:
        result, graded = row["result"], is_graded(row)
        for author in result["authors"] or [row["id"]]:
            lines.append([author, row["id"], total(result) if graded else "",
                          most(result) if graded else "", result["status"]])
    return csv_text(lines)


# ---- JUnit and TAP: whatever points are missing is a failure ------------------------------------

def add_properties(element, **values):
    properties = ElementTree.SubElement(element, "properties")
    for name, value in values.items():
        ElementTree.SubElement(properties, "property", name=name, value=clean(value))


def junit_suite(root, row):
    result = row["result"]
    tests = result["tests"] if is_graded(row) else []
    failed = [test for test in tests if test["verdict"] != "pass"]
    suite = ElementTree.SubElement(root, "testsuite", name=one_line(row["id"]),
                                   tests=str(len(tests) or 1), failures=str(len(failed)),
                                   errors=str(int(not is_graded(row))), skipped="0",
                                   time="%.1f" % row["seconds"])
    add_properties(suite, score=result["score"], max=result["max_score"], seed=result["seed"],
                   status=result["status"])
    for test in tests:
        case = ElementTree.SubElement(suite, "testcase", name=one_line(test["name"]),
                                      classname="%s.%s" % (one_line(result["lab"]), test["stage"]),
                                      time="0")
        add_properties(case, points=test["points"], max=test["max"], verdict=test["verdict"])
        if test["verdict"] != "pass":
            ElementTree.SubElement(case, "failure", message=one_line(first_line(test["why"])),
                                   type=test["verdict"]).text = clean(test["why"])
    if not tests:
        case = ElementTree.SubElement(suite, "testcase", name="graded", time="0",
                                      classname=one_line(result["lab"]))
        if not is_graded(row):
            ElementTree.SubElement(case, "error", message=one_line(first_line(result["why"])),
                                   type="infrastructure").text = clean(result["why"])


def junit(rows):
    root = ElementTree.Element("testsuites")
    for row in rows:
        junit_suite(root, row)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name)) for suite in root)))
    root.set("time", "%.1f" % sum(row["seconds"] for row in rows))
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + \
        ElementTree.tostring(root, encoding="unicode") + "\n"


def yaml_text(value):
    """As JSON, which is YAML but for its pairs of numbers that stand for one character."""
    return re.sub(r"\\u(d[89ab]..)\\u(d[c-f]..)", lambda match: bytes.fromhex(
        match.group(1) + match.group(2)).decode("utf-16-be"), json.dumps(value))


def tap_point(good, number, what, words="", **about):
    text = one_line(what).replace("\\", "\\\\").replace("#", "\\#")
    lines = ["%s %d - %s%s" % ("ok" if good else "not ok", number, text, words)]
    if about:
        lines += ["  ---"] + ["  %s: %s" % (name, yaml_text(value))
                              for name, value in about.items()] + ["  ..."]
    return lines


def tap(rows):
    lines = []
    number = 0
    for row in rows:
        for test in row["result"]["tests"] if is_graded(row) else []:
            number += 1
            about = {"points": test["points"], "max": test["max"]}
            if test["verdict"] != "pass":
                about.update(verdict=WORDS[test["verdict"]], why=clean(test["why"]))
            lines += tap_point(test["verdict"] == "pass", number,
                               "%s: %s" % (row["id"], test["name"]), **about)
        if not is_graded(row):
            number += 1
            lines += tap_point(True, number, "%s: graded" % row["id"], " # SKIP " + one_line(
                "no mark, and not the submission's fault: " + row["result"]["why"]))
    return "\n".join(["TAP version 14", "1..%d" % number] + lines) + "\n"


# ---- HTML ---------------------------------------------------------------------------------------

def page(title, body):
    return "\n".join([
        "<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<title>%s</title>" % h(title), "<style>%s</style>" % STYLE, "</head>", "<body>",
        "<main>", "<h1>%s</h1>" % h(title)] + body + ["</main>", "</body>", "</html>"]) + "\n"


def table(caption, heads, lines):
    """heads: (text, whether numbers); lines: (class, cells of HTML)."""
    def kind(number):
        return ' class="number"' if number else ""

    parts = ["<table>", "<caption>%s</caption>" % h(caption), "<thead>", "<tr>" + "".join(
        '<th scope="col"%s>%s</th>' % (kind(number), h(text)) for text, number in heads) + "</tr>",
        "</thead>", "<tbody>"]
    for name, cells in lines:
        parts.append("<tr%s>" % (' class="%s"' % h(name) if name else "") + "".join(
            "<td%s>%s</td>" % (kind(number), text)
            for (_, number), text in zip(heads, cells)) + "</tr>")
    return parts + ["</tbody>", "</table>"]


def carried_html(result):
    """Of a submission on earlier labs: the machine's tests with theirs and with the reference's."""
    title = carried_title(result)
    if not result["carried"]["tests"]:
        return ["<p>%s: not tried.</p>" % h(title), "<pre>%s</pre>" % h(result["carried"]["why"])]
    return table("On the machine, for information: the marks are those with the reference's", [
        ("test", False), ("with the reference's", False), (title, False)],
        [("", [h(each) for each in row]) for row in columns(result)])


def picture_of(test, folder):
    """The text of the SVG that belongs to a test, or "". folder: where the result lies."""
    name = test.get("picture") or ""
    if not folder or not PICTURE.fullmatch(name):
        return ""
    try:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            text = file.read(LARGEST_PICTURE + 1)
    except (OSError, ValueError):
        return ""
    return text if text.startswith("<svg") and len(text) <= LARGEST_PICTURE else ""


def anchor(name):
    return "moment-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def moments_html(tests, pictures):
    """What memory held when tests failed."""
    if not pictures:
        return []
    body = ["<h2>What memory held when they failed</h2>",
            "<p>Each picture shows the machine as it stood at that moment. The walk begins at the "
            "register satp, as the hardware's does; what is said of frames, areas and events is "
            "the kernel's own word. Pictures explain, and give no points. <code>make grade</code> "
            "in your own tree writes the time machine's page of each moment, too.</p>"]
    for test in tests:
        if test["name"] in pictures:
            body += ['<h3 id="%s">%s</h3>' % (anchor(test["name"]), h(test["name"])),
                     "<figure>%s</figure>" % pictures[test["name"]]]
    return body


def student_html(row, folder=None):
    """folder: where the pictures are; without it there are none."""
    result = for_students(row["result"])
    title = "%s: lab %s, %s" % (one_line(row["id"]), result["lab"], mark(result))
    body = []
    pictures = {test["name"]: picture_of(test, folder) for test in result["tests"]
                if picture_of(test, folder)}
    if result["authors"]:
        body.append("<p>By %s.</p>" % h(", ".join(result["authors"])))
    if not is_graded(row):
        body += ["<p>There is no mark, and the submission is not at fault:</p>",
                 "<pre>%s</pre>" % h(result["why"])]
    else:
        lines = []
        for test in result["tests"]:
            why = "<pre>%s</pre>" % h(test["why"]) if test["why"] else ""
            if test["verdict"] == "fail" and test.get("hint"):
                why += "<p>Hint: %s</p>" % h(test["hint"])
            if test["verdict"] == "fail" and test["rerun"]:
                why += "<p>Try it again: <code>%s</code></p>" % h(test["rerun"])
            if test["name"] in pictures:
                why += '<p><a href="#%s">What memory held then</a></p>' % anchor(test["name"])
            if test.get("page"):
                why += '<p><a href="%s">The time machine, at that moment</a></p>' % h(test["page"])
            lines.append((test["verdict"], [h(test["name"]), h(test["stage"]),
                                            "%d of %d" % (test["points"], test["max"]),
                                            WORDS[test["verdict"]], why]))
        body += table("Tests", [("test", False), ("stage", False), ("points", True),
                                ("verdict", False), ("why", False)], lines)
        body += moments_html(result["tests"], pictures)
    if result.get("carried"):
        body += carried_html(result)
    body += ["<p>%s</p>" % h(line) for line in result.get("remarks", [])]
    if result["manual"]:
        body.append("<p>A person marks as well: %s.</p>" % h(", ".join(manual_lines(result))))
    body.append("<p>Seed %d; submission %s; tree %s; %s</p>" % (
        result["seed"], h(result["submission"][:16] or "not readable"),
        h(result["tree"][:16] or "unknown"), h(tools_text(result))))
    return page(title, body)


def nice(value):
    """The least of 1, 2, 5, 10, 20, … that is not below it."""
    step = 1
    while True:
        for each in (1, 2, 5):
            if each * step >= value:
                return each * step
        step *= 10


def histogram(name, what, values, highest):
    """Inline SVG: how many of values lie in each bin, from 0 to highest."""
    width = nice(max(1, highest) / BINS)
    bins = [0] * (int(highest // width) + 1)
    for value in values:
        bins[min(len(bins) - 1, int(value // width))] += 1
    labels = ["%d" % (i * width) if width == 1 or i * width == highest else
              "%d–%d" % (i * width, (i + 1) * width - 1) for i in range(len(bins))]
    most, step, tall = max(bins + [1]), 58, 120
    parts = ['<svg viewBox="0 0 %d %d" width="%d" role="img" aria-labelledby="%s-title %s-desc" '
             'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="12">' % (
                 len(bins) * step, tall + 44, len(bins) * step, name, name),
             '<title id="%s-title">%s</title>' % (name, h(what)),
             '<desc id="%s-desc">%s</desc>' % (name, h("; ".join(
                 "%s: %d" % pair for pair in zip(labels, bins) if pair[1]) or "none"))]
    for i, count in enumerate(bins):
        high = round(tall * count / most)
        middle = i * step + step // 2
        parts += ['<rect x="%d" y="%d" width="%d" height="%d" fill="#30577f"/>' % (
                      i * step + 4, 20 + tall - high, step - 8, high),
                  '<text x="%d" y="%d" text-anchor="middle">%d</text>' % (
                      middle, 15 + tall - high, count),
                  '<text x="%d" y="%d" text-anchor="middle">%s</text>' % (
                      middle, tall + 36, labels[i])]
    return parts + ["</svg>"]


def first_failures(rows):
    """(how many, test, kind, an example row, its why), the commonest first."""
    groups = {}
    for row in rows:
        for test in row["result"]["tests"]:
            if test["verdict"] != "pass":
                key = test["name"], kind_of(test["why"])
                groups.setdefault(key, []).append((row, test["why"]))
                break
    found = [(len(those), name, kind) + those[0] for (name, kind), those in groups.items()]
    return sorted(found, key=lambda each: (-each[0], each[1], each[2]))


def about_test(passed, of):
    if of < 2:
        return ""
    return "nobody passes" if passed == 0 else "everybody passes" if passed == of else ""


def test_lines(rows):
    lines = []
    keys = tests_of(rows)
    for name, (key, about) in zip(column_names(list(keys)), keys.items()):
        verdicts = [by_key(row)[key]["verdict"] for row in rows if key in by_key(row)]
        passed = verdicts.count("pass")
        lines.append(("", [h(name), h(about["stage"]), str(about["max"]),
                           "%d of %d" % (passed, len(verdicts)), str(verdicts.count("fail")),
                           str(verdicts.count("not-run")), about_test(passed, len(verdicts))]))
    return lines


def link(student):
    path = urllib.parse.quote(os.fsencode(student)) + "/report.html"
    return '<a href="./%s">%s</a>' % (h(path), h(student))


def failures_section(graded):
    body = ["<h2>The commonest first failures</h2>"]
    failures = first_failures(graded)
    for count, name, kind, row, why in failures[:MOST_FAILURES]:
        body += ["<h3>%d: %s: %s</h3>" % (count, h(name), h(kind[:200] or "no word why")),
                 "<p>For example %s:</p>" % link(row["id"]), "<pre>%s</pre>" % h(why)]
    if not failures:
        body.append("<p>There are none.</p>")
    if len(failures) > MOST_FAILURES:
        body.append("<p>And %d other kinds.</p>" % (len(failures) - MOST_FAILURES))
    return body


def changes_section(changes):
    """changes: (who, old, new); None: there was nothing to compare with."""
    if changes is None:
        return []
    body = ["<h2>Marks that changed</h2>"]
    if not changes:
        return body + ["<p>None, against the results that were there before.</p>"]
    return body + table("Against the results that were there before", [
        ("who", False), ("old", True), ("new", True)],
        [("", [link(who), h(old), h(new)]) for who, old, new in changes])


def class_html(rows, changes=None):
    graded = [row for row in rows if is_graded(row)]
    others = [row for row in rows if not is_graded(row)]
    retried = [row for row in rows if row["retries"]]
    lab = rows[0]["result"]["lab"] if rows else ""
    body = ["<p>%d of %d submissions have a mark; %d have none, and are not at fault; "
            "%d were tried again.</p>" % (len(graded), len(rows), len(others), len(retried))]
    if graded:
        highest = max(most(row["result"]) for row in graded)
        scores = sorted(total(row["result"]) for row in graded)
        body += ["<h2>Marks</h2>", "<p>Of %d points: the least %d, the middle one %d, the most %d."
                 "</p>" % (highest, scores[0], scores[len(scores) // 2], scores[-1])]
        body += histogram("marks", "How many submissions have how many points", scores, highest)
        body += ["<h2>Tests</h2>"] + table("What passes, of the submissions with a mark", [
            ("test", False), ("stage", False), ("points", True), ("passed", True),
            ("failed", True), ("not run", True), ("to note", False)], test_lines(graded))
    body += failures_section(graded) + changes_section(changes)
    body += ["<h2>Submissions</h2>"] + table("All submissions", [
        ("id", False), ("authors", False), ("points", True), ("status", False), ("seconds", True),
        ("retries", True)],
        [("", [link(row["id"]), h(", ".join(row["result"]["authors"])), h(mark(row["result"])),
               h(row["result"]["status"]), "%.0f" % row["seconds"], str(row["retries"])])
         for row in rows])
    if others:
        body.append("<h2>Without a mark, and not at fault</h2>")
        for row in others:
            body += ["<p>%s</p>" % link(row["id"]), "<pre>%s</pre>" % h(row["result"]["why"])]
    if rows:
        seconds = [row["seconds"] for row in rows]
        body.append("<h2>Seconds</h2>")
        body += histogram("seconds", "How many submissions took how many seconds", seconds,
                          max(seconds))
    return page("Lab %s: %d submissions" % (one_line(lab), len(rows)), body)


# ---- all of it ----------------------------------------------------------------------------------

def put(path, text):
    """All of it, or what was there before."""
    with open(path + ".new", "w", encoding="utf-8", newline="") as file:
        file.write(text)
    os.replace(path + ".new", path)


FILES = (("class.csv", class_csv), ("authors.csv", authors_csv), ("junit.xml", junit),
         ("class.tap", tap))


def write_all(rows, out, changes=None):
    for row in rows:
        folder = os.path.join(out, row["id"])
        put(os.path.join(folder, "report.html"), student_html(row, folder))
    for name, make in FILES:
        put(os.path.join(out, name), make(rows))
    put(os.path.join(out, "class.html"), class_html(rows, changes))
    if items_of(rows):
        put(os.path.join(out, "manual.csv"), manual_csv(rows))
