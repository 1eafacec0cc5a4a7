"""What is wrong with the kernel of `make bug`? One mistake is drawn by the student's id; of the
statements below one is right for it, and of what one sees, too. They are numbered in an order that
is drawn by the id, so that two students' numbers say nothing to each other.

The answers stand in the lines before the patches in bugs/, which no hand-out has.
"""

import os
import random

import killstage
import lab as labs
from questions import Question

STATEMENTS = (
    "a range that goes is one page too short at its lower end",
    "pages leave the file while page tables still show them",
    "a page whose content is also in a swap slot can be stored into without a fault",
    "an entry gets another frame and no fence follows",
    "a page is taken over although another page table has it, too",
    "a length is rounded down to pages, not up",
    "a loop over areas ends after the first one",
    "a walk that comes to the next page table leaves out an entry",
    "a frame is not cleared before a program gets it",
    "a copy of a page ends before the page does",
    "an entry keeps the permission to store when it is shared",
    "an area that is split gives both parts the same offset in the file",
    "the dirty bit of an entry is lost when the entry is replaced",
    "a page that is locked by mlock goes to swap",
    "a swap slot is given to a second page while the first one needs it",
    "two areas that allow different accesses become one",
    "a page table is freed while an area still has entries in it",
    "the stack grows for an access below the stack pointer",
    "a system call stores into a page that its caller may only read",
    "a page of a file is not written back before it is dropped",
)
SYMPTOMS = (
    "memory that was given back can still be read and written",
    "a mapping shows what was behind the end of a file after the file was made shorter",
    "shared anonymous memory shows an old value after it was in swap twice",
    "what read() has stored into a page that was only read before is not seen",
    "a child sees what its parent stores after fork",
    "the last page of a range whose length is no multiple of a page stays mapped",
    "a range of several mappings is protected only in its first one",
    "a child finds zeros in a page whose address is a multiple of 2 MiB",
    "a fresh page of the heap has something in it",
    "the second half of a page has changed after a store into the first half",
    "a store into a page that allows reading only does not kill the program",
    "the upper part of a mapping shows another part of the file",
    "a file has old bytes after its mapping was stored into and its caches were dropped",
    "a page that was locked by mlock is absent for mincore()",
    "two processes that share nothing see each other's values after both were in swap",
    "a mapping that was made beside another one has that one's protection",
    "the kernel panics when a program ends that has unmapped half of its memory",
    "a load far below the stack pointer gives zero instead of killing the program",
    "read() into memory that allows reading only succeeds",
    "what was written with write() is gone when the file is opened again",
)


def bug_of(lab, seed):
    """The path of the patch; None in a hand-out."""
    found = killstage.patches(lab, "bugs")
    return random.Random("bug %d" % seed).choice(found) if found else None


def choice(name, points, asked, texts, seed, right):
    """A question whose answer is a number."""
    order = random.Random("%s %d" % (name, seed)).sample(texts, len(texts))
    lines = ["%s Answer with the number." % asked]
    lines += ["%d: %s" % (number, text) for number, text in enumerate(order, 1)]
    return Question(name, points, "\n".join(lines),
                    known=str(order.index(right) + 1) if right else None)


def questions(seed):
    lab = labs.Lab(os.path.basename(os.path.dirname(os.path.abspath(__file__))))
    bug = bug_of(lab, seed)

    def says(name):
        return killstage.field(bug, name) if bug else None
    return [
        Question("function", 8, "In which function of the kernel is the mistake? Answer with its "
                 "name.", known=says("function")),
        choice("mistake", 6, "What is wrong there?", STATEMENTS, seed, says("statement")),
        choice("symptom", 6, "What does a program see of it?", SYMPTOMS, seed, says("symptom")),
    ]
