"""The runs in the book: commands that the reader types, and what they print.

A block of code that begins with ```console is a run. A line "$ command" is typed; the lines up to
the next one are what comes then. In those

    ...          alone on a line stands for any lines, or none
    …            within a line for any text

and "```console 10%" allows numbers to differ by so much: they depend on the compiler. What a
command prints to standard error (make's own words) is no part of it.
"""

import os
import re
import subprocess

import book
import markdown

NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])|(?<==)\d+")


class Run:
    """One block: path and line; commands, each with the lines that are expected."""

    def __init__(self, path, block):
        self.path, self.line = path, block.line
        match = re.match(r"console(?: (\d+)%)?$", block.info)
        if not match:
            raise markdown.Wrong("%s:%d: `%s` is no kind of run" % (path, block.line, block.info))
        self.tolerance = int(match.group(1) or 0) / 100
        self.commands = []
        for line in block.lines:
            if line.startswith("$ "):
                self.commands.append((line[2:], []))
            elif self.commands:
                self.commands[-1][1].append(line)
            else:
                raise markdown.Wrong("%s:%d: begin with $" % (path, block.line))

    def name(self):
        return "%s:%d" % (self.path, self.line)


def runs_of(file):
    return [Run(file.path, block) for block in markdown.walk(file.blocks)
            if block.kind == "code" and block.info.startswith("console")]


def same_line(expected, found, tolerance):
    pieces = [" ".join(piece.split()) for piece in expected.split("…")]
    found = " ".join(found.split())
    if len(pieces) > 1:
        pattern = ".*".join(re.escape(piece) for piece in pieces)
        return re.match(pattern + r"\Z", found) is not None
    if pieces[0] == found:
        return True
    if not tolerance or NUMBER.sub("#", pieces[0]) != NUMBER.sub("#", found):
        return False
    pairs = zip(NUMBER.findall(pieces[0]), NUMBER.findall(found))
    return all(abs(float(a) - float(b)) <= tolerance * float(a) for a, b in pairs)


def same(expected, found, tolerance=0):
    """Do the lines fit? "..." is any number of lines."""
    if not expected:
        return not found
    if expected[0].strip() == "...":
        return any(same(expected[1:], found[at:], tolerance) for at in range(len(found) + 1))
    return bool(found) and same_line(expected[0], found[0], tolerance) and \
        same(expected[1:], found[1:], tolerance)


def carry_out(command, build, environment, timeout):
    """What the command prints, typed in the tree's root, with everything built in `build`."""
    environment = dict(environment, MAKEFLAGS="--no-print-directory BUILD=" + build, BUILD=build)
    typed = re.sub(r"\bbuild/", build + "/", command)
    done = subprocess.run(["sh", "-c", typed], cwd=book.ROOT, env=environment, timeout=timeout,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    text = done.stdout.decode(errors="replace").replace(build + "/", "build/")
    return text.splitlines(), done.stderr.decode(errors="replace")


def trouble_with(run, build, environment, timeout):
    """What is wrong with a run: None, or a text that shows both."""
    for command, expected in run.commands:
        found, errors = carry_out(command, build, environment, timeout)
        if not same(expected, found, run.tolerance):
            return "%s: $ %s\nexpected:\n%s\nfound:\n%s%s" % (
                run.name(), command, "\n".join("  " + line for line in expected),
                "\n".join("  " + line for line in found[-40:]),
                "\nand to standard error:\n" + errors[-600:] if errors else "")
    return None
