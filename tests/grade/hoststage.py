"""The host stage: a lab's functions run as a program of this computer, and are judged here.

The student's files are compiled together with the lab's driver (tests/labs/host/driver.h), under
AddressSanitizer and UBSan where the compiler has them. The driver carries out a script and tells
what came of it. What it should be is known here only, in another process. So what the student's
code prints decides nothing, and it cannot see what is expected.

A lab's host.py says `TESTS`: a list of Test. Only what changed is compiled again.
"""

import hashlib
import os
import re
import shutil
import sys

SECONDS = 60                # of wall time, for all cases of a lab: ten times what they take
CPU_SECONDS = 20
COMPILER_BYTES = 4 << 30    # of memory
MOST_BYTES = 16 << 20       # of all that it prints
PROCESSES = 4               # of the program, where the sandbox has a user id of its own
LONGEST = 400               # lines of what one case printed besides its replies
FLAGS = ("-std=gnu11 -O1 -g -Wall -Wextra -fno-builtin -fno-omit-frame-pointer "
         "-ffunction-sections -Itests/labs/host -Itests/host/instead -Ikernel -Iuser/lib").split()
# Functions that nobody calls go, and what they call need not be there.
LINK_FLAGS = ["-Wl,-dead_strip" if sys.platform == "darwin" else "-Wl,--gc-sections"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


NEVER_BEGAN = "it never began"


# What an honest judge meets only where the replies are none of the driver's.
ODD = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, StopIteration)


class Wrong(Exception):
    """A case did not go as it should; the message is for the student."""


class DoesNotCompile(Exception):
    """The compiler's words."""


class NoTool(Exception):
    """There is no compiler, or it cannot even compile what is ours: nobody's mark depends on it."""


class Case:
    """script: commands for the driver. judge(replies) raises Wrong."""

    def __init__(self, name, script, judge):
        self.name, self.script, self.judge = name, script, judge


class Test:
    """Passes if all its cases do.

    part: what its points are for: `works` or `bad arguments`. needs: names of tests; where one of
    them has not passed this one counts nothing, for less than the function passes it, too.
    together: it is about all functions of the lab, so that any mistake may make it fail.
    """

    def __init__(self, name, part, points, cases, needs=(), together=False):
        self.name, self.part, self.points, self.cases = name, part, points, cases
        self.needs, self.together = needs, together


class Verdict:
    def __init__(self, test, failures):
        self.test, self.failures = test, failures       # failures: (case's name, why)

    @property
    def passed(self):
        return not self.failures


class Replies:
    """What the driver told of one case, in its order; a judge takes it line by line."""

    def __init__(self):
        self.lines, self.other, self.end = [], [], NEVER_BEGAN
        self.at = 0

    def add(self, line):
        if line.startswith("= end "):
            self.end = line[len("= end "):]
        elif line.startswith("= "):
            self.lines.append(line[2:])
        elif len(self.other) < LONGEST:
            self.other.append(line)

    def trouble(self):
        """Why there is nothing more to take."""
        last = self.lines[-1] if self.lines else ""
        if last.startswith("not-written "):
            return "%s() is not written yet" % last.split()[1]
        if last.startswith("panic "):
            return "it panicked: " + last[len("panic "):]
        said = sanitizer_says(self.other)
        if said:
            return said
        if self.end.startswith("signal 24") or self.end.startswith("signal 9"):
            return "it took too long: a loop that does not end?"
        if self.end == NEVER_BEGAN:
            return "not tried, because others took too long, filled the folder, or ended all"
        return "it ended too early: " + self.end

    def take(self):
        if self.at >= len(self.lines) or re.match(r"panic |not-written ", self.lines[self.at]):
            raise Wrong(self.trouble())
        self.at += 1
        return self.lines[self.at - 1]

    def take_panic(self):
        """The next reply has to be a panic: its message."""
        line = self.lines[self.at] if self.at < len(self.lines) else ""
        if line.startswith("panic "):
            self.at += 1
            return line[len("panic "):]
        if line and not line.startswith("not-written "):
            return None
        raise Wrong(self.trouble())

    def finish(self):
        if self.end != "done":
            raise Wrong(self.trouble())


def sanitizer_says(lines):
    """The first error, with the place in the kernel's own files; or None."""
    text = "\n".join(lines)
    place = r"kernel/[\w/]+\.[ch]:\d+"
    match = re.search(r"^(%s)(?::\d+)?: runtime error: (.*)" % place, text, re.MULTILINE)
    if match:
        return "undefined behaviour at %s: %s" % match.groups()
    match = re.search(r"ERROR: AddressSanitizer: (\S+)", text)
    if not match:
        return None
    where = re.search(r"^    #\d+ .* in (\w+) .*?(%s)" % place, text, re.MULTILINE)
    what = {"heap-buffer-overflow": "it touches memory beyond the end of a table",
            "SEGV": "it follows a pointer that leads nowhere",
            "stack-overflow": "it calls itself without end"}.get(match.group(1), match.group(1))
    return what + (", in %s() at %s" % where.groups() if where else "")


# ---- the program ----

def compiler():
    return os.environ.get("HOSTCC") or "cc"


def compile_one(box, source, target, flags, base, ours):
    done = box.run([compiler()] + flags + ["-c", "-o", target, source], base, SECONDS,
                   CPU_SECONDS, memory=COMPILER_BYTES)
    text = done.output.decode(errors="replace")
    if done.status != 0:
        raise (NoTool if ours or box.is_at_fault(done) else DoesNotCompile)(
            text or "the compiler ended with %d" % done.status)
    return text


def flags_that_work(box, folder):
    """With sanitizers where this compiler has them. Asked once for each compiler."""
    mark = os.path.join(folder, "flags." + hashlib.sha256(compiler().encode()).hexdigest()[:12])
    if not os.path.exists(mark):
        probe = os.path.join(folder, "probe.c")
        write_text(probe, "int main(void) { return 0; }\n")

        def works(flags):
            return all(box.run(words, folder, SECONDS, CPU_SECONDS).status == 0 for words in
                       ([compiler()] + flags + ["-o", probe + ".out", probe], [probe + ".out"]))
        if not works([]):
            raise NoTool("%s makes no program that runs here (HOSTCC= names another compiler)"
                         % compiler())
        write_text(mark, " ".join(SANITIZERS if works(SANITIZERS) else []))
    return FLAGS + read_text(mark).split()


def fingerprint(base, paths, flags):
    """The same for the same files, wherever the tree lies."""
    digest = hashlib.sha256(" ".join([compiler()] + flags).encode())
    for path in paths:
        with open(path, "rb") as file:
            digest.update(os.path.relpath(path, base).encode() + b"\0" + file.read() + b"\0")
    return digest.hexdigest()


def headers(base):
    return sorted(os.path.join(folder, name)
                  for top in ("kernel", "tests/labs", "tests/host/instead")
                  for folder, _, names in os.walk(os.path.join(base, top))
                  for name in names if name.endswith(".h"))


def prepare(lab, box, base, folder):
    """Compiles those of our files that no file of a student's has a part in."""
    flags, common = flags_that_work(box, folder), headers(base)
    for source in lab.ours():
        if source not in lab.windows:
            compile_fresh(box, base, folder, source, source, [], common, flags, True)


def key_of_ours(lab, base):
    """Names what prepare() makes of this tree with this compiler."""
    return fingerprint(base, headers(base) + [os.path.join(base, source) for source in lab.ours()],
                       FLAGS)[:16]


def compile_fresh(box, base, folder, source, path, more, common, flags, is_ours):
    """The object of source, and its stamp; compiled if it is not there, or of other files.
    more: files that it includes besides the headers."""
    target = os.path.join(folder, source.replace("/", "_") + ".o")
    stamp = fingerprint(base, common + [os.path.join(base, path)] + more, flags)
    if read_text(target + ".of") != stamp:
        text = compile_one(box, path, target, flags, base, is_ours)
        write_text(target + ".warnings", text)
        write_text(target + ".of", stamp)
    return target, stamp


def build(lab, box, base, folder, files):
    """The program: its path, and the compiler's warnings of the student's files.

    base: the tree in which is compiled; the student's files lie below `files` by the same names.
    Nothing of the student's runs in this.
    """
    os.makedirs(folder, exist_ok=True)
    flags = flags_that_work(box, folder)
    theirs = lab.own_headers(files)
    if theirs:                      # in front of the reference's, behind what stands in for it
        at = flags.index("-Ikernel")
        flags = flags[:at] + ["-I" + os.path.join(files, "kernel")] + flags[at:]
    common = headers(base) + theirs
    objects, warnings, program = [], "", os.path.join(folder, "driver")
    stamps = []
    ours = lab.ours()
    for source in ours + [path for path in lab.files if path.endswith(".c") and
                          path not in lab.windows.values()]:
        path = os.path.join(files, source) if source in lab.files else source
        more, words = [], flags
        if source in lab.windows:                   # it includes a file, whose functions are static
            more = [os.path.join(files, lab.windows[source])]
            words = flags + ['-DLAB_FILE="%s"' % more[0]]
        is_ours = source in ours and source not in lab.windows and not theirs
        target, stamp = compile_fresh(box, base, folder, source, path, more, common, words,
                                      is_ours)
        stamps.append(stamp)
        objects.append(target)
        if not is_ours:
            warnings += read_text(target + ".warnings")
    if read_text(program + ".of") != "".join(stamps):
        done = box.run([compiler()] + flags + LINK_FLAGS + ["-o", program] + objects, base,
                       SECONDS, CPU_SECONDS)
        if done.status != 0:
            raise (NoTool if box.is_at_fault(done) else DoesNotCompile)(
                done.output.decode(errors="replace"))
        write_text(program + ".of", "".join(stamps))
    return program, warnings


def read_text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def write_text(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


# ---- the run, and the judgement ----

def tests_of(lab, seed):
    """The lab's host.py, as a module of its own; its tests with this seed."""
    return lab.module("host").tests(seed) if lab.has_host_stage else []


def replies_of(program, box, folder, cases):
    """What the driver told: a Replies for each case."""
    script = "".join("case %s\n%s\n" % (case.name, "\n".join(case.script)) for case in cases)
    output = box.run([program], folder, SECONDS, CPU_SECONDS, script.encode(), MOST_BYTES,
                     processes=PROCESSES).output
    replies, current = {case.name: Replies() for case in cases}, Replies()
    for line in output.decode(errors="replace").split("\n"):
        if line.startswith("= case "):
            current = replies.get(line[len("= case "):], Replies())
            current.end = "it did not end"
        else:
            current.add(line)
    return replies


def judge(tests, replies):
    verdicts = []
    for test in tests:
        failures = []
        for case in test.cases:
            try:
                case.judge(replies[case.name])
            except Wrong as wrong:
                failures.append((case.name, str(wrong)))
            except ODD:
                failures.append((case.name, "replies that no driver makes"))
        verdicts.append(Verdict(test, failures))
    return verdicts


def run(lab, seed, program, box, folder):
    """All tests of the lab: verdicts. The program runs in the box, in this folder."""
    tests = tests_of(lab, seed)
    cases = [case for test in tests for case in test.cases]
    assert len({case.name for case in cases}) == len(cases), "two cases have one name"
    replies = replies_of(program, box, folder, cases)
    return judge(tests, replies)


def moved(program, folder):
    """The program in a folder of its own, where it can be read and run, and not changed."""
    target = os.path.join(folder, "driver")
    with open(os.open(program, os.O_RDONLY | os.O_NOFOLLOW), "rb") as source:
        with open(target, "wb") as file:
            shutil.copyfileobj(source, file)
    os.chmod(target, 0o755)
    return target
