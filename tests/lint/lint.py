"""The rules that a reader of the source counts on, each a function from a tree to complaints.

A tree is a mapping from path to text (None for a symbolic link), so that the self-test can feed
each rule a small broken one: a rule that finds nothing there is a defect of the rule.
"""

import ast
import itertools
import os
import re

import guards as guards_of_legends
import headers as own_headers
import house as floors
import places as places_of_shapes
import sizes
from count import CODE, code_lines, split_lines, without_comments

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Who may include whom: a folder its own headers and those further down.
LAYERS = ("sys", "proc", "fs", "vm", "dev", "thread", "mmu", "mem", "sync", "riscv", "lib", "abi")
LONGEST_LINE = 100

# Written in two halves, so that this file obeys its own rule.
FORBIDDEN = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|/wo" r"rk/|\.\./sha" r"red"
                       r"|(?i:\bissue #?[0-9])|/tmp/xv" r"39")
COMPARED = re.compile(r"(?:\b(?:if|while) \(|&& |\|\| )[\w>.*\[\]-]+(?:\([^()\n]*\))? [!=]= NULL\b")
PERSONS = re.compile(r"(?i)\b(who|whose|whom)\b")
MACHINE = re.compile(r"\bsfence\b|\bcsr[rwsc]i?\b|\bPTE_[VRWXUGAD]\b|\bsatp\b")


def files_in(root):
    """Paths of all source files below root, without what is built."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in (".git", "build", "__pycache__"))
        for name in files + [f for f in folders if os.path.islink(os.path.join(folder, f))]:
            found.append(os.path.relpath(os.path.join(folder, name), root))
    return sorted(found)


def text_of(path, root=ROOT):
    full = os.path.join(root, path)
    if os.path.islink(full):
        return None
    with open(full, encoding="utf-8", errors="surrogateescape", newline="") as file:
        return file.read()


def read_tree(root=ROOT):
    return {path: text_of(path, root) for path in files_in(root)}


LISTED = "tests/lint/listed.txt"    # `tests/lint/loc --list` makes it


def listed(tree):
    """The paths of this tree as it is given out."""
    return {line for line in (tree.get(LISTED) or "").split("\n") if line and line[0] != "#"}


def ours(tree):
    """Without what somebody added: a policy, a program, a lab. The rules are for the rest."""
    known = listed(tree)
    return {path: text for path, text in tree.items() if path in known or not known}


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def sources(tree, *endings):
    return ((p, t) for p, t in sorted(tree.items()) if t is not None and p.endswith(endings))


# ---- the rules ----------------------------------------------------------------------------------

def layer_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "kernel" and len(parts) > 2 else None


def listing(tree):
    """What the list names is there. (The complete suite compares it with what git knows.)"""
    for path in sorted(listed(tree) - set(tree)):
        yield "%s: there is no %s any more; `tests/lint/loc --list` puts it right" % (LISTED, path)


def layers(tree):
    """An include goes down the layers, never up. Of what somebody added, too."""
    for path, text in sources(tree, ".c", ".h", ".S"):
        own = layer_of(path)
        if own is None:
            continue
        if own not in LAYERS:
            yield "%s: kernel/%s is none of the layers" % (path, own)
            continue
        for match in floors.INCLUDE.finditer(text):
            other = match.group(1).split("/")[0]
            where = "%s:%d" % (path, line_of(text, match.start()))
            if "/" not in match.group(1) or other not in LAYERS:
                yield '%s: include "%s" is not of the form "layer/name.h"' % (where, match.group(1))
            elif LAYERS.index(other) < LAYERS.index(own):
                yield "%s: %s may not include %s" % (where, own, match.group(1))
            elif "kernel/" + match.group(1) not in tree:
                yield "%s: there is no kernel/%s" % (where, match.group(1))


# Folders with floors of their own: what on one of them includes from a floor above, and why.
RISES = {
    "kernel/vm/mapping to kernel/vm/faults": "areas have handlers, and show the zero page",
    "kernel/vm/mapping to kernel/vm/cache": "an area maps an object",
    "kernel/vm/replacement to kernel/vm/cache": "the pages of files are the cache's",
    "kernel/vm/replacement to kernel/vm/faults": "the rules of a space hear that a page went",
    "kernel/vm/replacement to kernel/vm/mapping": "the reverse map ends at spaces and areas",
    "kernel/vm/swapping to kernel/vm/mapping": "slots are what memory may be promised on",
}
MOST_RISES = 6


def rises(tree):
    """What uses a floor above its own is in the table, with its reason; and there is little."""
    found = {"%s to %s" % pair for pair in floors.House(tree).rises()}
    if len(found) > MOST_RISES:
        yield "%d arrows run up, %d may" % (len(found), MOST_RISES)
    for name in sorted(found - set(RISES)):
        yield "%s is an arrow that runs up: turn it, or say in lint.py why it does" % name
    for name in sorted(set(RISES) - found) if floors.SHOWN in tree else ():
        yield "%s is no arrow any more" % name


def house(tree):
    """README.md shows the house as it is, and kernel/README.md has the order of layers."""
    if floors.SHOWN not in tree:
        return
    built = floors.House(tree)
    yield from built.trouble
    order = tuple(built.order("kernel")) + ("abi",)
    if order != LAYERS:
        yield "%s: the order is %s, in lint.py %s" % (floors.ORDER, " ".join(order),
                                                      " ".join(LAYERS))
    shown = floors.shown(tree)
    if shown is None:
        yield "%s: no line %s, or none of its end" % (floors.SHOWN, floors.BEGIN.strip())
    elif shown != built.text():
        wrong = [pair for pair in itertools.zip_longest(
            shown.split("\n"), built.text().split("\n"), fillvalue="") if pair[0] != pair[1]]
        yield "%s: the house is not so any more; `tests/tools/house --readme` puts it right\n" \
            "     shown: %s\n     built: %s" % ((floors.SHOWN,) + wrong[0])


def chapters(tree):
    """The map of chapters: nine rows, each true, with its lines."""
    return sizes.chapters(tree)


def circles(tree):
    """No header includes itself through others."""
    graph = {p: ["kernel/" + m for m in floors.INCLUDE.findall(t)]
             for p, t in sources(tree, ".c", ".h", ".S") if p.startswith("kernel/")}
    done = set()
    for start in sorted(graph):
        path, stack = [], [(start, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                path.pop()
                done.add(node)
            elif node in path:
                yield "circle: " + " -> ".join(path[path.index(node):] + [node])
            elif node not in done:
                path.append(node)
                stack.append((node, True))
                stack.extend((n, False) for n in graph.get(node, ()))


def machine_words(tree):
    """Only riscv/ and mmu/ name a PTE bit, a CSR or sfence."""
    for path, text in sources(tree, ".c", ".h", ".S"):
        if layer_of(path) in (None, "riscv", "mmu"):
            continue
        code = without_comments(path, text)
        for match in MACHINE.finditer(code):
            yield "%s:%d: %s belongs in riscv/ or mmu/" % (
                path, line_of(code, match.start()), match.group(0))


def line_form(tree):
    """Lines have 100 characters at most, no tabs, no blanks at the end, Unix ends; in C no two of
    them are empty in a row."""
    for path, text in sources(tree, ""):
        if not text:
            continue
        make = os.path.basename(path) == "Makefile" or path.endswith(".mk")
        prose = path.startswith(places_of_shapes.FOLDER) or path.endswith(
            (".md", ".svg", "LICENSE", "/matrix", "/matrix.paging", "/package-lock.json"))
        if not text.endswith("\n"):
            yield "%s: the last line has no end" % path
        if path.endswith((".c", ".h", ".S")) and "\n\n\n" in text:
            yield "%s:%d: two empty lines" % (path, line_of(text, text.index("\n\n\n")) + 1)
        for number, line in enumerate(text.split("\n"), 1):
            trouble = ("over %d characters" % LONGEST_LINE if len(line) > LONGEST_LINE and not prose
                       else "a tab" if "\t" in line and not make
                       else "a carriage return" if "\r" in line
                       else "blanks at the end" if line != line.rstrip() else None)
            if trouble:
                yield "%s:%d: %s" % (path, number, trouble)


def words(tree):
    """No marks of unfinished work, no paths of one machine."""
    for path, text in sources(tree, ""):
        for match in FORBIDDEN.finditer(text):
            yield "%s:%d: %r" % (path, line_of(text, match.start()), match.group(0))


def conditions(tree):
    """A condition says p or !p; values, and assignments in it, are compared with NULL."""
    for path, text in sources(tree, ".h", ".c"):
        code = without_comments(path, text) if path.startswith("kernel/") else ""
        for match in COMPARED.finditer(code):
            yield "%s:%d: %r: say p or !p" % (path, line_of(code, match.start()), match.group(0))


def persons(tree):
    """Nothing in the kernel is a person: its comments say which thing acts."""
    for path, text in sources(tree, ".h", ".c", ".S", "kernel/README.md"):
        for match in PERSONS.finditer(text if path.startswith("kernel/") else ""):
            yield "%s:%d: %r" % (path, line_of(text, match.start()), match.group(0))


def paths(tree):
    """No symbolic links, no two paths that differ only in case."""
    seen = {}
    for path, text in sorted(tree.items()):
        if text is None:
            yield "%s: a symbolic link" % path
        for part in [path] + [path[:i] for i, c in enumerate(path) if c == "/"]:
            other = seen.setdefault(part.lower(), part)
            if other != part:
                yield "%s and %s differ only in case" % (other, part)


def names(tree):
    """One name, one file: in the kernel, and among the programs on the disk."""
    for title, wanted in (
            ("the kernel", [p for p in tree if re.match(r"kernel/.*\.[ch]$", p)]),
            ("the disk", [p for p in tree if re.match(r"(user|tests/guest)/[^/]+\.c$", p)])):
        seen = {}
        for path in sorted(wanted):
            other = seen.setdefault(os.path.basename(path), path)
            if other != path:
                yield "%s and %s: two files of one name in %s" % (other, path, title)


def behaviours(tree):
    """What tests/guest/README.md lists is what usertests runs, no more and no less."""
    readme = tree.get("tests/guest/README.md") or ""
    listed = set(re.findall(r"^\|[^|\n]*\|\s*`([^`\n]+)`\s*\|", readme, re.MULTILINE))
    exist = {}
    for path, text in sources(tree, ".c"):
        if path.startswith("tests/guest/usertests/"):
            for name in re.findall(r'(?m)^[ \t]*\{"([^"]+)",.*\b(?:QUICK|SLOW)\b', text):
                exist[name] = path
    if not exist:
        yield "tests/guest/usertests: no tests found"
    for name in sorted(listed - set(exist)):
        yield "tests/guest/README.md: `%s` has no test" % name
    for name in sorted(set(exist) - listed):
        yield "%s: %s is not in tests/guest/README.md" % (exist[name], name)


def size(tree):
    """The kernel stays readable in a term, each of its chapters in one sitting."""
    return sizes.sizes(tree)


def headers(tree):
    """A .c has its own header, which declares what that file defines and nothing else."""
    return own_headers.headers(kernel_text(tree)[1], tree.get(own_headers.TABLE))


def guards(tree):
    """Headers of the kernel can be included twice, and say first what they are for."""
    for path, text in sources(tree, ".c", ".h", ".S"):
        if not path.startswith("kernel/"):
            continue
        if not text.startswith("/*"):
            yield "%s: does not begin with a comment that says what it is for" % path
        if path.endswith(".h") and "\n#pragma once\n" not in text:
            yield "%s: no #pragma once" % path


def kernel_text(tree):
    """The kernel's C, and the same without comments, each by path."""
    texts = {p: t for p, t in sources(tree, ".c", ".h") if p.startswith("kernel/")}
    return texts, {p: without_comments(p, t) for p, t in texts.items()}


def guarded_writes(tree):
    """Who changes a member that a legend gives a guard has the guard, or is in guards.txt."""
    return guards_of_legends.guarded_writes(tree, *kernel_text(tree))


def iterators(tree):
    """The end of a walk over entries is worked out at each step: so it has to be a plain value."""
    for path, text in sources(tree, ".c"):
        for match in re.finditer(r"\bfor_each_pte \([^,]+, [^,]+, (.+), \w+\)(?: \{)?\n", text):
            if not re.match(r"[\w.>-]+$", match.group(1)):
                yield "%s: for_each_pte: name the end, %s, before" % (path, match.group(1))


def places(tree):
    """Every place of a shape that went wrong before is in its table in tests/lint/places."""
    return places_of_shapes.places(tree, *kernel_text(tree))


def old_python(tree):
    """Python scripts keep to version 3.8."""
    for path, text in sources(tree, ""):
        if path.endswith(".py") or text.startswith("#!/usr/bin/env python3"):
            try:
                ast.parse(text, path, feature_version=(3, 8))
            except SyntaxError as trouble:
                yield "%s:%s: %s" % (path, trouble.lineno, trouble.msg)


MATRICES = (
    ("tests/qemu/matrix", ("PAGING=sv39 sv48 sv57", "CPUS=1 2 4 8", "MEM=128M 16M 1G")),
    ("tests/qemu/matrix.paging", ("PAGING=sv39 sv48 sv57", "CPUS=1 2 4", "MEM=128M 16M 32M",
                                  "SAN=0 1")),
)


def cells(tree):
    """In a matrix of the full suite each pair of values of two variables occurs."""
    for path, needs in MATRICES:
        yield from cells_of(path, tree.get(path) or "", needs)


def cells_of(path, text, needs):
    rows = [dict(w.split("=", 1) for w in line.split()) for line in text.split("\n")
            if line.strip() and not line.startswith("#")]
    variables = sorted({name for row in rows for name in row})
    if not rows:
        yield path + ": no cells"
    for number, row in enumerate(rows, 1):
        if sorted(row) != variables:
            yield "%s: cell %d does not set each of %s" % (path, number, variables)
            return
    values = {v: sorted({row[v] for row in rows}) for v in variables}
    for i, one in enumerate(variables):
        for two in variables[i + 1:]:
            there = {(row[one], row[two]) for row in rows}
            for pair in ((a, b) for a in values[one] for b in values[two]):
                if pair not in there:
                    yield "%s: no cell with %s=%s %s=%s" % (path, one, pair[0], two, pair[1])
    for need in needs:
        name, wanted = need.split("=")
        if not set(wanted.split()) <= set(values.get(name, ())):
            yield "%s: %s is not all there" % (path, need)


def mutants(tree):
    """Each patch of tests/mutants, and of a lab's, applies: the lines that it knows are there."""
    for path, text in tree.items():
        if not re.match(r"tests/(mutants/.*|labs/\w+/((mutants|kernels|practice|harmless|bugs)/.*|"
                        r"rules))\.patch$", path):
            continue
        target = ""
        for part in re.split(r"(?m)^(?=--- a/|@@ )", text)[1:]:
            if part.startswith("---"):
                target = re.search(r"^\+\+\+ b/(\S+)", part, re.MULTILINE).group(1)
                continue
            old = [line[1:] for line in part.rstrip("\n").split("\n")[1:] if line[:1] in " -"]
            if "\n" + "\n".join(old).strip("\n") + "\n" not in "\n" + (tree.get(target) or ""):
                yield "%s: does not apply to %s: %s" % (path, target, part.split("\n")[0])


LEGEND = "/* guards: l = lock */\nstruct box {\n    int n; /* l */\n};\n"
CHANGER = "void f(struct box *b)\n{\n    b->n++;\n}\n"
# Functions that call themselves, and what bounds how deep: never a user's input alone.
RECURSIVE = {
    "kernel/mmu/kernel_map.c:map_ram": "a level for each region that is excepted",
    "kernel/mmu/page_table.c:prune_below": "the levels of a page table",
    "kernel/mmu/page_table.c:drop_empty_below": "the levels of a page table",
    "kernel/vm/cache/page_tree.c:subtree_next": "the levels of a tree of pages",
    "kernel/vm/mapping/vma.c:gap_below": "the height of a balanced tree of at most 131,072 areas",
    "mkfs/check.c:free_blocks_from": "three levels of blocks",
    "mkfs/check.c:walk_block": "three levels of blocks",
    "mkfs/extract.c:walk_directory": "DEPTH, and says so",
    "user/grind.c:clean": "its argument counts down",
    "user/sh/run.c:run": "parentheses, of which parse.c allows MAX_DEPTH",
    "user/sh/run.c:run_and_exit": "parentheses, of which parse.c allows MAX_DEPTH",
}


def recursion(tree):
    """A function of the system that calls itself is in the table above, with its bound."""
    head = re.compile(r"^(?:[a-z_][\w \t*()]*?[ *])?(\w+)\([^;{}]*\)\s*\n\{\n(.*?)^\}",
                      re.MULTILINE | re.DOTALL)
    found = set()
    for path, text in tree.items():
        if not path.startswith(("kernel/", "user/", "mkfs/")) or not path.endswith((".c", ".h")):
            continue
        for match in head.finditer(without_comments(path, text)):
            if re.search(r"\b%s\(" % match.group(1), match.group(2)):
                found.add("%s:%s" % (path, match.group(1)))
    for name in sorted(found - set(RECURSIVE)):
        yield "%s calls itself: bound it, and say in lint.py by what" % name
    if len(tree) > 9:
        for name in sorted(set(RECURSIVE) - found):
            yield "%s does not call itself any more" % name




def small_house():
    """A tree whose README.md shows its house: a header on each floor, of which proc's uses fs."""
    tree = {"kernel/%s/%s.h" % (name, name): GOOD for name in LAYERS}
    tree["kernel/main.c"] = ""
    tree["kernel/proc/proc.h"] += '#include "fs/fs.h"\n'
    tree[floors.ORDER] = "    %s\n" % " → ".join(LAYERS[:-1]) + "".join(
        "| `%s` | what it is for |\n" % name for name in [n + "/" for n in LAYERS] + ["main.c"])
    tree[floors.SHOWN] = floors.replaced(floors.BEGIN + floors.END, floors.House(tree).text())
    return tree


def changed(tree, path, old, new):
    assert old in tree[path]
    return dict(tree, **{path: tree[path].replace(old, new)})


CHAPTER = {floors.SHOWN: "", "kernel/vm/a.c": "", floors.ORDER: "| a | b | c | d | e | f |\n" * 2 +
           "| a | b | `vm/` | **`a.c`** | 0 of 0 | |\n" * sizes.CHAPTERS}
DROPPER = "void f(void)\n{\n    spin_unlock(&a);\n    g();\n    spin_lock(&a);\n}\n"
GOOD = "/* What it is for. */\n#pragma once\n"
HOUSE = small_house()
# Each rule with a tree that breaks it; the trees are as small as can be.
RULES = (
    (listing, {LISTED: "kernel/mem/a.h\n"}),
    (layers, {"kernel/mem/a.h": '#include "vm/b.h"\n', "kernel/vm/b.h": ""}),
    (layers, {"kernel/mem/a.h": '#include "sync/gone.h"\n'}),
    (circles, {"kernel/mem/a.h": '#include "mem/b.h"\n', "kernel/mem/b.h": '#include "mem/a.h"\n'}),
    (rises, {floors.ORDER: "    vm → lib\n    vm: over → under\n", "kernel/vm/over/a.h": "",
             "kernel/vm/under/b.c": '#include "vm/over/a.h"\n'}),
    (house, changed(HOUSE, floors.SHOWN, "not ", "and not ")),
    (house, changed(HOUSE, floors.SHOWN, floors.BEGIN, "")),
    (house, changed(HOUSE, "kernel/proc/proc.h", "fs/fs.h", "mem/mem.h")),
    (house, changed(HOUSE, floors.ORDER, "proc → fs", "fs → proc")),
    (house, dict(HOUSE, **{"kernel/new/a.c": ""})),
    (chapters, {floors.SHOWN: "", floors.ORDER: "no map\n"}),
    (chapters, dict(CHAPTER, **{"kernel/vm/b/c.c": "", "kernel/vm/b/c.h": ""})),
    (chapters, changed(CHAPTER, floors.ORDER, "vm/", "gone/")),
    (chapters, changed(CHAPTER, floors.ORDER, "`a.c`", "`gone.c`")),
    (chapters, changed(CHAPTER, floors.ORDER, "0 of 0", "0 of 100")),
    (machine_words, {"kernel/vm/a.c": "x = pte & PTE_W;\n"}),
    (line_form, {"a.c": "x" * 101 + "\n"}),
    (line_form, {"a.c": "\tx\n"}),
    (line_form, {"a.c": "x \n"}),
    (line_form, {"a.c": "x"}),
    (line_form, {"a.c": "x\r\n"}),
    (words, {"a.c": "/* TO" "DO: later */\n"}),
    (conditions, {"kernel/vm/a.c": "    if (a && b->c != NULL)\n"}),
    (persons, {"kernel/vm/a.c": "/* Wakes those who wait. */\n"}),
    (words, {"a.md": "see ../sha" "red/plan.md\n"}),
    (paths, {"a": None}),
    (paths, {"A/x": "", "a/y": ""}),
    (names, {"kernel/mem/a.c": "", "kernel/vm/a.c": ""}),
    (names, {"user/a.c": "", "tests/guest/a.c": ""}),
    (behaviours, {"tests/guest/README.md": "| vm | `gone` | x |\n",
                  "tests/guest/usertests/a.c": ""}),
    (behaviours, {"tests/guest/README.md": "",
                  "tests/guest/usertests/a.c": '    {"new", test_new, QUICK},\n'}),
    (size, {"kernel/mem/a.c": "x;\n" * 3, sizes.TABLE: "kernel | 2 | 1\n"}),
    (size, {"kernel/vm/a.c": "x;\n" * 3, sizes.TABLE: "kernel/vm | 1 | 2\n"}),
    (size, {"kernel/vm/b/a.c": "x;\n" * 3, sizes.TABLE: "kernel/vm/b | 2 | 2\n"}),
    (size, {"kernel/vm/a.c": "#ifdef SAN\nx;\n#endif\n", sizes.TABLE: "SAN=1 only | 2 | 1\n"}),
    (size, dict(CHAPTER, **{"kernel/vm/a.c": "\n" * (sizes.MOST_TO_READ + 1)})),
    (headers, {"kernel/vm/a.c": "int a;\n"}),
    (headers, {"kernel/mem/a.h": "void f(int n);\n",
               "kernel/mem/b.c": "void f(int n)\n{\n    g(n);\n}\n"}),
    (headers, {own_headers.TABLE: "vm/a.h of vm/b.c | why\n"}),
    (guards, {"kernel/mem/a.h": "int x;\n"}),
    (guards, {"kernel/mem/a.c": "int x;\n"}),
    (guarded_writes, {"kernel/mem/a.c": LEGEND + CHANGER}),
    (guarded_writes, {"kernel/mem/a.c": LEGEND + "/* Locks: none. */\n" + CHANGER}),
    (guarded_writes, {"kernel/mem/a.c": LEGEND + CHANGER.replace("b->n++", "list_del(&b->n)")}),
    (guarded_writes, {"kernel/mem/a.c": LEGEND, guards_of_legends.TABLE: "gone box.n | why\n"}),
    (guarded_writes, {"kernel/mem/a.c": LEGEND, guards_of_legends.TABLE: "no reason\n"}),
    (iterators, {"kernel/vm/a.c": "    for_each_pte (table, va, table_end(va), ptep)\n"}),
    (places, {"kernel/fs/a.c": DROPPER}),
    (places, {"kernel/fs/a.c": DROPPER.replace("{\n", "{\n    while (n < bytes)\n        n++;\n")}),
    (places, {"kernel/fs/a.c": "int a_find(int n)\n{\n    return n;\n}\n"}),
    (places, {"kernel/abi/syscall.h": "#define FOR_EACH_SYSCALL(X) \\\n    X(gone, 1)\n"}),
    (places, {places_of_shapes.FOLDER + "drops.txt": "fs/a.c gone sleeps | a | b\n"}),
    (places, {"kernel/abi/syscall.h": "#define FOR_EACH_SYSCALL(X) \\\n    X(here, 1)\n",
              places_of_shapes.FOLDER + "calls.txt": "sys_here | gone | a | b\n"}),
    (places, {places_of_shapes.FOLDER + "drops.txt": "fs/a.c gone sleeps\n"}),
    (old_python, {"a.py": "match x:\n    case 1:\n        pass\n"}),
    (cells, {"tests/qemu/matrix": "PAGING=sv39 CPUS=1 MEM=16M\nPAGING=sv48 CPUS=2 MEM=16M\n"}),
    (cells, {}),
    (recursion, {"user/a.c": "static int deep(int n)\n{\n    return n ? deep(n - 1) : 0;\n}\n"}),
    (mutants, {"tests/mutants/a.patch": "x\n\n--- a/k.c\n+++ b/k.c\n@@ -1 +1 @@\n-x;\n+y;\n",
               "k.c": "z;\n"}),
)


def self_test():
    """Each rule must complain of its broken trees, and of nothing in a good one."""
    for number, (rule, broken) in enumerate(RULES, 1):
        if not list(rule(broken)):
            yield "rule %s does not see what is wrong in example %d" % (rule.__name__, number)
    good = {"kernel/mem/a.h": GOOD}
    good["kernel/mem/a.c"] = LEGEND + "/* Locks: box's. */\n" + CHANGER + (
        "void g(struct box *b)\n{\n    spin_lock(&b->lock);\n    b->n = 1;\n}\n")
    good[guards_of_legends.TABLE] = "kernel/mem/a.c l | &b->lock|Locks:.*box\n"
    for rule in {rule for rule, _ in RULES} - {behaviours, cells}:
        for complaint in rule(good):
            yield "rule %s complains of a good file: %s" % (rule.__name__, complaint)
    for complaint in chapters(CHAPTER):
        yield "rule chapters complains of a good map: %s" % complaint
    for complaint in house(HOUSE):
        yield "rule house complains of a good one: %s" % complaint
    if set(ours({LISTED: LISTED + "\na.c\n", "a.c": "", "b.c": ""})) != {LISTED, "a.c"}:
        yield "what somebody added is not left out"
    if code_lines("a.c", '/* no\n */\n\nint x; /* yes */\nchar *s = "/*";\n') != 2:
        yield "code_lines counts wrongly"
    if split_lines("a.c", "int a;\n#ifdef SAN\nint b;\n#else\nint c;\n#endif\n"
                   "#ifndef SAN\nint d;\n#endif\n") != (6, 3):
        yield "split_lines counts wrongly"


def all_rules():
    """Pairs of a rule's name and a function that gives its complaints about the real tree."""
    whole = read_tree()
    tree = ours(whole)
    yield "self-test", self_test
    for rule in dict.fromkeys(rule for rule, _ in RULES):
        yield rule.__name__, (lambda rule=rule: rule(whole if rule is layers else tree))
