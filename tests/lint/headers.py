"""A file's interface is its own header: what a .c of the kernel defines, its .h declares.

The table tests/lint/headers.txt names headers that speak for several files, and why. In kernel/vm,
where exercises are, each .c has a header of its own; policies are found by a table instead.
"""

import re

TABLE = "tests/lint/headers.txt"
ALONE = "kernel/vm/"
WITHOUT = "kernel/vm/replacement/policies/"
DEFINED = re.compile(r"^(?!static|typedef)[a-z_][\w \t*()]*?[ *](\w+)\([^;{}]*\)\s*\n\{",
                     re.MULTILINE)
DECLARED = re.compile(r"^(?!static|typedef)[a-z_][\w \t*]*?[ *](\w+)\([^;{}]*\)"
                      r"(?:\s*__attribute__\(\(.*?\)\))?;", re.MULTILINE)


def headers(code, table):
    """code: the kernel's C by path, without comments; table: the text of TABLE, or None."""
    defined = {name: path for path, text in code.items() if path.endswith(".c")
               for name in DEFINED.findall(text)}
    rows = re.findall(r"^(?!#)(\S+) of (\S+) \| .+$", table or "", re.MULTILINE)
    used = set()
    for path in sorted(code):
        if path.endswith(".c") and path.startswith(ALONE) and not path.startswith(WITHOUT) and \
                path[:-1] + "h" not in code:
            yield "%s has no header of its own" % path
        for name in DECLARED.findall(code[path]) if path.endswith(".h") else ():
            other = defined.get(name, path)
            pair = path[len("kernel/"):], other[len("kernel/"):]
            if pair in rows:
                used.add(pair)
            elif other[:-1] != path[:-1]:
                yield "%s declares %s of %s" % (path, name, other)
    for pair in set(rows) - used:
        yield "%s: %s declares nothing of %s" % ((TABLE,) + pair)
