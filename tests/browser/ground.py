"""Scripts in a browser: finds Chromium, node and the modules, runs a script of this folder, and
makes an item's parts of what it says. What ground.js is for the scripts, this is for the items."""

import json
import os
import shutil
import subprocess

import suite as s
from suite import Skip, need

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.environ.get("BUILD", "build") + "/browser"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
            "/Applications/Chromium.app/Contents/MacOS/Chromium",
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
INSTALL = "`make deps check-view` installs it"


def found(names, what):
    """The path of the first program that there is, or the item is skipped."""
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    raise Skip("no %s here; %s" % (what, INSTALL))


def modules():
    """The folder of the node modules, which must be those of the lock file."""
    folder = os.path.join(s.ROOT, FOLDER, "node_modules")
    with open(os.path.join(HERE, "package-lock.json"), "rb") as file:
        wanted = file.read()
    try:
        with open(os.path.join(folder, "of-lock.json"), "rb") as file:
            there = file.read()
    except FileNotFoundError:
        there = None
    if there != wanted:
        raise Skip("no playwright-core and axe-core in %s, or others; %s" % (FOLDER, INSTALL))
    return folder


def need_browser():
    """Skips the item where it could not end well: before a machine is booted for nothing."""
    return found(BROWSERS, "Chromium"), found(("node",), "node"), modules()


def run_script(script, **given):
    """Runs tests/browser/SCRIPT.js with these values; gives the parts of an item."""
    chromium, node, folder = need_browser()
    given.update(chromium=chromium, pictures=os.path.join(s.ROOT, FOLDER, "pictures"),
                 seconds=s.SECONDS["boot"])
    try:
        done = subprocess.run(
            [node, os.path.join(HERE, script + ".js"), json.dumps(given)], cwd=s.ROOT,
            env=dict(os.environ, NODE_PATH=folder), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=s.SECONDS["command"])
    except subprocess.TimeoutExpired:
        raise s.Failure("tests/browser/%s.js: time-out" % script)
    errors = done.stderr.decode(errors="replace")
    need(done.returncode == 0, "tests/browser/%s.js ended with %d\n%s" % (
        script, done.returncode, errors[-2000:]))
    told = [json.loads(line) for line in done.stdout.decode().splitlines()]
    need(told, "tests/browser/%s.js ran no test\n%s" % (script, errors))
    return [(part["name"], "FAIL" if part["why"] else "ok", part["why"]) for part in told]
