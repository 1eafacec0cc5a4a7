"""What make does apart from booting: what it refuses, prints and builds, with any compiler."""

import os
import re
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import house as floors
import lint
import sizes
import suite as s
from suite import Failure, Skip, boot, need

COMMANDS = ("deps", "qemu", "run", "qemu-gdb", "gdb", "check", "check-full", "bench", "curves",
            "doctor", "handout", "loc", "house", "help", "clean", "tests/reader/reader", "RAM_FILE")

BAD_VARIABLES = (
    "PAGING=sv32", "PAGING=", "CPUS=0", "CPUS=9", "CPUS=two", "MEM=15M", "MEM=5G", "MEM=64",
    "MEM=big", "MEM=16GM", "SEED=it's", "SWAP=12", "SWAP=-1M", "DISK=0", "DISK=1M", "POLICY=random",
    "OVERCOMMIT=maybe", "ICOUNT=2", "SAN=yes", "SEED=x", "RACE=x", "RACE=1", "CPU=", "TIMEOUT=soon",
    "WERROR=all", "STRICT=yes", "HOST=yes", "EXTRA=no/such.c", "EXTRA=README.md", "FILES=no.such",
    "CROSS=no-such-prefix-", "ICOUNT=1 CPUS=2", "FILES=user", "FILES=user/*", "EXTRA=user/init.c",
    "EXTRA=a%b.c", "FILES=it's", "FILES=a:b", "FILES=a$$b", "EXTRA=a;b.c", "QEMU=tests",
)
# Of BUILD itself, which `make clean` removes.
BAD_FOLDERS = ("BUILD=", "BUILD=a b", "BUILD=it's", "BUILD=.", "BUILD=x/..", "BUILD=/", "BUILD=//",
               "BUILD=kernel", "BUILD=./user/", "BUILD=a$$b", "BUILD=a:b")


def bad_variables():
    """Each is refused with one line that names it, before anything is built."""
    folder = s.BUILD + "/nothing"
    shutil.rmtree(folder, ignore_errors=True)
    for bad in BAD_VARIABLES:
        done = s.call_make("BUILD=" + folder, "all", *bad.split(), expect_success=False)
        lines = done.text.strip().splitlines()
        need(done.returncode != 0 and len(lines) == 1, "%s: %s" % (bad, lines))
        need(bad.split()[-1].split("=")[0] in lines[0], "%s is not named: %s" % (bad, lines[0]))
        need(not os.path.exists(folder), "%s: something was built" % bad)
    for bad in BAD_FOLDERS:
        done = s.call_make("-n", bad, "clean", expect_success=False)
        need(done.returncode != 0 and len(done.text.splitlines()) == 1 and "BUILD" in done.text,
             "%s: %s" % (bad, done.text))
    done = s.call_make("BUILD=" + folder, "run", expect_success=False)
    need(done.returncode != 0 and "CMD" in done.text, "make run without CMD: " + done.text)


def nothing_to_do():
    """A second make does nothing; after an edit of one file it compiles that one."""
    words = ("BUILD=" + s.BUILD, "WERROR=1", "all")
    s.call_make(*words)
    again = s.call_make(*words).text
    need(not re.search(r"^  [A-Z]+ ", again, re.MULTILINE), "a second make does\n" + again)
    edited = s.call_make("-n", "-W", "kernel/main.c", "V=1", *words).text
    compiled = re.findall(r"-c (\S+\.[cS]) -o", edited)
    need([c for c in compiled if not c.endswith("ksyms.S")] == ["kernel/main.c"],
         "an edit of kernel/main.c compiles %s" % compiled)


def small_commands():
    text = s.call_make("help").text
    for word in COMMANDS:
        need(re.search(r"\b%s\b" % word, text), "make help does not tell of " + word)
    text = s.call_make("loc").text
    need(re.search(r"^ *\d+ +kernel, of \d+ allowed", text, re.MULTILINE), text)
    chapters = re.findall(r"\(first reading, with comments: \d+\)$", text, re.MULTILINE)
    need(len(chapters) == sizes.CHAPTERS, text)
    text = s.call_make("house", "BUILD=" + s.BUILD).text
    need(text == floors.shown(lint.read_tree()), "make house is not README.md's\n" + text)
    picture = ElementTree.parse(s.BUILD + "/house.svg").getroot()
    drawn = {(x.text or "").split("/")[0] for x in picture.iter() if x.tag.endswith("text")}
    need(drawn > set(lint.LAYERS), "not drawn: %s" % (set(lint.LAYERS) - drawn))
    done = s.call_make("doctor", expect_success=False)
    need("qemu" in done.text and "gcc" in done.text, "make doctor: " + done.text)
    done = s.call_make("deps", "help")
    need("nothing is missing" in done.text and "make qemu" in done.text, done.text)


def listing():
    """tests/lint/listed.txt is what git knows of."""
    if not os.path.exists(os.path.join(s.ROOT, ".git")):
        return
    done = subprocess.run(["git", "ls-files", "-z"], cwd=s.ROOT, stdout=subprocess.PIPE, check=True)
    known, named = set(done.stdout.decode().split("\0")) - {""}, lint.listed(lint.read_tree())
    need(known == named, "`tests/lint/loc --list` puts it right: %s" % " ".join(
        sorted(known ^ named)))


def added():
    """A file that somebody adds breaks no rule but the layers', and make loc tells of it."""
    folder = os.path.join(os.path.abspath(s.BUILD), "added")
    shutil.rmtree(folder, ignore_errors=True)
    for path, text in lint.read_tree().items():
        target = os.path.join(folder, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)
    mine = ("kernel/vm/replacement/policies/policy_mine.c", "user/mine.c", "tests/labs/mine/a.py")
    for path in mine:
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
            file.write("int mine; /* who? */ \n\tint sfence;")
    script = [sys.executable, os.path.join(folder, "tests/lint/lint")]
    done = subprocess.run(script, stdout=subprocess.PIPE)
    need(done.returncode == 0, done.stdout.decode())
    text = subprocess.run([sys.executable, os.path.join(folder, "tests/lint/loc")], check=True,
                          stdout=subprocess.PIPE).stdout.decode()
    need(re.search("^ *6  besides, yours, without a bound: %s$" % " ".join(sorted(mine)), text,
                   re.MULTILINE), text)
    with open(os.path.join(folder, mine[0]), "w", encoding="utf-8") as file:
        file.write('#include "sys/calls.h"\n')
    done = subprocess.run(script, stdout=subprocess.PIPE)
    need(done.returncode == 1 and b"vm may not include sys/calls.h" in done.stdout,
         "the layers do not hold: %s" % done.stdout.decode())
    shutil.rmtree(folder)


def prefix():
    """The compiler prefix that the build found."""
    with open(s.BUILD + "/tools.mk") as file:
        return re.search(r"^PREFIX := (\S+)", file.read(), re.MULTILINE).group(1)


def reservations():
    """Each way out of a trap ends with an SC, from which on nothing branches away or comes in."""
    for kernel in (s.BUILD + "/kernel.elf", s.BUILD + "/san/kernel.elf"):
        listing = subprocess.run([prefix() + "objdump", "-d", "--no-show-raw-insn", kernel],
                                 stdout=subprocess.PIPE, check=True).stdout.decode()
        targets = set(re.findall(r"\t(?:j|b\w+)\t(?:.*,)?([0-9a-f]{16}) <", listing))
        code = re.findall(r"^([0-9a-f]+)(?: <\S+)?:(?:\t(\S+)\t?(.*))?$", listing, re.MULTILINE)
        ways = [i for i, line in enumerate(code) if line[1] == "sret"]
        need(len(ways) >= 2, "%s: %d times sret" % (kernel, len(ways)))
        for way in ways:
            at = way
            while at > 0 and not code[at][1].startswith("sc."):
                address, word, _ = code[at]
                need(word and address not in targets and (
                    at == way or not re.match(r"(j|b|call|ret|sret|mret)", word)),
                    "%s: no SC before the sret at 0x%s" % (kernel, code[way][0]))
                at -= 1


# ---- other compilers ----------------------------------------------------------------------------

def with_compiler(name, tool, *words):
    if not shutil.which(tool):
        raise (Failure if os.environ.get("CI") else Skip)("%s is not installed" % tool)
    folder = s.BUILD + "/" + name
    s.build_all(folder, "all", *words)
    s.build_all(folder, "SAN=1", folder + "/san/kernel.elf", *words)
    ending = boot(name, s.SECONDS["cell"], folder=folder, CMD="usertests -q proc cow fault")
    failed = [part for part, verdict, _ in s.usertests_verdict(ending) if verdict == "FAIL"]
    ending = boot(name + " SAN", s.SECONDS["cell"], folder=folder, san=True,
                  CMD="usertests -q proc")
    failed += [part for part, verdict, _ in s.usertests_verdict(ending) if verdict == "FAIL"]
    need(not failed, "failed: " + ", ".join(failed))


def clang():
    with_compiler("clang", "clang", "CLANG=1")


def linux_gcc():
    with_compiler("linux-gnu", "riscv64-linux-gnu-gcc", "CROSS=riscv64-linux-gnu-")
