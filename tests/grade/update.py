"""A patch for students who have an older hand-out: make handout LAB=buddy OUT=dir UPDATE=old.

old is such a hand-out, with or without a student's work in it. What it was when it was handed out
is known from its first commit, which the script handout has made; where that is gone, it is made
anew from the commit that its file LAB names. Of its repository nothing is used but the objects, as
of one that is handed in (unpack.py): a student may have written anything there. The patch,
OUT/update.patch, brings it to the hand-out of this tree. It touches no file that the student
writes: where one of these would have to change there is no patch, and the message names the file.
"""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

from functions import Trouble
from lab import NoSuchLab, about_tree
import unpack

PATCH = "update.patch"


class Refused(Trouble):
    """There is no patch; the message says why."""


def git(folder, *words, typed=b""):
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env.update(GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL=os.devnull, HOME=os.devnull,
               XDG_CONFIG_HOME=os.devnull, GIT_CEILING_DIRECTORIES=os.path.dirname(
                   os.path.abspath(folder)))
    try:
        return subprocess.run(("git", "-c", "safe.directory=*", "-c", "core.fsmonitor=") + words,
                              cwd=folder, env=env, input=typed, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
    except OSError:
        raise Refused("there is no git: install the package git")


def read_about(old, name):
    """What its file LAB says."""
    path = os.path.join(old, "LAB")
    try:
        about = about_tree(old)
        theirs, commit = about["lab"], about["tree"]
        with open(path, "rb") as file:
            data = file.read()
    except (OSError, NoSuchLab, KeyError):
        raise Refused("%s is no hand-out: it has no file LAB of ours" % old)
    if theirs != name:
        raise Refused("%s is a hand-out of the lab %s, not of %s" % (old, theirs, name))
    if not re.match(r"([0-9a-f]{40}|[0-9a-f]{64}|)\Z", commit):
        raise Refused("%s: the tree that it is of is no commit: %s" % (path, commit))
    return data, about, commit


def variant_of(old, name):
    """The rules that the older hand-out has, in the words of rules.py."""
    return "".join("+" + rule for rule in read_about(old, name)[1].get("rules") or ())


def from_archive(folder, commit):
    """{path: (content, whether it is a program)} of a commit; None: it is not there."""
    done = git(folder, "archive", "--format=tar", commit) if commit else None
    return from_tar(done.stdout) if done and done.returncode == 0 else None


def from_tar(data):
    """Raises unpack.Refused where a name leads out, or into a repository."""
    tree = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            parts = unpack.clean_name(member.name).lower().split("/")
            if ".git" in parts or "git~1" in parts:
                raise unpack.Refused("%s is git's own" % member.name)
            if member.isfile():
                tree[member.name] = (tar.extractfile(member).read(), bool(member.mode & 0o100))
    return tree


def handed_out(old, data, author):
    """By its first commit, if that is ours, and of the tree that the file LAB names."""
    try:
        repository = unpack.git_folder(old)
        if not repository:
            return None
        with unpack.borrowing(repository) as (words, environment, head):
            def say(*more):
                return subprocess.run(words + list(more), env=environment,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL).stdout
            for root in say("rev-list", "--max-parents=0", head).decode().split():
                if say("show", "-s", "--format=%ae", root).decode().strip() == author:
                    tree = from_tar(say("archive", "--format=tar", root))
                    if tree.get("LAB", (b"",))[0] == data:
                        return tree
    except (unpack.Refused, tarfile.TarError, ValueError):
        pass                    # what it was is known from the tree's commit
    return None


def made_anew(root, commit, name, variant, read_tree):
    """By the tree's commit, with the scripts that it had."""
    whole = from_archive(root, commit)
    if not whole:
        return None
    with tempfile.TemporaryDirectory(prefix="xv39.update.") as work:
        tree, out = os.path.join(work, "tree"), os.path.join(work, "out")
        write(tree, whole)
        words = [name, out] + (["", variant] if variant else [])
        done = subprocess.run([sys.executable, os.path.join(tree, "tests/grade/handout")] + words,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise Refused("the tree %s makes no hand-out any more: %s" % (
                commit, done.stdout.decode(errors="replace").strip()))
        shutil.rmtree(os.path.join(out, ".git"))
        return read_tree(out)


def write(folder, tree):
    for path, (content, is_program) in tree.items():
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(content)
        os.chmod(full, 0o755 if is_program else 0o644)


def difference(one, other):
    """As `git apply` and patch take it."""
    with tempfile.TemporaryDirectory(prefix="xv39.update.") as work:
        def put(tree):
            write(work, tree)
            for words in (("add", "-A", "-f", "."), (
                    "-c", "user.name=xv39", "-c", "user.email=xv39@example.org", "commit", "-q",
                    "--allow-empty", "-m", "x")):
                done = git(work, *words)
                if done.returncode != 0:
                    raise Refused(done.stderr.decode(errors="replace"))
        git(work, "init", "-q", "--template=")
        put(one)
        for path in one:
            os.remove(os.path.join(work, path))
        put(other)
        return git(work, "diff", "--binary", "--full-index", "--no-renames", "HEAD~", "HEAD").stdout


def make(lab, tree, commit, old, author, read_tree):
    """The patch's bytes; b"": there is nothing to change. tree: the hand-out of now."""
    data, about, before = read_about(old, lab.name)
    base = handed_out(old, data, author) or made_anew(lab.root, before, lab.name,
                                                      variant_of(old, lab.name), read_tree)
    if base is None:
        raise Refused("%s: its first commit is not ours any more, and the tree that it is of, %s, "
                      "is not known here" % (old, before or "which has no commit"))
    tree = dict(tree, LAB=((json.dumps(dict(about, tree=commit)) + "\n").encode(), False))
    base = dict(base, LAB=(data, False))
    if all(base.get(path) == tree.get(path) for path in set(base) | set(tree) if path != "LAB"):
        return b""
    changed = [path for path in lab.files if base.get(path) != tree.get(path)]
    carried = [path for paths in (about.get("carry") or {}).values() for path in paths]
    then = from_archive(lab.root, before) if carried else {}
    for path in carried:
        if path not in lab.files and (then or {}).get(path, (None,))[0] != \
                text_now(lab.root, path):
            changed.append(path)
        base.pop(path, None)
        tree.pop(path, None)
    if changed:
        raise Refused("no patch, for what the student writes would have to change: %s\n"
                      "make a new hand-out, and let them copy their functions" % ", ".join(changed))
    return difference(base, tree)


def text_now(root, path):
    try:
        with open(os.path.join(root, path), "rb") as file:
            return file.read()
    except OSError:
        return None
