"""`make trace`: what is recorded, at the cost of nothing; what its records lead to; bad files.

At each full state that was taken while no hart was in the middle of something, the replay from the
one before must have come to that state, to the last frame, entry and slot.
"""

import os
import re
import signal
import subprocess
import sys
import time

import machine as m
import readermachine
import suite as s
from suite import need

sys.path.insert(0, os.path.join(s.ROOT, "tests/trace"))
import drainer                  # noqa: E402
import replay                   # noqa: E402
import traceformat              # noqa: E402

FOLDER = "trace"
# With little memory: fork, exec, copy-on-write, swap in both directions, exit. In the pauses every
# hart is idle for a moment, however many there are.
WORK = "sleep 1; swapfill 3 %d & sleep 6; grind -s 3 -n 40; sleep 1; ls | wc; sleep 1"
CASES = (("sv39", 1, 28), ("sv48", 4, 30), ("sv57", 8, 32))


def items():
    found = [("trace: format", self_test)]
    found += [("trace: %s, %d harts" % case[:2], lambda case=case: replayed(*case))
              for case in CASES]
    for function in (unnoticed, overflow, panicked, made, interrupted, cost):
        found.append(("trace: " + function.__name__, function))
    return tuple(found)


def self_test():
    """tests/trace/selftest: the format, whole and damaged."""
    done = subprocess.run([sys.executable, "tests/trace/selftest"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=s.SECONDS["host"])
    text = done.stdout.decode(errors="replace")
    need(done.returncode == 0 and re.search(r"^Ran [1-9]", text, re.MULTILINE), text[-2000:])


def recorded(name, often=False, calm=False, echo=None, status=0, timeout="command", **values):
    """Runs a machine and records it. Returns the replay of the file, and what was printed."""
    path = "%s/%s/%s.xvtrace" % (s.BUILD, FOLDER, re.sub(r"\W+", "-", name))
    with drainer.Recording(s.cell_settings(**values), log=s.log_name("trace " + name),
                           often=often, calm=calm, echo=echo) as recording:
        if callable(echo):
            echo.recording = recording
        ending = recording.run(s.SECONDS[timeout] if isinstance(timeout, str) else timeout)
        if status is not None:
            s.need_status(ending, status)
        recording.write(path)
        total = sum(recording._written())
    run = replay.Run(traceformat.read(path))
    lost = sum(entry["count"] for entry in run.trace.header["lost"])
    need(len(run.records) + lost == total, "%d records and %d lost, but %d were written" % (
        len(run.records), lost, total))
    return run, ending.output


def need_order(run):
    records = run.records
    need(all(a.when <= b.when for a, b in zip(records, records[1:])), "they are not in order")
    need(max(r.hart for r in records) < run.trace.header["harts"], "harts that are not there")


def need_replay(run, least):
    """Replay and full states agree, at so many of these at least."""
    compared = 0
    for full, wrong in run.check():
        if full["quiet"]:
            need(not wrong, "after record %d, %d things differ:\n%s" % (
                full["record"], len(wrong), "\n".join(wrong[:10])))
            compared += 1
    need(compared >= least, "%d states were compared" % compared)


def replayed(mode, harts, mib):
    run, _ = recorded("%s %d" % (mode, harts), often=True, PAGING=mode, CPUS=str(harts), MEM="32M",
                      SWAP="64M", CMD=WORK % mib)
    header = run.trace.header
    need((header["mode"], header["harts"]) == (mode, harts), "%(mode)s, %(harts)d harts" % header)
    need(header["lost"] == [] and header["ended"] == "exit 0", "lost %(lost)s, %(ended)s" % header)
    need("swapfill" in header["processes"].values(), "processes: %(processes)s" % header)
    need_order(run)
    need_replay(run, 2)
    need_why(run)


def need_why(run):
    """A page that came back from swap: the chain leads over its slot to where it was before."""
    number = max((n for n, r in enumerate(run.records) if r.type == "swap_in"), default=None)
    need(number is not None, "nothing was read from swap")
    chain = [run.records[n] for n in run.why(("slot", run.records[number].extra), number + 1)]
    kinds = {r.type for r in chain}
    need(chain[0].type == "swap_in" and {"swap_out", "evict", "alloc"} <= kinds,
         "the chain: %s" % "\n".join(map(str, chain)))


def unnoticed():
    """In the deterministic lane all is the same, to the instruction, however often it is stopped:
    each record, and when it was."""
    given = {"ICOUNT": "1", "PAGING": "sv39", "MEM": "32M", "SWAP": "64M",
             "CMD": "reftrace rnd lru 600; grind -s 3 -n 20"}
    once, printed = recorded("once", calm=True, **given)
    often, again = recorded("often", often=True, **given)
    stops = [run.trace.header["stops"] for run in (once, often)]
    need(stops[0] < 5 and stops[1] > 50, "stops: %s" % stops)
    need(printed == again, "they print:\n%s\n%s" % (printed, again))
    need(len(once.records) == len(often.records), "%d records, and with stops %d" % (
        len(once.records), len(often.records)))
    differ = [pair for pair in zip(once.records, often.records) if pair[0] != pair[1]]
    need(not differ, "%d records differ: %s" % (len(differ), differ[:1]))
    need_replay(often, 2)


def overflow():
    """A ring that is too small for the pace: what is missing is counted, and told."""
    run, _ = recorded("overflow", CPUS="1", MEM="64M", APPEND="trace=32", CMD="grind -s 3 -n 100")
    header = run.trace.header
    need(header["lost"] and header["notes"] and "are lost" in header["notes"][0],
         "lost: %(lost)s, notes: %(notes)s" % header)
    need(all(e["before"] <= len(run.records) and e["hart"] == 0 for e in header["lost"]),
         "lost: %(lost)s" % header)


class Harm:
    """Makes the kernel panic in the middle of a run, as the reader's own test does."""

    def __init__(self):
        self.text, self.done, self.recording = b"", False, None

    def __call__(self, data):
        self.text += data
        if self.done or b"pattern: waiting\n" not in self.text:
            return
        self.done = True
        reader = self.recording.reader
        told = readermachine.Told(self.recording.guest)
        pfn = reader.mapping(reader.process(told.pid), told.none).pfn
        memory = reader.memory
        memory.poke(memory.member(reader.struct_page(pfn), "page.flags"),
                    memory.number("PAGE_CACHED"), 4)
        readermachine.change_first_word(reader, told)


def panicked():
    """A panic keeps its trace, to the last record; so does an early one."""
    run, _ = recorded("panic", echo=Harm(), status=m.PANIC, MEM="64M", CPUS="1",
                      CMD="pattern && true")
    need(run.trace.header["ended"].startswith("panic"), "ended: %(ended)s" % run.trace.header)
    last = [r for r in run.records if r.type == "unmap"][-1]
    need(run.trace.header["processes"].get(str(last.pid)) == "pattern",
         "the last that is unmapped is of pid %d" % last.pid)
    need(run.states[-1].first == len(run.records), "no state at the end")
    status, text = make("early", "CMD=true", "APPEND=debug=panic")
    need(status and "run: panic: debug=panic\n" in text and "early.xvtrace has" in text, text)


def make(name, *words):
    """`make trace` with so much; its status, and all it says."""
    done = s.call_make("BUILD=" + s.BUILD, "trace", "OUT=%s/%s/%s" % (s.BUILD, FOLDER, name),
                       *words, expect_success=False, merged=True, timeout=s.SECONDS["command"])
    return done.returncode, done.stdout.decode(errors="replace")


def made():
    """What a user calls: the files, the numbers that are told, and what is refused."""
    status, text = make("made", "CMD=echo one; ls | wc; exit 3", "CPUS=1", "PFTRACE=1")
    need(status and "\nrun: exit 3\n" in text and "\none\n" in text, text)
    base = "%s/%s/made" % (s.BUILD, FOLDER)
    run = replay.Run(traceformat.read(base + ".xvtrace"))
    told = re.search(r"^trace: (\d+) records, 0 lost, \d+ states, \d+ stops; ([\d.]+) bytes",
                     text, re.MULTILINE)
    need(told and int(told.group(1)) == len(run.records), text)
    need_perfetto(run, base + ".pftrace")
    status, again = make("again", "FROM=%s.xvtrace" % base, "PFTRACE=1")
    need(status == 0 and "again.pftrace" in again, again)
    with open(base + ".xvtrace", "rb") as file:
        data = file.read()
    for name, bad, told in (("empty", b"", "is empty"), ("cut", data[:-9], "9 of"),
                            ("other", data.replace(b"trace 1", b"trace 7", 1), "version 7"),
                            ("elf", b"\x7fELF" + bytes(99), "no trace of xv39's")):
        path = "%s/%s/%s.bad" % (s.BUILD, FOLDER, name)
        with open(path, "wb") as file:
            file.write(bad)
        status, text = make(name, "FROM=" + path)
        need(status and told in text and "Traceback" not in text, "%s: %s" % (name, text))
    for words, told in ((("FROM=nowhere",), "nowhere: No such file"), (("CMD=",), "CMD"),
                        (("CMD=true", "QEMU=/no/qemu"), "/no/qemu"),
                        (("CMD=true", "CPUS=9"), "CPUS=9")):
        status, text = make("bad", *words)
        need(status and told in text and "Traceback" not in text, "%s: %s" % (words, text))


# ---- Perfetto's format, read anew ----

def fields(data):
    """(number, value) of a message: a number, or bytes."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        else:
            need(key & 7 == 2, "a field of kind %d" % (key & 7))
            size = varint()
            need(at + size <= len(data), "a field is cut off")
            yield key >> 3, data[at:at + size]
            at += size


def need_perfetto(run, path):
    """What a decoder of its own finds in it: the records, one for one."""
    with open(path, "rb") as file:
        packets = [dict(fields(body)) for number, body in fields(file.read()) if number == 1]
    tracks = {}
    found, open_slices, counted = [], {}, set()
    for packet in packets:
        if 60 in packet:
            track = dict(fields(packet[60]))
            tracks[track[1]] = track[2].decode()
        if 11 not in packet:
            continue
        event = dict(fields(packet[11]))
        name = tracks[event[11]]            # it was described before
        if event[9] == 3:
            notes = [dict(fields(body)) for number, body in fields(packet[11]) if number == 4]
            values = {n[10].decode(): n.get(7, n.get(3)) for n in notes}
            found.append((packet[8], event[23].decode(), name, values["va"], values["pfn"],
                          values["pid"], values["extra"]))
        elif event[9] == 4:
            counted.add(name)
        else:
            open_slices[name] = open_slices.get(name, 0) + (1 if event[9] == 1 else -1)
    wanted = [(r.when, r.type, "hart %d: pages" % r.hart, r.va & (1 << 64) - 1, r.pfn, r.pid,
               r.extra) for r in run.records
              if r.type not in ("switch", "alloc", "free", "slot")]
    need(found == wanted, "%d instants of %d records" % (len(found), len(wanted)))
    need(set(open_slices.values()) == {0}, "slices without an end: %s" % open_slices)
    need("frames: anon" in counted, "counters: %s" % counted)


# ---- how it ends, and what it costs ----

def interrupted():
    """Ctrl-C: what was recorded is kept, and the file is whole."""
    base = "%s/%s/interrupted" % (s.BUILD, FOLDER)
    environment = dict(s.clean_environment(), KERNEL=s.BUILD + "/kernel.elf", BUILD=s.BUILD,
                       IMAGE=s.BUILD + "/fs.img", OUT=base, CMD="echo here; sleep 1000", CPUS="1")
    with subprocess.Popen([sys.executable, "tests/trace/trace"], env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          start_new_session=True) as process:
        try:
            for line in process.stdout:
                if line == b"here\n":
                    break
            time.sleep(0.5)
            os.killpg(process.pid, signal.SIGINT)       # as a terminal does, to QEMU as well
            text = process.communicate(timeout=s.SECONDS["command"])[0].decode()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    need("Traceback" not in text and base + ".xvtrace has" in text, text)
    run = replay.Run(traceformat.read(base + ".xvtrace"))
    need("sleep" in run.trace.header["processes"].values(), str(run.trace.header["processes"]))
    need(os.listdir(os.path.dirname(base)).count("interrupted.xvtrace.part") == 0, "a part is left")


def cost():
    """What a fault costs with the trace on and off, in instructions; the log has the numbers."""
    numbers = {}
    for name, append in (("none", ""), ("off", "trace=4096,off"), ("on", "trace=4096")):
        ending = s.boot("trace cost " + name, s.SECONDS["command"], ICOUNT="1", PAGING="sv39",
                        APPEND=append, CMD="bench zero_fault cow_copy file_fault")
        numbers[name] = {row: int(n) for row, n in re.findall(
            r"^bench (\w+) (\d+) insns", ending.output, re.MULTILINE)}
        need(len(numbers[name]) == 3, s.tail(ending))
    path = "%s/%s/cost.txt" % (s.BUILD, FOLDER)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        for row in numbers["on"]:
            none, off, on = (numbers[name][row] for name in ("none", "off", "on"))
            line = "%-10s %5d instructions a fault, trace off %5d, on %5d: +%d" % (
                row, none, off, on, on - off)
            print("     " + line, flush=True)
            file.write(line + "\n")
            need(off <= none * 1.01 + 1, "rings that are off cost something: " + line)
            need(off < on < off + 600, "the trace costs more than it may, or nothing: " + line)
