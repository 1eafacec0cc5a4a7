"""Records a machine: empties its rings of records before they are full, and takes full states.

    with Recording(settings, echo=echo) as recording:
        ending = recording.run(timeout)
        recording.write("build/trace.xvtrace")

The machine stops when a ring is half full; then all rings are copied, and often enough the full
state is read. What always holds: what was recorded is kept however the machine ends, for its memory
is a file that outlives it; what was overwritten before it was copied is counted in the header.

The deterministic lane does not notice: no instruction more or less. With several harts, or virtio
disks, a stop shifts what runs beside what.
"""

import hashlib
import json
import os
import re
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../qemu")]
import machine as m             # noqa: E402
import state                    # noqa: E402
import traceformat              # noqa: E402

RING = 131072                   # records: the most that a ring can have
RECORD_BYTES = 32
POLL = 0.002                    # seconds between two looks at how full the rings are
FIRST_STATES = 1024             # after so many records another state is due; later on, after a
STATE_SHARE = 4                 # quarter of those so far, and when a ring is half full
QUIET_TRIES = 60                # to stop where no hart is in the middle of something
PC = re.compile(r"^ pc +([0-9a-f]+)", re.MULTILINE)
FIRMWARE = range(0x80000000, 0x90000000)


class Recording:
    """A machine and what its rings held so far.

    settings: as for a Machine. The machine gets so much more memory as its rings take, so that the
    command finds as much as without them. often: a state at each stop, and many stops; calm: it
    is stopped only where a ring is half full.
    """

    def __init__(self, settings, echo=None, image="", log=None, often=False,
                 calm=False):
        self.settings = dict(settings)
        self.echo = echo
        self.often, self.calm = often, calm
        self.reader = None
        self.rings = []             # addresses of struct trace_ring, one for each hart
        self.drained = []           # records of each hart that were copied, or lost
        self.pieces = []            # ("R", [(hart, offset, records)]) and ("K", text), in order
        self.lost, self.console, self.copied, self.stops = [], [], 0, 0
        self.state_at = self.quiet_at = 0   # records before the last state, before a quiet one
        self.told = 0               # bytes of what was printed that are in self.console
        self.ended = "interrupted"
        self.spill = tempfile.TemporaryFile()
        self.spilled = 0
        self.guest = m.Machine(self._machine_settings(), image=image, log=log, qmp=True,
                               echo=echo, shared_ram=True)
        self.guest.watch, self.guest.pause = self._look, POLL

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.reader:
            self.reader.__exit__()
        self.guest.__exit__()
        self.spill.close()

    def _machine_settings(self):
        s = dict(self.settings)
        given = re.search(r"(?:^|\s)trace=(\d+)", s["APPEND"])
        self.ring = int(given.group(1)) if given else RING
        if self.ring == 1:
            self.ring = 4096
        if not given:
            s["APPEND"] = ("%s trace=%d" % (s["APPEND"], RING)).strip()
        rings = int(s["CPUS"]) * self.ring * RECORD_BYTES
        s["MEM"] = "%dM" % ((m.size_in_bytes(s["MEM"]) + rings + (1 << 20) - 1) >> 20)
        return s

    # ---- the machine's life ----

    def run(self, timeout=None):
        """Runs the machine to its end; what it left in its rings is taken. Returns its Ending."""
        try:
            ending = self.guest.run(timeout)
            panic = re.search(r"^panic.*", ending.output, re.MULTILINE)
            self.ended = panic.group(0) if panic else ending.why
            return ending
        finally:
            self.guest.kill()
            self._last()

    def _look(self):
        """One look at a machine that runs."""
        if not self.rings and not self._find_rings():
            return
        written = self._written()
        fullest = max(w - d for w, d in zip(written, self.drained))
        self._hear(sum(written))
        count = sum(written) - self._lost()
        if fullest > self.ring // 2:
            self._stop(self._due(count, self.state_at) or self.often)
        elif self._due(count, self.state_at) or (self._due(count, self.quiet_at) and
                                                 self._is_idle()):
            self._stop(True)

    def _due(self, count, before):
        """Is a state due, after so many records, if the last one came after so many before?"""
        if self.calm:
            return False
        if not before:
            return count > 0
        step = max(FIRST_STATES, min(before // STATE_SHARE, RING // 2))
        return count - before >= (FIRST_STATES if self.often else step)

    def _is_idle(self):
        """No hart has anything to do: what several harts rarely let one see is to be had now."""
        return bin(self.reader.memory.u32("idle_harts")).count("1") == len(self.rings)

    def _lost(self):
        return sum(entry["count"] for entry in self.lost)

    def _hear(self, records):
        """Notes what was printed since the last look."""
        if len(self.guest.seen) > self.told:
            text = self.guest.seen[self.told:].decode(errors="replace")
            self.told = len(self.guest.seen)
            self.console.append([max(0, records - self._lost()), text])

    def _find_rings(self):
        try:
            self.reader = self.reader or state.Reader(
                self.guest.settings["RAM_FILE"], self.settings["KERNEL"])
        except (state.NotThere, ValueError, OSError):
            return False
        memory = self.reader.memory
        if not self.reader.is_up:
            return False
        start, size = memory.address("trace_rings"), memory.size_of("trace_ring")
        harts = int(self.settings["CPUS"])      # hart_count rises as they start
        rings = [start + i * size for i in range(harts)]
        if not rings or not all(memory.get(at, "trace_ring.capacity") for at in rings):
            return False        # not yet; the last hart is given its ring last
        self.ring = memory.get(rings[0], "trace_ring.capacity")
        self.drained = [0] * harts
        self.rings = rings
        return True

    def _written(self):
        return [self.reader.memory.get(at, "trace_ring.written") for at in self.rings]

    # ---- a stop ----

    def _stop(self, with_state):
        """Stops the machine, copies its rings, and goes on. Where a state is wanted, it does so
        several times if need be, until no hart is in the middle of something."""
        for tries in range(QUIET_TRIES if with_state else 1):
            if tries:
                time.sleep(min(0.002, 0.0003 * tries))
            try:
                self.guest.qmp("stop")
            except OSError:                 # QEMU has just ended
                return
            self.stops += 1
            try:
                self._drain()
                quiet = with_state and self._is_quiet()
                if quiet or (with_state and tries + 1 == QUIET_TRIES):
                    self._take_state(quiet)
                    break
            except OSError:
                return
            finally:
                self._go_on()

    def _go_on(self):
        try:
            self.guest.qmp("cont")
        except OSError:
            pass

    def _is_quiet(self):
        """Every hart runs a user's program, or sleeps: none is in the middle of a change."""
        idle = self.reader.memory.u32("idle_harts")
        text = self.guest.qmp("human-monitor-command", **{"command-line": "info registers -a"})
        pcs = [int(pc, 16) for pc in PC.findall(text)]
        return len(pcs) == len(self.rings) and all(
            idle >> i & 1 or (not pc >> 63 and pc not in FIRMWARE) for i, pc in enumerate(pcs))

    def _take_state(self, quiet):
        try:
            found = state.full_state(self.reader, quiet)
        except (state.Torn, KeyError, RecursionError):
            return              # in the middle of something; there will be another
        self.state_at = max(1, self.copied)
        if quiet:
            self.quiet_at = self.state_at
        self.pieces.append(("K", json.dumps(dict(found, record=self.copied),
                                            separators=(",", ":"))))

    def _drain(self):
        """Copies what the rings have got since the last time."""
        memory, parts = self.reader.memory, []
        for hart, (at, written) in enumerate(zip(self.rings, self._written())):
            first = self.drained[hart]
            oldest = max(0, written - self.ring + 1) if written >= self.ring else 0
            if oldest > first:
                self.lost.append({"hart": hart, "before": self.copied, "count": oldest - first})
                first = oldest
            base = memory.get(at, "trace_ring.records")
            if first == written:
                continue
            parts.append((hart, self.spilled, written - first))
            while first < written:
                place = first % self.ring
                step = min(written - first, self.ring - place)
                self.spill.write(memory.read(base + place * RECORD_BYTES, step * RECORD_BYTES))
                self.spilled += step * RECORD_BYTES
                first += step
            self.drained[hart] = written
        if parts:
            self.pieces.append(("R", parts))
            self.copied += sum(count for _, _, count in parts)

    def _last(self):
        """The machine has ended, and its memory is as it left it."""
        if not self.rings and not self._find_rings():
            return
        self._hear(sum(self._written()))
        self._drain()
        if self.copied:
            self._take_state(False)

    # ---- the file ----

    def write(self, path):
        """Makes the file. Returns its Writer, which knows how long it is."""
        types, header = self._types(), self._header()
        writer = traceformat.Writer(path, types)
        try:
            merge = Merge(writer, {number: name for name, number in types.items()}, header)
            for kind, piece in self.pieces:
                if kind == "R":
                    merge.add([(hart, self._spilled(offset, count))
                               for hart, offset, count in piece])
                else:
                    found = json.loads(piece)
                    for space in found["spaces"]:
                        header["processes"][str(space["pid"])] = space["name"]
                    writer.state(found)
            writer.finish(header)
        finally:
            writer.close()
        return writer

    def _spilled(self, offset, count):
        self.spill.seek(offset)
        return self.spill.read(count * RECORD_BYTES)

    def _types(self):
        if not self.reader:
            return {}
        return {name: number for number, name in self.reader.memory.numbers("TRACE_").items()}

    def _header(self):
        s = self.settings
        with open(s["KERNEL"], "rb") as file:
            kernel = hashlib.sha256(file.read()).hexdigest()[:16]
        mode = re.search(r"paging (sv\d+)", self.guest.seen.decode(errors="replace"))
        classes = self.reader.memory.numbers("FRAME_") if self.reader else {}
        ram = self.reader.memory.source if self.reader else None
        return {
            "kernel": kernel, "mode": mode.group(1) if mode else s["PAGING"],
            "harts": len(self.rings) or int(s["CPUS"]),
            "ram": [ram.start, ram.end - ram.start] if ram else [0, 0],
            "classes": [classes.get(n, "") for n in range(max(classes, default=-1) + 1)],
            "policy": s["POLICY"], "command": s["CMD"], "ended": self.ended,
            "clock": "instructions" if s["ICOUNT"] == "1" else "cycles",
            "ring": self.ring, "stops": self.stops, "lost": self.lost, "processes": {},
            "console": self.console, "notes": self.notes(),
            "settings": {name: s[name] for name in (
                "PAGING", "CPUS", "MEM", "SWAP", "ICOUNT", "POLICY", "OVERCOMMIT", "SEED", "RACE",
                "APPEND")},
        }

    def notes(self):
        """What a reader of the trace has to know, in sentences."""
        notes = []
        if not self.rings:
            notes.append("The machine ended before its kernel began to record.")
        if self.lost:
            notes.append("%d records are lost: the rings were full before they were emptied." %
                         self._lost())
        if self.stops and self.settings["ICOUNT"] != "1":
            notes.append("The machine was stopped %d times to empty its rings, which shifts what "
                         "runs beside what." % self.stops)
        return notes


class Merge:
    """Puts what was drained of several harts into one order, and into a Writer."""

    def __init__(self, writer, names, header):
        self.writer, self.names, self.processes = writer, names, header["processes"]
        self.began = self.last = None

    def add(self, parts):
        """parts: (hart, bytes of its records), all of one stop."""
        columns = [[] for _ in range(7)]
        for _, data in parts:
            view = memoryview(data)
            longs, words, halves = view.cast("Q"), view.cast("I"), view.cast("H")
            for column, values in zip(columns, (
                    longs[0::4], halves[12::16], halves[13::16], words[5::8], longs[1::4],
                    words[4::8], words[7::8])):
                column += values.tolist()
        if len(parts) > 1:
            whens = columns[0]
            order = sorted(range(len(whens)), key=whens.__getitem__)
            columns = [[column[i] for i in order] for column in columns]
        whens, types, _, pids, vas, _, extras = columns
        self._relative(whens)
        for kind in set(types):
            if kind not in self.names:
                self.names[kind] = "type %d" % kind
                self.writer.types["type %d" % kind] = kind
        self._name_processes(types, pids, vas, extras)
        columns[4] = [traceformat.signed(va) for va in vas]
        self.writer.columns(*columns)

    def _relative(self, whens):
        """Times from the first record on. What a hart was just writing at a stop may be older than
        what others had written: it gets their time."""
        if self.began is None:
            self.began, self.last = whens[0], 0
        for i, when in enumerate(whens):
            self.last = whens[i] = max(self.last, when - self.began)

    def _name_processes(self, types, pids, vas, extras):
        for kind, pid, va, extra in zip(types, pids, vas, extras):
            name = self.names[kind]
            if name == "fork":
                self.processes[str(pid)] = self.processes.get(str(extra), "")
            elif name == "exec":
                letters = va.to_bytes(8, "little").split(b"\0")[0]
                self.processes[str(pid)] = letters.decode(errors="replace")
