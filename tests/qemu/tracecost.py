"""What the trace costs while it is off, by the built kernel's instructions (objdump -d).

A site loads the flag, which lies at a fixed offset from tp, and branches to code that calls
trace_write. Cost are these two, and every other instruction of the usual path whose result only
that code uses: arguments that the compiler prepared ahead. To find them, the branches of all sites
are taken as never taken; what was of use before and is of none now is there for the trace alone.
"""

import re
from collections import namedtuple

MOST_SITES, MOST_INSTRUCTIONS = 60, 3
MOST_BETWEEN = 4            # instructions between the load of a flag and the branch on it
WRITER, RINGS = "trace_write", "trace_rings"
MAY_NAME_RINGS = (WRITER, "trace_give_ring")

REGISTERS = ["ra", "sp", "gp", "tp"] + ["t%d" % i for i in range(7)] + \
    ["a%d" % i for i in range(8)] + ["s%d" % i for i in range(12)]
REGISTER = re.compile(r"\b(%s)\b" % "|".join(REGISTERS))
ARGUMENTS = frozenset(r for r in REGISTERS if r[0] == "a" or r in ("sp", "gp", "tp"))
SCRATCH = frozenset(r for r in REGISTERS if r[0] in "at" and r != "tp") | {"ra"}
AT_END = frozenset(r for r in REGISTERS if r[0] == "s") | {"a0", "a1", "gp", "tp", "ra"}

# effect: it is needed whatever becomes of its result. after: addresses that may come next.
Instruction = namedtuple("Instruction", "address text target defines uses effect after")


def functions(listing):
    """Name → instructions by address, of a disassembly; a cold part is its function's."""
    found, lines = {}, []
    for line in listing.splitlines():
        head = re.match(r"[0-9a-f]+ <(\S+)>:$", line)
        if head:
            lines = found.setdefault(head.group(1).split(".cold")[0], [])
            continue
        code = re.match(r"\s*([0-9a-f]+):\t(.*)", line)
        if code:
            lines.append((int(code.group(1), 16), re.sub(r"\s*#.*", "", code.group(2))))
    stops = {name for name, lines in found.items()
             if not any(is_way_out(lines, text) for _, text in lines)}
    return {name: decode(lines, stops) for name, lines in found.items()}


def is_way_out(lines, text):
    jump = re.match(r"j\t([0-9a-f]+) <", text)
    if jump:
        return not lines[0][0] <= int(jump.group(1), 16) <= lines[-1][0]
    return re.match(r"(ret|sret|mret|jr|tail)\b", text)


def decode(lines, stops):
    inside = {address for address, _ in lines}
    following = {a[0]: b[0] for a, b in zip(lines, lines[1:])}
    return {address: instruction(address, text, inside, following.get(address), stops)
            for address, text in lines}


def instruction(address, text, inside, following, stops):
    word, _, operands = text.partition("\t")
    jump = re.search(r"\b([0-9a-f]{4,}) <([^>+]+)", operands)
    target = int(jump.group(1), 16) if jump else None
    registers = REGISTER.findall(operands.split("<")[0])
    uses, defines, effect, after = set(registers), set(), True, [following]
    if word in ("ret", "mret", "sret", "jr", "j", "tail"):
        after = [target] if target in inside else []
        if not after:
            uses |= AT_END if word == "ret" else AT_END | ARGUMENTS
    elif word in ("jal", "jalr", "call"):
        uses, defines = uses | ARGUMENTS, SCRATCH
        after = [] if jump and jump.group(2) in stops else after
    elif word[0] == "b":
        after = [target, following]
    elif re.match(r"s[bhwd]$|fs[wd]$|csr|fence|sfence|ecall|ebreak|wfi|unimp|amo|lr|sc\.", word):
        defines = set(registers[:1]) if re.match(r"csrr|amo|lr|sc\.", word) else set()
    elif registers:
        effect, defines, uses = False, {registers[0]}, set(registers[1:])
    return Instruction(address, text, jump and jump.group(2), frozenset(defines), frozenset(uses),
                       effect, tuple(a for a in after if a in inside))


def branch_after(code, load):
    """The branch on what was loaded; compilers may put some other instructions in between."""
    x = load
    for _ in range(MOST_BETWEEN + 1):
        x = code.get(x.after[0]) if len(x.after) == 1 else None
        if x is None or re.match(r"(beqz|bnez)\t", x.text):
            return x
        if x.defines & load.defines:
            return None
    return None


def sites(code, flag):
    """Address of each branch on the flag → where it goes while the trace is on. Or complaints."""
    found, complaints = {}, []
    for at, load in code.items():
        if not re.search(r",%d\(tp\)" % flag, load.text):
            continue
        branch = branch_after(code, load)
        match = branch and re.match(r"(beqz|bnez)\t(\w+),([0-9a-f]+)", branch.text)
        if not re.match(r"lw\t", load.text) or not match or match.group(2) not in load.defines:
            complaints.append("0x%x: %s: the flag, and no branch on it follows" % (at, load.text))
        else:
            found[branch.address] = branch.after[0 if match.group(1) == "bnez" else 1]
    return found, complaints


def reached(code, without):
    """Addresses that the function comes to, without some (from, to) steps."""
    entered = {after for x in code.values() for after in x.after}
    waiting = [min(code)] + [a for a in code if a not in entered]   # by a table of addresses
    found = set(waiting)
    while waiting:
        at = waiting.pop()
        for after in code[at].after:
            if (at, after) not in without and after not in found:
                found.add(after)
                waiting.append(after)
    return found


def of_use(code, without):
    """Addresses of instructions that do something, or whose result one of those uses."""
    live_before = {at: frozenset() for at in reached(code, without)}
    useful = {at for at in live_before if code[at].effect} - {branch for branch, _ in without}
    changed = True
    while changed:
        changed = False
        for at in sorted(live_before, reverse=True):
            x = code[at]
            live = frozenset().union(*(live_before[a] for a in x.after if (at, a) not in without))
            if x.defines & live:
                useful.add(at)
            live = live - x.defines | (x.uses if at in useful else frozenset())
            if live != live_before[at]:
                live_before[at] = live
                changed = True
    return useful


def complaints_about(listing, flag):
    """What is wrong, as texts; and how many sites there are. flag: its offset from tp."""
    complaints, count = [], 0
    for name, code in functions(listing).items():
        if name == WRITER:
            continue
        found, wrong = sites(code, flag)
        complaints += ["%s: %s" % (name, text) for text in wrong]
        count += len(found)
        calls = [at for at, x in code.items() if x.target == WRITER]
        if not found and not calls:
            continue
        steps = set(found.items())
        off = reached(code, steps)
        complaints += ["%s: 0x%x calls %s and no flag was asked" % (name, at, WRITER)
                       for at in calls if at in off]
        alone = (of_use(code, set()) & off) - of_use(code, steps)
        if len(alone) > MOST_INSTRUCTIONS * len(found):
            complaints.append("%s: %d sites cost %d instructions while the trace is off: %s" % (
                name, len(found), len(alone), [code[at].text for at in sorted(alone)]))
    if not 0 < count <= MOST_SITES:
        complaints.append("%d sites, %d are allowed" % (count, MOST_SITES))
    return complaints + names_of_rings(listing), count


def names_of_rings(listing):
    """Nobody else writes records."""
    name, found = "", []
    for line in listing.splitlines():
        head = re.match(r"[0-9a-f]+ <(\S+)>:$", line)
        name = head.group(1) if head else name
        if "<%s" % RINGS in line and name not in MAY_NAME_RINGS:
            found.append("%s: %s" % (name, line.strip()))
    return found


# ---- a listing in which it is known what is wrong -----------------------------------------------

GOOD = (
    "lw\ta0,0(s0)", "lw\ta5,56(tp)", "bnez\ta5,{cold} <f+0x10>", "sw\ta0,4(s0)", "ret",
    "cold:", "li\ta1,7", "mv\ta2,a0", "jal\t9000 <trace_write>", "j\t{back} <f+0xc>")
WRONG = (
    # what is replaced, by what, and what is to be said of it
    ("lw\ta0,0(s0)", ("lw\ta0,0(s0)", "lw\ta3,8(s0)", "srl\ta3,a3,0xa"), "cost 4"),
    ("lw\ta5,56(tp)", ("lw\ta5,56(tp)", "add\ta5,a5,1"), "no branch on it"),
    ("lw\ta5,56(tp)", ("lwu\ta5,56(tp)",), "no branch on it"),
    ("sw\ta0,4(s0)", ("jal\t9000 <trace_write>", "sw\ta0,4(s0)"), "no flag was asked"),
    ("sw\ta0,4(s0)", ("la\ta4,8000 <trace_rings>", "sw\ta0,4(a4)"), "trace_rings"),
)


def made_up(texts, copies=1):
    """A listing of a function of these instructions; {label} stands for an address."""
    lines = []
    for copy in range(copies):
        base, at, body, labels = 0x10000 + 0x100 * copy, 0, [], {}
        for text in texts:
            if text.endswith(":"):
                labels[text[:-1]] = "%x" % (base + at)
                continue
            if text.startswith(("sw\ta0", "jal\t9000", "la")):
                labels.setdefault("back", "%x" % (base + at))
            body.append("%x:\t%s" % (base + at, text))
            at += 4
        lines += ["%x <f%d>:" % (base, copy)] + [line.format(**labels) for line in body]
    return "\n".join(lines)


def selftest():
    """Complaints about this file: what it does not notice."""
    found = [] if complaints_about(made_up(GOOD), 56) == ([], 1) else [
        "a good site: %s" % complaints_about(made_up(GOOD), 56)[0]]
    if not complaints_about(made_up(GOOD, MOST_SITES + 1), 56)[0]:
        found.append("a site too many is not noticed")
    for old, new, expected in WRONG:
        at = GOOD.index(old)
        # what was prepared ahead has to be used by the call
        texts = GOOD[:at] + new + GOOD[at + 1:]
        said = complaints_about(made_up(texts), 56)[0]
        if not any(expected in text for text in said):
            found.append("%s: it says %s" % (new, said))
    return found
