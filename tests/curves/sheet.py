"""build/curves/index.html: all pictures and numbers of `make curves` on one page, without a script
and without a network."""

from html import escape

import chart

HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>xv39: faults against frames</title>
<style>
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1c1c1c; --soft: #565656;
  --line: #c8c8c8; --link: #0b5cad; font-size: clamp(16px, 0.75vw, 34px) }
@media (prefers-color-scheme: dark) { :root { --paper: #17191c; --ink: #f0f0f0; --soft: #b9bcc0;
  --line: #4a4f56; --link: #7cbaff } }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
header, main, footer { max-width: 112rem; margin: 0 auto; padding: 1rem 1.5rem }
p, li { max-width: 46rem }
h1 { font-size: 1.8rem; margin: .5rem 0 } h2 { font-size: 1.35rem; margin: 2.2rem 0 .3rem }
a { color: var(--link) }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 40rem), 1fr));
  gap: 1.2rem; margin: .8rem 0 }
figure { margin: 0; border: 1px solid var(--line); border-radius: .4rem; overflow: hidden }
figure svg { display: block; width: 100%; height: auto }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
caption { text-align: left; padding: .3rem 0; color: var(--soft) }
th, td { padding: .25rem .8rem; text-align: right; border-bottom: 1px solid var(--line) }
th:first-child { text-align: left } .rise { font-weight: 700 }
summary { cursor: pointer; padding: .3rem 0 }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
code { font-size: .95em }
</style>
</head>
<body>
"""

ABOUT = """<header>
<h1>Faults against frames</h1>
<p>Each string of references was replayed in the kernel under a quota of so many frames, with each
replacement policy. Beside them stand the best that is possible (OPT, which knows the future) and
exact LRU, which knows of each access; the kernel's lru sees accessed bits only. A policy is told by
its marker and its dashes.</p>
<p>More frames should mean fewer faults. Where they mean more, the step is shaded and marked with ▲:
that is Belady's anomaly.</p>
<nav aria-label="Strings"><p>Strings: %s. Numbers: <a href="faults.csv">faults.csv</a>,
<a href="working-set.csv">working-set.csv</a>.</p></nav>
</header>
<main>
"""


def section(curve, pictures):
    name = escape(curve.string.name)
    parts = ['<section aria-labelledby="%s">' % name, '<h2 id="%s">%s</h2>' % (name, name),
             "<p>%s %d accesses to %d pages.%s</p>" % (
                 escape(curve.string.about), len(curve.string.accesses), curve.string.pages,
                 scaled(curve))]
    for policy, why in curve.failed.items():
        parts.append("<p><strong>%s has no result:</strong> %s</p>" % (escape(policy),
                                                                       escape(why)))
    parts.append('<div class="pair">')
    parts += ["<figure>\n%s</figure>" % picture for picture in pictures]
    parts += ["</div>", table(curve), "</section>"]
    return "\n".join(parts)


def scaled(curve):
    if curve.times == 1:
        return ""
    words = " Here %d pages of memory stand for one page of the string, because a quota has at " \
        "least 8 frames; frames and faults are divided by %d." % (curve.times, curve.times)
    if curve.textbook != curve.faults["OPT"]:
        words += " OPT may keep a part of them, and so have fewer faults than the textbook's, " \
            "which has whole pages: the table has both."
    return words


def table(curve):
    rows = ["<details><summary>The numbers of %s</summary>" % escape(curve.string.name),
            '<div class="scroll" tabindex="0" role="region" aria-label="Faults of %s">' %
            escape(curve.string.name),
            "<table><caption>Faults; ▲: more than with the frames before</caption><tr>"
            '<th scope="col">frames</th>' + "".join(
                '<th scope="col">%d</th>' % n for n in curve.frames) + "</tr>"]
    up = {(name, high) for name, (_, high) in curve.rises}
    faults_of = dict(curve.faults)
    if curve.textbook != faults_of["OPT"]:
        faults_of = dict({"OPT, whole pages": curve.textbook}, **faults_of)
    for name, faults in faults_of.items():
        rows.append('<tr><th scope="row">%s</th>%s</tr>' % (escape(name), "".join(
            '<td class="rise">▲ %s</td>' % chart.number(f) if (name, i) in up else
            "<td>%s</td>" % chart.number(f) for i, f in enumerate(faults))))
    return "\n".join(rows + ["</table></div></details>"])


def page(curves, pictures, version):
    """pictures: for each curve a list of SVGs."""
    links = ", ".join('<a href="#%s">%s</a>' % (escape(c.string.name), escape(c.string.name))
                      for c in curves)
    return HEAD + ABOUT % links + "\n".join(map(section, curves, pictures)) + \
        "\n</main>\n<footer><p>Drawn by <code>make curves</code> of xv39 %s; the same tree gives " \
        "the same digits.</p></footer>\n</body>\n</html>\n" % escape(version)
