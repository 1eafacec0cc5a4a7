"""Programs written for xv6 compile unchanged, and do what they did there."""

import re

import suite as s
from running import make_run
from suite import need

XV6_PRINTS = (
    "-5 FF text c 4294967296 0x0000000100000000 %",
    "-2147483648 0 4294967295 BEEF 0x0000000000ABCDEF",
    "-1 18446744073709551615 FEED 1099511627776 1099511627776 10000000000",
    "text|c|%|(null)|%y",
    "0",
    "xv6_style: all is as in xv6",
)


def run_xv6():
    """Programs written for xv6, of 2022 and 2025: headers, types, constants, what calls do."""
    names = ("xv6_2022", "xv6_2025", "xv6_style")
    lines = make_run("CMD=xv6_2022; echo $?; xv6_2025; echo $?; xv6_style; exit $?",
                     "EXTRA=" + " ".join("tests/qemu/programs/%s.c" % n for n in names))
    need(lines[-1] == "run: exit 0", "\n".join(lines[-6:]))
    need([x for x in lines if x in ("0", "7")][:2] == ["0", "7"], "\n".join(lines))
    for line in XV6_PRINTS:
        need(line in lines, "%s is not among\n%s" % (line, "\n".join(lines)))


def call_names():
    """The system calls that user/lib/user.h declares."""
    with open("user/lib/user.h") as file:
        text = file.read()
    calls = text[text.index("/* System calls:"):text.index("/* Strings and bytes:")]
    return re.findall(r"^[a-z][\w ]*?[ *](\w+)\(.*\).*;", calls, re.MULTILINE)


def xv6_headers():
    """All of xv39's calls and constants are in the headers for xv6's programs, with one value."""
    path = s.BUILD + "/xv6_all.c"
    names = ("types", "stat", "fs", "fcntl", "param", "syscall", "vm", "abi/errno", "abi/vm_stats",
             "abi/wait")
    words = ['#include "kernel/%s.h"' % n for n in names] + ['#include "user/user.h"']
    calls = [n for n in call_names() if n != "errno_address"]
    need(len(calls) > 45 and "futex_wake" in calls and "fork" in calls, "calls: %s" % calls)
    constants = 0
    for name in ("syscall", "fcntl", "stat", "mman"):
        with open("kernel/abi/%s.h" % name) as file:
            text = file.read()
        defined = re.findall(r"^#define (\w+) (\d\w*)", text, re.MULTILINE)
        defined += [("SYS_" + n, v) for n, v in re.findall(r" X\((\w+), (\d+)\)", text)]
        words += ["_Static_assert(%s == %s, \"%s\");" % (n, v, n) for n, v in defined]
        constants += len(defined)
    need(constants > 70, "%d constants" % constants)
    words += ["void *calls[] = {%s};" % ", ".join(calls), "int main(void)", "{",
              "    return sizeof(calls) / sizeof(calls[0]);", "}", ""]
    with open(path, "w") as file:
        file.write("\n".join(words))
    lines = make_run("CMD=xv6_all", "EXTRA=" + path, status=1)
    need(lines[-1] == "run: exit %d" % len(calls), lines[-1])
