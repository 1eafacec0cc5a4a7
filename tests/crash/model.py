"""What /crashload did, replayed on the host, and what of it a disk after a crash may show.

The guest says what it is about to do, one line each. From these lines the model knows every state
that each block of each file, each size, and the set of names have ever had, in order. A promise (a
completed fsync, msync or sync) fixes the oldest of these states that may still be met afterwards.
"""

import os
import re
import struct

BLOCK = 4096
RECORD = 64
CHUNK = 64              # records that crashload writes by one call
MAGIC = 0x48535243
ZEROS = bytes(BLOCK)
FILE_NAME = re.compile(r"^f(\d+)(?:\.\d+)?$")


def record(number, index, version):
    seed = number * 2654435761 + index * 40503 + version * 97
    words = [MAGIC, number, index, version] + [(seed + i) & 0xffffffff for i in range(4, 16)]
    return struct.pack("<16L", *words)


def describe(data):
    """Whose bytes are these?"""
    if not data.strip(b"\0"):
        return "zeros"
    magic, number, index, version = struct.unpack("<4L", data[:16].ljust(16, b"\0"))
    if magic == MAGIC:
        return "file %d, record %d, write %d" % (number, index, version)
    return "%r…" % data[:16]


class Bounds:
    """From which moment on states may be met: of the names, and of each file."""

    def __init__(self, names=0, default=0, files=None):
        self.names = names
        self.default = default
        self.files = files or {}

    def of_file(self, number):
        return max(self.default, self.files.get(number, 0))


class History:
    """The values that something had, each with the moment it began."""

    def __init__(self, first):
        self.values = [(0, first)]

    def add(self, moment, value):
        self.values.append((moment, value))

    @property
    def last(self):
        return self.values[-1][1]

    def since(self, moment):
        """The value at that moment, and all later ones."""
        start = 0
        while start + 1 < len(self.values) and self.values[start + 1][0] <= moment:
            start += 1
        return [value for _, value in self.values[start:]]


class File:
    def __init__(self):
        self.size = History(0)
        self.blocks = {}
        self.stored = {}                # block → when it was last stored into through a mapping

    def block(self, index):
        return self.blocks.setdefault(index, History(ZEROS))


class Model:
    def __init__(self):
        self.moment = 0
        self.files = {}
        self.names = History(frozenset())
        self.before_failed = None       # names as they were before the last change
        self.promises = []              # (moment, what, file number, end of the log then)
        self.begun = self.ended = False
        self.said = []                  # every line, for whoever has to find out

    def line(self, text, log_end=0):
        """One line of the guest's. Returns True if it now waits for an answer."""
        self.moment += 1
        self.said.append(text if not log_end else "%s (%d)" % (text, log_end))
        verb, *words = text[1:].split()
        getattr(self, "_" + verb)(*words)
        if verb == "promise":
            self.promises.append((self.moment, words[0], int(words[1]), log_end))
        return verb == "promise"

    def _begin(self):
        self.begun = True

    def _end(self):
        self.ended = True

    def _promise(self, what, number):
        pass

    def _sync(self):
        pass

    def _fsync(self, number):
        pass

    def _msync(self, number):
        pass

    def _close(self, number):
        pass

    def _create(self, number, path):
        self.files[int(number)] = File()
        self._add_name(path)

    def _link(self, number, path):
        self._add_name(path)

    def _mkdir(self, number, path):
        self._add_name(path)

    def _unlink(self, number, path):
        self._remove_name(path)

    def _rmdir(self, number, path):
        self._remove_name(path)

    def _failed(self):
        self.names.add(self.moment, self.before_failed)

    def _add_name(self, path):
        self.before_failed = self.names.last
        self.names.add(self.moment, self.names.last | {path})

    def _remove_name(self, path):
        self.before_failed = self.names.last
        self.names.add(self.moment, self.names.last - {path})

    def _write(self, number, first, count, version):
        number, first, count, version = int(number), int(first), int(count), int(version)
        file = self.files[number]
        while count:
            part = min(count, CHUNK)
            data = b"".join(record(number, i, version) for i in range(first, first + part))
            self._put(file, first * RECORD, data)
            first += part
            count -= part

    def _put(self, file, offset, data):
        end = offset + len(data)
        while data:
            index, start = divmod(offset, BLOCK)
            part = data[:BLOCK - start]
            old = file.block(index).last
            file.block(index).add(self.moment, old[:start] + part + old[start + len(part):])
            offset += len(part)
            data = data[len(part):]
        if end > file.size.last:
            file.size.add(self.moment, end)

    def _store(self, number, first, count, version):
        self._write(number, first, count, version)
        for index in range(int(first) * RECORD // BLOCK,
                           ((int(first) + int(count)) * RECORD - 1) // BLOCK + 1):
            self.files[int(number)].stored[index] = self.moment

    def _truncate(self, number, records):
        file, size = self.files[int(number)], int(records) * RECORD
        for index, block in file.blocks.items():
            keep = min(max(size - index * BLOCK, 0), BLOCK)
            if block.last[keep:].strip(b"\0"):
                block.add(self.moment, block.last[:keep] + bytes(BLOCK - keep))
        file.size.add(self.moment, size)

    def bounds(self, log_end=None):
        """What was promised when the log ended there; None: everything that was said."""
        bounds = Bounds()
        for moment, what, number, end in self.promises:
            if log_end is not None and end > log_end:
                break
            bounds.names = moment       # the log commits names in order, whatever is synced
            if what == "all":
                bounds.default = moment
            else:
                bounds.files[number] = moment
        return bounds

    # ---- what the disk shows ----

    def check(self, folder, bounds):
        """folder: the load's directory as found after the crash. Returns what is wrong."""
        found, problems = set(), []
        for parent, folders, files in os.walk(folder):
            for name in folders + files:
                found.add(os.path.relpath(os.path.join(parent, name), folder))
            for name in files:
                problems += self._check_file(os.path.join(parent, name), name, bounds)
        if frozenset(found) not in self.names.since(bounds.names):
            now = self.names.since(bounds.names)[0]
            problems.append("names that never were together: missing since the promise %s, more %s"
                            % (sorted(now - found), sorted(found - now)))
        return problems

    def _check_file(self, path, name, bounds):
        match = FILE_NAME.match(name)
        file = self.files.get(int(match.group(1))) if match else None
        if not file:
            return ["%s: a name that never was" % name]
        moment = bounds.of_file(int(match.group(1)))
        sizes = file.size.since(moment)
        size = os.path.getsize(path)
        problems = []
        if not min(sizes) <= size <= max(sizes):
            problems.append("%s: size %d, expected %d to %d" % (name, size, min(sizes), max(sizes)))
        with open(path, "rb") as content:
            for index in range((size + BLOCK - 1) // BLOCK):
                data = content.read(BLOCK)
                block = file.blocks.get(index)
                allowed = block.since(moment) if block else [ZEROS]
                torn = file.stored.get(index, 0) > moment and made_of(data, allowed)
                if not torn and not any(value.startswith(data) for value in allowed):
                    problems.append("%s: block %d: %s" % (name, index, explain(data, allowed)))
        return problems


def made_of(data, states):
    """Write-back may meet stores half done: then each byte is as it was in one of the states."""
    return all(byte in column for byte, column in zip(data, zip(*states)))


def explain(data, allowed):
    """The first record that differs from the newest state that was allowed."""
    for at in range(0, len(data), RECORD):
        got, wanted = data[at:at + RECORD], [value[at:at + RECORD] for value in allowed]
        if got not in wanted:
            return "at %d %s, expected %s" % (at, describe(got),
                                              " or ".join(sorted(set(map(describe, wanted)))[:4]))
    return "records of different moments in one block"
