"""One lab: its folder below tests/labs, and what its lab.json says.

    title, chapter      for people
    hours, lines        to expect: a text, a number
    files               what the student changes: for each file, the functions that are written, and
                        the static helpers of the reference that a hand-out does not have
                        of a header also compiled_with: the reference's C files that include it and
                        are compiled with the student's; none of them has a function of the lab's
                        of a program, user/NAME.c, also reference: the file that has the answers;
                        only a hand-out has the program
    host_windows        for each C file of the host stage that includes one of the files: which;
                        without it there is no host stage
    host_files          more of the reference's C files that the host stage needs
    questions_need      tests that must have passed before answers count
    usertests           groups and tests of tests/guest/usertests that pass when the lab is done:
                        they run on the machine, for machinestage.OWN_POINTS of those of "works"
    usertests_on        settings of the machine for them, over machinestage.SETTINGS
    writes              "program": the student writes one, which tries our kernels: killstage.py
    left_out            more that a hand-out does not have
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile

import rules

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class NoSuchLab(Exception):
    """The message names the labs that there are."""


def refuse_among_ours(out):
    """What lies among the tree's files is built, handed out, and a part of the grader."""
    top = os.path.relpath(os.path.realpath(out), os.path.realpath(ROOT)).split(os.sep)[0]
    if top in ("kernel", "user", "mkfs", "tests"):
        raise NoSuchLab("OUT=%s: it is among the tree's own files, in %s; say another folder" % (
            out, top))


def words_of(error):
    """An OSError for people: which file, and what is wrong with it."""
    return ": ".join(str(each) for each in (error.filename, error.strerror or error) if each)


def names(root=ROOT):
    folder = os.path.join(root, "tests/labs")
    return sorted(name for name in (os.listdir(folder) if os.path.isdir(folder) else ())
                  if os.path.exists(os.path.join(folder, name, "lab.json")))


class Lab:
    """rules: those that hold for one student, by name. See rules.py."""

    def __init__(self, name, root=ROOT):
        self.rules = frozenset()
        if name not in names(root):
            raise NoSuchLab("LAB=%s: there is no such lab; there are: %s" %
                            (name, " ".join(names(root))))
        self.name, self.root = name, root
        self.folder = os.path.join(root, "tests/labs", name)
        with open(os.path.join(self.folder, "lab.json"), encoding="utf-8") as file:
            self.settings = json.load(file)
        self.files = self.settings["files"]
        self.carried = {}       # files of earlier labs, as a student wrote them: path to text
        self.has_host_stage = "host_windows" in self.settings
        self.writes_program = self.settings.get("writes") == "program"
        self.windows = {"tests/labs/%s/%s" % (name, window): path for window, path in
                        self.settings.get("host_windows", {}).items()}

    def path(self, name):
        return os.path.join(self.folder, name)

    def text(self, path):
        """A file of the lab, as the reference has it; or one that is carried."""
        if path in self.carried:
            return self.carried[path]
        path = self.files.get(path, {}).get("reference", path)
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            return file.read()

    def patched(self, patch):
        """{file of the lab: its text with this patch in it}."""
        with tempfile.TemporaryDirectory(prefix="xv39.patch.") as folder:
            for path in self.files:
                target = os.path.join(folder, path)
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "w", encoding="utf-8") as file:
                    file.write(self.text(path))
            subprocess.run(["git", "apply", patch], cwd=folder, check=True)
            found = {}
            for path in self.files:
                with open(os.path.join(folder, path), encoding="utf-8") as file:
                    found[path] = file.read()
            return found

    def ours(self):
        """The C files of the host stage that are not the student's."""
        if not self.has_host_stage:
            return []
        return ["tests/labs/host/driver.c", "tests/labs/%s/driver.c" % self.name] + \
            sorted(self.windows) + self.settings.get("host_files", [])

    def compiled(self):
        """{C file whose object the kernel is linked with: True if the student writes it}. A program
        is none; it runs on the host only."""
        found = {}
        for path, part in self.files.items():
            if not path.startswith("kernel/"):
                continue
            found.update({path: True} if path.endswith(".c") else
                         dict.fromkeys(part["compiled_with"], False))
        return found

    def under(self, variant):
        """This lab, with the rules of that variant."""
        try:
            self.rules = rules.drawn(self, variant)
        except rules.Bad as bad:
            raise NoSuchLab(str(bad))
        return self

    def module(self, name):
        """NAME.py of the lab, as a module of its own. Its RULES, if it has any, are this lab's."""
        spec = importlib.util.spec_from_file_location("%s_of_%s" % (name, self.name),
                                                      self.path(name + ".py"))
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        if hasattr(module, "RULES"):
            module.RULES = self.rules
        return module

    def own_headers(self, files):
        """The headers that the student writes, below the folder `files`."""
        return [os.path.join(files, path) for path in sorted(self.files) if path.endswith(".h")]

    def functions(self):
        """All functions that the student writes: (file, function), in the order of lab.json."""
        return [(path, function) for path, part in self.files.items()
                for function in part["functions"]]


def about_tree(root=ROOT):
    """What the file LAB of a hand-out says; {}: there is none. Anybody may have changed it."""
    path = os.path.join(root, "LAB")
    if not os.path.lexists(path):
        return {}
    text = ""
    try:
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as file:
                text = file.read()
    except (OSError, ValueError):
        pass
    return about_of(text, path if root != ROOT else "LAB")


def about_of(text, path="LAB"):
    """The same of the file's text."""
    try:
        about = json.loads(text)
        if is_about(about):
            return about
    except (ValueError, RecursionError):
        pass
    raise NoSuchLab("%s: it is not as a hand-out has it; there `git checkout LAB` brings it back"
                    % path)


def is_about(about):
    def texts(value):
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if not isinstance(about, dict) or not isinstance(about.get("lab"), str):
        return False
    carried = about.get("carry", {})
    return isinstance(about.get("tree", ""), str) and texts(about.get("rules", [])) and \
        isinstance(about.get("course", {}), dict) and isinstance(carried, dict) and \
        all(texts(paths) for paths in carried.values()) and all(
            re.match("(kernel|user)/", path) and ".." not in path.split("/")
            for paths in carried.values() for path in paths)


def of_tree(name):
    """The lab of that name, or the one whose hand-out this tree is."""
    about = about_tree()
    name = name or about.get("lab")
    if not name:
        raise NoSuchLab("LAB= says which; there are: " + " ".join(names()))
    lab = Lab(name)
    if name == about.get("lab"):
        lab.rules = frozenset(about.get("rules", ()))
    return lab
