"""Rules of behaviour that differ from student to student.

A lab's rules.patch changes the reference: its functions are as they are under each rule, with
`if (RULE)`. The lines before the patch say each rule in the words that a student reads:

    rule NAME: TEXT
         more of it

A variant is a text: a course makes it of its secret and the student's id (course.py). From it the
rules are drawn, at least one, since under none the reference's own files would do. A variant
`+NAME+NAME` is these rules. The judges know the rules that are set (lab.module()); the machine and
the student's code do not.
"""

import hashlib
import os
import re

FILE = "rules.patch"
RULE = re.compile(r"^rule (\w+): (.*(?:\n     .*)*)", re.MULTILINE)


class Bad(Exception):
    """There is no such rule."""


def known(lab):
    """{rule: what a student is told}, in the order of the file."""
    if not os.path.exists(lab.path(FILE)):
        return {}
    with open(lab.path(FILE), encoding="utf-8") as file:
        head = file.read().split("\n--- ")[0]
    return {name: " ".join(text.split()) for name, text in RULE.findall(head)}


def drawn(lab, variant):
    """The set of rules that hold in a variant."""
    names = list(known(lab))
    if variant and not names:
        raise Bad("VARIANT=%s: the lab %s has no rules" % (variant, lab.name))
    if variant.startswith("+"):
        wanted = variant[1:].split("+")
        for name in wanted:
            if name not in names:
                raise Bad("VARIANT=%s: the lab %s has no rule %s; there are: %s" % (
                    variant, lab.name, name, " ".join(names) or "none"))
        return frozenset(wanted)
    if not variant or not names:
        return frozenset()
    digest = hashlib.sha256(("%s %s" % (lab.name, variant)).encode(errors="surrogatepass")).digest()
    bits = 1 + int.from_bytes(digest[:6], "little") % ((1 << len(names)) - 1)
    return frozenset(name for at, name in enumerate(names) if bits >> at & 1)


def page(lab):
    """What a student reads: the rules that hold for this lab, as text."""
    said = known(lab)
    lines = ["# Your rules", "", "Your task differs from the README's in this. Where a contract in "
             "the code says something else,", "these hold; the tests know them.", ""]
    return "\n".join(lines + ["- **%s**: %s" % (name, said[name]) for name in said
                              if name in lab.rules]) + "\n"


def reference(lab, rules):
    """{file of the lab: its text that is right under these rules}."""
    # No enum: a header of the lab's may be included by another file that has one, too.
    set_ = "".join("#define %s %d\n" % (name, name in rules) for name in known(lab))
    return {path: (set_ if text != lab.text(path) else "") + text
            for path, text in lab.patched(lab.path(FILE)).items()}
