"""The list of the items about the host reader (tests/reader) and the trace.

The reader is tried on real machines (readermachine.py and those that use it) and on made-up
memory. Checks that find nothing wrong are shown a planted fault as well.
"""

import re
import subprocess
import sys

import readerpaging
import readerstates
import readerswap
import readertrace
import suite as s
from readermachine import MODES
from suite import need


def items():
    found = [("reader: " + mode, lambda mode=mode: readerpaging.paging(mode)) for mode in MODES]
    found += [("reader: swap " + mode, lambda mode=mode: readerswap.swap(mode)) for mode in MODES]
    for function in (readerswap.quotas, made_up_memory, readerstates.live, readerstates.live_swap,
                     readerstates.stopped, readerstates.panicked, readerstates.panicked_early,
                     readertrace.trace, readertrace.trace_of_swap, readertrace.trace_switched,
                     readertrace.trace_cost):
        found.append(("reader: " + function.__name__.replace("_", " "), function))
    return tuple(found)


def made_up_memory():
    """tests/reader/selftest: what no kernel may do."""
    done = subprocess.run([sys.executable, "tests/reader/selftest"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=s.SECONDS["host"])
    text = done.stdout.decode(errors="replace")
    ran = re.search(r"^Ran (\d+) tests", text, re.MULTILINE)
    need(done.returncode == 0 and ran and int(ran.group(1)) > 0, text[-2000:])
