"""What a student hands in: only the lab's files are taken, and only as plain files.

A submission is a folder. It holds the lab's files by their names in the tree (kernel/mem/buddy.c),
or, where that is one place only, by their last names. AUTHORS, one name a line, and answers.json
may stand beside them. All else is not looked at.
"""

import hashlib
import os
import re
import stat

MOST_BYTES = 256 << 10      # of one file
MOST_AUTHORS = 10


class Bad(Exception):
    """Why nothing of it can be judged: no points, and these words for the student."""


def read_plain(path, name):
    """Its bytes; the file itself and no folder on the way to it may be a link."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Bad("%s: %s" % (name, "it is a link" if os.path.islink(path) else error.strerror))
    try:
        about = os.fstat(file)
        if not stat.S_ISREG(about.st_mode):
            raise Bad("%s: it is no regular file" % name)
        if about.st_size > MOST_BYTES:
            raise Bad("%s: it has %d bytes; %d are allowed" % (name, about.st_size, MOST_BYTES))
        return os.read(file, MOST_BYTES + 1)
    finally:
        os.close(file)


def find(folder, path):
    """Where the submission has that file of the lab."""
    for name in (path, os.path.basename(path)):
        parts, at = name.split("/"), folder
        for part in parts[:-1]:
            at = os.path.join(at, part)
            if os.path.islink(at):
                raise Bad("%s: a folder on the way is a link" % name)
        whole = os.path.join(folder, name)
        if os.path.lexists(whole):
            return whole
    raise Bad("%s is missing" % path)


def check_text(name, data):
    if b"\0" in data:
        raise Bad("%s: it is no text: it has a zero byte" % name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Bad("%s: it is no UTF-8: byte %d" % (name, error.start))


def answers(folder):
    """The text of answers.json, or None."""
    path = os.path.join(folder, "answers.json")
    if not os.path.lexists(path):
        return None
    return check_text("answers.json", read_plain(path, "answers.json"))


def authors(folder):
    path = os.path.join(folder, "AUTHORS")
    if not os.path.lexists(path):
        return []
    lines = check_text("AUTHORS", read_plain(path, "AUTHORS")).lstrip("\ufeff").split("\n")
    return [re.sub(r"[^\w @.+-]", "?", line.strip())[:80] for line in lines
            if line.strip()][:MOST_AUTHORS]


def collect(lab, folder, target):
    """Copies the lab's files to `target`. Returns the hash of what was taken."""
    if not os.path.isdir(folder):
        raise Bad("there is no submission: %s" % os.path.basename(folder))
    digest = hashlib.sha256()
    for path in sorted(lab.files):
        data = read_plain(find(folder, path), path)
        check_text(path, data)
        digest.update(path.encode() + b"\0" + data + b"\0")
        whole = os.path.join(target, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "wb") as file:
            file.write(data)
    return digest.hexdigest()
