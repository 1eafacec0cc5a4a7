"""Paging modes, and processors that lack something or have more than the usual one."""

import re
import subprocess

import machine as m
import suite as s
from suite import Skip, boot, need, need_status, tail


def paging_modes():
    for paging in ("auto", "sv39", "sv48", "sv57"):
        ending = boot("paging " + paging, s.SECONDS["boot"], PAGING=paging, CMD="true")
        need_status(ending, 0)
        mode = re.search(r"paging (\w+)", ending.output).group(1)
        need(mode == ("sv57" if paging == "auto" else paging), "%s gives %s" % (paging, mode))


def high_segment():
    """A program at 2^41 runs where the paging mode reaches it, else it is refused."""
    for paging in ("sv39", "sv48", "sv57"):
        ending = boot("highseg " + paging, s.SECONDS["boot"], PAGING=paging, CMD="highseg")
        if paging == "sv39":
            need(ending.status not in (0, 41, m.TIME_OUT) and not ending.panicked, ending.why)
        else:
            need_status(ending, 41)


# Processors that differ in what the kernel has to mind, each with the paging mode that it must come
# up in ("": any) and tests that show it. Where there are several names, the first one is meant that
# this QEMU takes.
FLOATS = ("cow illegal_instructions_kill float_survives_switches float_survives_fork "
          "floats_are_its_own fork_copies_the_caller calls_without_memory")
PROCESSORS = {
    "vectors": (("rv64,v=true",), "", FLOATS),
    "no floating point": (("rv64,f=false,d=false", "rv64,f=false,d=false,zfa=false"), "", FLOATS),
    "svade": (("rv64,svade=on",), "", "cow fault"),
    "no sv57": (("rv64,sv57=off",), "sv48", "cow"),
    "no sv48": (("rv64,sv48=off",), "sv39", "cow"),
    "sifive-u54": (("sifive-u54",), "", "cow"),
}


def cpu_for(names):
    """The first of them that QEMU takes; else the item is skipped, with QEMU's words."""
    qemu = s.cell_settings()["QEMU"]
    for name in names:
        done = subprocess.run([qemu, "-machine", "virt", "-cpu", name, "-display", "none",
                               "-monitor", "stdio", "-S"], input=b"quit\n",
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              timeout=s.SECONDS["boot"])
        if done.returncode == 0:
            return name
    raise Skip(done.stderr.decode(errors="replace").strip().splitlines()[-1])


def paging_refused():
    """Where the machine lacks the mode, the kernel says so and stops."""
    cpu = cpu_for(PROCESSORS["no sv57"][0])
    ending = boot("sv57 off", s.SECONDS["boot"], CPU=cpu, PAGING="sv57", CMD="true")
    need(ending.status not in (0, m.TIME_OUT) and not ending.panicked and "sv57" in ending.output,
         "%s\n%s" % (ending.why, tail(ending)))


def processor(what, groups=None):
    """One cell on a processor other than the usual one."""
    names, mode, usual = PROCESSORS[what]
    ending = boot("processor " + what, s.SECONDS["cell"], CPU=cpu_for(names),
                  CMD="usertests -q " + (groups or usual))
    parts = s.usertests_verdict(ending)
    failed = [name for name, verdict, _ in parts if verdict == "FAIL"]
    need(not failed, "failed: " + ", ".join(failed))
    need("paging " + mode in ending.output, "not in paging mode %s\n%s" % (mode, tail(ending)))
    if what == "vectors":
        need(": it is for vectors, and" in ending.output, "no line says what vectors are")
    if what == "no floating point":
        need(": this machine has no floating point" in ending.output and any(
            verdict == "skip" for _, verdict, _ in parts), "it has floating point")
