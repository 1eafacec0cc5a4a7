"""What a shell makes of a file, and what a command of `make run` reads."""

import os
import re
import subprocess

import suite as s
from suite import need

TAIL = "echo one\necho %s echo TAIL-RUN\necho end\n" % ("b" * 2015)
NUL = b"echo one\n\0echo two\necho three\n"
OVER_LINES = "echo a |\n  cat\n(\necho 'b\nc' && \\\necho d\n)\necho last"
WRONG = "echo before\necho x >&foo\necho after\n"

# A line, and what the shell says of it; nothing of it is run.
ERRORS = (
    ("echo x >&foo", r'behind >& belongs the number of a descriptor, 1 or 2, at "foo"'),
    ("echo y | | wc", r'a command is missing, at "\| wc"'),
    ("echo y &&", r"a command is missing, at the end"),
    ("(echo y", r"a \) is missing, at the end"),
    ("echo y)", r'a \) too many, at "\)"'),
    ("echo y >", r"a file name is missing after < or >, at the end"),
    ("cat << END", r"this shell has no << text; write it to a file first, at .*"),
    ("echo 'y", r"a quote is not closed, at .*"),
    ("echo $HOME", r'this shell has no variables, only \$\? and \$\$, at "\$HOME"'),
    ('echo "a $(ls)"', r'this shell does not put in what a command prints, at "\$\(ls\).*'),
    ("echo x &> y", r"this shell has no &>; write > file 2>&1, at .*"),
    ("echo" + 31 * " y", r'a command has at most 31 words, at " ?y"'),
)
NOT_FOUND = (("if true", "control flow"), ("x=1", "variables"), ("export x", "variables"))


def run(command, files=(), given=b"", **more):
    """`make run`, with standard input; returns the lines."""
    words = ["make", "--no-print-directory", "BUILD=" + s.BUILD, "run", "CMD=" + command]
    words += ["FILES=" + " ".join(files)] * bool(files) + ["%s=%s" % pair for pair in more.items()]
    try:
        done = subprocess.run(words, cwd=s.ROOT, env=s.clean_environment(), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=s.SECONDS["command"],
                              **({"input": given} if isinstance(given, bytes) else
                                 {"stdin": given}))
    except subprocess.TimeoutExpired:
        raise s.Failure("%s: time-out" % command)
    text = done.stdout.decode(errors="replace")
    return text[text.index("\nxv39 "):].splitlines()[1:] if "\nxv39 " in text else text.splitlines()


def file(name, content):
    path = "%s/shell/%s" % (s.BUILD, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(content if isinstance(content, bytes) else content.encode())
    return path


def between(lines, first, last):
    return lines[lines.index(first) + 1:lines.index(last)]


def scripts():
    """`sh FILE` and `sh < FILE` do the same, line by line; what is not understood is told."""
    many = " | ".join(["echo through"] + ["cat"] * 99)
    files = [file("tail.sh", TAIL), file("nul.sh", NUL), file("over.sh", OVER_LINES),
             file("wrong.sh", WRONG), file("many.sh", many),
             file("long.sh", "echo '%s'\n" % ("x" * 4000))]
    for number, (line, _) in enumerate(ERRORS):
        files.append(file("e%d" % number, line))
    for number, (line, _) in enumerate(NOT_FOUND):
        files.append(file("n%d" % number, line))
    words = []
    for path in files:
        name = os.path.basename(path)
        words += ["echo =%s" % name, "sh %s" % name, "echo $?", "echo =", "sh < %s" % name,
                  "echo $?"]
    lines = run("sh all", files + [file("all", "\n".join(words) + "\necho =\n")])
    told = {}
    for path in files:
        name = os.path.basename(path)
        start = lines.index("=" + name)
        middle = lines.index("=", start)
        rest = next(i for i in range(middle + 1, len(lines)) if lines[i].startswith("="))
        one = lines[start + 1:middle]
        two = lines[middle + 1:rest]
        told[name] = one
        need([x.replace("sh: %s: " % name, "sh: ") for x in one] == two,
             "sh %s and sh < %s differ:\n%s\n%s" % (name, name, one, two))
    need(told["tail.sh"] == ["one", "b" * 2015 + " echo TAIL-RUN", "end", "0"], told["tail.sh"])
    need(told["nul.sh"][0] == "one" and re.match("sh: nul.sh: line 2: a NUL", told["nul.sh"][1]) and
         told["nul.sh"][2:] == ["2"], told["nul.sh"])
    need(told["over.sh"] == ["a", "b", "c", "d", "last", "0"], told["over.sh"])
    need(told["wrong.sh"][0] == "before" and "line 2: " in told["wrong.sh"][1] and
         told["wrong.sh"][2:] == ["2"], told["wrong.sh"])
    need(told["many.sh"] == ["through", "0"], "100 stages: %s" % told["many.sh"])
    need(told["long.sh"] == ["x" * 4000, "0"], "4,000 bytes")
    for number, (line, pattern) in enumerate(ERRORS):
        one = told["e%d" % number]
        need(len(one) == 2 and one[1] == "2" and
             re.match(r"sh: e\d+: line 1: %s$" % pattern, one[0]), "%s: %s" % (line, one))
    for number, (line, pattern) in enumerate(NOT_FOUND):
        one = told["n%d" % number]
        need(len(one) == 2 and one[1] == "127" and pattern in one[0], "%s: %s" % (line, one))


def tools():
    """pwd, clear, ls -l, rm -r, cd to a file, mv onto a directory, sleep in seconds."""
    lines = run("mkdir d; mkdir d/f; touch f; mv f d; echo $?; ls -l d; cd README; echo $?; "
                "cd d/f; pwd; touch x y; cd /; rm d; rm -r d; echo $?; ls d; ls -x; echo $?; "
                "sleep 0.3; sleep x; ln nosuch x; limit 64,nosuch ls; uptime > u; sleep 2; uptime; "
                "cat u; clear; pwd")
    text = "\n".join(lines)
    for wanted in (r"^mv: d/f: is a directory\n1\ndir +\d+ +\d+ +\d+ f\n",
                   r"^cd: README: not a directory\n1\n/d/f\n",
                   r"^rm: d: directory not empty\n0\nls: d: no such file or directory\n"
                   r"ls: -x is not known\nusage: .*\n2\nsleep: x: invalid argument\n"
                   r"ln: nosuch: no such file or directory\nlimit: nosuch: invalid argument\n",
                   r"\x1b\[H\x1b\[2J/\n", r"^run: exit 0$"):
        need(re.search(wanted, text, re.MULTILINE), "no %s\n%s" % (wanted, text))
    after, before = [int(x + y) for x, y in re.findall(r"^(\d+)\.(\d) s$", text, re.MULTILINE)]
    need(20 <= after - before < 100, "sleep 2 took %d tenths of a second" % (after - before))


def standard_input():
    """A command of `make run` reads what is given, to its end; from a terminal or nothing: the end.

    A pipe that stays open keeps nobody from ending.
    """
    with open(os.devnull, "rb") as nothing:
        need(run("cat; wc; sh", given=nothing)[-2:] == ["0 0 0 ", "run: exit 0"],
             "no end of file")
    every = bytes(range(256)) * 30 + b"~.\r\n~~\x7f end"
    path = file("every", every)
    with open(path, "rb") as given:
        lines = run("cat > fed; wc fed; hexdump fed; echo =; hexdump every; cat; echo \"it's\"",
                    files=[path], given=given)
    need(re.match(r" *\d+ +\d+ +%d\b" % len(every), next(x for x in lines if x.endswith(" fed"))),
         "not all bytes: %s" % lines[:6])
    start, middle = next(i for i, x in enumerate(lines) if x.endswith(" fed")), lines.index("=")
    need(lines[start + 1:middle] == lines[middle + 1:-2], "the bytes are not those")
    need(lines[-2:] == ["it's", "run: exit 0"], lines[-2:])
    need(run("sh", given=b"echo from a script\nexit 3\n")[-2:] == ["from a script", "run: exit 3"],
         "a script by standard input")
    lines = run("head -n 1", given=b"h\xc3\xa9\n" * 50000)
    need(lines[-2:] == ["h\u00e9", "run: exit 0"],
         "a command that ends before its input: %s" % lines[-5:])
    need("killed (kill)" in run("kill $$; sleep 99", given=b"x")[-1], "the cause of a kill")
    child = subprocess.Popen(["make", "--no-print-directory", "BUILD=" + s.BUILD, "run",
                              "CMD=echo done"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             env=s.clean_environment())
    try:
        text = child.stdout.read().decode()
        need(text.endswith("done\nrun: exit 0\n"), "with a pipe that stays open: " + text[-300:])
    finally:
        child.stdin.close()
        child.kill()
        child.wait()
