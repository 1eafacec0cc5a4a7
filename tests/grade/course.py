"""What a course says of a lab, over the lab's own: COURSE/LAB.json. All of it may be left out.

    secret        with it seeds are drawn: from the secret, what is handed in, and the lab
    variants      true: each student has rules of behaviour of their own, drawn from the secret, the
                  id, and the lab: see rules.py
    points        {test: points}; {"splitting": 5}
    visibility    {test: visible, hidden, after_due_date or after_published}
    hidden        [test]: the same as hidden in visibility
    hints         {test: what is said where it fails}
    limits        {test: instructions}, less than the lab's own; for all of the machine's tests
                  "instructions" and "cpu_seconds", in place of machinestage.LIMITS
    due           "2026-12-10T23:59:00Z"
    late          {"percent_per_day": 10, "days": 3}: so much less for each day begun; then nothing
    early         {"percent_per_day": 2, "days": 5}: so much more for each whole day, at most days
    manual        [{"name": "style", "max": 10}]: what a person marks; see manual.csv of a class run

COURSE/LAB.times.csv, lines `id,time`, says when something was handed in; for a student who is not
there it is the time of the commit, or of the entry's last change.
"""

import csv
import datetime
import hashlib
import hmac
import json
import os
import secrets

import rules

DAY = 86400
TIME_FORM = "%Y-%m-%dT%H:%M:%SZ"
VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")
OF_MACHINE = ("instructions", "cpu_seconds")
PUBLIC = ("points", "hints", "due", "late", "early", "hidden")     # a hand-out may have these


class Wrong(Exception):
    """What is wrong with the course's file."""


def seconds_of(text):
    """Of a time in UTC, since 1970."""
    try:
        return int(datetime.datetime.strptime(text, TIME_FORM).replace(
            tzinfo=datetime.timezone.utc).timestamp())
    except (ValueError, TypeError):
        raise Wrong("%r is no time like 2026-12-10T23:59:00Z" % (text,))


def text_of(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime(TIME_FORM)


def in_days(count):
    return "1 day" if count == 1 else "%d days" % count


def points_of(lab):
    """{test: points} as the lab has them, in its order."""
    import hoststage            # here, since these load all that boots machines
    import machinestage
    import questions
    found = {test.name: test.points for test in hoststage.tests_of(lab, 0)}
    found.update(("question: " + each.name, each.points) for each in questions.of(lab, 0))
    found.update((test.name, test.points) for test in machinestage.tests_of(lab))
    return found


def is_points(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10000


def is_rule(value):
    return isinstance(value, dict) and set(value) == {"percent_per_day", "days"} and \
        all(is_points(each) for each in value.values()) and value["percent_per_day"] <= 100


def is_manual(value):
    return isinstance(value, list) and len({str(each) for each in value}) == len(value) and all(
        isinstance(each, dict) and set(each) == {"name", "max"} and is_points(each["max"]) and
        isinstance(each["name"], str) and each["name"] for each in value)


def is_table(of):
    return lambda value: isinstance(value, dict) and all(of(each) for each in value.values())


def is_text(value):
    return isinstance(value, str) and value != ""


KNOWN = {
    "secret": is_text, "variants": lambda value: isinstance(value, bool),
    "points": is_table(is_points), "hints": is_table(is_text),
    "visibility": is_table(lambda value: value in VISIBILITIES),
    "hidden": lambda value: isinstance(value, list) and all(is_text(each) for each in value),
    "limits": is_table(lambda value: isinstance(value, int) and value > 0),
    "due": lambda value: seconds_of(value) >= 0, "late": is_rule, "early": is_rule,
    "manual": is_manual,
}


class Course:
    """settings: as the file has them. Without a folder: the lab's own, and nothing else."""

    def __init__(self, lab, folder="", settings=None):
        self.lab, self.folder = lab, folder
        path = os.path.join(folder, lab.name + ".json") if folder else ""
        self.settings = settings or (read(path) if folder else {})
        where = path or "the course"
        if not isinstance(self.settings, dict):
            raise Wrong("%s: it is no object" % where)
        for name, value in self.settings.items():
            if name not in KNOWN:
                raise Wrong("%s: there is no %s; there are: %s" % (where, name, " ".join(KNOWN)))
            if not KNOWN[name](value):
                raise Wrong("%s: %s cannot be %s" % (where, name, json.dumps(value)[:200]))
        if self.get("variants") and not self.get("secret"):
            raise Wrong("%s: variants are drawn from a secret, and there is none" % where)
        if self.get("variants") and not rules.known(lab):
            raise Wrong("%s: the lab %s has no rules, so there are no variants" % (where, lab.name))
        tests = points_of(lab) if self.settings else {}
        for name in ("points", "hints", "visibility", "hidden", "limits"):
            for test in self.settings.get(name, ()):
                if test not in tests and not (name == "limits" and test in OF_MACHINE):
                    raise Wrong("%s: %s: no test is called %s; there are: %s" % (
                        where, name, test, ", ".join(tests)))

    def get(self, name, default=None):
        return self.settings.get(name, default)

    def is_hidden(self, test):
        return self.visibility(test) != "visible"

    def visibility(self, test):
        if test in self.get("hidden", ()):
            return "hidden"
        return self.get("visibility", {}).get(test, "visible")

    def public(self):
        """What a hand-out may know: for the settings of another Course."""
        return {name: self.settings[name] for name in PUBLIC if name in self.settings}

    # ---- grading --------------------------------------------------------------------------------

    def seed(self, digest):
        """Of what was handed in; None: there is no secret."""
        if not self.get("secret"):
            return None
        return int.from_bytes(self.keyed(digest)[:6], "little")

    def variant(self, student):
        """Of a student: a text, the same each time; "": all have one task."""
        if not self.get("variants"):
            return ""
        if not student:
            raise Wrong("each student has rules of their own: say whose (ID=, or --student)")
        return self.keyed("rules of " + student)[:8].hex()

    def keyed(self, text):
        text = ("%s %s" % (text, self.lab.name)).encode(errors="surrogatepass")
        return hmac.new(self.settings["secret"].encode(), text, hashlib.sha256).digest()

    def limits(self):
        """Of a machine."""
        import machinestage
        given = self.get("limits", {})
        return machinestage.LIMITS._replace(**{
            name: given[name] for name in OF_MACHINE if name in given})

    def adjust(self, entries):
        """Points, hints, visibility and limits of entries that are not settled yet."""
        for entry in entries:
            name = entry["name"]
            entry["max"] = self.get("points", {}).get(name, entry["max"])
            entry["hint"] = self.get("hints", {}).get(name, "")
            entry["visibility"] = self.visibility(name)
            limit = self.get("limits", {}).get(name)
            if limit and entry["used"] is not None:
                entry["limit"] = min(limit, entry["limit"] or limit)
                if entry["verdict"] == "pass" and entry["used"] > limit:
                    entry["verdict"] = "fail"
                    entry["why"] = "%d instructions, %d are allowed" % (entry["used"], limit)
        return entries

    def by_date(self, score, time):
        """(score, remarks) of what was handed in then, in seconds; None: not known."""
        if time is None or not self.get("due"):
            return score, []
        due = seconds_of(self.settings["due"])
        late, early = self.get("late"), self.get("early")
        if time > due and late:
            days = (time - due + DAY - 1) // DAY
            if days > late["days"]:
                return 0, ["%s late: no points" % in_days(days)]
            off = min(100, days * late["percent_per_day"])
            return (score * (100 - off) + 99) // 100, ["%s late: %d %% off" % (in_days(days), off)]
        if time < due and early:
            days = min((due - time) // DAY, early["days"])
            more = days * early["percent_per_day"]
            if more:
                return (score * (100 + more) + 99) // 100, ["%s early: %d %% more" % (
                    in_days(days), more)]
        return score, []

    def manual(self):
        return [dict(each, points=None) for each in self.get("manual", ())]

    def times(self):
        """{id: seconds}."""
        path = os.path.join(self.folder, self.lab.name + ".times.csv")
        if not self.folder or not os.path.exists(path):
            return {}
        try:
            with open(path, encoding="utf-8-sig", newline="") as file:
                lines = [line for line in csv.reader(file) if line and line[0] != "id"]
            return {line[0]: seconds_of(line[1].strip()) for line in lines}
        except (OSError, ValueError, IndexError, csv.Error) as trouble:
            raise Wrong("%s: %s" % (path, trouble))


def read(path):
    try:
        with open(path, encoding="utf-8-sig") as file:
            return json.load(file)
    except OSError as trouble:
        raise Wrong("%s: %s" % (path, trouble.strerror))
    except ValueError as trouble:
        raise Wrong("%s: it is no JSON: %s" % (path, trouble))


# ---- what persons mark ---------------------------------------------------------------------------

def read_manual(path):
    """{id: {item: points}} of what is filled in. A spreadsheet may have put a mark before it."""
    if not os.path.exists(path):
        return {}
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows, columns = list(reader), reader.fieldnames or ()
    except (ValueError, csv.Error) as trouble:
        raise Wrong("%s: it is no CSV in UTF-8: %s" % (path, trouble))
    if "id" not in columns:
        raise Wrong("%s: there is no column id, or its cells are not parted by commas" % path)
    found = {}
    for row in rows:
        found[row.get("id", "")] = {
            item: cell.strip() for item, cell in row.items()
            if item not in ("id", None) and isinstance(cell, str) and cell.strip()}
    return found


def merge_manual(result, filled):
    """Puts points into the result; what is no number of points is Wrong."""
    for item in result["manual"]:
        said = filled.get(item["name"])
        item["points"] = None
        if said is not None:
            if not said.isdigit() or int(said) > item["max"]:
                raise Wrong("%s cannot be %s: a number from 0 to %d" % (
                    item["name"], said, item["max"]))
            item["points"] = int(said)
    return result


# ---- a sample ------------------------------------------------------------------------------------

def sample(lab):
    """A file with all there is, as the lab has it."""
    import machinestage
    names = list(points_of(lab))
    return {"secret": secrets.token_hex(32), "variants": False, "points": points_of(lab),
            "hidden": [],
            "visibility": dict.fromkeys(names, "visible"), "hints": {},
            "limits": dict(zip(OF_MACHINE, machinestage.LIMITS)),
            "due": "2030-01-31T23:59:00Z", "late": {"percent_per_day": 10, "days": 3},
            "early": {"percent_per_day": 0, "days": 0}, "manual": []}
