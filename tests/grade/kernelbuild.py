"""A kernel out of the reference's files and the lab's files of one submission.

What always holds: of the submission only the lab's files are compiled, in a sandbox that has
headers, and none of the reference's own C files. What comes out of it is an object, which is read
as what it is: anything. It defines nothing but what the reference's object of that name defines,
and has no sections but ordinary ones. It is linked where no code of a student's can write.
"""

import fcntl
import hashlib
import os
import re
import shlex
import shutil
import struct
import subprocess
import time

import elfobject
import program

PARTS = ("Makefile", "kernel.ld", "README.md", "kernel", "user", "mkfs", "tests/tools",
         "tests/reader", "tests/qemu", "tests/guest")   # as far as the tree has them
ORDINARY = re.compile(r"(\.rela)?(\.text(\.(unlikely|hot|startup|exit))?"
                      r"|\.s?rodata(\.(str|cst)[\w.]*)?|\.s?(data|bss)|\.data\.rel\.ro(\.local)?"
                      r"|\.debug_\w+|\.eh_frame)$"
                      r"|\.(comment|note\.GNU-stack|riscv\.attributes|symtab|strtab|shstrtab)$|$")
# What a student's file may see when it is compiled: headers, and what the host stage adds.
SEEN = (("kernel", ".h"), ("user/lib", ".h"), ("user", ".ld"), ("tests/host/instead", ".h"),
        ("tests/labs/host", ""))
NOT_WRITTEN = "tests/labs/not_written.h"
LAB_DEFINE = '#define NOT_WRITTEN_LAB "LAB"'
SECONDS, CPU_SECONDS = 300, 30
COMPILER_BYTES = 4 << 30    # of memory, for a compiler
DAY = 86400                 # seconds
MOST_STATIC = 2 << 20       # bytes more than the reference's kernel has; or a program's
MOST_FILE = 4 << 20         # bytes of a program's file
OF_CHECKPOINT = ("checkpoint", "checkpoint_here", "nonce")  # what every program is linked with


class Trouble(Exception):
    """Infrastructure: the reference itself cannot be built."""


class DoesNotCompile(Exception):
    """The compiler's words, or what the object has that it must not have."""


def make(tree, goals):
    return ["make", "-C", tree, "--no-print-directory", "BUILD=build"] + list(goals)


def clean_environment():
    """What a make above us has set is not for a make in another tree."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith(("MAKE", "MFLAGS")) and name not in ("BUILD", "KERNEL")}


def hash_of_files(root, parts):
    """Of names and contents of all files below; what Python and make leave there is none."""
    digest = hashlib.sha256()
    for part in parts:
        top = os.path.join(root, part)
        paths = [top] if os.path.isfile(top) else []
        for folder, folders, names in os.walk(top):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            paths += [os.path.join(folder, name) for name in sorted(names)]
        for path in paths:
            if not os.path.isfile(path):
                continue
            with open(path, "rb") as file:
                data = file.read()
            name = os.fsencode(os.path.relpath(path, root))
            digest.update(b"%d %s\0%d\0" % (len(name), name, len(data)) + data)
    return digest.hexdigest()


def reference(root, folder):
    """The reference's tree, built, in a folder of its own. Of several runs the first makes it."""
    return made_once(folder, "reference." + hash_of_files(root, PARTS)[:16],
                     lambda fresh: make_reference(root, fresh))


def made_once(folder, name, make_it):
    """The folder of that name, whole; the first of several runs makes it, in make_it(its path)."""
    made = os.path.join(folder, name)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name.split(".")[0] + ".lock"), "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not os.path.exists(made):
            shutil.rmtree(made + ".new", ignore_errors=True)
            make_it(made + ".new")
            os.rename(made + ".new", made)
        os.utime(made)
        forget_old(folder)
    return made


def forget_old(folder):
    """What was made of other trees, and nobody has used for a day."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if name.startswith(("reference.", "host.", "kernel.")) and os.path.isdir(path) and \
                os.path.getmtime(path) < time.time() - DAY:
            shutil.rmtree(path, ignore_errors=True)


def make_reference(root, fresh):
    for part in PARTS:
        source, target = os.path.join(root, part), os.path.join(fresh, part)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.isdir(source):
            shutil.copytree(source, target,
                            ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        elif os.path.exists(source):
            shutil.copy2(source, target)
    done = subprocess.run(make(fresh, ["build/kernel.elf"]), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=clean_environment())
    if done.returncode != 0:
        raise Trouble("the reference does not build\n" + done.stdout.decode(errors="replace"))


def patched(root, folder, patch, changes=()):
    """The path of the reference's kernel with a patch in it. Of several runs the first makes it.
    changes: of the Makefile, texts and what they become."""
    with open(patch, "rb") as file:
        key = hashlib.sha256(file.read() + repr(changes).encode()).hexdigest()[:8]
    name = "kernel.%s.%s.%s" % (os.path.basename(patch)[:-len(".patch")], key,
                                hash_of_files(root, PARTS)[:16])
    return os.path.join(made_once(folder, name, lambda fresh: make_patched(
        reference(root, folder), fresh, patch, changes)), "kernel.elf")


def make_patched(built, fresh, patch, changes):
    """Only the kernel stays of the tree in which it is made."""
    tree = fresh + ".tree"
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(built, tree, symlinks=True)
    try:
        makefile = os.path.join(tree, "Makefile")
        with open(makefile, encoding="utf-8") as file:
            text = file.read()
        for old, new in changes:
            text = text.replace(old, new)
        if changes:
            shutil.rmtree(os.path.join(tree, "build"))
            with open(makefile, "w", encoding="utf-8") as file:
                file.write(text)
        environment = dict(clean_environment(), GIT_CEILING_DIRECTORIES=os.path.dirname(tree))
        for words in (["git", "-C", tree, "apply", os.path.abspath(patch)],
                      make(tree, ["build/kernel.elf"])):
            done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, env=environment)
            if done.returncode != 0:
                raise Trouble("%s: %s" % (patch, done.stdout.decode(errors="replace")))
        os.makedirs(fresh)
        shutil.move(os.path.join(tree, "build/kernel.elf"), fresh)
    finally:
        shutil.rmtree(tree, ignore_errors=True)


def seen_tree(lab, folder):
    """The tree in which a student's files are compiled, for the kernel and for the host stage."""
    tree = os.path.join(folder, "seen")
    for part, ending in SEEN:
        for path, _, names in os.walk(os.path.join(lab.root, part)):
            for name in names:
                inside = os.path.join(os.path.relpath(path, lab.root), name)
                if name.endswith(ending) and not path.endswith("__pycache__") and \
                        inside not in lab.files:
                    copy(os.path.join(path, name), os.path.join(tree, inside))
    for name in lab.ours() + [path for path, theirs in lab.compiled().items() if not theirs]:
        copy(os.path.join(lab.root, name), os.path.join(tree, name))
    for name in (NOT_WRITTEN, "kernel/sync/not_written.h"):     # what a hand-out's stubs include
        source = os.path.join(lab.root, name)
        if os.path.exists(source):
            with open(source, encoding="utf-8") as file:
                text = file.read()
            target = os.path.join(tree, "kernel/sync/not_written.h")
            with open(target, "w", encoding="utf-8") as file:
                file.write(text.replace(LAB_DEFINE, LAB_DEFINE.replace('"LAB"', '"%s"' % lab.name)))
    return tree


def copy(source, target):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copy2(source, target)


def command(built):
    """How make compiles a file of the kernel."""
    done = subprocess.run(make(built, ["kernel-command"]), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=clean_environment())
    found = re.search(r"^kernel: (.*)$", done.stdout.decode(errors="replace"), re.MULTILINE)
    if done.returncode != 0 or not found:
        raise Trouble("make does not say how a file of the kernel is compiled")
    return shlex.split(found.group(1))


def compile_file(box, words, seen, source, target):
    """The object's bytes. source: the student's file, as the box sees it."""
    done = box.run(words + ["-c", source, "-o", target], seen, SECONDS, CPU_SECONDS,
                   memory=COMPILER_BYTES)
    said = done.output.decode(errors="replace")
    if done.status != 0 or done.late:
        if box.is_at_fault(done):
            raise Trouble("the compiler: " + said)
        raise DoesNotCompile(said or "the compiler ended with %d" % done.status)
    return elfobject.read_file(target)


def check_object(name, ours, theirs):
    """Bytes of the reference's object, and of the other."""
    reference_, other = elfobject.Object(ours), elfobject.Object(theirs)
    more = sorted(other.symbols - reference_.symbols - {"not_written_said"})
    if more:
        raise DoesNotCompile("%s defines what is not the lab's: %s" % (name, ", ".join(more[:5])))
    odd = sorted(each for each in set(other.sections) - set(reference_.sections)
                 if not ORDINARY.match(each))
    if odd:
        raise DoesNotCompile("%s has sections of its own: %s" % (name, ", ".join(odd[:5])))


def check_program(name, data, build):
    """Bytes of the object of a program, which our library is linked with."""
    ours, folder = set(OF_CHECKPOINT), os.path.join(program.ROOT, build, "user/user/lib")
    for each in sorted(os.listdir(folder)):
        if each.endswith(".o"):
            ours |= elfobject.Object(elfobject.read_file(os.path.join(folder, each))).symbols
    theirs = elfobject.Object(data)
    twice = sorted(theirs.symbols & ours)
    if twice:
        raise DoesNotCompile("%s defines what the library has: %s" % (name, ", ".join(twice[:5])))
    odd = sorted(each for each in theirs.sections if not ORDINARY.match(each))
    if odd:
        raise DoesNotCompile("%s has sections of its own: %s" % (name, ", ".join(odd[:5])))
    if "main" not in theirs.symbols:
        raise DoesNotCompile("%s has no main()" % name)


def try_link(box, words, seen, target):
    """Does it link, and is it of a size that the disk, and the addresses, have room for?"""
    done = box.run(words + ["-o", target], seen, SECONDS, CPU_SECONDS, memory=COMPILER_BYTES)
    said = done.output.decode(errors="replace")
    if done.status != 0 or done.late:
        raise (Trouble if box.is_at_fault(done) else DoesNotCompile)(said or "it does not link")
    if os.stat(target, follow_symlinks=False).st_size > MOST_FILE or \
            static_bytes(target) > MOST_STATIC:
        raise DoesNotCompile("the program takes more than %d KiB" % (MOST_STATIC >> 10))


def compile_programs(lab, box, build, seen, files, folder):
    """{program of the lab: its object's bytes}. build: where make builds our library."""
    words, link_words, library = program.commands(build)
    words, objects = words + ["-ffile-prefix-map=%s/=" % files], {}
    archive = os.path.join(folder, "library.a")
    shutil.copyfile(os.path.join(program.ROOT, library), archive)
    for path in lab.files:
        target = os.path.join(folder, path.replace("/", "_") + ".o")
        try:
            objects[path] = compile_file(box, words, seen, os.path.join(files, path), target)
            check_program(path, objects[path], build)
            try_link(box, link_words + [target, archive], seen, target + ".out")
        except elfobject.Bad as bad:
            raise DoesNotCompile("%s: %s" % (path, bad))
    return objects


def compile_all(lab, box, built, seen, files, folder):
    """{file of the lab: its object's bytes}. Nothing of the student's runs in this."""
    words, objects = command(built) + ["-ffile-prefix-map=%s/=" % files], {}
    if lab.own_headers(files):
        words = words + ["-I" + os.path.join(files, "kernel")]
    for path, is_theirs in lab.compiled().items():
        target = os.path.join(folder, path.replace("/", "_") + ".kernel.o")
        try:
            data = compile_file(box, words, seen,
                                os.path.join(files, path) if is_theirs else path, target)
            with open(os.path.join(built, "build", path + ".o"), "rb") as file:
                check_object(path, file.read(), data)
        except elfobject.Bad as bad:
            raise DoesNotCompile("%s: %s" % (path, bad))
        objects[path] = data
    return objects


def static_bytes(kernel):
    """What a kernel takes up in memory from the start."""
    with open(kernel, "rb") as file:
        data = file.read()
    table, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    rows = [struct.unpack_from("<IIQQQQQ", data, table + i * size) for i in range(count)]
    return sum(row[6] for row in rows if row[0] == 1)


def link(objects, built, tree):
    """The kernel's path: the reference with these objects, in a tree of its own."""
    shutil.copytree(built, tree, symlinks=True)
    os.chmod(tree, 0o700)               # the reference is for nobody else
    kernel = os.path.join(tree, "build/kernel.elf")
    os.remove(kernel)
    for path, data in objects.items():
        with open(os.path.join(tree, "build", path + ".o"), "wb") as file:
            file.write(data)
    done = subprocess.run(make(tree, ["build/kernel.elf"]), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=clean_environment())
    if done.returncode != 0:
        raise DoesNotCompile(done.stdout.decode(errors="replace"))
    more = static_bytes(kernel) - static_bytes(os.path.join(built, "build/kernel.elf"))
    if more > MOST_STATIC:
        raise DoesNotCompile("its static variables take %d KiB, %d are allowed" % (
            more >> 10, MOST_STATIC >> 10))
    return kernel
