"""Lines of code: neither blank nor comment; and lines as they are read."""

import re

CODE = (".c", ".h", ".S", ".ld", ".awk")


def without_comments(path, text):
    """The text with comments blanked out; line breaks stay."""
    def blank(match):
        found = match.group(0)
        return re.sub(r"[^\n]", " ", found) if found[0] in "/#" else found

    if path.endswith((".c", ".h", ".S", ".ld")):
        return re.sub(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*', blank,
                      text, flags=re.DOTALL)
    return re.sub(r'(?m)^[ \t]*#[^\n]*', blank, text)


def code_lines(path, text):
    """Lines of code, neither blank nor comment."""
    return sum(1 for line in without_comments(path, text or "").split("\n") if line.strip())


def split_lines(path, text):
    """Lines of code that each build of the kernel compiles, and those that only SAN=1 does."""
    both = san = 0
    inside = []     # of each open #if: True where what follows is for SAN=1 alone
    for line in without_comments(path, text or "").split("\n"):
        word = re.match(r"\s*#\s*(if|ifdef|ifndef|else|elif|endif)\b(.*)", line)
        if word and word.group(1).startswith("if"):
            names_san = re.search(r"\bSAN\b", word.group(2)) is not None
            inside.append([names_san and word.group(1) != "ifndef", names_san])
        if line.strip():
            if any(only for only, _ in inside):
                san += 1
            else:
                both += 1
        if word and word.group(1) in ("else", "elif") and inside and inside[-1][1]:
            inside[-1][0] = not inside[-1][0]
        if word and word.group(1) == "endif" and inside:
            inside.pop()
    return both, san


def read_lines(text):
    """Lines as they are read, comments included."""
    return (text or "").count("\n")
