"""The run for ui.perfetto.dev: build/trace.pftrace, its TrackEvent protobuf written by hand.

One track a hart with the faults and transfers as instants, slices for which process runs there,
and counters: frames in use by class. Time is the trace's own, one unit a nanosecond.
Below JSON_MOST records the same goes into a .json of the older Trace Event format as well.

A packet is a protobuf message: fields of (number << 3 | kind), kind 0: a varint, 2: a length and
bytes. The numbers are those of perfetto's trace_packet.proto and track_event.proto.
"""

import json

from traceformat import put_varints

JSON_MOST = 100000

# TracePacket
PACKET, TIMESTAMP, SEQUENCE, EVENT, DESCRIPTOR, FLAGS, CLOCK = 1, 8, 10, 11, 60, 13, 58
CLEARED = 1                     # of FLAGS: the sequence begins with this packet
BOOT_CLOCK = 6
# TrackDescriptor
UUID, NAME, PARENT, COUNTER = 1, 2, 5, 8
# TrackEvent
TYPE, TRACK, EVENT_NAME, COUNT, ANNOTATION = 9, 11, 23, 30, 4
BEGIN, END, INSTANT, COUNTED = 1, 2, 3, 4
# DebugAnnotation
ANNOTATION_NAME, ANNOTATION_NUMBER, ANNOTATION_HEX = 10, 3, 7

COUNTED_AT_MOST = 20000         # counters are told so often in all, not at each record
PLAIN = {"fault", "map", "evict", "swap_in", "swap_out", "refault", "flush", "shootdown", "fork",
         "exec", "unmap"}       # what has an instant of its own


def number(field, value):
    return put_varints((field << 3, value))


def block(field, data):
    return put_varints((field << 3 | 2, len(data))) + data


def text(field, value):
    return block(field, value.encode())


class Tracks:
    """Track numbers, and the packets that describe them."""

    def __init__(self):
        self.uuids, self.packets = {}, []

    def of(self, name, parent=0, counter=False):
        if name not in self.uuids:
            uuid = self.uuids[name] = len(self.uuids) + 1
            body = number(UUID, uuid) + text(NAME, name)
            if parent:
                body += number(PARENT, parent)
            if counter:
                body += block(COUNTER, b"")
            self.packets.append(block(PACKET, number(SEQUENCE, 1) + block(DESCRIPTOR, body)))
        return self.uuids[name]


def packet(when, event):
    return block(PACKET, number(TIMESTAMP, when) + number(CLOCK, BOOT_CLOCK) +
                 number(SEQUENCE, 1) + block(EVENT, event))


def annotated(record):
    def one(name, kind, value):
        return block(ANNOTATION, text(ANNOTATION_NAME, name) + number(kind, value))
    return one("va", ANNOTATION_HEX, record.va & (1 << 64) - 1) + \
        one("pfn", ANNOTATION_HEX, record.pfn) + one("pid", ANNOTATION_NUMBER, record.pid) + \
        one("extra", ANNOTATION_NUMBER, record.extra)


class Events:
    """The records as packets."""

    def __init__(self, trace):
        header = trace.header
        self.classes, self.processes = header["classes"], header["processes"]
        self.every = max(1, header["records"] // COUNTED_AT_MOST)
        self.tracks, self.running = Tracks(), {}
        self.counts, self.changed = {}, set()

    def name_of(self, pid):
        return "%s (%d)" % (self.processes.get(str(pid), "?") or "?", pid)

    def of(self, position, r):
        hart = self.tracks.of("hart %d" % r.hart)
        if r.type == "switch":
            if r.hart in self.running:
                yield packet(r.when, number(TYPE, END) + number(TRACK, hart))
            self.running[r.hart] = r.pid
            name = self.name_of(r.pid) if r.pid else "kernel"
            yield packet(r.when, number(TYPE, BEGIN) + number(TRACK, hart) +
                         text(EVENT_NAME, name))
        elif r.type in PLAIN:
            track = self.tracks.of("hart %d: pages" % r.hart, hart)
            yield packet(r.when, number(TYPE, INSTANT) + number(TRACK, track) +
                         text(EVENT_NAME, r.type) + annotated(r))
        else:
            self._count(r)
        if self.changed and position % self.every == 0:
            yield from self.counters(r.when)

    def _count(self, r):
        if r.type not in ("alloc", "free"):
            return
        name = "frames: " + (self.classes[r.extra] if r.extra < len(self.classes) else "?")
        step = 1 if r.type == "alloc" else -1
        self.counts[name] = max(0, self.counts.get(name, 0) + step)
        self.changed.add(name)

    def counters(self, when):
        for name in sorted(self.changed):
            yield packet(when, number(TYPE, COUNTED) + number(
                TRACK, self.tracks.of(name, counter=True)) + number(COUNT, self.counts[name]))
        self.changed.clear()

    def end(self, when):
        yield from self.counters(when)
        for hart in sorted(self.running):
            yield packet(when, number(TYPE, END) + number(TRACK, self.tracks.of("hart %d" % hart)))


def write(trace, path):
    """Writes path, and where the trace is short, the same as JSON beside it."""
    events, when = Events(trace), 0
    first = block(PACKET, number(SEQUENCE, 1) + number(FLAGS, CLEARED))
    with open(path, "wb") as out:
        out.write(first)
        for position, record in enumerate(trace.records()):
            packets = list(events.of(position, record))
            when = record.when
            told, events.tracks.packets = events.tracks.packets, []
            out.write(b"".join(told + packets))
        rest = list(events.end(when))
        out.write(b"".join(events.tracks.packets + rest))
    if trace.header["records"] < JSON_MOST:
        with open(path[:-len(".pftrace")] + ".json", "w", encoding="utf-8") as out:
            json.dump(as_json(trace), out, separators=(",", ":"))


def as_json(trace):
    """The older format, for other viewers: an instant for each record, one thread a hart."""
    return {"traceEvents": [
        {"name": r.type, "ph": "i", "s": "t", "ts": r.when / 1000, "pid": 0, "tid": r.hart,
         "args": {"pid": r.pid, "va": hex(r.va & (1 << 64) - 1), "pfn": hex(r.pfn),
                  "extra": r.extra}} for r in trace.records()]}
