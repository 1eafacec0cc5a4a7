"""Every place of a shape that went wrong before is in a table, with why it is right there.

The tables are tests/lint/places/*.txt, a line a place: `path function shape | …`. What the shape is
says the head of each file. A place that is not in its table fails, and so does a row whose place is
gone: whoever adds a place looks at it once in that way.
"""

import re

import ctext

FOLDER = "tests/lint/places/"
RELEASE = re.compile(r"\b(spin_unlock|spin_unlock_irq|sleeplock_release|rwlock_read_release|"
                     r"rwlock_write_release|inode_unlock|page_unlock)\(&?([\w>.\[\]-]+)")
ACQUIRE = {"spin_unlock": "spin_lock", "spin_unlock_irq": "spin_lock_irq",
           "sleeplock_release": r"sleeplock_acquire\w*", "inode_unlock": "inode_lock",
           "rwlock_read_release": "rwlock_read_acquire", "page_unlock": "page_lock",
           "rwlock_write_release": "rwlock_write_acquire"}
LOOP = re.compile(r"\b(?:for|while|for_each_pte) \(([^\n]*)")
LENGTH = re.compile(r"\b(bytes|length|end|pages|size|done|start|va|index|from|count|more|left|"
                    r"slots?|ptep)\b")
FINDS = re.compile(r"(?:^|_)(?:find|lookup|member|numbered)(?:_|$)|_get$")


def drops(function):
    """A lock is let go and taken again; or the thread sleeps; or a page found before is locked."""
    shapes = set()
    for match in RELEASE.finditer(function.body):
        again = r"\b%s\(&?%s\b" % (ACQUIRE[match.group(1)], re.escape(match.group(2)))
        if re.search(again, function.body[match.end():]):
            shapes.add("drops:" + match.group(2))
    if re.search(r"\bwaitq_sleep\w*\(", function.body):
        shapes.add("sleeps")
    if re.search(r"\b(page_lock|page_wait_writeback)\(", function.body):
        shapes.add("locks-page")
    return shapes


def loops(function):
    """Loops over a length."""
    count = sum(1 for match in LOOP.finditer(function.body) if LENGTH.search(match.group(1)))
    return {"loops:%d" % count} if count else set()


def identities(function):
    """A number or an address becomes a thing."""
    return {"finds"} if FINDS.search(function.name) else set()


def call_table(texts):
    """The functions of the calls: of the list from which calls.c makes its table."""
    text = texts.get("kernel/abi/syscall.h", "")
    found = re.search(r"#define FOR_EACH_SYSCALL\(X\)((?:[^\n]*\\\n)*[^\n]*)", text)
    rows = found.group(1) if found else ""
    return {"sys_" + name for name in re.findall(r"X\((\w+), \d+\)", rows)}


SHAPES = (
    ("drops.txt", drops, ("fs", "vm", "proc", "sys", "thread", "dev")),
    ("loops.txt", loops, ("fs", "vm", "proc", "sys")),
    ("identities.txt", identities, ("fs", "vm", "proc")),
)


def rows_of(name, text):
    """{key: line number}, and complaints about lines that are no rows."""
    rows, wrong = {}, []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split(" | ")]
        if len(cells) < 2 or not all(cells):
            wrong.append("%s%s:%d: a row without a reason" % (FOLDER, name, number))
        rows[cells[0].split(" (")[0]] = number
    return rows, wrong


def compare(name, text, found):
    rows, wrong = rows_of(name, text)
    yield from wrong
    for key in sorted(found - set(rows)):
        yield "%s%s: no row for %s" % (FOLDER, name, key)
    for key in sorted(set(rows) - found):
        yield "%s%s:%d: there is no such place: %s" % (FOLDER, name, rows[key], key)


def actors(text, functions):
    """The second cell of a row of calls.txt names the functions in which its steps are."""
    names = {function.name for function in functions} | {"nothing"}
    for line in text.split("\n"):
        cells = line.split(" | ")
        if len(cells) > 1 and not line.startswith("#"):
            for name in sorted(set(re.findall(r"\w+", cells[1])) - names):
                yield "%scalls.txt: %s: there is no function %s" % (FOLDER, cells[0], name)


def places(tree, texts, codes):
    """Complaints about the tree."""
    functions = ctext.Program(texts, codes).functions
    for name, shape, folders in SHAPES:
        found = set()
        for function in functions:
            if function.path.split("/")[1] in folders:
                short = function.path[len("kernel/"):]
                found |= {"%s %s %s" % (short, function.name, s) for s in shape(function)}
        yield from compare(name, tree.get(FOLDER + name) or "", found)
    calls = tree.get(FOLDER + "calls.txt") or ""
    yield from compare("calls.txt", calls, call_table(texts))
    yield from actors(calls, functions)
