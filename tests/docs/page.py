"""build/docs/index.html: the whole book on one page, without a script and without a network."""

import os
import re
from html import escape

import book as books
import markdown

STYLE = "tests/page/style.css"      # what all pages of ours share
OWN_STYLE = "tests/docs/book.css"

HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>%s</title>
<style>
%s</style>
</head>
<body class="book">
<a class="skip" href="#text">to the text</a>
<nav class="contents" aria-label="Contents">
<p class="title"><a href="#README">%s</a></p>
<ol>
%s
</ol>
</nav>
<main id="text">
"""


def style():
    text = ""
    for path in (STYLE, OWN_STYLE):
        if os.path.exists(os.path.join(books.ROOT, path)):
            text += books.read(path)
    return text


class Page:
    """folder: where index.html will lie; links to files of the tree start there."""

    def __init__(self, book, folder):
        self.book, self.folder = book, os.path.abspath(folder)
        self.pictures = 0

    def link(self, target):
        path, _, anchor = target.partition("#")
        path = os.path.normpath(os.path.join(books.FOLDER, path)) if path else None
        file = self.file if path is None else self.book.by_path.get(path)
        if file:
            return "#" + file.name + ("-" + anchor if anchor else "")
        return os.path.relpath(os.path.join(books.ROOT, path), self.folder).replace(os.sep, "/")

    def picture(self, alt, target):
        """An SVG becomes part of the page; its ids get a number, for each page has one of each."""
        path = os.path.normpath(os.path.join(books.FOLDER, target))
        svg = re.sub(r"^\s*(<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->)\s*", "", books.read(path),
                     flags=re.S)
        self.pictures += 1
        number = "p%d-" % self.pictures
        svg = re.sub(r'\bid="', 'id="' + number, svg)
        svg = re.sub(r'(href="#|url\(#)', r"\g<1>" + number, svg)
        svg = re.sub(r'(?<=aria-labelledby=")[^"]*', lambda match: " ".join(
            number + name for name in match.group(0).split()), svg)
        return '<figure>\n%s\n<figcaption>%s</figcaption>\n</figure>' % (svg.strip(), escape(alt))

    def section(self, file, before, after):
        self.file = file
        writer = markdown.Writer(file.name, self.link, self.picture,
                                 below=1 if file is not self.book.contents else 0)
        ends = ["<a href=\"#%s\">%s %s</a>" % (other.name, word, escape(other.title))
                for other, word in ((before, "before:"), (after, "next:")) if other]
        return '<section aria-labelledby="%s">\n%s\n<p class="ends">%s</p>\n</section>' % (
            file.name, writer.blocks(file.blocks), " · ".join(ends))

    def whole(self):
        files = self.book.files
        items = []
        for file in files[1:]:
            inner = "".join(
                '<li><a href="#%s-%s">%s</a></li>' % (file.name, markdown.slug(heading),
                                                      escape(heading))
                for heading in file.headings(2))
            items.append('<li><a href="#%s">%s</a>%s</li>' % (
                file.name, escape(file.title), "<ul>%s</ul>" % inner if inner else ""))
        sections = [self.section(file, files[i - 1] if i else None,
                                 files[i + 1] if i + 1 < len(files) else None)
                    for i, file in enumerate(files)]
        title = escape(files[0].title)
        return HEAD % (title, style(), title, "\n".join(items)) + "\n".join(sections) + \
            "\n</main>\n</body>\n</html>\n"
