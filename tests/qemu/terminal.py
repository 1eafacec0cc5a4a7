"""What a user types: at the shell's console, at `make qemu` on a terminal, at gdb."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

import machine as m
import suite as s
from suite import Skip, need, need_status


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
