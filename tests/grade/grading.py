"""One submission, from its files to its result: compiled, run on the host, booted on the machine.

What always holds: a student's code runs in no place where anything is compiled or linked, and what
it can write is read by nobody afterwards.
"""

import os
import shutil
import subprocess
import sys

import carry
import hoststage
import kernelbuild
import killstage
import lab as labs
import machinestage
import questions
import result
import sandbox
import submission

LONGEST_WHY = 4000
FULL_CASES = 2
PICTURES = "pictures"       # the folder with those of the moments at which tests failed


def build_folder():
    return os.environ.get("BUILD") or "build"


def why_of(failures):
    """The first cases in full; where all failed for one reason, that alone."""
    if len(failures) > 1 and len({said for _, said in failures}) == 1:
        return "in all of %d cases:\n%s" % (len(failures), failures[0][1])
    lines = []
    for name, said in failures[:FULL_CASES]:
        lines += [name + ":"] + ["  " + line for line in said.split("\n")]
    if len(failures) > FULL_CASES:
        lines.append("and %d more: %s" % (len(failures) - FULL_CASES, " ".join(
            name for name, _ in failures[FULL_CASES:])))
    return "\n".join(lines)


def entries_of(verdicts, rerun):
    """The host stage's tests as the result has them; `needs` is settled later."""
    entries = []
    for verdict in verdicts:
        why = why_of(verdict.failures)
        test = verdict.test
        entries.append(result.entry(test.name, "host", test.part, test.points, "N",
                                    "pass" if verdict.passed else "fail",
                                    why[:LONGEST_WHY], test.needs, rerun=rerun))
    return entries


def host_not_run(lab, seed, why):
    return [result.entry(test.name, "host", test.part, test.points, "N", "not-run", why)
            for test in hoststage.tests_of(lab, seed)]


def questions_not_run(lab, why):
    return [result.entry("question: " + question.name, "host", "questions", question.points, "N",
                         "not-run", why) for question in questions.of(lab, 0)]


def machine_not_run(lab, why):
    return [result.entry(test.name, "public", test.part, test.points, test.kind, "not-run", why)
            for test in machinestage.tests_of(lab)]


def host_objects(lab, seen, build, strict):
    """The objects of our files of the host stage: compiled once, where no student's file is."""
    def make(fresh):
        os.makedirs(fresh)
        with sandbox.Sandbox([seen], [fresh], strict) as box:
            hoststage.prepare(lab, box, seen, fresh)
    return kernelbuild.made_once(build, "host.%s.%s" % (
        lab.name, hoststage.key_of_ours(lab, seen)), make)


class Bench:
    """A submission on the bench: compiled in one sandbox, where none of its code runs; its program
    then runs in another one, which sees nothing else. Folders below `work`, which is ours.

    program, warnings: of the host stage; None and the compiler's words where it does not compile.
    objects: of the kernel, or of the student's program, likewise, with kernel_words.
    """

    def __init__(self, lab, files, work, strict=False, kernel=True):
        self.lab = lab
        compile_, run, self.scratch = (os.path.join(work, name) for name in
                                       ("compile", "run", "scratch"))
        for folder in (run, self.scratch):
            os.makedirs(folder)
        build = os.path.join(labs.ROOT, build_folder(), "grade")
        self.built = kernelbuild.reference(lab.root, build)
        seen = kernelbuild.seen_tree(lab, work)
        if lab.own_headers(files) or not lab.has_host_stage:
            os.makedirs(compile_)
        else:
            shutil.copytree(host_objects(lab, seen, build, strict), compile_)
        self.program, self.warnings, self.objects, self.kernel_words = None, "", None, ""
        with sandbox.Sandbox([seen, files], [compile_], strict) as box:
            self.kind = box.kind
            try:
                if lab.has_host_stage:
                    program_, self.warnings = hoststage.build(lab, box, seen, compile_, files)
                    self.program = hoststage.moved(program_, run)
            except hoststage.DoesNotCompile as wrong:
                self.warnings = str(wrong)
            try:
                if kernel and lab.writes_program:
                    self.objects = kernelbuild.compile_programs(lab, box, build_folder(), seen,
                                                                files, compile_)
                elif kernel:
                    self.objects = kernelbuild.compile_all(lab, box, self.built, seen, files,
                                                           compile_)
            except kernelbuild.DoesNotCompile as wrong:
                self.kernel_words = str(wrong)
        self.box = sandbox.Sandbox([run], [self.scratch], strict)

    def close(self):
        self.box.close()

    def host_stage(self, seed, rerun):
        if not self.program:
            return host_not_run(self.lab, seed, "it does not compile")
        return entries_of(hoststage.run(self.lab, seed, self.program, self.box, self.scratch),
                          rerun)

    def answers(self, student, text):
        if self.lab.has_host_stage and not self.program:
            return questions_not_run(self.lab, "it does not compile")
        return questions.judge(self.lab, student, text, self.program, self.box, self.scratch)


def version(words):
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
        return done.stdout.decode(errors="replace").split("\n")[0]
    except OSError:
        return ""


def tree_of(root):
    """The commit that this is, where that is known."""
    about = labs.about_tree(root)
    return about.get("tree", "") if about else version(["git", "-C", root, "rev-parse", "HEAD"])


def machine_stage(bench, seed, work, again, limits, pictures):
    lab, machine = bench.lab, os.path.join(work, "machine")
    if lab.writes_program:
        if not bench.objects:
            return machine_not_run(lab, "the program does not compile")
        return killstage.run(lab, seed, bench.objects, machine, build_folder(), again,
                             limits)
    kernel = None
    try:
        if bench.objects:
            kernel = kernelbuild.link(bench.objects, bench.built, os.path.join(work, "tree"))
    except kernelbuild.DoesNotCompile as wrong:
        bench.kernel_words = str(wrong)
    if not kernel:
        return machine_not_run(lab, "the kernel does not build")
    return machinestage.run(lab, seed, kernel, machine, os.path.join(labs.ROOT, build_folder()),
                            again, limits, pictures=pictures)


def grade_submission(lab, options, work, course):
    """The result of one submission, and the compiler's words. Raises submission.Bad, and what is
    nobody's fault. options.seed: None: the course draws one; it becomes what is graded with."""
    is_drawn, options.seed = options.seed is None, options.seed or result.NO_SEED
    if options.refused:
        raise submission.Bad(options.refused)
    files = os.path.join(work, "files")
    os.makedirs(files)
    digest = submission.collect(lab, options.submission, files)
    if is_drawn:
        options.seed = course.seed(digest) or result.NO_SEED
    again = "make grade SEED=%d" % options.seed
    earlier, carried, why = carry.of_submission(lab, options.submission)
    as_handed_in = os.path.join(work, "handed-in")
    if earlier:
        shutil.copytree(files, as_handed_in)
        sandbox.show_to_all(as_handed_in)
        carry.with_ours(lab, earlier, files)
    sandbox.show_to_all(files)
    bench = Bench(lab, files, work, options.strict)
    if bench.kind == "none":
        print("grade: no sandbox on this machine: the code runs as your own user", file=sys.stderr)
    try:
        entries = bench.host_stage(options.seed, again + " HOST=1")
        entries += bench.answers(options.student, submission.answers(options.submission))
    finally:
        bench.close()
    entries += machine_stage(bench, options.seed, work, again, course.limits(),
                             os.path.join(options.out, PICTURES))
    tools = {"cc": version([hoststage.compiler(), "--version"]), "sandbox": bench.kind}
    made = result.make(lab, options.seed, options.variant, digest,
                       submission.authors(options.submission),
                       result.settle(course.adjust(entries)), tools, tree_of(lab.root),
                       course=course, time=options.time)
    if earlier:
        made["carried"] = carry.second_column(lab, carried, why, bench, as_handed_in, work,
                                              options.seed, course.limits(), options.strict)
    words = [("for this computer", bench.warnings), ("for the kernel", bench.kernel_words)]
    return made, "".join("The compiler, %s:\n%s\n" % (what, result.quoted(said))
                         for what, said in words if said.strip())
