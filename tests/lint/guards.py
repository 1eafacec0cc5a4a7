"""Who changes a shared member has what guards it.

A legend `guards: l = lock; …` above a struct gives letters to its members and to the variables of
its file. Each function that changes one must have the guard: it says so in its `Locks:` line, takes
it, or asserts that it is held. What counts as that stands in guards.txt, by file and letter.
Letters of constants need a new struct, or a function that makes or starts one; letters of atomics,
an atomic operation. Other places are listed there, each with a reason; a row that is not needed
fails.
"""

import re

import ctext

TABLE = "tests/lint/guards.txt"
LEGEND = re.compile(r"guards:((?:(?!\*/|\n \*\n).)*)", re.DOTALL)
LETTERS = re.compile(r"\s*([a-z](?:(?:, | and | or )[a-z])*)(?=[:;,. ]|$)")
FRESH = r"\b%s\s*=\s*(?:\(.*?\))?\s*\w*(?:alloc|create|_new|make)\w*\("
MAKES = re.compile(r"(?:^|_)(?:init|create|alloc|new|load)(?:_|$)")
LOCKS = re.compile(r"Locks: (?:[^.;]|\.(?=\w))*")


def legends(path, text):
    """(position, {letter: meaning}) of each legend."""
    for match in LEGEND.finditer(text):
        plain = re.sub(r"\n\s*\*\s*", " ", match.group(1))
        yield match.start(), {letter: meaning.strip(" ;*/\n") for letter, meaning in
                              re.findall(r"\b([a-z]) = ((?:(?!; *[a-z] = ).)*)", plain)}


def letters_of(comment, known):
    """The letters that a member's comment begins with; nothing where it begins with a word."""
    found = LETTERS.match(comment)
    letters = re.findall(r"[a-z]", re.sub("and|or", "", found.group(1))) if found else []
    return [c for c in letters if c in known] if all(c in known for c in letters) else []


class Table:
    """guards.txt: `path letter | what counts`, and `function member | reason`."""

    def __init__(self, text):
        self.counts, self.exceptions, self.wrong = {}, {}, []
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip() or line.startswith("#"):
                continue
            left, bar, right = line.partition(" | ")
            words = left.split()
            if len(words) != 2 or not bar or not right.strip():
                self.wrong.append("%s:%d: not of a form that is known" % (TABLE, number))
            elif words[0].startswith("kernel/"):
                self.counts[tuple(words)] = right.strip()
            else:
                self.exceptions[tuple(words)] = number


def guarded_members(program, texts):
    """{(struct, member) or (path, variable): (path, {letter: meaning})}."""
    found = {}
    for path, text in texts.items():
        for position, meanings in legends(path, text):
            line = text.count("\n", 0, position) + 1
            for key, member in program.members.items():
                letters = letters_of(member.comment, meanings)
                if member.path == path and member.line > line and letters:
                    found[key] = path, {c: meanings[c] for c in letters}
            for match in re.finditer(r"^static [^(){};=]*;(?=[^\n]*/\*)", text[position:], re.M):
                comment = ctext.comment_beside(text, position + match.end())
                letters = letters_of(comment, meanings)
                for part in re.sub(r"\[[^\]]*\]", "", match.group(0)[:-1]).split(","):
                    name = re.search(r"\w+$", part.strip())
                    if name and letters:
                        found[path, name.group(0)] = path, {c: meanings[c] for c in letters}
    return found


def has_guard(function, base, atomic, letter, meaning, counts):
    name = re.match(r"\w+", base).group(0)
    if re.search(FRESH % re.escape(name), function.body) or re.search(
            r"struct \w+ %s\b(?! *\))" % name, function.body):
        return True     # nobody else knows it yet, or it is this function's own
    if meaning.startswith("atomic") and atomic:
        return True
    if function.name.endswith("_init") or (
            meaning.startswith("constant") and MAKES.search(function.name)):
        return True
    if not counts:
        return False
    comment = function.comment.replace("\n *", "")
    return any(re.search(counts, text) for text in LOCKS.findall(comment) + [
        function.body] + (["Interrupts off"] if "nterrupts off" in comment else []))


def unguarded(program, texts, table):
    """(function, member, where, letters) of each change without a guard."""
    members = guarded_members(program, texts)
    for function in program.functions:
        for base, struct, member, atomic in program.changes(function):
            key = (function.path if struct is None and member == re.match(r"\w+", base).group(0)
                   else struct, member)
            if key not in members:
                continue
            path, meanings = members[key]
            if not any(has_guard(function, base, atomic, letter, meaning,
                                 table.counts.get((path, letter)))
                       for letter, meaning in meanings.items()):
                struct = struct and struct.split()[0]
                yield function, "%s.%s" % (struct, member) if struct else member, meanings


def guarded_writes(tree, texts, codes):
    """Complaints about the tree."""
    table = Table(tree.get(TABLE) or "")
    program = ctext.Program(texts, codes)
    needed, told = set(), set()
    yield from table.wrong
    for function, member, meanings in unguarded(program, texts, table):
        key = function.name, member
        whole = function.name, member.split(".")[0] + ".*"
        if key in table.exceptions or whole in table.exceptions:
            needed.add(key if key in table.exceptions else whole)
        elif key not in told:
            told.add(key)
            yield "%s:%d: %s changes %s without its guard: %s" % (
                function.path, function.line, function.name, member,
                ", ".join("%s = %s" % pair for pair in meanings.items()))
    for key, number in table.exceptions.items():
        if key not in needed:
            yield "%s:%d: %s %s is not needed" % (TABLE, number, key[0], key[1])
