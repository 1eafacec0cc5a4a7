"""Long suites that go on where they stopped: what has passed on this very tree is not run again.

What passed lies under build/NAME/, by the state of the tree. SHARD=k/n takes every nth item.
"""

import hashlib
import os
import re
import sys
import tempfile
import time

import suite as s

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lint"))
import lint         # noqa: E402


def tree_hash():
    digest = hashlib.sha256()
    for path, text in sorted(lint.read_tree().items()):
        digest.update(path.encode() + b"\0")
        digest.update((text or "").encode(errors="surrogateescape") + b"\0")
    return digest.hexdigest()[:16]


def shard():
    """(k, n) of SHARD=k/n."""
    match = re.match(r"^(\d+)/(\d+)$", os.environ.get("SHARD") or "1/1")
    if not match or not 1 <= int(match.group(1)) <= int(match.group(2)):
        sys.exit("SHARD=%s: allowed is k/n, as in 2/4" % os.environ.get("SHARD"))
    return int(match.group(1)), int(match.group(2))


class Resume:
    """taken: {name: seconds that it took, in this call or in an earlier one}."""

    def __init__(self, name, folder=None):
        self.part, self.parts = shard()
        self.folder = folder or os.path.join(os.environ.get("BUILD", "build"), name, tree_hash())
        os.makedirs(self.folder, exist_ok=True)
        self.taken = {}

    def add(self, suite, jobs):
        """jobs: (name, function, arguments...); those of our part."""
        for job in jobs[self.part - 1::self.parts]:
            suite.add(job[0], self._run, *job)

    def _run(self, name, function, *arguments):
        path = os.path.join(self.folder, re.sub(r"[^A-Za-z0-9.,=+-]+", "_", name))
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.taken[name] = float(file.read().split()[1])
            return
        began = time.monotonic()
        function(*arguments)
        self.taken[name] = time.monotonic() - began
        with open(path, "w", encoding="utf-8") as file:
            file.write("passed %.1f\n" % self.taken[name])


def self_test():
    """An item of the quick suite: what has passed is not run again, what has failed is."""
    ran, good = [], []

    def job(name):
        ran.append(name)
        s.need(name != "bad" or good, "it is bad")

    def call(folder):
        ran.clear()
        resume, failed = Resume("", folder), []
        jobs = []
        resume.add(jobs_of(jobs), [(name, job, name) for name in ("one", "bad", "two")])
        for name, function, arguments in jobs:
            try:
                function(*arguments)
            except s.Failure:
                failed.append(name)
        return list(ran), failed, sorted(resume.taken)

    with tempfile.TemporaryDirectory(prefix="xv39.") as folder:
        s.need(call(folder) == (["one", "bad", "two"], ["bad"], ["one", "two"]), str(ran))
        s.need(call(folder) == (["bad"], ["bad"], ["one", "two"]), str(ran))
        good.append(True)
        s.need(call(folder) == (["bad"], [], ["bad", "one", "two"]), str(ran))
        s.need(call(folder)[0] == [], str(ran))


def jobs_of(jobs):
    """Stands for a Suite: keeps what is added."""
    suite = s.Suite()
    suite.items = jobs
    return suite
