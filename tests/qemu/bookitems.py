"""Is the book true? Names, links, mutants, runs, and the page that `make docs` makes."""

import html.parser
import os
import re
import sys

import suite as s
from suite import need

sys.path.append(os.path.join(s.ROOT, "tests/docs"))
import book as books        # noqa: E402
import markdown             # noqa: E402
import pictures             # noqa: E402
import runs                 # noqa: E402

# The runs of the quick suite: one each of a program of the book, of curves, of several harts.
QUICK = {"docs/faults.md": "see_faults forked", "docs/page-tables.md": "see_tables levels"}

EMPTY = {"meta", "link", "br", "hr", "img", "input", "path", "rect", "line", "circle", "polyline",
         "polygon", "use", "ellipse"}


class Reader(html.parser.HTMLParser):
    """Elements that are closed in order, ids that are there once, links."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.wrong, self.foreign = [], set(), [], [], []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag not in EMPTY:
            self.open.append(tag)
        if "id" in values:
            if values["id"] in self.ids:
                self.wrong.append("id %s twice" % values["id"])
            self.ids.add(values["id"])
        for name in ("href", "src", "xlink:href"):
            if name in values:
                self.links.append(values[name])
        if tag in ("script", "img", "iframe", "object", "link"):
            self.wrong.append("an element <%s>" % tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in EMPTY:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in EMPTY:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append("</%s> at %d:%d" % ((tag,) + self.getpos()))


def rule(function):
    complaints = list(function(books.Book()))
    need(not complaints, "%d complaints\n%s" % (len(complaints), "\n".join(complaints[:40])))


def page():
    """`make docs` makes a page that is whole: elements, ids, links; nothing is fetched."""
    done = s.call_make("docs", "BUILD=" + s.BUILD)
    path = s.BUILD + "/docs/index.html"
    with open(os.path.join(s.ROOT, path), encoding="utf-8") as file:
        text = file.read()
    reader = Reader()
    reader.feed(text)
    reader.close()
    need(not reader.wrong and not reader.open, "%s %s" % (reader.wrong[:10], reader.open))
    for link in reader.links:
        if link.startswith("#"):
            need(link[1:] in reader.ids, "no place for %s" % link)
        else:
            need(not re.match(r"[a-z]+:|//", link), "it leads out: " + link)
            need(os.path.exists(os.path.join(s.ROOT, s.BUILD, "docs", link)), "no " + link)
    need(not re.search(r"@import|url\((?!#)", text), "its style fetches something")
    need("index.html: " in done.text, done.text)


MARKDOWN = """# One `code` two

A *word* and **two words**, [a link](x.md) and a line
that goes on.

- an item
  that goes on
  - one within

1. a number

| a | b |
|---|--:|
| `x` | 1 |

> said

```console
$ a < b
c
```
"""
AS_HTML = """<h2 id="f">One <code>code</code> two</h2>
<p>A <em>word</em> and <strong>two words</strong>, <a href="x.md">a link</a> and a line
that goes on.</p>
<ul>
<li>an item
that goes on
<ul>
<li>one within</li>
</ul></li>
</ul>
<ol>
<li>a number</li>
</ol>
<div class="scroll" tabindex="0" role="region" aria-label="Table 1 of f">
<table>
<thead><tr><th scope="col">a</th><th scope="col" class="number">b</th></tr></thead>
<tbody>
<tr><td><code>x</code></td><td class="number">1</td></tr>
</tbody>
</table>
</div>
<blockquote>
<p>said</p>
</blockquote>
<pre tabindex="0" class="console"><code><kbd>$ a &lt; b</kbd>
c</code></pre>"""
REFUSED = ("<b>x</b>\n", "    indented\n", "Title\n=====\n", "```\nno end\n", "| a |\n| b |\n",
           "#title\n", "| a | b |\n|---|---|\n| c |\n", "- item\nnot indented\n")


def own_markdown():
    """What the book's Markdown becomes; what is not of it is refused."""
    writer = markdown.Writer("f", lambda target: target, lambda alt, target: "")
    text = writer.blocks(markdown.parse(MARKDOWN))
    need(text == AS_HTML, text)
    for refused in REFUSED:
        try:
            markdown.parse(refused)
        except markdown.Wrong:
            continue
        raise s.Failure("it takes %r" % refused)


class Made:
    """A book of one file, for the rules: as read() sees it."""

    def __init__(self, text):
        self.files = [books.File.__new__(books.File)]
        file = self.files[0]
        file.path, file.name, file.blocks = "docs/made.md", "made", markdown.parse(text)
        file.title = "Made"
        self.by_path = {file.path: file}

    def chapters(self):
        return self.files


def rules_find():
    """Each rule finds what it is for in a small broken book, and nothing in a good one."""
    for function, good, bad in (
            (books.names, "`find_vma()` in `kernel/vm/mapping/vma.c`, `struct page`, `make run`",
             ("`find_" "vmb()`", "`kernel/vm/nothing.c`", "`struct pa" "gx`", "`make ruin`",
              "find_vma is a function", "`make run CPUX=3`")),
            (books.links, "[here](../kernel/main.c) and [kernel/main.c](../kernel/main.c)",
             ("[here](../kernel/nothing.c)", "[kernel/main.c](../kernel/debug.c)",
              "[here](#nothing)", "[x](https://example.org)",
              "![short](../tests/labs/tlb/fence.svg)")),
            (books.mutants, None, ("[fork](../tests/mutants/fork.patch)",)),
            (books.shape, None, ("# Made\n\n## The idea\n\nNone.",))):
        complaints = list(function(Made("# A\n\n" + good + "\n"))) if good else []
        need(not complaints, "%s: %s" % (function.__name__, complaints))
        for text in bad:
            need(list(function(Made(text + "\n"))), "%s finds nothing in %s" % (
                function.__name__, text))


def comparison():
    """A run is compared line by line; dots stand for what does not matter, and for that only."""
    for expected, found, tolerance, is_same in (
            (["a", "b"], ["a", "b"], 0, True), (["a"], ["a", "b"], 0, False),
            (["...", "b"], ["x", "y", "b"], 0, True), (["...", "b"], ["b"], 0, True),
            (["...", "b"], ["b", "c"], 0, False), (["a … c"], ["a b c"], 0, True),
            (["a … c"], ["a b d"], 0, False), (["n 100"], ["n 105"], 0.1, True),
            (["n 100"], ["n 115"], 0.1, False), (["n 100"], ["m 100"], 0.1, False),
            (["n 100"], ["n 101"], 0, False), ([], ["a"], 0, False)):
        need(runs.same(expected, found, tolerance) == is_same, "%s %s" % (expected, found))


def run_one(run):
    trouble = runs.trouble_with(run, s.BUILD, s.clean_environment(), s.SECONDS["program"])
    need(not trouble, trouble)


def all_runs():
    for file in books.Book().files:
        for run in runs.runs_of(file):
            yield run


def quick_runs():
    for run in all_runs():
        if QUICK.get(run.path, "-") in " ".join(command for command, _ in run.commands):
            run_one(run)


def picture(names=None):
    """A new run gives pictures that say what those of the book say."""
    disk = pictures.image()
    for name in names or pictures.PICTURES:
        old = books.read(pictures.path_of(name))
        new = pictures.draw(name, disk)
        with open("%s/%s.svg" % (s.LOGS, name), "w", encoding="utf-8") as file:
            file.write(new)
        what = pictures.difference(old, new)
        need(not what, "%s: `tests/docs/docs pictures %s` draws another one\n%s" % (
            pictures.path_of(name), name, what))


def what_pictures_say():
    """Other frames are no difference, other words and counts are."""
    old = '<svg><text x="1">page 0x12 in <tspan>frame 0x80</tspan></text>' \
        "<text>4 of 100 pages</text></svg>"
    for new, is_same in ((old.replace("0x80", "0x99").replace('x="1"', 'x="7"'), True),
                         (old.replace("page", "slot"), False), (old.replace("100", "300"), False),
                         (old.replace("<text>4 of 100 pages</text>", ""), False)):
        need((pictures.difference(old, new) is None) == is_same, new)


def quick():
    """The items of the quick suite."""
    return tuple(("book: " + function.__name__, lambda function=function: rule(function))
                 for function in books.RULES) + (
        ("book: the page", page), ("book: its Markdown", own_markdown),
        ("book: the rules find", rules_find), ("book: how runs are compared", comparison),
        ("book: what pictures say", what_pictures_say),
        ("book: a picture", lambda: picture(["shared"])), ("book: some runs", quick_runs))


def full():
    """Every run of the book, for the complete suite."""
    return (("book: pictures", picture),) + tuple(
        ("book: %s" % run.name(), lambda run=run: run_one(run)) for run in all_runs())
