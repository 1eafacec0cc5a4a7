"""Evidence about a kernel from the hardware: a machine that stops at checkpoints of a program.

A kernel that is graded may lie in all that it prints and keeps. So a lab's test is two things: a
program in C that calls checkpoint() (tests/labs/checkpoint.h), and a function in Python that looks
at the machine while it stands there. The program:

    static uint64_t facts[1];
    int main(void)
    {
        char *page = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                          -1, 0);
        facts[0] = (uint64_t)page;
        *(uint64_t *)page = drawn(7);
        checkpoint(1, facts, sizeof facts);
        return 0;
    }

The function gets a Run. checkpoint() lets the machine run to the next checkpoint, which must be
this one; end() lets it run to its end. If the function returns, the test has passed:

    def test(run):
        c = run.checkpoint(1)
        page = c.words[0]
        found = c.translate(page)
        need(found is not None, "the page is not mapped")
        need(found.entry & walk.W, "the page cannot be written")
        need(c.word(page) == run.drawn(7), "the page has another value")
        run.ends_well()

    program = Program("tests/labs/lazy/test.c", nonce, folder)      # program.py
    result = examine(program, test, lane("build/kernel.elf"))
    print(result.passed, result.how, result.failure)

What a Checkpoint `c` has, as long as the machine stands there:

    c.number, c.facts, c.words      the arguments: number; facts as bytes, and as 64-bit words
    c.hart, c.satp, c.levels        which hart; its satp, and how many levels that means
    c.instructions                  all that the machine has carried out; None if none are counted
    c.translate(va)                 walk.Translation(pa, entry, level, size), or None
    c.entry(va)                     the entry where the walk ends, valid or not; None: nowhere
    c.read(va, size), c.word(va)    through the page tables; Failed if there is no way
    c.leaves(first, last)           (va, Translation) of all pages of the space
    run.loses_nothing(…)            the first checkpoint's words: the ledger before and after
    run.ram                         walk.Ram: read(pa, size), word(pa), holds(pa)
    run.disk_counters()             disk → bytes and operations, read and written (virtio)
    run.disk(name)                  all bytes of "fs" or "swap", where disks are RAM (ICOUNT=1)
    run.shrink_disk(name, size)     it ends there from now on: what lies beyond is an I/O error
    run.is_memory(pa)               whether it is RAM that the kernel may manage: not a disk's

A stop counts if the hart is in user mode without a hypervisor, and its satp leads from the program
counter, by an entry with U and X, to the very bytes that the linker wrote on that page; the nonce
lies there, too. Any other stop is a false one: it is written down, stepped over, and never
shown to the test. Facts are in user memory, which the kernel can write: they say where to look, and
what is seen there counts.

c.instructions comes from QEMU, and no kernel can change it. instret is not as good: a kernel can
forbid it to programs (scounteren), and QEMU's counts the time that the machine was idle, too. A
stop is not free of effects on the guest: in the deterministic lane its clock goes on to the next
timer, as if the machine had been idle. That is the same each time, however long the host waits
(CHECKPOINT_WAIT in the environment: so many seconds, to try just that).

How it ended (result.how): "ended", the machine powered off, with result.status; "stopped", the
test had failed while the machine still ran; "limit", too many instructions, seconds of QEMU's own
time, stops, or bytes on the console, or it stood still; "infrastructure", no fault of the kernel:
no QEMU, it was killed or does not answer, wall time ran out. A test passes only where it ended.
"""

import functools
import os
import shutil
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections import namedtuple

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
if os.path.join(ROOT, "tests/qemu") not in sys.path:
    sys.path.append(os.path.join(ROOT, "tests/qemu"))
import machine as m                             # noqa: E402
import walk                                     # noqa: E402
from gdbstub import Gone, Silent, Stub, stopped_hart    # noqa: E402
from program import drawn                       # noqa: E402
from sandbox import a_user, as_user, give_to    # noqa: E402

# instructions: where they are counted. cpu_seconds: of the QEMU process. Wall time has WALL_FACTOR
# times that, and only while the machine runs. What a process has used, only Linux tells.
Limits = namedtuple("Limits", "instructions cpu_seconds")
LIMITS = Limits(20 * 10 ** 9, 120)
WALL_FACTOR = 10

PATIENCE = 60               # seconds for one answer of QEMU
GLANCE = 0.2                # seconds between two looks at the limits
STILL = 1 / 50              # a machine that takes less of a processor does nothing
LEDGER = tuple("frames " + each for each in (           # abi/vm_stats.h: enum frame_class
    "that are free", "of the kernel", "of page tables", "of stacks", "of slabs", "of programs",
    "of files", "of buffers"))
MOST_STOPS = 10000          # of all kinds
MOST_FALSE = 100
MOST_FACTS = 65536
MOST_READ = 64 << 20
MOST_PRINTED = 1 << 20      # bytes
SPARE = 4 << 20             # bytes of a disk that others may want meanwhile
KEPT = 65536                # bytes of the console: so many of its beginning, and of its end

SANDBOX = ("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny")


class Failed(Exception):
    """The test has failed; the text says why. places: the pages that it is about, as place() makes
    them: for the picture of the moment."""

    def __init__(self, why, places=()):
        super().__init__(why)
        self.places = places


class Limit(Exception):
    """The machine has had its share."""


class Infrastructure(Exception):
    """Whatever this is, the kernel is not to blame."""


def need(condition, why, *places):
    if not condition:
        raise Failed(why, places)


def lane(kernel="build/kernel.elf", **changes):
    """Settings of the deterministic lane: one hart, little memory, disks in RAM, no swap disk."""
    values = dict({"ICOUNT": "1", "MEM": "16M", "SWAP": "0", "KERNEL": kernel,
                   "QEMU": os.environ.get("QEMU")}, **changes)
    return m.settings(None, **values)


class Console:
    """Takes all that the machine prints, and keeps the beginning and the end."""

    def __init__(self, pipe):
        self.pipe = pipe
        self.first, self.last = bytearray(), bytearray()
        self.total = 0
        self.thread = threading.Thread(target=self._drain, daemon=True)
        self.thread.start()

    def _drain(self):
        while True:
            try:
                data = os.read(self.pipe.fileno(), 65536)
            except (OSError, ValueError):
                return
            if not data:
                return
            self.total += len(data)
            room = KEPT - len(self.first)       # never below 0
            self.first += data[:room]
            self.last += data[room:]
            if len(self.last) > 4 * KEPT:       # seldom, for a byte at a time may come
                del self.last[:-KEPT]

    def bytes(self):
        del self.last[:-KEPT]
        missing = self.total - len(self.first) - len(self.last)
        gap = b"\n[%d bytes are not kept]\n" % missing if missing > 0 else b""
        return bytes(self.first) + gap + bytes(self.last)


class Watched(m.Machine):
    """A machine that waits for us, and whose console never makes it wait. Where root starts it, its
    QEMU has a user id of its own, which can read and write nothing but the machine's own files."""

    console = None

    def start(self):
        uid = user_of(self.settings["QEMU"])
        if uid:
            self.prefix = as_user(uid)
            kernel = os.path.join(self.folder, "kernel.elf")
            shutil.copyfile(self.settings["KERNEL"], kernel)
            self.settings["KERNEL"] = kernel
            m.make_empty(self.settings["RAM_FILE"], 0)
            give_to(self.folder, uid)
        super().start()
        self.console = Console(self.process.stdout)
        return self

    def cpu_time(self):
        """Seconds of processors that QEMU has had; None where the system does not tell."""
        try:
            with open("/proc/%d/stat" % self.process.pid, "rb") as file:
                words = file.read().rsplit(b")", 1)[1].split()
        except OSError:
            return None
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def complaint(self):
        self.errors.seek(0)
        return self.errors.read(4096).decode(errors="replace").strip()

    def ending(self):
        """How it ended, in the words of `make run`. It has ended, or does so now."""
        if not self.has_ended():
            self.kill()
        self.console.thread.join(PATIENCE)
        text = self.console.bytes().replace(b"\r\n", b"\n")
        start = m.FIRST_LINE.search(text)
        self.raw = bytearray(text)
        self.seen = bytearray(text[start.start():] if start else text)
        return self._judge()


def succeeds(words):
    try:
        return subprocess.run(words, timeout=PATIENCE, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@functools.lru_cache(maxsize=None)
def confined(qemu):
    """The words that keep QEMU from starting programs, where it is built with them."""
    return SANDBOX if succeeds([qemu] + list(SANDBOX) + ["-machine", "help"]) else ()


@functools.lru_cache(maxsize=None)
def can_have_a_user(qemu):
    return os.geteuid() == 0 and succeeds(as_user(a_user()) + [qemu, "-machine", "help"])


def user_of(qemu):
    return a_user() if can_have_a_user(qemu) else None


class Checkpoint:
    """The machine as it stands at a checkpoint. Good until it runs on."""

    def __init__(self, run, hart, satp, registers, instructions):
        self.run, self.hart, self.satp = run, hart, satp
        self.levels = walk.levels_of(satp)
        self.number, self._facts_va, self._facts_size = registers
        self.instructions = instructions

    def _check(self):
        if self.run.at is not self:
            raise RuntimeError("checkpoint %d is over: the machine has run on" % self.number)

    @property
    def facts(self):
        need(self._facts_size <= MOST_FACTS, "checkpoint %d: %d bytes of facts" % (
            self.number, self._facts_size))
        return self.read(self._facts_va, self._facts_size)

    @property
    def words(self):
        facts = self.facts
        return struct.unpack("<%dQ" % (len(facts) // 8), facts[:len(facts) & ~7])

    def place(self, va):
        """For need(): this page, as it is seen from here; also when the machine has run on."""
        return self.satp, va

    def translate(self, va):
        self._check()
        return walk.translate(self.run.ram, self.satp, va)

    def entry(self, va):
        self._check()
        step = walk.step_to(self.run.ram, self.satp, va)
        return step.entry if step else None

    def read(self, va, size):
        self._check()
        need(0 <= size <= MOST_READ, "0x%x: %d bytes are too many" % (va, size))
        data = walk.read(self.run.ram, self.satp, va, size)
        need(data is not None, "0x%x, %d bytes: the page tables do not lead to RAM" % (va, size))
        return data

    def word(self, va):
        return int.from_bytes(self.read(va, 8), "little")

    def leaves(self, first=0, last=(1 << 63) - 1):
        self._check()
        try:
            return list(walk.leaves(self.run.ram, self.satp, first, last))
        except walk.TooMany as trouble:
            raise Failed("the page tables: %s" % trouble)


class Run:
    """One machine with one program on it, from the start to the end."""

    def __init__(self, machine, program, limits):
        self.machine, self.program, self.limits = machine, program, limits
        self.nonce = program.nonce
        self.met = []               # numbers of the checkpoints, in order
        self.false_stops = []       # why each was none
        self.at = None              # the Checkpoint where the machine stands
        self.ending = None          # a machine.Ending, once it has ended
        self.ram = self.stub = None
        self.places = ()            # of a failure: what it is about
        self.failed_count = None    # instructions then
        self._pending = None        # the hart that has to be stepped over
        self._stops = 0
        self._wall = 0.0
        self._counts = "1" in (machine.settings["ICOUNT"], machine.settings["INSTRET"])
        self.disks = self._disks_in_ram()

    def _disks_in_ram(self):
        """Disk → (start, end) of the RAM that it is."""
        s = self.machine.settings
        if s["ICOUNT"] != "1":
            return {}
        fs = os.path.getsize(self.machine.image) + 0xfffff & ~0xfffff
        swap = m.size_in_bytes(s["SWAP"])
        _, fs_start, swap_start = m.ram_disks(m.size_in_bytes(s["MEM"]), fs, swap)
        return {"fs": (fs_start, fs_start + fs), "swap": (swap_start, swap_start + swap)}

    def _ram_bytes(self):
        """What the file with its RAM may become: QEMU, and we, would die where a page of it finds
        no room."""
        s = self.machine.settings
        return sum(m.size_in_bytes(s[name]) for name in ("MEM", "SWAP")) + \
            os.path.getsize(self.machine.image)

    def start(self):
        """QEMU comes up, and waits in front of the first instruction."""
        room = os.statvfs(self.machine.folder)
        if room.f_bavail * room.f_frsize < self._ram_bytes() + SPARE:
            raise Infrastructure("there is no room on the disk for the machine's memory")
        try:
            self.machine.start()
            self.stub = Stub(self.machine.gdb_socket, PATIENCE)
            self.stub.set_breakpoint(self.program.here)
            self.ram = walk.Ram(self.machine.settings["RAM_FILE"])
        except (OSError, ValueError, Silent, Gone) as trouble:
            said = self.machine.complaint() if self.machine.process else ""
            raise Infrastructure("QEMU does not start: %s" % (said or trouble or "it is gone"))

    # ---- what a test uses -----------------------------------------------------------------------

    def drawn(self, n):
        return drawn(self.nonce, n)

    def checkpoint(self, number=None):
        """The next checkpoint; Failed if there is none, or if it is not this one."""
        wanted = "the checkpoint" if number is None else "checkpoint %d" % number
        at = self._next()
        need(at, "%s was not met: the machine ended (%s)" % (
            wanted, self.ending.why if self.ending else "?"))
        need(number in (None, at.number), "%s was not met: the program came to %d" % (
            wanted, at.number))
        return at

    def end(self):
        """How the machine ends (status, why, output); further checkpoints are passed by."""
        while self._next():
            pass
        return self.ending

    def ends_well(self):
        need(self.end().status == 0, "the program did not end well")

    def loses_nothing(self, *more):
        """The words of checkpoint 1 are the frames of each class, and numbers with these names, all
        before and then all after: the same."""
        words, names = self.checkpoint(1).words, LEDGER + more
        need(len(words) == 2 * len(names), "the program tells %d numbers" % len(words))
        for name, before, after in zip(names, words, words[len(names):]):
            need(before == after, "%s: %d before, %d after" % (name, before, after))

    def disk_counters(self):
        """Disk → its bytes and operations so far; only of virtio disks."""
        return {d["device"]: {"read_bytes": d["stats"]["rd_bytes"],
                              "written_bytes": d["stats"]["wr_bytes"],
                              "reads": d["stats"]["rd_operations"],
                              "writes": d["stats"]["wr_operations"]}
                for d in self._qmp("query-blockstats") if d.get("device")}

    def shrink_disk(self, name, size):
        """Only of virtio disks."""
        self._qmp("block_resize", device=name, size=size)

    def disk(self, name):
        start, end = self.disks[name]
        return self.ram.read(start, end - start)

    def is_memory(self, pa, size=walk.PAGE):
        return self.ram.holds(pa, size) and all(
            pa + size <= start or end <= pa for start, end in self.disks.values())

    # ---- running --------------------------------------------------------------------------------

    def _next(self):
        """Runs to the next checkpoint, and returns it; None at the machine's end."""
        self.at = None
        try:
            while not self.ending:
                self._step_over()
                self.stub.go()
                self._pending = self._wait()
                self._check_limits(self._wall)
                if self._stops > MOST_STOPS or len(self.false_stops) > MOST_FALSE:
                    raise Limit("more than %d stops, or %d false ones" % (MOST_STOPS, MOST_FALSE))
                found = self._examine(self._pending)
                if isinstance(found, Checkpoint):
                    time.sleep(float(os.environ.get("CHECKPOINT_WAIT") or 0))
                    self.at = found
                    self.met.append(found.number)
                    return found
                self.false_stops.append(found)
        except Gone:
            self._ended()
        except Silent as trouble:
            raise Infrastructure(str(trouble))
        return None

    def _step_over(self):
        if self._pending is not None:
            self.stub.step(self._pending)
            self._wait()
            self._pending = None

    def _wait(self):
        """The hart that stopped. Gone at the end of the machine."""
        started = time.monotonic()
        self._stops += 1
        try:
            while True:
                packet = self.stub.receive(GLANCE)
                if packet is None:
                    self._check_limits(self._wall + time.monotonic() - started)
                elif packet[:1] in ("W", "X"):
                    raise Gone()
                elif packet[:1] != "O":
                    hart = stopped_hart(packet)
                    if hart is None:
                        raise Infrastructure("QEMU stopped by itself: %s" % packet)
                    return hart
        finally:
            self._wall += time.monotonic() - started

    def _check_limits(self, wall):
        if self.machine.has_ended():
            raise Gone()
        used = self.machine.cpu_time()
        if used is not None and used > self.limits.cpu_seconds:
            raise Limit("more than %d seconds of QEMU's time" % self.limits.cpu_seconds)
        count = self.instructions()
        if count is not None and count > self.limits.instructions:
            raise Limit("more than %d instructions" % self.limits.instructions)
        if self.machine.console.total > MOST_PRINTED:
            raise Limit("more than %d MiB on the console" % (MOST_PRINTED >> 20))
        if wall > WALL_FACTOR * self.limits.cpu_seconds:
            if self._stands_still(used):
                raise Limit("the machine does nothing")
            raise Infrastructure("more than %d seconds" % wall)

    def _stands_still(self, used):
        """QEMU answers, but its harts do not use the processor: they wait for what never comes."""
        time.sleep(2)
        self._qmp("query-status")
        now = self.machine.cpu_time()
        return None not in (used, now) and now - used < 2 * STILL

    def _qmp(self, command, **arguments):
        try:
            return self.machine.qmp(command, **arguments)
        except OSError as trouble:          # of which a time-out is one
            if "timed out" in str(trouble):
                raise Infrastructure("QEMU does not answer %s" % command)
            raise Gone()

    def instructions(self):
        """How many the machine has carried out; exact when it stands still."""
        return self._qmp("query-replay")["icount"] if self._counts else None

    def _ended(self):
        end = time.monotonic() + PATIENCE
        while not self.machine.has_ended():
            if time.monotonic() > end:
                raise Infrastructure("QEMU does not end")
            time.sleep(0.01)
        self.ending = self.machine.ending()
        if self.machine.process.returncode < 0:
            raise Infrastructure(self.ending.why)

    # ---- is it a checkpoint? --------------------------------------------------------------------

    def _examine(self, hart):
        """The Checkpoint where this hart stands, or in words why it is none."""
        stub, program = self.stub, self.program
        stub.look_at(hart)
        pc, mode, satp = (stub.register(name) for name in ("pc", "priv", "satp"))
        if pc != program.here:
            return "pc 0x%x" % pc
        if mode != 0:
            return "not in user mode, but %d" % mode
        if self._is_virtual(hart):
            return "in a virtual machine"
        code = walk.translate(self.ram, satp, pc)
        if code is None:
            return "satp 0x%x leads nowhere" % satp
        if code.entry & (walk.U | walk.X) != walk.U | walk.X:
            return "the entry 0x%x is not of a user's code" % code.entry
        if walk.read(self.ram, satp, program.page, len(program.page_bytes)) != program.page_bytes:
            return "other bytes than the program's"     # of which eight are the nonce
        registers = [stub.register(name) for name in ("a0", "a1", "a2")]
        return Checkpoint(self, hart, satp, registers, self.instructions())

    def _is_virtual(self, hart):
        """Whether a hypervisor's second tables stand behind satp's; QEMU tells only its monitor."""
        text = self._qmp("human-monitor-command", **{"command-line": "info registers -a"})
        part = text.split("CPU#%d\n" % hart)[-1].split("CPU#")[0]
        return any(line.split() == ["V", "=", "1"] for line in part.split("\n"))


class Result:
    """how, why, status: above. failure: why the test failed, or None. console: some of what was
    printed. met: numbers of the checkpoints; false_stops: why each was none."""

    def __init__(self):
        self.how, self.why, self.status, self.failure = "infrastructure", "", None, None
        self.met, self.false_stops, self.console, self.console_bytes = [], [], "", 0
        self.cpu_seconds = 0.0

    @property
    def passed(self):
        return self.how == "ended" and self.failure is None


def try_test(test, run):
    """None, or why it failed. An error of the test itself is a failure too: nobody passes by it."""
    try:
        test(run)
    except (Failed, walk.NotInRam) as why:
        run.places = getattr(why, "places", ())
        return str(why)
    except (Limit, Infrastructure, Gone):
        raise
    except Exception:
        return "the test has an error\n" + traceback.format_exc()
    return None


def examine(program, test, settings=None, command="", limits=LIMITS, failed=None):
    """Boots the kernel with this program on the disk, and runs the test on it. A Result.
    failed: is called with the Run and the Result of a test that fails, while its memory is there:
    the machine stands still, or has ended."""
    s = dict(settings or lane())
    s.update(IMAGE=program.image, CMD=command or program.name, LOG="")
    result = Result()
    try:
        with Watched(s, qmp=True, shared_ram=True, gdb=True, patience=PATIENCE,
                     arguments=confined(s["QEMU"])) as machine:
            run = Run(machine, program, limits)
            try:
                run.start()
                result.failure = try_test(test, run)
                if result.failure is None:
                    run.end()
                result.how = "ended" if run.ending else "stopped"
            except Gone:
                run._ended()
                result.how, result.failure = "ended", "the machine ended while it was looked at"
            except Limit as why:
                result.how, result.why = "limit", str(why)
            finally:
                if failed and run.ram and (result.failure or result.how == "limit"):
                    _stop(run)
                    failed(run, result)
                _collect(result, run, machine)
    except Infrastructure as why:
        result.how, result.why = "infrastructure", str(why)
    except OSError as trouble:
        result.how, result.why = "infrastructure", "no machine: %s" % trouble
    return result


def _stop(run):
    """Nothing changes memory from now on."""
    try:
        run.failed_count = None if run.ending else run.instructions()
        if not run.ending:
            run.machine.qmp("stop")
    except (OSError, Infrastructure, Gone, KeyError, ValueError):
        run.machine.kill()


def _collect(result, run, machine):
    result.met, result.false_stops = run.met, run.false_stops
    if run.ram:
        run.at = None
        run.ram.close()
    if machine.console:
        ending = run.ending or machine.ending()
        if run.ending:
            result.status, result.why = ending.status, ending.why
        result.console = ending.output
        result.console_bytes = machine.console.total
    result.cpu_seconds = machine.cpu_seconds
