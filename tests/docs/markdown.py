"""A small part of Markdown: what the book needs, and nothing that GitHub shows otherwise.

Blocks: headings (#), paragraphs, lists (-, 1.) with lists and code in them, tables, code between
``` lines, quotes (>), comments. Inline: `code`, **strong**, *emphasis*, [links](x), ![pictures](x).
All else is refused with its line: HTML, indented code, a heading underlined.

parse() gives the blocks; a Writer makes HTML of them. What a link or a picture becomes is for the
caller to say, who knows the other files.
"""

import re
from html import escape

INLINE = re.compile(
    r"(?P<code>`+)(?P<text>.+?)(?<!`)(?P=code)(?!`)"
    r"|(?P<picture>!)?\[(?P<label>(?:[^\[\]`]|`[^`]*`)*)\]\((?P<target>[^()\s]+)\)"
    r"|\*\*(?P<strong>[^*]+(?:\*[^*]+\*[^*]*)*?)\*\*"
    r"|\*(?P<emphasis>[^*\s](?:[^*]*[^*\s])?)\*"
    r"|\\(?P<escaped>[\\`*\[\]|<>_#-])", re.S)
ITEM = re.compile(r"( *)([-]|\d+\.) +")
FENCE = re.compile(r"( *)```(.*)$")


class Wrong(Exception):
    """A line that is not of this part of Markdown."""


class Block:
    """kind: heading, paragraph, list, table, code, quote. line: where it begins, from 1."""

    def __init__(self, kind, line, **members):
        self.kind, self.line = kind, line
        self.__dict__.update(members)


def inline(text):
    """Pieces of a text: ("text", t), ("code", t), ("strong", pieces), ("link", pieces, target)…"""
    pieces, at = [], 0
    for match in INLINE.finditer(text):
        if match.start() > at:
            pieces.append(("text", text[at:match.start()]))
        at = match.end()
        if match.group("code"):
            pieces.append(("code", " ".join(match.group("text").split())))
        elif match.group("target"):
            label = match.group("label")
            pieces.append(("picture", " ".join(label.split()), match.group("target"))
                          if match.group("picture")
                          else ("link", inline(label), match.group("target")))
        elif match.group("strong"):
            pieces.append(("strong", inline(match.group("strong"))))
        elif match.group("emphasis"):
            pieces.append(("emphasis", inline(match.group("emphasis"))))
        else:
            pieces.append(("text", match.group("escaped")))
    if at < len(text):
        pieces.append(("text", text[at:]))
    return pieces


def plain(pieces):
    """The text of pieces, as a heading's name or a link's label is read."""
    return "".join(plain(piece[1]) if isinstance(piece[1], list) else piece[1] for piece in pieces)


def slug(text):
    """The name that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def split_row(line):
    cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
    return [inline(cell.strip()) for cell in cells]


class Parser:
    def __init__(self, text):
        self.lines = text.split("\n")
        if self.lines and self.lines[-1] == "":
            self.lines.pop()

    def parse(self):
        return self.blocks([(number, line) for number, line in enumerate(self.lines, 1)])

    def blocks(self, lines):
        found, at = [], 0
        while at < len(lines):
            number, line = lines[at]
            if not line.strip():
                at += 1
            elif line.startswith("<!--"):
                while "-->" not in lines[at][1]:
                    at += 1
                at += 1
            elif FENCE.match(line):
                at = self.code(lines, at, found)
            elif line.startswith("#"):
                match = re.match(r"(#{1,4}) (.+)$", line)
                if not match:
                    raise Wrong("%d: no heading: %s" % (number, line))
                found.append(Block("heading", number, level=len(match.group(1)),
                                   text=inline(match.group(2))))
                at += 1
            elif line.startswith("|"):
                at = self.table(lines, at, found)
            elif line.startswith(">"):
                inside = []
                while at < len(lines) and lines[at][1].startswith(">"):
                    inside.append((lines[at][0], lines[at][1][1:].lstrip(" ")))
                    at += 1
                found.append(Block("quote", number, blocks=self.blocks(inside)))
            elif ITEM.match(line) and not ITEM.match(line).group(1):
                at = self.list(lines, at, found)
            elif line.startswith((" ", "\t")):
                raise Wrong("%d: indented for no reason: %s" % (number, line.strip()))
            else:
                at = self.paragraph(lines, at, found)
        return found

    @staticmethod
    def code(lines, at, found):
        number, line = lines[at]
        info = FENCE.match(line).group(2).strip()
        inside = []
        at += 1
        while at < len(lines) and not re.match(r"```\s*$", lines[at][1]):
            inside.append(lines[at][1])
            at += 1
        if at == len(lines):
            raise Wrong("%d: code without an end" % number)
        found.append(Block("code", number, info=info, lines=inside))
        return at + 1

    @staticmethod
    def table(lines, at, found):
        number = lines[at][0]
        rows = []
        while at < len(lines) and lines[at][1].startswith("|"):
            rows.append(lines[at][1])
            at += 1
        if len(rows) < 2 or not re.match(r"[|:\- ]+$", rows[1]):
            raise Wrong("%d: a table's second line is |---|" % number)
        marks = [cell.strip() for cell in rows[1].strip().strip("|").split("|")]
        head, body = split_row(rows[0]), [split_row(row) for row in rows[2:]]
        for row in body + [marks]:
            if len(row) != len(head):
                raise Wrong("%d: rows of %d and of %d cells" % (number, len(head), len(row)))
        found.append(Block("table", number, head=head, rows=body,
                           right=[mark.endswith(":") for mark in marks]))
        return at

    def list(self, lines, at, found):
        """An item's text is indented as its first word is; so are lists and code in it."""
        number = lines[at][0]
        ordered = ITEM.match(lines[at][1]).group(2) != "-"
        items = []
        while at < len(lines):
            match = ITEM.match(lines[at][1])
            if not match or match.group(1) or (match.group(2) != "-") != ordered:
                break
            width = match.end()
            inside = [(lines[at][0], lines[at][1][width:])]
            at += 1
            while at < len(lines):
                line = lines[at][1]
                if line.startswith(" " * width):
                    inside.append((lines[at][0], line[width:]))
                elif not line.strip() and at + 1 < len(lines) and \
                        lines[at + 1][1].startswith(" " * width):
                    inside.append((lines[at][0], ""))
                else:
                    break
                at += 1
            items.append(self.blocks(inside))
            while at + 1 < len(lines) and not lines[at][1].strip() and \
                    ITEM.match(lines[at + 1][1]) and not ITEM.match(lines[at + 1][1]).group(1):
                at += 1
        if at < len(lines) and lines[at][1].strip() and not ITEM.match(lines[at][1]):
            raise Wrong("%d: an item goes on indented: %s" % lines[at])
        found.append(Block("list", number, ordered=ordered, items=items))
        return at

    @staticmethod
    def paragraph(lines, at, found):
        number = lines[at][0]
        words = []
        while at < len(lines):
            line = lines[at][1]
            if not line.strip() or line.startswith(("#", "|", ">", "```", "<!--")) or \
                    (ITEM.match(line) and words):
                break
            if re.match(r"(=+|-+)\s*$", line):
                raise Wrong("%d: a line of === or ---" % lines[at][0])
            if re.search(r"<[a-zA-Z/!]", re.sub(r"`[^`]*`", "", line)):
                raise Wrong("%d: HTML: %s" % lines[at])
            words.append(line.strip())
            at += 1
        found.append(Block("paragraph", number, text=inline("\n".join(words))))
        return at


def parse(text):
    return Parser(text).parse()


def walk(blocks):
    """All blocks, also those in lists and quotes."""
    for block in blocks:
        yield block
        for inner in getattr(block, "items", ()):
            yield from walk(inner)
        yield from walk(getattr(block, "blocks", ()))


def texts(blocks):
    """The inline pieces of all blocks, each with the line of its block."""
    for block in walk(blocks):
        if block.kind in ("heading", "paragraph"):
            yield block.line, block.text
        elif block.kind == "table":
            for row in [block.head] + block.rows:
                for cell in row:
                    yield block.line, cell


def pieces_of(pieces, without=()):
    """All pieces, also those in others, but for these kinds of others."""
    for piece in pieces:
        yield piece
        if isinstance(piece[1], list) and piece[0] not in without:
            yield from pieces_of(piece[1], without)


class Writer:
    """HTML of blocks. link(target) gives what href has, picture(alt, target) the whole element.

    prefix: of all ids; below: so many levels lie the headings below those of HTML's.
    """

    def __init__(self, prefix, link, picture, below=1):
        self.prefix, self.link, self.picture, self.below = prefix, link, picture, below
        self.used, self.tables = {}, 0

    def anchor(self, text):
        name = slug(text)
        count = self.used[name] = self.used.get(name, -1) + 1
        return self.prefix + "-" + name + ("-%d" % count if count else "")

    def inline(self, pieces):
        parts = []
        for piece in pieces:
            kind = piece[0]
            if kind == "text":
                parts.append(escape(piece[1], quote=False))
            elif kind == "code":
                parts.append("<code>%s</code>" % escape(piece[1], quote=False))
            elif kind == "link":
                parts.append('<a href="%s">%s</a>' % (escape(self.link(piece[2])),
                                                      self.inline(piece[1])))
            elif kind == "picture":
                parts.append(self.picture(piece[1], piece[2]))
            else:
                tag = "strong" if kind == "strong" else "em"
                parts.append("<%s>%s</%s>" % (tag, self.inline(piece[1]), tag))
        return "".join(parts)

    def blocks(self, blocks):
        return "\n".join(getattr(self, "write_" + block.kind)(block) for block in blocks)

    def write_heading(self, block):
        """The first heading of a file is its title."""
        level = block.level + self.below
        anchor = self.prefix if block.level == 1 else self.anchor(plain(block.text))
        return '<h%d id="%s">%s</h%d>' % (level, anchor, self.inline(block.text), level)

    def write_paragraph(self, block):
        if len(block.text) == 1 and block.text[0][0] == "picture":
            return self.inline(block.text)
        return "<p>%s</p>" % self.inline(block.text)

    def write_quote(self, block):
        return "<blockquote>\n%s\n</blockquote>" % self.blocks(block.blocks)

    def write_list(self, block):
        tag = "ol" if block.ordered else "ul"
        items = []
        for item in block.items:
            first = [block.kind for block in item][:1] == ["paragraph"]
            text = self.inline(item[0].text) if first else ""
            rest = self.blocks(item[1:] if first else item)
            items.append("<li>%s%s</li>" % (text, "\n" + rest if rest else ""))
        return "<%s>\n%s\n</%s>" % (tag, "\n".join(items), tag)

    def write_table(self, block):
        def row(cells, tag):
            return "<tr>%s</tr>" % "".join(
                "<%s%s%s>%s</%s>" % (tag, ' scope="col"' if tag == "th" else "",
                                     ' class="number"' if right else "", self.inline(cell), tag)
                for cell, right in zip(cells, block.right))

        self.tables += 1
        return '<div class="scroll" tabindex="0" role="region" aria-label="Table %d of %s">\n' \
            "<table>\n<thead>%s</thead>\n<tbody>\n%s\n</tbody>\n</table>\n</div>" % (
                self.tables, self.prefix, row(block.head, "th"),
                "\n".join(row(cells, "td") for cells in block.rows))

    def write_code(self, block):
        typed = block.info.split()[:1] == ["console"]
        lines = []
        for line in block.lines:
            text = escape(line, quote=False)
            lines.append("<kbd>%s</kbd>" % text if typed and line.startswith("$ ") else text)
        return '<pre tabindex="0"%s><code>%s</code></pre>' % (
            ' class="console"' if typed else "", "\n".join(lines))
