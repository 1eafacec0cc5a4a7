"""A lab on the student's own earlier labs: make handout LAB=swap OUT=dir CARRY="buddy-dir lru-dir".

In such a hand-out the files of an earlier lab are those that the student wrote for it. A folder is
a submission, or a hand-out with the work in it; where it has no file LAB, and its files do not tell
of which lab it is, write LAB:FOLDER. The files are taken as a submission's are: those of the lab
alone, plain, of their sizes. Refused is

- a function that both labs, or two of the earlier ones, ask for;
- a function of the earlier lab that is not written yet, or has another signature;
- a file in which something else is another function than this tree has; static ones may be added;
- a file that does not compile.

The hand-out's file LAB says what it carries. `make submission` packs that, too, with a file CARRIED
that names the labs. The mark is what the new lab is worth with the reference's earlier functions;
the machine's tests are run a second time with the student's, and the report has both columns.
"""

import os
import re
import shlex
import tempfile
import types

import bodies
import functions
import kernelbuild
import machinestage
import program
import sandbox
import submission
from functions import Source, Trouble
from lab import Lab, NoSuchLab, about_of, about_tree, names

SHEET = "CARRIED"           # of a submission: the earlier labs, one a line
MOST_LABS = 10


class Refused(Trouble):
    """Why this cannot be carried."""


class Earlier:
    """A lab, and the student's files for it: {path: text}."""

    def __init__(self, lab, texts):
        self.lab, self.texts = lab, texts


def one_line(text):
    return " ".join(functions.without_comments(text).split())


# ---- what is carried ----------------------------------------------------------------------------

def lab_of(word):
    """(lab's name, folder) of one word of CARRY."""
    name, mark, folder = word.partition(":")
    if mark and name in names():
        return name, folder
    if not os.path.isdir(word):
        raise Refused("CARRY: there is no folder %s" % word)
    try:
        about = about_tree(word)
    except NoSuchLab as wrong:
        raise Refused(str(wrong))
    return about.get("lab") or guessed(word), word


def guessed(folder):
    """The lab whose files are all there, and of several the one that has all of these."""
    def is_there(path):
        return any(os.path.isfile(os.path.join(folder, name))
                   for name in (path, os.path.basename(path)))
    found = [name for name in names() if all(map(is_there, Lab(name).files))]
    files = {name: set(Lab(name).files) for name in found}
    found = [name for name in found if not any(files[name] < files[other] for other in found)]
    if len(found) != 1:
        raise Refused("%s: of which lab is it? Write %s:%s" % (
            folder, found[0] if found else "LAB", folder))
    return found[0]


def read(lab, word):
    """Earlier, for a new lab; it is checked, and not compiled yet."""
    name, folder = lab_of(word)
    try:
        earlier = Lab(name)
    except NoSuchLab:
        raise Refused("%s: this tree has no lab %s" % (folder, name))
    for one in (lab, earlier):
        if one.writes_program:
            raise Refused("the lab %s is about a program: nothing is carried to it or from it"
                          % one.name)
    if name == lab.name:
        raise Refused("%s is of the lab %s itself" % (folder, name))
    both = sorted({f for _, f in lab.functions()} & {f for _, f in earlier.functions()})
    if both:
        raise Refused("both labs, %s and %s, ask for %s" % (name, lab.name, ", ".join(both)))
    with tempfile.TemporaryDirectory(prefix="xv39.carry.") as taken:
        try:
            submission.collect(earlier, folder, taken)
        except submission.Bad as bad:
            raise Refused("%s: %s" % (folder, bad))
        texts = {}
        for path in earlier.files:
            with open(os.path.join(taken, path), encoding="utf-8", newline="") as file:
                texts[path] = file.read().replace(bodies.INCLUDE, "", 1)
    for path, text in texts.items():
        try:
            check(lab, earlier, path, text, folder)
        except Trouble as trouble:
            raise Refused("%s: %s" % (folder, trouble))
    return Earlier(earlier, texts)


def check(lab, earlier, path, text, folder):
    ours, theirs = Source(path, earlier.text(path)), Source(path, text)
    part = earlier.files[path]
    replaced = lab.files.get(path, {"functions": []})
    free = part.get("helpers", []) + replaced["functions"] + replaced.get("helpers", [])
    for name in ours.names():
        if name in free:
            continue
        one, other = ours.function(name), theirs.function(name)
        if one.signature != other.signature:
            raise Trouble("%s: %s has another signature than in this tree" % (path, name))
        if name not in part["functions"] and one_line(one.body_text) != one_line(other.body_text):
            raise Trouble("%s: %s is not as in this tree; of the lab %s are %s" % (
                path, name, earlier.name, ", ".join(part["functions"])))
        if name in part["functions"] and re.search(r"\bnot_written\(", other.body_text):
            raise Trouble("%s: %s is not written yet" % (path, name))
    for function in theirs.functions:
        if function.name not in ours.names() and not re.match(r"static\b", function.signature):
            raise Trouble("%s: %s is none of the lab's functions, and not static" % (
                path, function.name))


def compiles(earlier, build):
    """Refused if it does not."""
    built = kernelbuild.reference(earlier.lab.root, os.path.join(earlier.lab.root, build, "grade"))
    with tempfile.TemporaryDirectory(prefix="xv39.carry.") as work:
        os.chmod(work, 0o711)
        try:
            objects_of(earlier, built, work)
        except kernelbuild.DoesNotCompile as wrong:
            raise Refused("the files of the lab %s do not compile\n%s" % (earlier.lab.name, wrong))
        words = [path for path in earlier.texts if path.startswith("user/")]
        for path in words:
            compile_words, _, _ = program.commands(build)
            with sandbox.Sandbox([work], [os.path.join(work, "objects")]) as box:
                done = box.run(compile_words + ["-Iuser", "-c", os.path.join(work, "files", path),
                                                "-o", os.path.join(work, "objects/user.o")],
                               os.path.join(work, "seen"), kernelbuild.SECONDS,
                               kernelbuild.CPU_SECONDS)
            if done.status != 0:
                raise Refused("%s does not compile\n%s" % (
                    path, done.output.decode(errors="replace")))


def objects_of(earlier, built, work, strict=False):
    """{path: object} of the student's files of the earlier lab. work: a folder of ours."""
    files, folder = (os.path.join(work, name) for name in ("files", "objects"))
    for path, text in earlier.texts.items():
        target = os.path.join(files, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    os.makedirs(folder, exist_ok=True)
    sandbox.show_to_all(files)
    seen = kernelbuild.seen_tree(earlier.lab, work)
    with sandbox.Sandbox([seen, files], [folder], strict) as box:
        return kernelbuild.compile_all(earlier.lab, box, built, seen, files, folder)


def all_of(lab, words):
    """The Earlier of each word of CARRY, compiled on trial."""
    found, written, build = [], {}, os.environ.get("BUILD") or "build"
    try:
        folders = shlex.split(words)
    except ValueError as wrong:
        raise Refused("CARRY=%s: %s" % (words, wrong))
    for word in folders:
        earlier = read(lab, word)
        for path in earlier.texts:
            if path in written:
                raise Refused("%s is of both %s and %s: carry one of them" % (
                    path, written[path], earlier.lab.name))
            written[path] = earlier.lab.name
        try:
            compiles(earlier, build)
        except (sandbox.Refused, kernelbuild.Trouble, program.NotBuilt) as trouble:
            raise Refused("it cannot be tried whether %s compiles: %s" % (word, trouble))
        found.append(earlier)
    return found


# ---- grading ------------------------------------------------------------------------------------

def files_to_pack(root):
    """{path: bytes} that a submission of this hand-out has besides: as its file LAB says."""
    carried = about_tree(root).get("carry")
    if not carried:
        return {}
    like_a_lab = types.SimpleNamespace(files=[each for paths in carried.values() for each in paths])
    found = {SHEET: "".join(name + "\n" for name in sorted(carried)).encode()}
    with tempfile.TemporaryDirectory() as taken:
        submission.collect(like_a_lab, root, taken)
        for each in like_a_lab.files:
            with open(os.path.join(taken, each), "rb") as file:
                found[each] = file.read()
    return found


def handed_in(lab, folder):
    """{path: bytes} of what a submission has of earlier labs, good or not: its grade depends on it.
    """
    claimed = claimed_by(lab, folder)[0]
    found = {SHEET: "".join(name + "\n" for name in claimed).encode()} if claimed else {}
    for path in {path for name in claimed for path in Lab(name).files} - set(lab.files):
        try:
            found[path] = submission.read_plain(submission.find(folder, path), path)
        except submission.Bad:
            continue
    return found


def keep(lab, folder, kept):
    """Copies that."""
    for path, data in handed_in(lab, folder).items():
        target = os.path.join(kept, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(data)


def say(root, entries):
    """In a hand-out with earlier labs, where a test of the machine fails: what that may come of."""
    carried = about_tree(root).get("carry")
    if carried and any(entry["verdict"] == "fail" for entry in entries):
        print("this kernel has what you wrote for %s: a mistake there may be why; the mark is "
              "given with the functions of your course" % ", ".join(
                  "%s (%s)" % (name, " ".join(paths)) for name, paths in sorted(carried.items())))


def claimed_by(lab, folder):
    """(the labs that the sheet names, each once; why it cannot be read). Of a whole hand-out, as a
    repository is, its file LAB says them."""
    name = next((name for name in (SHEET, "LAB")
                 if os.path.lexists(os.path.join(folder, name))), "")
    if lab.writes_program or not name:
        return [], ""
    try:
        text = submission.check_text(name, submission.read_plain(os.path.join(folder, name), name))
        words = text.split() if name == SHEET else about_of(text).get("carry", ())
    except NoSuchLab:
        return [], ""
    except submission.Bad as bad:
        return [], str(bad)
    known = set(names())
    return [name for name in dict.fromkeys(words) if name in known][:MOST_LABS], ""


def of_submission(lab, folder):
    """(names of the earlier labs, their Earlier, why there is none of those that are left)."""
    claimed, bad = claimed_by(lab, folder)
    if not claimed:
        return [], [], bad
    found, why = [], []
    for name in claimed:
        try:
            found.append(read(lab, "%s:%s" % (name, folder)))
        except Refused as refused:
            why.append(str(refused))
    return claimed, found, "\n".join(why)


def with_ours(lab, names_, files):
    """In the lab's files, as handed in, the functions of earlier labs become the reference's."""
    for name in names_:
        earlier = Lab(name)
        for path in set(earlier.files) & set(lab.files):
            whole = os.path.join(files, path)
            with open(whole, encoding="utf-8", newline="") as file:
                text = file.read()
            try:
                text = restored(lab, earlier, path, text)
            except functions.NoTool as trouble:
                raise kernelbuild.Trouble(str(trouble))
            except Trouble:
                continue                # it is judged as it is
            with open(whole, "w", encoding="utf-8", newline="") as file:
                file.write(text)


def restored(lab, earlier, path, text):
    wanted = [name for name in earlier.files[path]["functions"]
              if name not in lab.files[path]["functions"]]
    source = Source(path, earlier.text(path))
    text, changes = bodies.put_back(earlier, path, text, wanted), []
    theirs = Source(path, text)
    for name in bodies.helpers_for(earlier, path, source, wanted):
        if name in theirs.names() and \
                theirs.function(name).signature == source.function(name).signature:
            function = theirs.function(name)
            changes.append((function.body, function.end, source.function(name).body_text))
    return bodies.replaced(text, changes)


def second_column(lab, carried, why, bench, files, work, seed, limits, strict):
    """What result.json has of this: each of the machine's tests with the student's earlier lab.
    files: the lab's, as handed in."""
    told = {"labs": [earlier.lab.name for earlier in carried], "why": why, "tests": []}
    if why or not carried:
        return told
    try:
        objects = {}
        for earlier in carried:
            folder = os.path.join(work, "carried." + earlier.lab.name)
            os.makedirs(folder)
            objects.update(objects_of(earlier, bench.built, folder, strict))
        own = os.path.join(work, "carried.own")
        os.makedirs(own)
        seen = kernelbuild.seen_tree(lab, own)
        target = os.path.join(own, "objects")
        os.makedirs(target)
        with sandbox.Sandbox([seen, files], [target], strict) as box:
            objects.update(kernelbuild.compile_all(lab, box, bench.built, seen, files, target))
        kernel = kernelbuild.link(objects, bench.built, os.path.join(work, "carried.tree"))
    except kernelbuild.DoesNotCompile as wrong:
        told["why"] = str(wrong)[:2000]
        return told
    build = os.path.join(lab.root, os.environ.get("BUILD") or "build")
    entries = machinestage.run(lab, seed, kernel, os.path.join(work, "carried.machine"), build, "",
                               limits)
    told["tests"] = [{"name": entry["name"], "verdict": entry["verdict"], "why": entry["why"]}
                     for entry in entries]
    return told
