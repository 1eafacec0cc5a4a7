"""What a user types: at the shell's console, at `make qemu` on a terminal, at gdb."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time

import machine as m
import suite as s
from suite import Failure, Skip, need, need_status


CTRL_C, CTRL_D, CTRL_L, CTRL_U, CTRL_W = "\x03", "\x04", "\x0c", "\x15", "\x17"
PROMPT = r"\n\$ "


class Terminal:
    """A shell of xv39 on a terminal, as `make qemu` gives it, with an image of its own."""

    def __init__(self, name, folder=s.BUILD, **values):
        self.name = name
        self.seen = bytearray()
        self.mark = 0           # what came before was looked at
        self.folder = "%s/terminal/%s" % (s.BUILD, name)    # the swap disk lies there, too
        os.makedirs(self.folder, exist_ok=True)
        m.copy_sparse(folder + "/fs.img", self.folder + "/fs.img")
        self.settings = s.cell_settings(folder, SWAP="64M", **values)
        self.settings["IMAGE"] = self.folder + "/fs.img"

    def __enter__(self):
        wanted = {k: v for k, v in self.settings.items() if k not in ("CMD", "LOG", "RAM_FILE")}
        environment = s.clean_environment(TERM="dumb", **wanted)
        words = [sys.executable, "tests/qemu/run", "--console"]
        self.pid, self.screen = pty.fork()
        if self.pid == 0:
            os.execvpe(words[0], words, environment)
        self.wait(PROMPT)
        return self

    def __exit__(self, *_):
        with open(s.log_name("terminal " + self.name), "wb") as log:
            log.write(self.seen)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.screen)
        shutil.rmtree(self.folder, ignore_errors=True)

    def read(self, seconds):
        if not select.select([self.screen], [], [], seconds)[0]:
            return False
        try:
            self.seen += os.read(self.screen, 65536)
        except OSError:         # how Linux tells the end of a terminal
            raise Failure("QEMU has ended\n" + self.tail())
        start = max(0, self.mark - 1)       # a line's end may come in two halves
        self.seen[start:] = self.seen[start:].replace(b"\r\n", b"\n")
        return True

    def tail(self):
        return self.seen[-800:].decode(errors="replace")

    def wait(self, pattern, seconds=s.SECONDS["boot"]):
        """Until the pattern appears behind the mark, which then goes behind it."""
        end = time.monotonic() + seconds
        while True:
            found = re.compile(pattern.encode(), re.MULTILINE).search(self.seen, self.mark)
            if found:
                self.mark = found.end()
                return found
            need(time.monotonic() < end, "no /%s/ after\n%s" % (pattern, self.tail()))
            self.read(0.5)

    def type(self, text):
        """What the screen shows meanwhile is read, so that neither side waits for the other."""
        data = text if isinstance(text, bytes) else text.encode()
        while data:
            ready = select.select([self.screen], [self.screen], [], s.SECONDS["boot"])
            need(ready[0] or ready[1], "it takes no more of what is typed\n" + self.tail())
            if ready[0]:
                self.read(0)
            if ready[1]:
                data = data[os.write(self.screen, data[:512]):]

    def ask(self, line):
        """What a command prints."""
        self.type(line + "\r")
        self.wait(re.escape(line[-20:]) + r"\n")
        start = self.mark
        self.wait(r"(^|\n)\$ ")
        return self.seen[start:self.mark - 2].decode(errors="replace")

    def processes(self):
        lines = self.ask("ps").splitlines()
        return sorted(line.split()[-1] for line in lines[1:] if line.strip())


def type_interrupts(cpus, commands, **more):
    with Terminal("interrupts %d" % cpus, CPUS=cpus, MEM="32M", **more) as shell:
        quiet = shell.processes()
        for command, ready, keys in commands:
            shell.type(command + "\r")
            shell.wait(ready)
            shell.type(keys.rstrip(CTRL_C))
            shell.wait(keys.rstrip(CTRL_C))
            shell.type(keys.lstrip("half a line"))
            shell.wait(r"\^C\n(.*\n)*?\$ $")
            end = time.monotonic() + s.SECONDS["boot"]
            left = shell.processes()
            while left != quiet and time.monotonic() < end:     # they end as a kill ends them
                left = shell.processes()
            need(left == quiet, "after Ctrl-C in `%s` there are %s" % (command, left))
        need("\n125\n" in "\n" + shell.ask("sleep 0; sh -c 'kill $$'; echo $?"),
             "a kill that is none of Ctrl-C ends the line")
        need(b"never" not in shell.seen.replace(b"echo never", b""), "the line went on\n" +
             shell.tail())


INTERRUPTS = (
    ("sleep 1000", r"sleep 1000\n", CTRL_C),
    ("cat", r"cat\n", "half a line" + CTRL_C),
    ("cat", r"cat\n", CTRL_C + CTRL_C),     # the second is for the prompt
    ("storm 6", "storm\n", CTRL_C),
    ("storm 3 | cat | wc", "wc\n", CTRL_C),
    ("(cat; echo never) && echo never; echo never", "echo never\n", CTRL_C),
)
MORE_INTERRUPTS = (
    ("storm 40 | cat | cat", "storm\n", CTRL_C + CTRL_C),
    ("grind -p 8 1000", r"1000\n", CTRL_C),
    ("swapstress 4 8 100000", "100000\n", CTRL_C),
    ("vmstat 1", "swpd(.*\n){3}", CTRL_C),
    ("sh -c 'storm; echo never'", "storm\n", CTRL_C),
    ("time storm 2", "storm\n", CTRL_C),
    ("limit 64 storm 2", "storm\n", CTRL_C),
    ("sleep 0; exit 3 | cat; sleep 1000", "1000\n", CTRL_C),
)


def interrupts_1():
    """Ctrl-C kills the foreground job, with all that it forked, and nothing else; 1 hart."""
    type_interrupts(1, INTERRUPTS, san=True)


def interrupts_4():
    type_interrupts(4, INTERRUPTS[3:] + MORE_INTERRUPTS)


def typed_around(cpus):
    """What is typed behind Ctrl-C is for the next reader, the line before it for nobody; whether
    the job reads or not, and whether the keys come before it, one by one, or in one piece."""
    with Terminal("around %d" % cpus, CPUS=cpus, san=True) as shell:
        for number in range(8):
            for command in ("cat", "sleep 1000", "cat | cat"):
                shell.type(command + "\r")
                if number % 2:
                    shell.wait(re.escape(command) + r"\n")
                    time.sleep(0.1 * (number % 4))
                shell.type("echo never%secho b''ehind %d\r" % (CTRL_C, number))
                shell.wait(r"^behind %d\n\$ $" % number)
        need(not re.search(rb"^never", shell.seen, re.MULTILINE), shell.tail())
        shell.type("cat > typed\r")
        shell.wait("typed\n")
        shell.type("one" + CTRL_D)
        shell.type(" line\r" + CTRL_D)     # the first one did not end the file
        shell.wait(r"\$ $")
        need(shell.ask("cat typed") == "one line\n", shell.tail())
        shell.type("cat\r")
        shell.wait(r"cat\n")
        shell.type("up\x1b[A\x7f\x7f\x7f\r" + CTRL_D)      # an arrow shows, and goes
        shell.wait(r"up\^\[\[A.*\nup\n\$ $")


def not_meant():
    """Ctrl-C is not for the shell, a shell in the shell, what is in the background, a subshell's
    background, and what comes after the job that it was typed for."""
    with Terminal("not meant", CPUS=2, san=True) as shell:
        shell.ask("sleep 1000 &")
        shell.ask("(sleep 2000 & sleep 0)")
        shell.type("cat\r")
        shell.wait(r"cat\n")
        shell.type("half")
        shell.wait("half")
        shell.type(CTRL_C)
        shell.wait(r"\^C\n\$ ")
        need(shell.processes().count("sleep") == 2, "what is in the background was killed")
        shell.type("cat\r")
        shell.wait(r"cat\n")
        shell.type("line\r")
        shell.wait(r"line\nline\n")
        shell.type(CTRL_D)
        shell.wait(r"\$ ")
        shell.type("echo dropped" + CTRL_C)
        shell.wait(r"\^C\n\$ ")
        need(shell.ask("echo $?") == "0\n", "a line that was dropped has a status")
        shell.type("sh\r")
        shell.wait(PROMPT)
        outer = shell.processes().count("sh")
        shell.type(CTRL_C)
        shell.wait(r"\^C\n\$ ")
        shell.type("sleep 1000\r")
        shell.wait(r"1000\n")
        shell.type(CTRL_C)
        shell.wait(r"\^C\n\$ ")
        need(shell.processes().count("sh") == outer, "the inner shell was killed")
        shell.ask("exit")
        shell.type("wait\r")
        shell.wait(r"wait\n")
        shell.type(CTRL_C)
        shell.wait(r"\^C\n\$ ")
        need(shell.processes().count("sleep") == 2, "wait lost what it waits for")


def paste(cpus):
    """Pasted text is not lost: lines, a long one, and what is typed ahead of a program."""
    lines = "".join("echo number-%03d\r" % i for i in range(60))
    wanted = ["number-%03d" % i for i in range(60)]
    long = " ".join("w%03d" % i for i in range(798))
    with Terminal("paste %d" % cpus, CPUS=cpus) as shell:
        for before in ("", "sleep 2\r"):
            start = shell.mark
            shell.type(before + lines + "echo t''he end\r")
            shell.wait(r"^the end\n")
            printed = re.findall(r"^number-.*", shell.seen[start:].decode(), re.MULTILINE)
            need(printed == wanted, "of 60 lines: %s\n%s" % (len(printed), shell.tail()))
        for before in ("", "sleep 2\r"):
            shell.type(before + "echo '" + long + "'\r")
            need(shell.wait(r"^w000 .*\n").group().decode().strip() == long, "not the line")
        shell.ask("echo")
        text = "".join("%04d this is a line that goes into a file\r" % i for i in range(400))
        shell.type("cat > pasted\r")
        shell.wait("pasted\n")
        shell.type(text + CTRL_D)
        shell.wait(r"\$ ")
        need(re.match(r" *400 +4000 +%d\b" % len(text), shell.ask("wc < pasted")), shell.tail())


def keys():
    """The keys of a line, at the shell and in a program that reads lines; UTF-8 passes."""
    with Terminal("keys") as shell:
        for typed, printed in (
                ("abc" + CTRL_U + "echo kept", "kept"), ("echo one two  " + CTRL_W + "three",
                                                         "one three"),
                ("echo h\u00e9llo \u4e16 \U0001f600", "h\u00e9llo \u4e16 \U0001f600"),
                ("echo \u00e9\u00e8\u4e16\x7f\x7fx", "\u00e9x"),
                ("echo a\u4e16b\x1b[D\x1b[D\x1b[D\u00fc", "\u00fca\u4e16b"),
                ("cho \u00e9\x01\x01e\x05!", "\u00e9!"),    # of two Ctrl-A QEMU takes one
                ("echo \x1b[1;5Cx\x1b[999999999999999999999~\0y", "xy")):
            shell.type(typed + "\r")
            shell.wait(r"^%s\n\$ $" % printed)
        shell.type(CTRL_L)
        shell.wait("\x1b\\[H\x1b\\[2J")
        shell.type("cat > typed\r")
        shell.wait("typed\n")
        shell.type("lost" + CTRL_U + "one two" + CTRL_W + "three \u00e9\u4e16\x7f\r" + "end" +
                   CTRL_D + CTRL_D)
        shell.wait(r"\$ ")
        need(shell.ask("cat typed; echo .") == "one three \u00e9\nend.\n", shell.tail())
        need(shell.ask("pwd") == "/\n", shell.tail())


def first_walk():
    """The walk at the top of README.md, line by line, as it stands there."""
    with open("README.md", encoding="utf-8") as readme:
        walk = re.search(r"^## A first walk\n\n((?:    \$ .*\n)+)", readme.read(), re.MULTILINE)
    lines = [line[6:].split("  #")[0].rstrip() for line in walk.group(1).splitlines()]
    need(lines[0] == "make qemu" and lines[-1].startswith("vmstat"), "the walk is %s" % lines)
    with Terminal("first walk") as shell:
        need(b"small" in shell.seen and b"help" in shell.seen, "it does not introduce itself")
        for line in lines[1:-1]:
            told = shell.ask(line)
            need("not found" not in told and "usage" not in told, "%s: %s" % (line, told))
            need(told.strip(), "%s prints nothing" % line)
        need("grind" in shell.processes(), "grind does not go on in the background")
        shell.type(lines[-1] + "\r")
        shell.wait(r"swpd.*\n(.*\d\n){3}")
        shell.type(CTRL_C)
        shell.wait(r"\^C\n(.*\n)*?\$ $")
        need("grind" in shell.processes(), "Ctrl-C was for vmstat only")
        help_text = shell.ask("help")
        for name in ("hexdump", "vmstat", "usertests", "Ctrl-C", "no variables", "cat > notes"):
            need(name in help_text, "help does not tell of " + name)
        shell.type("shutdown\r")
        end = time.monotonic() + s.SECONDS["boot"]
        try:
            while time.monotonic() < end:
                shell.read(1)
        except Failure:         # QEMU has ended
            return
        raise Failure("shutdown does not end QEMU")


def console():
    """Typed at the shell: editing with backspace, end of a program by typing, power-off."""
    with m.Machine(s.cell_settings(CMD=""), interactive=True, log=s.log_name("console")) as guest:
        guest.start()
        need(guest.wait_for(r"\n[^\n]*[$#>] $", s.SECONDS["boot"]), "no prompt")
        guest.send("echo helk\x7flo | wc\n")
        need(guest.wait_for(r"\n *1 +1 +6", s.SECONDS["boot"]),
             "no answer\n" + guest.seen.decode(errors="replace")[-400:])
        guest.send("shutdown\n")
        need_status(guest.run(s.SECONDS["boot"]), 0)


def terminal():
    """`make qemu` on a terminal: a shell that takes what is typed and powers off."""
    pid, screen = pty.fork()
    if pid == 0:
        os.execvpe("make", ["make", "--no-print-directory", "BUILD=" + s.BUILD, "WERROR=1",
                            "IMAGE=%s/terminal/fs.img" % s.BUILD, "qemu"],
                   s.clean_environment(TERM="dumb"))
    seen = b""
    typed = [(rb"[$#>] $", b"echo typed | cat\r"), (rb"\ntyped\r*\n", b"shutdown\r")]
    end = time.monotonic() + s.SECONDS["boot"] + s.SECONDS["build"]
    while time.monotonic() < end:
        if select.select([screen], [], [], 1)[0]:
            try:
                data = os.read(screen, 4096)
            except OSError:         # how Linux tells the end of a terminal
                data = b""
            if not data:
                break
            seen += data
        if typed and re.search(typed[0][0], seen):
            os.write(screen, typed.pop(0)[1])
    else:
        os.kill(pid, signal.SIGHUP)
    status = os.waitpid(pid, 0)[1]
    os.close(screen)
    need(not typed and status == 0, "status %d\n%s" % (
        status, seen.decode(errors="replace")[-600:]))


def gdb():
    """gdb finds the stopped machine, our commands work, symbols are those of the kernel."""
    folder = s.BUILD + "/gdb"
    os.makedirs(folder, exist_ok=True)
    m.copy_sparse(s.BUILD + "/fs.img", folder + "/fs.img")
    environment = s.clean_environment(KERNEL=s.BUILD + "/kernel.elf", IMAGE=folder + "/fs.img",
                                      BUILD=folder)
    stopped = subprocess.Popen([sys.executable, "tests/qemu/run", "--gdb"], env=environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        for _ in range(10 * s.SECONDS["boot"]):
            if os.path.exists(folder + "/gdb.sock"):
                break
            time.sleep(0.1)
        done = subprocess.run(["tests/tools/gdb", s.BUILD + "/kernel.elf"], env=environment,
                              input=b"kbreak kernel_main\ncontinue\nhart\nbacktrace 1\nkill\n",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=s.SECONDS["boot"])
        text = done.stdout.decode(errors="replace")
        if text.startswith("no gdb "):
            raise Skip(text.strip())
        need("kernel/main.c" in text and "kernel_sp" in text, "gdb says\n" + text[-1500:])
        need(re.search(r"\bdtb=0x[0-9a-f]{8}\b", text), "no hexadecimal\n" + text[-1500:])
    finally:
        stopped.kill()
        stopped.wait()
