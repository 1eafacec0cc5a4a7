"""The time machine: one HTML file that has a recorded run in itself, and opens without a network.

    page.write(trace_bytes, "build/trace.html")
    page.write(student_bytes, "build/trace.html", reference_bytes)      two runs side by side

Everything is inlined by putting texts together; nothing is translated. Scripts named in WORKER are
also the text of the page's worker, which is made from a Blob, because a page from the disk may not
load another file.
"""

import base64
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.path.join(os.path.dirname(HERE), "page")

# In the order in which they need each other.
WORKER = ("records.js", "words.js", "history.js", "replay.js", "pyramid.js", "run.js", "why.js",
          "diverge.js", "worker.js")
PAGE = ("records.js", "words.js", "replay.js", "diverge.js", "picture.js", "panels.js",
        "runview.js", "address.js", "compare.js", "predict.js", "app.js")
TRACE = '<script type="text/x-xv39-trace">%s</script>\n'


def read(folder, *names):
    parts = []
    for name in names:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            parts.append(file.read())
    return "\n".join(parts)


def owners():
    """What every script that draws needs first."""
    return "const OWNERS = %s;\n%s" % (read(SHARED, "owners.json").strip(),
                                       read(SHARED, "owners.js"))


def quoted(text):
    """A text as a string of JavaScript, in an HTML file."""
    return json.dumps(text).replace("</", "<\\/").replace("<!--", "<\\!--")


def script():
    folder = os.path.join(HERE, "page")
    worker = owners() + read(folder, *WORKER)
    return "const WORKER_SOURCE = %s;\n%s%s" % (quoted(worker), owners(), read(folder, *PAGE))


def html(*traces):
    """The page with these traces (bytes) in it: one, or two to compare."""
    whole = read(os.path.join(HERE, "page"), "page.html")
    style = read(SHARED, "style.css") + read(os.path.join(HERE, "page"), "trace.css")
    data = "".join(TRACE % base64.b64encode(trace).decode() for trace in traces)
    for mark, text in (("/*STYLE*/", style), ("<script>\n/*TRACES*/\n</script>\n", data),
                       ("/*SCRIPT*/", script())):
        before, after = whole.split(mark)
        whole = before + text + after
    return whole


def write(trace, path, other=None):
    """Writes the page. trace, other: the bytes of trace files; both may be damaged: the page says
    what is wrong with them."""
    with open(path + ".part", "w", encoding="utf-8") as file:
        file.write(html(*(t for t in (trace, other) if t is not None)))
    os.replace(path + ".part", path)
