"""Where a student's code is compiled and run: the strongest place that this machine offers.

    bubblewrap   nothing of the machine but /usr to read, and the folders that are named; no
                 network; where root starts it, a user id of the run's own, too
    setpriv      as root, in a container: a user id of the run's own, to whom only its folder
                 belongs; its processes, and what it has put elsewhere, are gone at the end
    none         the same user: said loudly; refused with STRICT=1, and where that is root

What always holds: a command has limits (processor time, size of files, processes), no terminal, no
standard input but what is given, an environment of its own, and a process group that is killed when
the command has ended, or has filled its folder.
"""

import os
import random
import resource
import select
import shutil
import signal
import subprocess
import threading
import time

FIRST_UID, UIDS = 200000, 100000    # for setpriv: ids that nobody has
FILE_BYTES = 64 << 20
FOLDER_BYTES, FOLDER_FILES = 256 << 20, 10000   # more than it had at first
PROCESSES = 256             # of a compiler
GLANCE, AFTERWARDS = 0.2, 1.0   # seconds between two looks, and for what is still in the pipe
DYING = 60                  # seconds for processes that were killed
EVERYBODYS = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock", "/run/shm")
MEMORY = {"shm": "-m", "msg": "-q", "sem": "-s"}    # of System V, and what ipcrm calls it
ENVIRONMENT = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C",
               "HOME": "/nonexistent", "CCACHE_DISABLE": "1"}


class Refused(Exception):
    """This machine has no sandbox, and nothing less will do."""


class Ended:
    """late: its time was over, or it had printed too much, or filled its folder."""

    def __init__(self, status, output, late):
        self.status, self.output, self.late = status, output, late


def succeeds(words):
    try:
        return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def bubblewrap_words(unshare_user):
    words = ["bwrap", "--die-with-parent", "--new-session", "--unshare-ipc", "--unshare-net",
             "--unshare-pid", "--unshare-uts", "--proc", "/proc", "--dev", "/dev", "--tmpfs",
             "/tmp", "--tmpfs", "/var/tmp", "--ro-bind", "/usr", "/usr"]
    words += ["--unshare-user"] if unshare_user else []
    for path in ("/bin", "/sbin", "/lib", "/lib64"):
        if os.path.islink(path):
            words += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            words += ["--ro-bind", path, path]
    if os.path.exists("/etc/alternatives"):
        words += bind("--ro-bind", "/etc/alternatives")
    return words


def bind(option, folder):
    """With the folders on the way to it, which everybody may pass."""
    parts, words = folder.strip("/").split("/"), []
    for i in range(1, len(parts)):
        words += ["--perms", "0755", "--dir", "/" + "/".join(parts[:i])]
    return words + [option, folder, folder]


def a_user():
    """An id that nobody has."""
    return FIRST_UID + random.SystemRandom().randrange(UIDS)


def as_user(uid):
    """For root: what stands before a command that runs as that user."""
    return ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "--no-new-privs"]


def best():
    """The kind that this machine offers."""
    for kind, user in (("bubblewrap", False), ("bubblewrap, own user", True)):
        if shutil.which("bwrap") and succeeds(bubblewrap_words(user) + ["true"]):
            return kind
    if os.geteuid() == 0 and shutil.which("setpriv") and succeeds(
            as_user(FIRST_UID) + ["true"]):
        return "setpriv"
    return "none"


class Sandbox:
    """readable, writable: folders that a command in it sees; all else it does not, if it can be."""

    def __init__(self, readable=(), writable=(), strict=False, kind=None):
        self.readable, self.writable = list(readable), list(writable)
        self.kind = kind or best()
        self.uid = None
        self.environment = dict(ENVIRONMENT)
        if self.writable:
            self.environment["TMPDIR"] = self.writable[0]
        if self.kind == "none" and (strict or (kind is None and os.geteuid() == 0)):
            raise Refused("neither bubblewrap nor setpriv works here, and this is %s" % (
                "STRICT=1" if strict else "root: no student's code runs so"))
        if self.kind == "setpriv" or (self.kind == "bubblewrap" and os.geteuid() == 0):
            self.uid = a_user()
            for folder in self.writable:
                give_to(folder, self.uid)

    def words(self):
        """What stands before the command."""
        if self.kind.startswith("bubblewrap"):
            words = bubblewrap_words("own user" in self.kind)
            for option, folders in (("--ro-bind", self.readable), ("--bind", self.writable)):
                for folder in folders:
                    words += bind(option, folder)
            return words + self._as_nobody()
        return self._as_nobody()

    def _as_nobody(self):
        return [] if self.uid is None else as_user(self.uid)

    def run(self, command, cwd, seconds, cpu, data=b"", most=4 << 20, memory=None,
            processes=PROCESSES):
        """Runs it to its end, or for so many seconds, so much processor time, so much output."""
        def limits():
            if memory:
                resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
            os.setsid()
            resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
            if self.uid is not None:
                resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))

        words = self.words()
        if self.kind.startswith("bubblewrap"):
            words[1:1] = ["--chdir", cwd]
        try:
            process = subprocess.Popen(words + command, cwd=cwd, env=self.environment,
                                       preexec_fn=limits, stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        except OSError as error:
            return Ended(127, ("%s: %s" % (command[0], error.strerror)).encode(), False)
        output, late = talk(process, data, time.monotonic() + seconds, most,
                            Room(self.writable).is_used_up)
        self._kill(process)
        process.wait()
        process.stdout.close()
        return Ended(process.returncode, output, late)

    @staticmethod
    def is_at_fault(ended):
        """A compiler that was killed, or had no room: not for what is in the student's file."""
        return ended.status < 0 and not ended.late and ended.status != -signal.SIGXCPU or \
            any(words in ended.output for words in (b"No space left on device", b"Killed signal"))

    def _kill(self, process):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        if self.kind == "setpriv":      # whatever left the process group
            end_all(self.words(), self.uid)
            forget(self.uid, self.writable)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.uid is not None:
            for folder in self.writable:
                give_to(folder, os.geteuid())


class Room:
    """How much more the folders may come to hold."""

    def __init__(self, folders):
        self.folders = folders
        used, files = self._used(float("inf"), float("inf"))
        self.most = used + FOLDER_BYTES, files + FOLDER_FILES

    def is_used_up(self):
        used, files = self._used(*self.most)
        return used > self.most[0] or files > self.most[1]

    def _used(self, most_bytes, most_files):
        """Bytes and names; it looks no further when it has seen that many."""
        used = files = 0
        for folder in self.folders:
            for path, folders, names in os.walk(folder):
                for name in folders + names:
                    try:
                        used += os.lstat(os.path.join(path, name)).st_blocks * 512
                    except OSError:         # gone meanwhile
                        continue
                files += len(folders) + len(names)
                if used > most_bytes or files > most_files:
                    return used, files
        return used, files


def processes_of(uid):
    found = []
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/status" % number, encoding="ascii", errors="replace") as file:
                fields = dict(line.split(":", 1) for line in file if ":" in line)
        except OSError:
            continue
        if str(uid) in fields["Uid"].split() and fields["State"].split()[0] not in "ZX":
            found.append(number)
    return found


def end_all(words, uid):
    """All processes of a user, also those that they begin meanwhile, are gone when this returns.
    The kill is the shell's: there need be no program of that name."""
    end = time.monotonic() + DYING
    while True:
        subprocess.run(words + ["sh", "-c", "kill -KILL -1"], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        if not processes_of(uid):
            return
        if time.monotonic() > end:
            raise OSError("processes of user %d do not end" % uid)
        time.sleep(GLANCE)


def forget(uid, folders):
    """What a user has put where everybody may, so that none that comes later finds it."""
    for place in EVERYBODYS:
        for name in os.listdir(place) if os.path.isdir(place) else ():
            path = os.path.join(place, name)
            try:
                if os.lstat(path).st_uid != uid or path in folders:
                    continue
                if os.path.isdir(path) and not os.path.islink(path):
                    shutil.rmtree(path)
                else:
                    os.remove(path)
            except OSError:             # somebody else's, gone meanwhile
                continue
    for kind, option in MEMORY.items():
        try:
            with open("/proc/sysvipc/" + kind, encoding="ascii") as file:
                names, *rows = [line.split() for line in file]
        except OSError:
            continue
        for row in rows:
            if row[names.index("uid")] == str(uid):
                subprocess.run(["ipcrm", option, row[1]], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)


def talk(process, data, end, most, is_too_much):
    """Gives it the data and takes what it prints: the output, and whether it was cut off."""
    def give():
        try:
            process.stdin.write(data)
            process.stdin.close()
        except (OSError, ValueError):
            pass

    giver, output = threading.Thread(target=give, daemon=True), bytearray()
    giver.start()
    file, look = process.stdout.fileno(), time.monotonic() + GLANCE
    while True:
        now = time.monotonic()
        left = end - now
        if left <= 0 or len(output) >= most:
            return bytes(output[:most]), True
        if now >= look:
            look = now + GLANCE
            if is_too_much():
                return bytes(output), True
        if process.poll() is not None:      # what it has left behind may hold the pipe, and write
            end = min(end, time.monotonic() + AFTERWARDS)
        if select.select([file], [], [], min(left, GLANCE))[0]:
            piece = os.read(file, 65536)
            if not piece:
                return bytes(output), False
            output += piece
        elif process.returncode is not None:
            return bytes(output), False


def show_to_all(folder):
    """Whatever the umask: another user id can read it."""
    for path, _, names in os.walk(folder):
        os.chmod(path, 0o755)
        for name in names:
            os.chmod(os.path.join(path, name), 0o644)


def give_to(folder, uid):
    for path, _, names in os.walk(folder):
        for each in [path] + [os.path.join(path, name) for name in names]:
            os.lchown(each, uid, -1)
    os.chmod(folder, 0o700)
