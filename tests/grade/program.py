"""A lab's test program, built for one nonce, on a disk image of its own.

    program = Program("tests/labs/cow/test.c", nonce, "build/grade/cow")
    program = Program("user/own.c", nonce, "build/grade/own", made=bytes of its object)
    program.image       the disk: init, sh, the program as /test, other programs that were named
    program.here        the address where it stops; program.page: of the page around it
    program.page_bytes  what lies there, as the linker wrote it
    drawn(nonce, n)     what drawn(n) gives in the program (tests/labs/checkpoint.h)

make itself tells how programs are compiled (goal user-commands), and builds the library, so that
nothing here can differ from the Makefile. The same nonce gives the same bytes. Everything lies in
the folder that is given; two programs at the same time need two.
"""

import contextlib
import fcntl
import functools
import hashlib
import os
import re
import shlex
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
for _part in ("tests/qemu", "tests/reader"):
    if os.path.join(ROOT, _part) not in sys.path:
        sys.path.append(os.path.join(ROOT, _part))
from elf import Elf         # noqa: E402
import suite                # noqa: E402

PAGE = 4096
FIRST_PAGE, LAST_PAGE = 0x10000000, 0x3fff0000      # where a checkpoint may lie
DISK_BYTES = 8 << 20
ALL = (1 << 64) - 1


class NotBuilt(Exception):
    """The text has what the compiler, the linker or mkfs said."""


def drawn(nonce, n):
    """The n-th value of a run."""
    x = nonce + (n + 1) * 0x9e3779b97f4a7c15 & ALL
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9 & ALL
    x = (x ^ x >> 27) * 0x94d049bb133111eb & ALL
    return x ^ x >> 31


def page_of(nonce):
    """The page of the checkpoint of this nonce."""
    number = int.from_bytes(hashlib.sha256(b"page %d" % nonce).digest()[:8], "little")
    return FIRST_PAGE + number % ((LAST_PAGE - FIRST_PAGE) // PAGE + 1) * PAGE


@contextlib.contextmanager
def one_at_a_time(build):
    """Two that make the same files at once would get in each other's way."""
    folder = os.path.join(ROOT, build)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "making"), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def commands(build="build"):
    """How to compile, how to link, and the library: as the Makefile has them. Builds the last."""
    compile_, link, library = asked_of_make(build)
    return shlex.split(compile_), shlex.split(link), library


@functools.lru_cache(maxsize=None)
def asked_of_make(build):
    """Once in a run: the tree is as it was."""
    try:
        with one_at_a_time(build):
            text = suite.call_make("BUILD=" + build, "user-commands").text
    except suite.Failure as trouble:
        raise NotBuilt(str(trouble))
    found = dict(re.findall(r"^(compile|link|library): (.*)$", text, re.MULTILINE))
    if len(found) != 3:
        raise NotBuilt("make user-commands says\n" + text)
    return found["compile"], found["link"], found["library"]


def call(words):
    try:
        done = subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
    except OSError as trouble:
        raise NotBuilt("%s: %s" % (words[0], trouble))
    if done.returncode:
        raise NotBuilt("%s\n%s" % (" ".join(words), done.stdout.decode(errors="replace")))


class Program:
    """build: where `make` builds. others: names of our own programs that the disk shall have."""

    def __init__(self, source, nonce, folder, build="build", others=(), made=None):
        self.nonce, self.folder = nonce, os.path.abspath(folder)
        self.name = os.path.splitext(os.path.basename(source))[0]
        self.page = page_of(nonce)
        os.makedirs(self.folder, exist_ok=True)
        compile_, link, library = commands(build)
        objects = [self._in(self.name + ".o"), self._in("checkpoint.o")]
        self.path = self._in(self.name)
        if made is not None:
            with open(objects[0], "wb") as file:
                file.write(made)
        for source, target in list(zip((source, "tests/labs/checkpoint.S"), objects))[
                made is not None:]:
            call(compile_ + ["-Itests/labs", "-DNONCE=0x%x" % nonce, "-c", source, "-o", target])
        link[link.index("user/user.ld")] = self._linker_script()
        call(link + ["-o", self.path] + objects + [library])
        self.elf = Elf(self.path)
        self.here = self.address("checkpoint_here")
        self.nonce_va = self.address("nonce")
        self.page_bytes = self._segment(self.page)
        self.image = self._make_image(build, ("init", "sh") + tuple(others))

    def _in(self, name):
        return os.path.join(self.folder, name)

    def _linker_script(self):
        """user/user.ld with one more segment, above all others: the page of the checkpoint."""
        with open(os.path.join(ROOT, "user/user.ld"), encoding="utf-8") as file:
            text = file.read()
        for before, added in (
                ("}\n\nSECTIONS", "    checkpoint PT_LOAD FLAGS(5);\n"),
                ("    /DISCARD/", "    .checkpoint 0x%x : { *(.checkpoint) } :checkpoint\n\n" %
                 self.page)):
            if text.count(before) != 1:
                raise NotBuilt("user/user.ld: no place for the page of the checkpoint")
            text = text.replace(before, added + before)
        path = self._in("program.ld")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def address(self, name):
        """Where a variable or a function of the program lies."""
        found = self.elf.symbols.get(name, ())
        if len(found) == 1:
            return found[0].value
        raise NotBuilt("%s: there are %d symbols %s" % (self.path, len(found), name))

    def _segment(self, start):
        sizes = [size for va, _, _, size in self.elf.segments if va == start]
        if len(sizes) != 1 or sizes[0] > PAGE:
            raise NotBuilt("%s: no page of its own at 0x%x" % (self.path, start))
        return self.elf.bytes_at(start, sizes[0])

    def _make_image(self, build, names):
        image, listing = self._in("fs.img"), self._in("fs.list")
        with open(listing, "w", encoding="utf-8") as file:
            for name in names:
                file.write("%s %s\n" % (self._ours(build, name), name))
            file.write("%s %s\n" % (self.path, self.name))
        call([build + "/mkfs/mkfs", image, str(DISK_BYTES), listing])
        return image

    @staticmethod
    def _ours(build, name):
        for place in ("user/%s", "user/%s/%s" % (name, "%s"), "tests/guest/%s",
                      "tests/guest/%s/%s" % (name, "%s")):
            path = "%s/user/%s" % (build, place % name)
            if os.path.isfile(os.path.join(ROOT, path)):
                return path
        raise NotBuilt("there is no program %s" % name)
