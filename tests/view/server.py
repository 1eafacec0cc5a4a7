"""The live view as a web page: serves the page and, ten times a second, the memory, on 127.0.0.1.

What always holds: addresses are relative, so a forwarded port works; nothing is written; nobody but
this computer is answered. A picture is shared by all that ask within a tenth of a second.
"""

import errno
import gzip
import http.server
import json
import os
import threading
import time
import urllib.parse

from snapshot import HERE, NotThere, Torn

SHARED = os.path.join(os.path.dirname(HERE), "page")
EVERY = 0.1


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()


def page():
    """The page with its style and script in it."""
    script = "const OWNERS = %s;\n%s%s" % (read(SHARED, "owners.json").strip(),
                                           read(SHARED, "owners.js"), read(HERE, "view.js"))
    whole = read(HERE, "view.html")
    for mark, text in (("/*STYLE*/", read(SHARED, "style.css") + read(HERE, "view.css")),
                       ("/*SCRIPT*/", script)):
        before, after = whole.split(mark)
        whole = before + text + after
    return whole.encode()


class Latest:
    """The newest picture, as bytes to send."""

    def __init__(self, watch):
        self.watch, self.lock = watch, threading.Lock()
        self.taken, self.data = -1.0, b""

    def get(self):
        with self.lock:
            if time.monotonic() - self.taken >= EVERY * 0.8:
                began = time.monotonic()
                self.data = gzip.compress(json.dumps(self.watch.picture()).encode(), 1)
                self.taken = began
            return self.data


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        where = urllib.parse.urlsplit(self.path)
        asked = urllib.parse.parse_qs(where.query)
        if where.path == "/":
            self.answer(page(), "text/html; charset=utf-8")
        elif where.path == "/picture":
            self.answer(self.server.latest.get(), "application/json", packed=True)
        elif where.path == "/frame" and asked.get("pfn", [""])[0].isdigit():
            try:
                rows = self.server.latest.watch.frame(int(asked["pfn"][0]))
            except (NotThere, Torn, OSError, TypeError) as trouble:
                rows = [("frame", str(trouble))]
            self.answer(json.dumps(rows).encode(), "application/json")
        elif where.path == "/favicon.ico":
            self.answer(b"", "image/x-icon")
        else:
            self.answer(b"There is nothing here.\n", "text/plain", 404)

    def answer(self, data, kind, status=200, packed=False):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        try:
            self.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, watch, port):
        super().__init__(("127.0.0.1", port), Handler)
        self.latest = Latest(watch)

    def handle_error(self, *_):
        pass        # somebody closed a window


def serve(watch, port):
    try:
        server = Server(watch, port)
    except OSError as trouble:
        if trouble.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        return "PORT=%d: somebody has this port already (another `make view`?); take another: " \
            "`make view PORT=%d`" % (port, port % 65535 + 1)
    print("Open http://127.0.0.1:%d/ in a browser. Ctrl-C ends this; the machine does not notice."
          % server.server_address[1], flush=True)
    what = watch.description()
    if not what:
        print("There is no machine yet: type `make qemu` in another window.", flush=True)
    server.serve_forever()
    return 0
