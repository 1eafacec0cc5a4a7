"""What Submitty's custom validator runs: python3 xv39.py [NAME OF A TEST].

The first test case has left result.json (tests/grade/systems/grade_there), with what is to be said
of each test. This takes that of its own, and prints nothing.
"""

import json
import os
import re
import sys


def read():
    """result.json beside this test case's files, or where the first test case has left it."""
    with open("custom_validator_input.json", encoding="utf-8") as file:
        prefix = json.load(file).get("testcase_prefix") or ""
    first = re.sub(r"\d+", lambda match: "1".zfill(len(match.group(0))), prefix)
    for folder in (prefix, first, "test01", "."):
        for path in (os.path.join(folder, "result.json"), folder + "result.json"):
            if os.path.isfile(path):
                with open(path, encoding="utf-8") as file:
                    return json.load(file)
    return {}


def validation(name):
    try:
        found = read().get("submitty", {})
    except (OSError, ValueError, AttributeError) as trouble:
        found, why = {}, str(trouble)
    else:
        why = "there is no result of the first test case"
    whole = found.get("", {"status": "failure", "message": why})
    if name in found or whole.get("status") == "failure":       # the latter: there is no mark
        return found.get(name, whole)
    return {"status": "failure", "message": "no test is called %s" % name}


if __name__ == "__main__":
    with open("validation_results.json", "w", encoding="utf-8") as file:
        json.dump(validation(sys.argv[1] if len(sys.argv) > 1 else ""), file)
