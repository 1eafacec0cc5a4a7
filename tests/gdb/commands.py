"""Our commands of gdb, where gdb has Python: the reader's (tests/reader) on the stopped machine.

`source`d by tests/tools/gdb; tests/gdb/plain has some of them for a gdb without Python.
"""

import os
import struct
import sys

import gdb

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../reader")]
import locks                                                # noqa: E402
import show                                                 # noqa: E402
from elf import Elf                                         # noqa: E402
from memory import NotThere, Torn                           # noqa: E402
from reader import Reader                                   # noqa: E402
from stopped import StoppedMachine                          # noqa: E402

SUM = 1 << 18               # of sstatus: the kernel may touch user memory
SUPERVISOR = 1


def kernel_path():
    path = gdb.current_progspace().filename
    if not path:
        raise NotThere("gdb has no kernel: `file build/kernel.elf`")
    return path


def need_machine():
    if not gdb.selected_inferior().pid:
        raise NotThere("no machine: `make qemu-gdb` in another window, then `make gdb`")


elves = {}                  # by path and time: it takes a while to read one


def kernel_elf():
    path = kernel_path()
    key = path, os.path.getmtime(path)
    if key not in elves:
        elves.clear()
        elves[key] = Elf(path)
    return elves[key]


class Machine:
    """`with Machine() as reader`: a Reader on the machine, which stands."""

    def __init__(self, is_up=True):
        self.is_up = is_up          # does it have to be?

    def __enter__(self):
        need_machine()
        self.source = StoppedMachine()
        try:
            reader = Reader(self.source, kernel_elf())
            self._bound(reader.memory)
            if self.is_up and not reader.is_up:
                raise NotThere("the kernel has not come up yet, there is nothing to show: "
                               "`continue`, and Ctrl-C after a while; or `kbreak FUNCTION` first")
            return reader
        except BaseException:
            self.source.close()
            raise

    def __exit__(self, *_):
        self.source.close()

    def _bound(self, m):
        """RAM ends where the device tree said; until the kernel has read that, behind its image."""
        machine, size = m.address("machine"), m.size_of("region")
        end = m.image_pa + m.image_end - m.image_va
        for i in range(m.get(machine, "machine.ram_count")):
            at = m.member(machine, "machine.ram") + i * size
            end = max(end, m.get(at, "region.start") + m.get(at, "region.bytes"))
        self.source.end_at(end)


def satp():
    """Of the hart that gdb looks at."""
    return int(gdb.parse_and_eval("$satp")) & (1 << 64) - 1


def evaluated(text):
    """A number, as it stands or as gdb evaluates it, as text."""
    try:
        int(text, 0)
        return text
    except ValueError:
        value = gdb.parse_and_eval(text)
        if value.type.strip_typedefs().code in (gdb.TYPE_CODE_FUNC, gdb.TYPE_CODE_ARRAY):
            value = value.address
        return hex(int(value) & (1 << 64) - 1)


def clear(function):
    """Runs it; all that may be wrong becomes one line."""
    try:
        return function()
    except (NotThere, Torn, ValueError, OSError) as wrong:
        raise gdb.GdbError(str(wrong))
    except gdb.error as wrong:      # of an expression, a register, a connection that is gone
        raise gdb.GdbError(str(wrong).splitlines()[0])
    except (struct.error, KeyError, IndexError, RecursionError) as wrong:
        raise gdb.GdbError("what is in memory does not fit together (%s)" % wrong)


def pids(word):
    """Completion; where there is nothing to say, it says nothing."""
    try:
        with Machine() as reader:
            return [str(p.pid) for p in reader.processes() if str(p.pid).startswith(word)]
    except (NotThere, Torn, gdb.error, struct.error, KeyError):
        return []


class Command(gdb.Command):
    """One that takes from least to most words; complete: by the number of words before, a function
    of the word's beginning, or one of gdb's constants."""

    def __init__(self, name, text, function, least=0, most=0, complete=(), kind=gdb.COMMAND_DATA):
        self.__doc__ = text
        self.name, self.function, self.least, self.most = name, function, least, most
        self.completers = complete
        super().__init__(name, kind)

    def invoke(self, argument, _):
        words = gdb.string_to_argv(argument)
        if not self.least <= len(words) <= self.most:
            raise gdb.GdbError("usage: %s" % self.__doc__.split(": ")[0])
        clear(lambda: self.function(*words))

    def complete(self, text, word):
        words = text.split()
        begun = words[-1] if words and not text[-1].isspace() else ""
        before = len(words) - bool(begun)
        if before >= len(self.completers):
            return gdb.COMPLETE_NONE
        completer = self.completers[before]
        if isinstance(completer, int):
            return completer
        choices = completer(begun) if callable(completer) else completer
        known = len(begun) - len(word)      # gdb wants what replaces its own last word
        return [choice[known:] for choice in choices if choice.startswith(begun)]


def shown(function, is_up=True):
    """A command that the reader has, too."""
    def command(*words):
        with Machine(is_up) as reader:
            function(reader, *words)
    return command


def walk(va, pid=None):
    va = evaluated(va)
    with Machine(is_up=pid is not None) as reader:
        show.show_walk(reader, va, pid, satp() if pid is None else None)


def page(pfn):
    pfn = evaluated(pfn)
    with Machine() as reader:
        show.show_page(reader, pfn)


def folders():
    """Where the programs lie that were built with this kernel: build/user beside it, or above."""
    here = os.path.dirname(kernel_path())
    found = [os.path.join(top, "user") for top in (here, os.path.dirname(here))]
    return [folder for folder in found if os.path.isdir(folder)]


def programs():
    """Name → its ELF file."""
    found = {}
    for top in folders():
        for path, _, files in os.walk(top):
            for name in files:
                if "." not in name:
                    found.setdefault(name, os.path.join(path, name))
    return found


def program(name):
    path = programs().get(name)
    if path is None:
        raise NotThere("there is no program %s; there are: %s" % (
            name, " ".join(sorted(programs()))))
    gdb.execute("add-symbol-file %s" % path, to_string=True)
    print("the symbols of %s are loaded: `tbreak main` and `continue` stop where it begins" % name)


def stopped_already():
    raise gdb.GdbError('the machine is there already, and stands: use "continue"')


class BeforeBacktrace:
    """While gdb unwinds, the kernel's harts may read user memory: `bt` goes on below the trap.

    The bit is put back right after; an error on the way leads to the prompt, which does so, too.
    """
    changed = []            # (thread, its sstatus)

    @classmethod
    def begin(cls):
        if not gdb.selected_inferior().pid or cls.changed:
            return
        try:
            status = int(gdb.parse_and_eval("$sstatus"))
            if int(gdb.parse_and_eval("$priv")) == SUPERVISOR and not status & SUM:
                cls.changed.append((gdb.selected_thread(), status))
                gdb.execute("set $sstatus = %d" % (status | SUM))
        except gdb.error:
            pass            # no such register: user frames stay unread

    @classmethod
    def end(cls):
        while cls.changed:
            thread, status = cls.changed.pop()
            now = gdb.selected_thread()
            if thread.is_valid():
                thread.switch()
                gdb.execute("set $sstatus = %d" % status)
                now.switch()


def hook_backtrace():
    gdb.execute("define hook-backtrace\npython BeforeBacktrace.begin()\nend\n"
                "define hookpost-backtrace\npython BeforeBacktrace.end()\nend", to_string=True)
    gdb.events.before_prompt.connect(BeforeBacktrace.end)


Command("ps", "ps: the processes, and what each hart runs.", shown(show.show_ps))
Command("vmas", """vmas PID: the areas of a process, by address.
Each with what may be done there, and what is there: memory, or a piece of an object (a file).
    vmas 3""", shown(show.show_vmas), 1, 1, (pids,))
Command("pages", """pages PID: the page-table entries of a process, with the frames behind them.
    pages 3""", shown(show.show_pages), 1, 1, (pids,))
Command("walk", """walk VA [PID]: how an address becomes a frame, level by level.
VA may be an expression. Without PID it goes through the page table that this hart has in satp, as
the hardware does; with PID, through that process's.
    walk 0x10000 3      the first page of process 3's program
    walk $pc            the instruction that is next
    walk &harts         a variable of the kernel""", walk, 1, 2, (gdb.COMPLETE_EXPRESSION, pids))
Command("page", """page PFN: one frame: its struct page in words, its list, and who maps it.
PFN is the frame's number: the physical address / 0x1000.
    page 0x80500""", page, 1, 1, (gdb.COMPLETE_EXPRESSION,))
Command("lru", "lru: the lists of replacement, the system's and those of quotas, oldest first.",
        shown(show.show_lru))
Command("slots", """slots: slots of swap in use, who names each, which are in memory, too.
PID:ADDRESS is an entry of that process; shared:N page N of shared memory.""",
        shown(show.show_swap))
Command("ledger", "ledger: frames by class, counted in the table and by the kernel's counters.",
        shown(show.show_ledger))
Command("trace", """trace [-n COUNT]: the records of the trace ring, oldest first; the last COUNT.
The machine must have been booted with APPEND=trace=1.
    trace -n 20
(gdb's own command of this name, for tracepoints, is `tp`; QEMU has none.)""",
        shown(show.show_trace), 0, 2, (("-n", "on", "off"),))
Command("locks", """locks: each lock that is held: by whom, where it was taken, who waits.
A kernel with SAN=1 notes who holds a spinlock, and where it was taken; another one does not.""",
        lambda: locks.show_locks(Machine))
Command("program", """program NAME: loads the symbols of a user program: breakpoints, `bt` in it.
    program ls""", program, 1, 1,
        (lambda word: [n for n in sorted(programs()) if n.startswith(word)],),
        gdb.COMMAND_FILES)
for name in ("run", "start"):
    Command(name, "%s: the machine is there already; use continue." % name,
            lambda *_: stopped_already(), 0, 99, (), gdb.COMMAND_RUNNING)
hook_backtrace()
