"""tests/crash and tests/mutants, which boot machines of their own, as items."""

import subprocess
import sys

import suite as s
from suite import Skip, need


def program(*command, seconds=s.SECONDS["crash"]):
    """A test program of its own: 0 all is well, 77 this machine cannot do it."""
    done = subprocess.run([sys.executable] + list(command),
                          env=s.clean_environment(KERNEL=s.BUILD + "/kernel.elf",
                                                  IMAGE=s.BUILD + "/fs.img", BUILD=s.BUILD),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, timeout=seconds)
    text = done.stdout.decode(errors="replace")
    if done.returncode == 77:
        raise Skip(text.strip().splitlines()[-1])
    need(done.returncode == 0, "status %d\n%s" % (done.returncode, text[-2000:]))


def crash_quick():
    program("tests/crash/crash", "--quick")


def crash_full():
    program("tests/crash/crash", "--full", seconds=s.SECONDS["program"])


def mutants(*names):
    """Kernels with a planted bug, each of which must be noticed."""
    program("tests/mutants/run", *names, seconds=s.SECONDS["crash" if names else "program"])


def mutants_quick():
    mutants("mprotect", "fork")
