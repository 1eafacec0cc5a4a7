"""A kernel out of the reference's files and the lab's files of one submission.

What always holds: of the submission only the lab's files are compiled, against the reference's
headers; their objects define nothing but what the reference's objects of the same names define, and
have no sections but ordinary ones. The rest is the reference's, compiled once, and copied.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess

PARTS = ("Makefile", "kernel.ld", "README.md", "kernel", "user", "mkfs", "tests/tools",
         "tests/reader", "tests/qemu", "tests/guest")
ORDINARY = re.compile(r"\.(text|rodata|data|bss|srodata|sdata|sbss|debug_\w+|comment|note\.\S+|"
                      r"riscv\.attributes|symtab|strtab|shstrtab|eh_frame|rela\..*|group)"
                      r"(\.\S*)?$")
NOT_WRITTEN = "tests/labs/not_written.h"
SECONDS, CPU_SECONDS = 300, 60


class Trouble(Exception):
    """Infrastructure: the reference itself cannot be built."""


class DoesNotCompile(Exception):
    """The compiler's words, or what the object has that it must not have."""


def make(tree, goals):
    return ["make", "-C", tree, "--no-print-directory", "BUILD=build"] + list(goals)


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
    tree = os.path.join(folder, "reference." + hash_of_files(root, PARTS)[:16])
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "reference.lock"), "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not os.path.exists(tree):
            make_reference(root, tree)
    return tree


def make_reference(root, tree):
    fresh = tree + ".new"
    shutil.rmtree(fresh, ignore_errors=True)
    for part in PARTS:
        source, target = os.path.join(root, part), os.path.join(fresh, part)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.isdir(source):
            shutil.copytree(source, target,
                            ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy2(source, target)
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith(("MAKE", "MFLAGS")) and name not in ("BUILD", "KERNEL")}
    done = subprocess.run(make(fresh, ["build/kernel.elf"]), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=clean)
    if done.returncode != 0:
        raise Trouble("the reference does not build\n" + done.stdout.decode(errors="replace"))
    os.rename(fresh, tree)


def compiler_prefix(tree):
    with open(os.path.join(tree, "build/tools.mk"), encoding="utf-8") as file:
        return re.search(r"^PREFIX\s*:?=\s*(\S+)", file.read(), re.MULTILINE).group(1)


def symbols(box, prefix, path, cwd):
    done = box.run([prefix + "nm", "-g", "--defined-only", path], cwd, SECONDS, CPU_SECONDS)
    return {line.split()[-1] for line in done.output.decode(errors="replace").splitlines()
            if len(line.split()) == 3}


def sections(box, prefix, path, cwd):
    done = box.run([prefix + "objdump", "-h", "-w", path], cwd, SECONDS, CPU_SECONDS)
    return {match.group(1) for match in re.finditer(r"^\s*\d+ (\S+)\s+[0-9a-f]{8}",
                                                    done.output.decode(errors="replace"),
                                                    re.MULTILINE)}


def check_object(box, prefix, name, ours, theirs, cwd):
    """ours: the reference's object. Raises DoesNotCompile with what theirs has too much."""
    more = sorted(symbols(box, prefix, theirs, cwd) - symbols(box, prefix, ours, cwd) -
                  {"not_written_said"})
    if more:
        raise DoesNotCompile("%s defines what is not the lab's: %s" % (name, ", ".join(more[:5])))
    odd = sorted(each for each in sections(box, prefix, theirs, cwd) if not ORDINARY.match(each))
    odd = [each for each in odd if each not in sections(box, prefix, ours, cwd)]
    if odd:
        raise DoesNotCompile("%s has sections of its own: %s" % (name, ", ".join(odd[:5])))


def overlay(lab, built, files, tree):
    """tree becomes a copy of the built reference with the submission's files in it."""
    shutil.copytree(built, tree, symlinks=True)
    for name in (NOT_WRITTEN, "kernel/sync/not_written.h"):     # what a hand-out's stubs include
        source = os.path.join(lab.root, name)
        if os.path.exists(source):
            shutil.copyfile(source, os.path.join(tree, "kernel/sync/not_written.h"))
    for path in lab.files:
        shutil.copyfile(os.path.join(files, path), os.path.join(tree, path))
        os.utime(os.path.join(tree, path))


def check_box(lab, box, built, tree):
    """Do the reference's own files build there? If not, the submission is not at fault."""
    for path in lab.files:
        shutil.copyfile(os.path.join(built, path), os.path.join(tree, path))
        os.utime(os.path.join(tree, path))
    done = box.run(make(tree, ["build/kernel.elf"]), tree, SECONDS, CPU_SECONDS)
    if done.status != 0:
        raise Trouble("the reference does not build in the sandbox\n" +
                      done.output.decode(errors="replace"))


def build(lab, box, built, tree):
    """The kernel's path. box may write to tree."""
    objects = {path: os.path.join(tree, "build", path + ".o") for path in lab.files}
    kernel = os.path.join(tree, "build/kernel.elf")
    for path in list(objects.values()) + [kernel]:
        os.remove(path)
    done = box.run(make(tree, ["build/kernel.elf"]), tree, SECONDS, CPU_SECONDS)
    if done.status != 0 or not os.path.exists(kernel):
        words = done.output.decode(errors="replace")
        check_box(lab, box, built, tree)
        raise DoesNotCompile(words)
    prefix = compiler_prefix(tree)
    for path, theirs in objects.items():
        check_object(box, prefix, path, os.path.join(built, "build", path + ".o"), theirs, tree)
    return kernel
