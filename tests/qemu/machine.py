"""One QEMU machine that runs xv39: its settings, its command line, its life, how it ended.

Everything that boots the kernel goes through class Machine: `make run`, the test suites, the
benchmarks. A machine works on private copies of the disk images, gets no input from the host
unless `interactive` is asked for, and is always killed when its time is over.
"""

import atexit
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

STATUS_MAX = 123            # power-off status of a command that exited with that or more
COMMAND_KILLED = 125        # power-off status when the command was killed
PANIC = 126
TIME_OUT = 124
FEED = "feed"               # of Machine: what feed() sends is the command's standard input
NOT_STARTED = 127           # ours: the kernel's first line never came, or QEMU itself failed

RAM_START = 0x80000000
FIRST_LINE = re.compile(rb"^xv39 ", re.MULTILINE)
LONGEST_APPEND = 3000       # QEMU cuts off boot arguments not far beyond
# What init says of a command's end that the status alone does not tell.
LAST_LINE = re.compile(r"init: the command (?:was killed: (.*)|exited with (\d+))\n$")
# What the kernel of a hand-out says last when it comes to a function that is not there: then the
# firmware powers off, and QEMU's status is that of success.
NOT_WRITTEN = re.compile(r"^(not written yet: .*)\nBegin with tests/labs/.*\n\Z", re.MULTILINE)
PANIC_LINE = re.compile(r"^panic", re.MULTILINE)
ADDRESSES_FOLLOW = re.compile(r"^(panic|owners: )", re.MULTILINE)
# Of a process that was killed where it ran: its name and its pc.
KILLED_LINE = re.compile(r"^pid \d+ \((.*)\): killed: .*\bpc (0x[0-9a-f]+)\)$", re.MULTILINE)
MOST_KILLED = 10
# QEMU says this on stderr, and ends with 0 as for a guest that powered off.
ENDED_FROM_OUTSIDE = re.compile(r"terminating on signal (\d+)")
BACKTRACE_LINE = re.compile(r"^\s+(0x[0-9a-f]{8,16}) \S+\+0x", re.MULTILINE)

# Where distributions put OpenSBI when it does not lie beside QEMU's own files.
FIRMWARE = "opensbi-riscv64-generic-fw_dynamic.bin"
FIRMWARE_ELSEWHERE = (
    "/usr/share/qemu/" + FIRMWARE,
    "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin",
    "/usr/share/opensbi/lp64/generic/firmware/fw_dynamic.bin",
    "/usr/share/edk2/riscv/fw_dynamic.bin",
)

POLICIES = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        "../../kernel/vm/replacement/policies")
ALLOWED = {
    "PAGING": ("auto", "sv39", "sv48", "sv57"),
    "CPUS": tuple(str(n) for n in range(1, 9)),
    "POLICY": tuple(sorted(re.findall(r"policy_(\w+)\.c\b", " ".join(os.listdir(POLICIES))))),
    "OVERCOMMIT": ("strict", "always"),
}

DEFAULTS = {
    "PAGING": "auto", "CPUS": "2", "MEM": "128M", "SWAP": "256M", "POLICY": "lru",
    "OVERCOMMIT": "strict", "ICOUNT": "", "SEED": "", "RACE": "", "APPEND": "", "CMD": "",
    "TIMEOUT": "600", "QEMU": "qemu-system-riscv64", "KERNEL": "build/kernel.elf",
    "IMAGE": "build/fs.img", "LOG": "", "PREFIX": "riscv64-unknown-elf-",
    # for tests: more of -cpu, virtio version (1 or 2), a file that holds the machine's RAM
    # INSTRET=1: counts instructions as the deterministic lane does, but with virtio disks
    "CPU": "rv64", "VIRTIO": "1", "RAM_FILE": "", "INSTRET": "",
}


running = set()     # machines that live: whatever happens to us, they do not outlive us


@atexit.register
def kill_all():
    for machine in list(running):
        machine.kill()
        shutil.rmtree(machine.folder, ignore_errors=True)


class BadSetting(Exception):
    """A setting has a value that no machine can have."""


def settings(given=None, **changes):
    """The defaults, changed by the mapping `given` (empty values are ignored) and by keywords."""
    result = dict(DEFAULTS)
    for source in (given or {}, changes):
        for name, value in source.items():
            if name in DEFAULTS and value not in ("", None):
                result[name] = str(value)
    if result["ICOUNT"] in ("1",) and not (given or {}).get("CPUS") and "CPUS" not in changes:
        result["CPUS"] = "1"
    for name, values in ALLOWED.items():
        if result[name] not in values:
            raise BadSetting("%s=%s: allowed are %s" % (name, result[name], " ".join(values)))
    for name in ("MEM", "SWAP"):
        size_in_bytes(result[name], name)
    return result


def size_in_bytes(text, name="size"):
    match = re.match(r"^(\d+)([KMG]?)$", text)
    if not match or (text != "0" and not match.group(2)):
        raise BadSetting("%s=%s: a size looks like 128M" % (name, text))
    return int(match.group(1)) << {"": 0, "K": 10, "M": 20, "G": 30}[match.group(2)]


def copy_sparse(source, target):
    """Copies a disk image; blocks of zeros become holes, so that it costs what is in use."""
    step = 1 << 20
    zeros = bytes(step)
    with open(source, "rb") as old, open(target, "wb") as new:
        while True:
            data = old.read(step)
            if not data:
                break
            if data == zeros[:len(data)]:
                new.seek(len(data), os.SEEK_CUR)
            else:
                new.write(data)
        new.truncate()


def make_empty(path, size):
    with open(path, "wb") as file:
        file.truncate(size)


def firmware(qemu):
    """What -bios should be: QEMU's own where it is installed, else a distribution's."""
    try:
        listed = subprocess.run([qemu, "-L", "help"], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, timeout=20)
        folders = listed.stdout.decode().split()
    except (OSError, subprocess.TimeoutExpired):
        return "default"
    if not folders or any(os.path.exists(os.path.join(f, FIRMWARE)) for f in folders):
        return "default"
    return next((f for f in FIRMWARE_ELSEWHERE if os.path.exists(f)), "default")


def ram_disks(memory, fs, swap):
    """Where disks of so many bytes lie in RAM: the machine's size, start of fs, start of swap.

    QEMU puts the device tree into the last 2 MiB below the end of RAM or 3 GiB, whichever is
    lower, and the image that it loads must not lie there; swap may, for the kernel reads the tree
    before anything is swapped.
    """
    spare = 4 << 20
    total = memory + fs + swap
    tree = min(total, 1 << 30)
    for start, swap_start in ((memory, memory + fs), (memory + swap, memory),
                              (memory - spare, memory - spare + fs)):
        if start >= tree or start + fs <= tree - spare:
            return total, RAM_START + start, RAM_START + swap_start
    raise BadSetting("MEM=%dM: no place for the RAM disk of ICOUNT=1 in this size" % (memory >> 20))


FED = re.compile(rb"[\0-\t\v-\x1f~\x7f]")
END_OF_INPUT = b"~.\n"


def fed(data):
    """Bytes as user/feed.c wants them: without those that are keys of the console."""
    return FED.sub(lambda match: b"~%c" % (match.group()[0] ^ 0x40), data)


def boot_arguments(s, words, typed):
    """The text of -append: the given words, what is not default, then the command."""
    words = list(words)
    if s["PAGING"] != "auto":
        words.append("paging=" + s["PAGING"])
    if s["SEED"]:
        words.append("seed=" + s["SEED"])
    if s["RACE"]:
        words.append("race=" + s["RACE"])
    if s["POLICY"] != "lru":
        words.append("policy=" + s["POLICY"])
    if s["OVERCOMMIT"] != "strict":
        words.append("overcommit=" + s["OVERCOMMIT"])
    if s["APPEND"]:
        words.append(s["APPEND"])
    text = " ".join(words)
    command = s["CMD"]
    if command and typed == FEED:
        command = "feed '%s'" % command.replace("'", "'\\''")
    elif command and typed:
        command = "( %s ) < /console" % command
    if command:
        text += " -- " + command
    if len(text) > LONGEST_APPEND:
        raise BadSetting("CMD and APPEND together have %d characters: allowed are %d"
                         % (len(text), LONGEST_APPEND))
    return text


def disk_arguments(name, path, options):
    """A virtio disk; the kernel tells disks apart by their serial."""
    return ["-drive", "if=none,format=raw,id=%s,file=%s%s" % (name, path, options),
            "-device", "virtio-blk-device,drive=%s,serial=%s" % (name, name)]


def qemu_arguments(s, image, swap, drive_options="", typed=False):
    """QEMU's command line without the console. image, swap: paths; swap may be None.

    typed: somebody will type; or FEED: the command is fed. A machine that waits for that in the
    deterministic lane must not have sleep=off, with which QEMU winds the clock to the next deadline
    whenever all harts wait: without any, to the end of time, and there QEMU 10 goes round in
    circles.
    """
    memory = size_in_bytes(s["MEM"])
    machine = "virt"
    words = []
    arguments = [s["QEMU"], "-bios", firmware(s["QEMU"]), "-cpu", s["CPU"], "-smp", s["CPUS"],
                 "-kernel", s["KERNEL"], "-display", "none", "-no-reboot", "-nodefaults"]
    if s["ICOUNT"] == "1":
        # The disks are RAM on top of what the kernel manages: bit-identical from run to run.
        fs = os.path.getsize(image) + 0xfffff & ~0xfffff if image else 0
        swap_bytes = size_in_bytes(s["SWAP"])
        memory, fs_start, swap_start = ram_disks(memory, fs, swap_bytes)
        arguments += ["-icount", "shift=0" if typed else "shift=0,sleep=off"]
        if fs:
            arguments += ["-device", "loader,force-raw=on,addr=%d,file=%s" % (fs_start, image)]
            words.append("ramdisk_fs=%d,%d" % (fs_start, fs))
        if swap_bytes:
            words.append("ramdisk_swap=%d,%d" % (swap_start, swap_bytes))
    else:
        if s["INSTRET"] == "1":
            arguments += ["-icount", "shift=0"]
        if s["VIRTIO"] == "2":
            arguments += ["-global", "virtio-mmio.force-legacy=false"]
        if image:
            arguments += disk_arguments("fs", image, drive_options)
        if swap:
            arguments += disk_arguments("swap", swap, drive_options)
    if s["RAM_FILE"]:
        machine += ",memory-backend=ram"
        arguments += ["-object", "memory-backend-file,id=ram,size=%d,mem-path=%s,share=on"
                      % (memory, s["RAM_FILE"])]
    arguments += ["-machine", machine, "-m", "%dM" % (memory >> 20)]
    append = boot_arguments(s, words, typed)
    return arguments + (["-append", append] if append else [])


class Ending:
    """How a run ended: status as tests/qemu/run gives it, why in words, all it printed."""

    def __init__(self, status, why, output):
        self.status = status
        self.why = why
        self.output = output        # from the kernel's first line on

    @property
    def panicked(self):
        return self.status == PANIC or bool(PANIC_LINE.search(self.output))


class Machine:
    """Use as `with Machine(settings(...)) as machine: ending = machine.run()`.

    image: path of the file-system image, copied unless private=False; None for no such disk.
    arguments: more of QEMU's command line. echo: a function that gets bytes as they are printed.
    shared_ram: its RAM is a file, settings["RAM_FILE"], that lasts as long as this object.
    gdb: QEMU waits before the first instruction, and its gdb stub is at gdb_socket.
    patience: so many seconds an answer over QMP may take (None: for ever).
    prefix: words before QEMU's own.
    watch: a function that run() calls all the time, after `pause` seconds without a word at most.
    """
    prefix = ()
    watch, pause = None, 0.5

    def __init__(self, s, image="", log=None, interactive=False, qmp=False, echo=None,
                 arguments=(), private=True, shared_ram=False, gdb=False, patience=None):
        self.settings = s
        self.echo = echo
        self.started = self.ended = None
        self.cpu_seconds = 0.0      # of QEMU, known when it has ended
        self.raw = bytearray()      # all that came over the serial line
        self.seen = bytearray()     # of it, what came from the kernel's first line on
        self.pending = b""          # of it, what is not yet known to belong to `seen`
        self.log_path = log or s["LOG"]
        self.interactive = interactive
        self.want_qmp = qmp
        self.want_gdb = gdb
        self.patience = patience
        self.qmp_socket = self.gdb_socket = None
        self.process = None
        self.more = list(arguments)
        self.folder = tempfile.mkdtemp(prefix="xv39.")
        if shared_ram:
            s["RAM_FILE"] = os.path.join(self.folder, "ram")
        try:
            self.image, self.swap = self._disks(s["IMAGE"] if image == "" else image, private)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def _disks(self, image, private):
        if image and private:
            copy = os.path.join(self.folder, "fs.img")
            copy_sparse(image, copy)
            image = copy
        swap = None
        if self.settings["SWAP"] != "0":
            swap = os.path.join(self.folder, "swap.img")
            make_empty(swap, size_in_bytes(self.settings["SWAP"]))
        return image, swap

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        if self.settings["RAM_FILE"]:       # with what an earlier machine left there it might
            make_empty(self.settings["RAM_FILE"], 0)    # pass for one that has booted
        arguments = qemu_arguments(self.settings, self.image, self.swap, ",cache=unsafe",
                                   self.interactive)
        arguments += ["-serial", "stdio", "-monitor", "none"] + self.more
        theirs = []
        if self.want_qmp:
            self.qmp_socket, socket_ = socket.socketpair()
            theirs.append(socket_)
            arguments += ["-chardev", "socket,id=qmp,fd=%d" % socket_.fileno(),
                          "-mon", "chardev=qmp,mode=control"]
        if self.want_gdb:
            self.gdb_socket, socket_ = socket.socketpair()
            theirs.append(socket_)
            arguments += ["-S", "-gdb", "chardev:gdb",
                          "-chardev", "socket,id=gdb,fd=%d" % socket_.fileno()]
        self.errors = open(os.path.join(self.folder, "stderr"), "w+b")
        try:
            self.process = subprocess.Popen(
                list(self.prefix) + arguments, stdout=subprocess.PIPE, stderr=self.errors,
                pass_fds=[socket_.fileno() for socket_ in theirs],
                stdin=subprocess.PIPE if self.interactive else subprocess.DEVNULL, bufsize=0)
        finally:
            for socket_ in theirs:
                socket_.close()
        self.started = time.monotonic()
        running.add(self)
        if self.want_qmp:
            self.qmp_socket.settimeout(self.patience)
            self.qmp_file = self.qmp_socket.makefile("rwb", buffering=0)
            self.qmp_file.readline()
            self.qmp("qmp_capabilities")
        return self

    def send(self, text):
        """Types on the console (interactive machines only)."""
        self.process.stdin.write(text.encode())

    def feed(self, file):
        """Starts to send what the file gives, until its end, to a machine that is to be fed."""
        def pump():
            try:
                while True:
                    data = os.read(file.fileno(), 4096)
                    self.process.stdin.write(fed(data) if data else END_OF_INPUT)
                    if not data:
                        return
            except (OSError, ValueError):       # the machine has ended
                pass

        threading.Thread(target=pump, daemon=True).start()

    def qmp(self, command, **arguments):
        """One QMP command and its answer."""
        request = {"execute": command, "arguments": arguments}
        self.qmp_file.write(json.dumps(request).encode() + b"\n")
        while True:
            line = self.qmp_file.readline()
            if not line:
                raise OSError("QEMU closed its monitor")
            answer = json.loads(line.decode())
            if "error" in answer:
                raise OSError(answer["error"]["desc"])
            if "return" in answer:
                return answer["return"]

    def bytes_read(self):
        """Disk name → bytes that the guest has read from it so far."""
        stats = self.qmp("query-blockstats")
        return {d["device"]: d["stats"]["rd_bytes"] for d in stats}

    def read_some(self, seconds):
        """Takes what the machine prints within so many seconds; False at its end."""
        ready, _, _ = select.select([self.process.stdout], [], [], max(0, seconds))
        if not ready:
            return True
        data = os.read(self.process.stdout.fileno(), 65536)
        if not data:
            return False
        self.raw += data
        self.pending += data
        if self.pending.endswith(b"\r"):
            return True                     # its \n comes with the next bytes
        text = self.pending.replace(b"\r\n", b"\n")
        if not self.seen:
            start = re.search(FIRST_LINE, text)
            if not start:                   # keep what may be the beginning of that line
                self.pending = text[text.rfind(b"\n") + 1:]
                return True
            text = text[start.start():]
        self.pending = b""
        self.seen += text
        if self.echo:
            self.echo(text)
        return True

    def wait_for(self, pattern, timeout):
        """Reads until the regular expression appears in what was printed; True if it did."""
        end = time.monotonic() + timeout
        wanted = re.compile(pattern.encode())
        while not wanted.search(self.seen):
            if time.monotonic() > end or not self.read_some(min(0.5, end - time.monotonic())):
                return bool(wanted.search(self.seen))
        return True

    def run(self, timeout=None):
        """Runs to the end, or for so many seconds of wall time (None, 0: for ever)."""
        if not self.process:
            self.start()
        end = self.started + timeout if timeout else None
        while self.read_some(self.pause if end is None else
                             min(self.pause, end - time.monotonic())):
            if self.watch:
                self.watch()
            if end is not None and time.monotonic() > end:
                self.kill()
                return self._ending(TIME_OUT, "time-out after %d s" % timeout)
        self._reap()
        return self._judge()

    def has_ended(self):
        """Whether QEMU is gone. Takes its status, if so."""
        if self.process.returncode is None:
            self._reap(os.WNOHANG)
        return self.process.returncode is not None

    def kill(self):
        if self.process and self.process.returncode is None:
            self.process.kill()
            self._reap()

    def _reap(self, options=0):
        """Takes QEMU's status, once; it waits for it, or not, as the options say."""
        if self.process.returncode is None:
            try:
                ended, status, usage = os.wait4(self.process.pid, options)
            except ChildProcessError:       # another thread killed it, and took its status
                self.process.returncode = -signal.SIGKILL
            else:
                if not ended:
                    return
                self.process.returncode = (-os.WTERMSIG(status) if os.WIFSIGNALED(status)
                                           else os.WEXITSTATUS(status))
                self.cpu_seconds = usage.ru_utime + usage.ru_stime
                self.ended = time.monotonic()
        running.discard(self)

    def _judge(self):
        status = self.process.returncode
        self.errors.seek(0)
        complaint = self.errors.read().decode(errors="replace").strip()
        if status < 0:
            return self._ending(NOT_STARTED, "QEMU was killed by signal %d" % -status)
        outside = ENDED_FROM_OUTSIDE.search(complaint)
        if outside:
            return self._ending(NOT_STARTED, "QEMU was ended from outside by signal %s"
                                % outside.group(1))
        if not self.seen:
            why = "the kernel did not start (QEMU ended with %d)" % status
            return self._ending(NOT_STARTED, why + ("\n" + complaint if complaint else ""))
        if status == PANIC:
            return self._ending(status, "panic")
        missing = NOT_WRITTEN.search(self.seen[-400:].decode(errors="replace"))
        if missing:
            return self._ending(PANIC, missing.group(1))
        last = LAST_LINE.search(self.seen[-200:].decode(errors="replace"))
        if status == COMMAND_KILLED:
            return self._ending(status, "killed" + (" (%s)" % last.group(1) if last else ""))
        if status == STATUS_MAX and last and last.group(2):
            return self._ending(status, "exit " + last.group(2))
        return self._ending(status, "exit %d" % status)

    def _ending(self, status, why):
        if self.log_path:
            os.makedirs(os.path.dirname(self.log_path) or ".", exist_ok=True)
            with open(self.log_path, "wb") as log:
                log.write(self.raw.replace(b"\r\n", b"\n") + b"\nrun: " + why.encode() + b"\n")
        return Ending(status, why, self.seen.decode(errors="replace"))


def source_lines(s, output):
    """The lines of source for the addresses of a backtrace, of the places that have more frames
    than before, and of those where processes were killed; where addr2line is installed."""
    start = ADDRESSES_FOLLOW.search(output)
    addresses = BACKTRACE_LINE.findall(output[start.start():]) if start else []
    return lines_of(s, s["KERNEL"], addresses) + killed_lines(s, output)


def killed_lines(s, output):
    """The same for the processes that were killed where they ran, one line a place."""
    programs = programs_on(s["IMAGE"])
    places = list(dict.fromkeys(KILLED_LINE.findall(output)))
    lines = []
    for name, pc in places[:MOST_KILLED]:
        found = [line for line in lines_of(s, programs.get(name), [pc]) if "?" not in line]
        lines += ["%s: %s" % (name, line) for line in found]
    if len(places) > MOST_KILLED:
        lines.append("and %d more places" % (len(places) - MOST_KILLED))
    return lines


def programs_on(image):
    """Name on the disk → the file here that it was made from: what mkfs has read."""
    try:
        with open(os.path.join(os.path.dirname(image), "fs.list"), encoding="utf-8") as file:
            pairs = [line.rstrip("\n").rpartition(" ") for line in file if line[0] != "#"]
    except OSError:
        return {}
    return {name: source for source, _, name in pairs}


def lines_of(s, program, addresses):
    """addr2line's words for them, with paths as from the top of the tree."""
    tool = shutil.which(s["PREFIX"] + "addr2line") or shutil.which("llvm-addr2line")
    if not addresses or not tool or not program:
        return []
    found = subprocess.run([tool, "-e", program, "-f", "-p", "-i"] + addresses,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    text = found.stdout.decode(errors="replace")
    return text.replace(os.getcwd() + os.sep, "").splitlines()


def die_politely():
    """SIGTERM becomes an exception, so that `with` blocks end the machines that they started."""
    def stop(number, _frame):
        raise SystemExit(128 + number)
    signal.signal(signal.SIGTERM, stop)
