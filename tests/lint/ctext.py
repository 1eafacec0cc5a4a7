"""The kernel's C as text: functions with what stands above them, structs, types of expressions.

It reads only C in this tree's own form: a function's braces stand at the start of a line, a member
has a line, its comment beside it. It knows the structs that parameters, variables, members and
results are or point to; an expression that it cannot follow has none (None).
"""

import re

FUNCTION = re.compile(r"^[a-z_][^;{}=#\n]*?\b(?P<name>\w+)\((?P<arguments>[^;{}]*?)\)[^;{}\n]*\n"
                      r"\{\n(?P<body>.*?)^\}", re.MULTILINE | re.DOTALL)
STRUCT = re.compile(r"^(?:static )?struct(?: (?P<tag>\w+))? \{\n(?P<body>.*?)^\}"
                    r"(?P<variable>[^;\n]*);", re.MULTILINE | re.DOTALL)
DECLARATION = re.compile(r"\bstruct (\w+)\b(?=([^;(){}]*))")
ATTRIBUTE = re.compile(r"__attribute__\(\((?:[^()]|\([^()]*\))*\)\)")
DECLARATOR = re.compile(r"\s*(?:const\s+)?[*\s]*(?:const\s+)?(\w+)\s*(?:\[[^\]]*\]\s*)*(?:=.*)?$",
                        re.DOTALL)
RESULT = re.compile(r"^(?:static |inline |extern |const )*struct (\w+) \*? *(\w+)\(", re.MULTILINE)
# base: a variable, a call, or an element; chain: the members behind it.
LVALUE = (r"(?P<base>\b[A-Za-z_]\w*(?:\([^()]*\))?(?:\[[^\[\]]*\])*)"
          r"(?P<chain>(?:(?:->|\.)\w+(?:\[[^\[\]]*\])*)*)")
CHANGE = re.compile(LVALUE + r"\s*(?:=(?!=)|[-+*/|&^%]=|<<=|>>=|\+\+|--)")
CHANGE_BEFORE = re.compile(r"(?:\+\+|--)" + LVALUE)
ATOMIC = re.compile(r"\b__atomic_(?!load)\w+\(&" + LVALUE)
CONTAINER = re.compile(r"\b(?:list_(?:add|del|init|move|splice)\w*|"
                       r"rb_(?:insert|erase|link|remove)\w*|"
                       r"page_tree_(?:insert|remove|replace)\w*|bitmap_(?:set|clear)\w*)"
                       r"\((?P<all>[^;]*?)\);")


class Function:
    """path, name, line, comment (above it, with those of its declarations), arguments, body."""


def comment_above(text, position):
    """The comment that ends right before position, or an empty string."""
    before = text[:position].rstrip()
    if not before.endswith("*/") or text[len(before):position].count("\n") > 1:
        return ""
    return before[before.rfind("/*") + 2:-2]


def comment_beside(text, position):
    """The comment on the line that position is in, or an empty string."""
    found = re.compile(r"[^\n]*?/\*(.*?)\*/", re.DOTALL).match(text, position)
    return found.group(1) if found else ""


def functions_of(path, text, code):
    """code: the text with its comments blanked out, of the same length."""
    for match in FUNCTION.finditer(code):
        found = Function()
        found.path, found.name = path, match.group("name")
        found.arguments, found.body = match.group("arguments"), match.group("body")
        found.line = code.count("\n", 0, match.start("body"))
        found.comment = comment_above(text, match.start())
        yield found


def declared(code):
    """Names of variables and parameters, and the struct that each is or points to."""
    types = {}
    for match in DECLARATION.finditer(code):
        for part in match.group(2).split(","):
            name = DECLARATOR.match(part)
            if not name:
                break       # the next parameter has another type
            types[name.group(1)] = match.group(1)
    return types


class Member:
    """struct, name, comment, line, path."""

    def __init__(self, struct, name, comment, path, line):
        self.struct, self.name, self.comment = struct, name, comment
        self.path, self.line = path, line


class Program:
    """All of a tree's C files. texts, codes: by path."""

    def __init__(self, texts, codes):
        self.members = {}       # (struct, name) -> Member
        self.types = {}         # (struct, name) -> struct that the member is or points to
        self.results = {}       # function -> struct
        self.globals = {}       # path -> {variable -> struct}; headers' under None
        self.functions = []
        for path, text in sorted(texts.items()):
            self.read(path, text, codes[path])
        above = self.declarations(texts, codes)
        for function in self.functions:
            function.comment += "\n" + above.get(function.name, "")

    def read(self, path, text, code):
        code = ATTRIBUTE.sub(lambda match: " " * len(match.group(0)), code)
        variables = self.globals.setdefault(None if path.endswith(".h") else path, {})
        for match in STRUCT.finditer(code):
            name = re.match(r"\s*(\w*)", match.group("variable")).group(1)
            tag = match.group("tag") or "%s in %s" % (name, path)
            if name and not name.startswith("__"):
                variables[name] = tag
            self.read_members(path, text, match.start("body"), match.group("body"), tag)
        self.functions.extend(functions_of(path, text, code))
        outside = FUNCTION.sub("", code)
        for match in re.finditer(r"^(?:extern |static |const )*struct \w+ [^(){};]*(?:=[^;]*)?;",
                                 outside, re.MULTILINE):
            variables.update(declared(re.sub(r"=[^;]*", "", match.group(0))))
        for match in RESULT.finditer(code):
            self.results[match.group(2)] = match.group(1)

    def read_members(self, path, text, start, body, tag):
        for match in re.finditer(r"^[ \t]+([a-z][^;{}()]*);", body, re.MULTILINE):
            words = re.sub(r"\[[^\]]*\]", "", match.group(1))
            struct = re.match(r"(?:const )?struct (\w+)", words)
            for part in words.split(","):
                name = re.search(r"(\w+)\s*(?::\s*\d+)?$", part.strip())
                if not name:
                    continue
                key = tag, name.group(1)
                line = text.count("\n", 0, start + match.start(1)) + 1
                comment = comment_beside(text, start + match.end())
                self.members[key] = Member(tag, key[1], comment, path, line)
                if struct:
                    self.types[key] = struct.group(1)

    @staticmethod
    def declarations(texts, codes):
        """What stands above or beside the declarations of functions, by name."""
        found = {}
        for path, code in codes.items():
            if not path.endswith(".h"):
                continue
            for match in re.finditer(r"^[a-z_][^;{}=#\n]*?\b(\w+)\([^;{}]*\)[^;{}]*;", code,
                                     re.MULTILINE):
                found[match.group(1)] = (comment_above(texts[path], match.start()) + "\n" +
                                         comment_beside(texts[path], match.end()))
        return found

    def locals_of(self, function):
        types = dict(self.globals.get(None, {}))
        types.update(self.globals.get(function.path, {}))
        types.update(declared(function.arguments + ")"))
        types.update(declared(function.body))
        return types

    def follow(self, base, chain, types):
        """The struct whose member the chain ends with, and that member's name; or (None, name)."""
        call = re.match(r"(\w+)\(", base)
        name = re.match(r"\w+", base).group(0)
        struct = self.results.get(call.group(1)) if call else types.get(name)
        steps = re.findall(r"(?:->|\.)(\w+)", chain)
        for step in steps[:-1]:
            struct = self.types.get((struct, step))
        return struct, steps[-1] if steps else None

    def changes(self, function):
        """(base, struct or None, member or variable, whether by an atomic operation) of each."""
        types = self.locals_of(function)
        for pattern, atomic in ((CHANGE, False), (CHANGE_BEFORE, False), (ATOMIC, True)):
            for match in pattern.finditer(function.body):
                yield self.change(match, types, atomic)
        for call in CONTAINER.finditer(function.body):
            for match in re.finditer("&" + LVALUE, call.group("all")):
                yield self.change(match, types, False)

    def change(self, match, types, atomic):
        base, chain = match.group("base"), match.group("chain")
        if not chain:
            return base, None, re.match(r"\w+", base).group(0), atomic
        struct, member = self.follow(base, chain, types)
        return base, struct, member, atomic
