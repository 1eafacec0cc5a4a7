"""The file of a recorded run: reads and writes it. README.md beside this file says what is where.

    writer = Writer("build/trace.xvtrace", types)
    writer.records(list of Record); writer.state(dict); …
    writer.finish(header)

    trace = read("build/trace.xvtrace")
    for record in trace.records(): …

What always holds: a file that is not whole, or not ours, is BadTrace with a sentence that says what
is wrong with it, and never another exception; no number of the file is believed before it is
compared with what there is.
"""

import itertools
import json
import os
import struct
import zlib
from collections import namedtuple

VERSION = 1
MAGIC = b"xv39 trace "
FIRST_LINE = MAGIC + b"%d\n" % VERSION
BLOCK_RECORDS = 65536
LONGEST_HEADER = 4 << 20
LONGEST_STATE = 256 << 20
MOST_HARTS = 64
COLUMNS = ("when", "type", "hart", "pid", "page", "offset", "pfn", "extra")
# No column is longer: the longest varint times the records. when, page: 64 bits; the others: 33.
LONGEST_COLUMN = 10 * BLOCK_RECORDS

# type: its name. when: since the first record. va: below 0 in the kernel's half.
Record = namedtuple("Record", "when va pfn pid type hart extra")
# first: records before it; count: of records (0 in a state); data: what zlib made.
Block = namedtuple("Block", "kind first count data")


class BadTrace(Exception):
    """This is no trace that can be read; the message says why."""


# ---- numbers ----

def put_varints(values):
    """Numbers from 0 on: seven bits a byte, the low ones first; bit 7: more follow."""
    out = bytearray()
    append = out.append
    for value in values:
        while value > 127:
            append(value & 127 | 128)
            value >>= 7
        append(value)
    return bytes(out)


def get_varints(data, count, bits):
    """All of data: so many numbers, each below 2 ** bits."""
    if len(data) == count and (not count or max(data) < 128):
        return list(data)
    values, value, shift = [], 0, 0
    append = values.append
    for byte in data:
        if byte < 128:
            append(value | byte << shift)
            value = shift = 0
        else:
            value |= (byte & 127) << shift
            shift += 7
            if shift >= 70:
                raise BadTrace("a number in it has no end")
    if len(values) != count or shift:
        raise BadTrace("a column has %d numbers instead of %d" % (len(values), count))
    if values and max(values) >> bits:
        raise BadTrace("a number in it is too large")
    return values


def zigzag(value):
    return value << 1 if value >= 0 else ~value << 1 | 1


def unzigzag(value):
    return value >> 1 if not value & 1 else ~(value >> 1)


def differences(types, values):
    """Each one's difference to the one before it of the same type (0 before the first)."""
    last = [0] * 256
    out = []
    for kind, value in zip(types, values):
        out.append(zigzag(value - last[kind]))
        last[kind] = value
    return out


def sums(types, values):
    last = [0] * 256
    out = []
    append = out.append
    for kind, value in zip(types, values):
        last[kind] = value = last[kind] + (value >> 1 if not value & 1 else ~(value >> 1))
        append(value)
    return out


def signed(va):
    """An address of 64 bits as the file has it: the kernel's half is below 0."""
    return va - (1 << 64) if va >> 63 else va


# ---- one block of records ----

def pack_columns(whens, types, harts, pids, vas, pfns, extras):
    """The bytes of an R block of at most BLOCK_RECORDS records; by rising `when`."""
    columns = (
        put_varints(b - a for a, b in zip([0] + whens, whens)),
        bytes(types), bytes(harts), put_varints(pids),
        put_varints(differences(types, [va >> 12 for va in vas])),
        put_varints(va & 0xfff for va in vas),
        put_varints(differences(types, pfns)), put_varints(differences(types, extras)))
    raw = b"".join(struct.pack("<I", len(column)) + column for column in columns)
    return zlib.compress(raw, 9)


def unpack_columns(data):
    """What an R block has: COLUMNS in their order, each a list of numbers."""
    raw = inflate(data, (LONGEST_COLUMN + 4) * len(COLUMNS))
    cut, at = [], 0
    for name in COLUMNS:
        if at + 4 > len(raw):
            raise BadTrace("a block has no column `%s`" % name)
        size, = struct.unpack_from("<I", raw, at)
        if at + 4 + size > len(raw):
            raise BadTrace("the column `%s` ends before it is over" % name)
        cut.append(raw[at + 4:at + 4 + size])
        at += 4 + size
    if at != len(raw):
        raise BadTrace("%d bytes follow the last column" % (len(raw) - at))
    types, harts = list(cut[1]), list(cut[2])
    count = len(types)
    if count > BLOCK_RECORDS or len(harts) != count:
        raise BadTrace("a block has %d records, and %d of them a hart" % (count, len(harts)))
    whens = list(itertools.accumulate(get_varints(cut[0], count, 64)))
    pids = get_varints(cut[3], count, 32)
    pages = sums(types, get_varints(cut[4], count, 64))
    offsets = get_varints(cut[5], count, 12)
    pfns = sums(types, get_varints(cut[6], count, 33))
    extras = sums(types, get_varints(cut[7], count, 33))
    return whens, types, harts, pids, pages, offsets, pfns, extras


def inflate(data, most):
    """What zlib packed, if that is all of data, and no longer than that."""
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(data, most + 1)
    except zlib.error as trouble:
        raise BadTrace("a block is damaged: %s" % trouble)
    if len(raw) > most or stream.unconsumed_tail:
        raise BadTrace("a block is longer than any that xv39 writes")
    if not stream.eof or stream.unused_data:
        raise BadTrace("a block is damaged: its packed data ends elsewhere")
    return raw


# ---- writing ----

class Writer:
    """Blocks go into PATH.part; finish() puts the header before them and makes PATH of it."""

    def __init__(self, path, types):
        self.path, self.types = path, dict(types)
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        self.part = open(path + ".part", "w+b")
        self.count = self.record_bytes = self.bytes = 0

    def records(self, records):
        """Of the class Record."""
        if records:
            whens, vas, pfns, pids, types, harts, extras = map(list, zip(*records))
            self.columns(whens, [self.types[name] for name in types], harts, pids, vas, pfns,
                         extras)

    def columns(self, *columns):
        """The same as lists: when, type as a number, hart, pid, va, pfn, extra."""
        for at in range(0, len(columns[0]), BLOCK_RECORDS):
            some = [column[at:at + BLOCK_RECORDS] for column in columns]
            self.record_bytes += self._block(b"R", pack_columns(*some))
            self.count += len(some[0])

    def state(self, state):
        """A full state, as it was after the records written so far."""
        text = json.dumps(dict(state, record=self.count), separators=(",", ":"))
        self._block(b"K", zlib.compress(text.encode(), 9))

    def _block(self, kind, data):
        self.part.write(kind + struct.pack("<I", len(data)) + data)
        self.bytes += 5 + len(data)
        return 5 + len(data)

    def finish(self, header):
        whole = dict(header, types=self.types, records=self.count, bytes=self.bytes)
        self.part.seek(0)
        with open(self.path, "wb") as out:
            out.write(FIRST_LINE + json.dumps(whole, separators=(",", ":")).encode() + b"\n")
            while True:
                data = self.part.read(1 << 20)
                if not data:
                    break
                out.write(data)
        self.close()

    def close(self):
        self.part.close()
        if os.path.exists(self.path + ".part"):
            os.remove(self.path + ".part")


# ---- reading ----

class Trace:
    def __init__(self, data):
        self.header, at = read_header(data)
        self.names = {number: name for name, number in self.header["types"].items()}
        self.blocks = list(self._blocks(data, at))

    def _blocks(self, data, at):
        """The blocks as they follow each other. The records of each are counted in its header's
        place: they must come to what the file's header promises."""
        first = 0
        while at < len(data):
            kind, size = data[at:at + 1], int.from_bytes(data[at + 1:at + 5], "little")
            if kind not in (b"R", b"K"):
                raise BadTrace("there is no block of the kind %r" % kind)
            packed = data[at + 5:at + 5 + size]
            count = count_records(packed) if kind == b"R" else 0
            yield Block(kind.decode(), first, count, packed)
            first, at = first + count, at + 5 + size
        if first != self.header["records"]:
            raise BadTrace("it has %d records instead of %d" % (first, self.header["records"]))

    def columns(self, block):
        return unpack_columns(block.data)

    def records_of(self, block):
        """The records of an R block."""
        whens, types, harts, pids, pages, offsets, pfns, extras = unpack_columns(block.data)
        names = self.names
        try:
            return [Record(when, page * 4096 + offset, pfn, pid, names[kind], hart, extra)
                    for when, kind, hart, pid, page, offset, pfn, extra in zip(
                        whens, types, harts, pids, pages, offsets, pfns, extras)]
        except KeyError as trouble:
            raise BadTrace("a record has the type %s, which the header does not name" % trouble)

    def records(self):
        for block in self.blocks:
            if block.kind == "R":
                yield from self.records_of(block)

    def states(self):
        """The K blocks."""
        return [block for block in self.blocks if block.kind == "K"]

    def state_of(self, block):
        state = from_json(inflate(block.data, LONGEST_STATE), "a state")
        complaint = wrong_state(state)
        if complaint or state["record"] != block.first:
            raise BadTrace("a state is damaged: %s" % (complaint or "it is in another place"))
        return state


def count_records(packed):
    """How many records a block has: as the length of its second column says."""
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(packed, 4)
        skip = int.from_bytes(raw, "little")
        if len(raw) < 4 or skip > LONGEST_COLUMN:
            raise BadTrace("a block is damaged")
        raw = stream.decompress(stream.unconsumed_tail, skip + 4) if skip + 4 else b""
        while len(raw) < skip + 4 and stream.unconsumed_tail:
            raw += stream.decompress(stream.unconsumed_tail, skip + 4 - len(raw))
    except zlib.error as trouble:
        raise BadTrace("a block is damaged: %s" % trouble)
    if len(raw) < skip + 4:
        raise BadTrace("a block is damaged: it ends in its first column")
    count = int.from_bytes(raw[skip:skip + 4], "little")
    if count > BLOCK_RECORDS:
        raise BadTrace("a block has %d records, more than any that xv39 writes" % count)
    return count


def from_json(data, what):
    def refuse(text):
        raise BadTrace("%s has the number %s" % (what, text))
    try:
        return json.loads(data.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError):
        raise BadTrace("%s is damaged: it is no JSON" % what)


def read_header(data):
    """The header, and where the blocks begin; the blocks are all there."""
    if not data:
        raise BadTrace("it is empty")
    if not data.startswith(MAGIC[:len(data)]):
        raise BadTrace("it is no trace of xv39's")
    end = data.find(b"\n", 0, 64)
    if end < 0:
        raise BadTrace("it is cut off in its first line" if len(data) < 64 else
                       "it is no trace of xv39's")
    if data[:end + 1] != FIRST_LINE:
        raise BadTrace("it has version %s, and this program knows version %d" % (
            data[len(MAGIC):end].decode("ascii", "replace")[:20], VERSION))
    start, end = end + 1, data.find(b"\n", end + 1, end + 1 + LONGEST_HEADER)
    if end < 0:
        raise BadTrace("it is cut off in its header")
    header = from_json(data[start:end], "its header")
    complaint = wrong_header(header)
    if complaint:
        raise BadTrace("its header is damaged: " + complaint)
    missing = header["bytes"] - (len(data) - end - 1)
    if missing > 0:
        raise BadTrace("it is cut off: %d of %d bytes are missing" % (
            missing, end + 1 + header["bytes"]))
    if missing < 0:
        raise BadTrace("%d bytes follow its end" % -missing)
    check_lengths(data, end + 1)
    return header, end + 1


def check_lengths(data, at):
    while at < len(data):
        if at + 5 > len(data):
            raise BadTrace("a block is damaged: it has no length")
        at += 5 + int.from_bytes(data[at + 1:at + 5], "little")
    if at > len(data):
        raise BadTrace("a block is damaged: it is longer than the file")


def read(path):
    """The Trace in a file. BadTrace names the file."""
    try:
        with open(path, "rb") as file:
            return Trace(file.read())
    except OSError as trouble:
        raise BadTrace("%s: %s" % (path, trouble.strerror))
    except BadTrace as trouble:
        raise BadTrace("%s: %s" % (path, trouble))


# ---- shapes ----
# What a value must be: a type; (shape,): a list of such; [a, b]: a list of exactly these; a dict:
# these keys at least, and "*": the shape of all values. NUMBER is an int from 0 on, INT any.

INT, NUMBER, TEXT = "an integer", "a number from 0 on", "text"

HEADER = {
    "kernel": TEXT, "mode": TEXT, "harts": NUMBER, "ram": [NUMBER, NUMBER],
    "types": {"*": NUMBER}, "classes": (TEXT,), "policy": TEXT, "command": TEXT, "clock": TEXT,
    "records": NUMBER, "bytes": NUMBER, "ended": TEXT, "ring": NUMBER, "stops": NUMBER,
    "lost": ({"hart": NUMBER, "before": NUMBER, "count": NUMBER},),
    "processes": {"*": TEXT}, "console": ([NUMBER, TEXT],), "settings": {"*": TEXT},
    "notes": (TEXT,),
}
STATE = {
    "record": NUMBER, "quiet": bool, "frames": ([NUMBER, NUMBER, INT],),
    "pages": {"pfn": (INT,), "object": (NUMBER,), "index": (INT,), "slot": (NUMBER,),
              "flags": (NUMBER,)},
    "objects": (TEXT,),
    "spaces": ({"pid": NUMBER, "name": TEXT, "parent": NUMBER, "state": TEXT, "levels": NUMBER,
                "areas": ([NUMBER, NUMBER, TEXT, TEXT, NUMBER, NUMBER],),
                "tables": ([NUMBER, NUMBER, NUMBER],),
                "page": (INT,), "kind": TEXT, "number": (INT,), "bits": (NUMBER,)},),
    "lists": {"*": {"policy": TEXT, "frames": (INT,)}},
    "quotas": ({"pid": NUMBER, "policy": TEXT, "frames": NUMBER, "pages": (INT,)},),
    "slots": {"total": NUMBER, "number": (INT,), "uses": (NUMBER,), "pfn": (NUMBER,)},
    "counters": {"*": NUMBER}, "running": (TEXT,), "zero": NUMBER,
}


def wrong(value, shape, name):
    """What is not as the shape wants it; or None."""
    if isinstance(shape, str):
        if shape is TEXT:
            fits = isinstance(value, str)
        else:
            fits = type(value) is int and (0 if shape is NUMBER else -1 << 63) <= value < 1 << 64
        return None if fits else "`%s` is not %s" % (name, shape)
    if isinstance(shape, type):
        return None if type(value) is shape else "`%s` is not %s" % (name, shape.__name__)
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return "`%s` is no object" % name
        lacks = [key for key in shape if key != "*" and key not in value]
        if lacks:
            return "`%s` has no `%s`" % (name, lacks[0])
        pairs = [(v, shape.get(k, shape.get("*")), k) for k, v in value.items()
                 if k in shape or "*" in shape]
    else:
        if not isinstance(value, list) or (isinstance(shape, list) and len(value) != len(shape)):
            return "`%s` is not the list that it must be" % name
        if isinstance(shape, tuple) and shape[0] in (INT, NUMBER):
            low = 0 if shape[0] is NUMBER else -1 << 63
            fits = all(type(v) is int for v in value) and (
                not value or (min(value) >= low and max(value) < 1 << 64))
            return None if fits else "`%s` is not a list of numbers" % name
        shapes = shape if isinstance(shape, list) else itertools.repeat(shape[0])
        pairs = zip(value, shapes, itertools.repeat(name))
    return next(filter(None, (wrong(*pair) for pair in pairs)), None)


def wrong_header(header):
    complaint = wrong(header, HEADER, "the header")
    if complaint:
        return complaint
    numbers = list(header["types"].values())
    if len(set(numbers)) != len(numbers) or max(numbers, default=0) > 255:
        return "two types have one number, or one has a large one"
    if header["harts"] > MOST_HARTS:
        return "it has %d harts" % header["harts"]
    return None


def wrong_state(state):
    complaint = wrong(state, STATE, "the state")
    if complaint:
        return complaint
    groups = [("pages", state["pages"], ("pfn", "object", "index", "slot", "flags")),
              ("slots", state["slots"], ("number", "uses", "pfn"))]
    groups += [("spaces", space, ("page", "kind", "number", "bits")) for space in state["spaces"]]
    for name, group, columns in groups:
        if len({len(group[column]) for column in columns}) != 1:
            return "the columns of `%s` differ in length" % name
    if any(number > len(state["objects"]) for number in state["pages"]["object"]):
        return "a page is of an object that is not there"
    if any(count > 1 << 40 for _, count, _ in state["frames"]):
        return "it has more frames than any machine"
    if any(set(space["kind"]) - set("pns") for space in state["spaces"]):
        return "an entry is of no kind that there is"
    return None
