"""The moment at which a test of the machine failed: what memory held, as a picture and as words.

    moment = Moment(test.name)
    evidence.examine(…, failed=moment.catch)     is called while the machine still stands there
    moment.tell(entry, folder)                   writes the picture, if there is one

What always holds: a moment explains, and judges nothing: whatever goes wrong here, the verdict is
there already. What the kernel keeps of itself may be forged: all that is read is counted, and
beyond MOST_READ there is no picture. The walk of the page tables begins at satp, as the hardware's.
"""

import hashlib
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("../reader", "../trace"):
    sys.path.append(os.path.join(HERE, folder))
import guest_state                      # noqa: E402
import page                             # noqa: E402
import traceformat                      # noqa: E402
import memory as guest                  # noqa: E402
import reader as readers                # noqa: E402
import result                           # noqa: E402
import svg                              # noqa: E402
import walk                             # noqa: E402
from memory_state import Memory, Step   # noqa: E402
from scene import Place, Scene          # noqa: E402

MOST_READ = 16 << 20        # bytes; a word counts as 32
OF_A_WORD = 32
ADDRESS = re.compile(r"0x([0-9a-f]{1,16})\b")
MOST_ADDRESSES, INIT = 8, 1
PANIC, LONGEST_PANIC = re.compile(r"^panic: .*", re.MULTILINE), 160
# What may go wrong with what a hostile kernel says.
ODD = (guest.Torn, guest.NotThere, ValueError, LookupError, TypeError, ArithmeticError, OSError,
       AttributeError, MemoryError, RecursionError)


class Counted(guest.Memory):
    """Reads so much, and no more."""
    left = MOST_READ

    def _count(self, size):
        if size > self.left:
            raise guest.Torn("more is to be read than any honest kernel has")
        self.left -= size

    def read_pa(self, pa, size):
        self._count(max(size, OF_A_WORD))
        return super().read_pa(pa, size)

    def u64(self, place):
        self._count(OF_A_WORD)
        return super().u64(place)


class Reader(readers.Reader):
    def __init__(self, ram, elf):
        self.memory = Counted(guest.RamFile(ram), elf)


class Moment:
    def __init__(self, name):
        self.scene, self.svg, self.lines = Scene(name), "", []
        self.trace = None               # what a trace file of it needs

    def catch(self, run, result):
        """run: an evidence.Run that has failed, or met a limit."""
        scene = self.scene
        scene.why = (result.failure or result.why).split("\n")[0]
        scene.where = where(run)
        try:
            with Reader(run.machine.settings["RAM_FILE"], run.machine.settings["KERNEL"]) as found:
                if found.is_up:
                    self._look(run, found)
        except ODD:
            scene.memory, scene.places = None, []
        try:
            self.svg, self.lines = scene.draw()
        except ODD:
            self.svg, self.lines = "", []

    def tell(self, entry, folder, with_page=False):
        """Writes the picture to a folder, and names it in the test's result.entry; with_page: the
        time machine's page with the last records, too."""
        if not self.svg:
            return
        os.makedirs(folder, exist_ok=True)
        name = re.sub(r"[^a-z0-9]+", "-", entry["name"].lower()).strip("-")[:60]
        result.put(self.svg, os.path.join(folder, name + ".svg"))
        entry["picture"] = "%s/%s.svg" % (os.path.basename(folder), name)
        entry["moment"] = "\n".join(self.lines)
        if with_page and self.trace:
            path = os.path.join(folder, name)
            try:
                self._write_page(path)
                entry["page"] = "%s/%s.html#moment=%d" % (os.path.basename(folder), name,
                                                          self.scene.moment())
            except ODD + (traceformat.BadTrace,):
                pass

    def _write_page(self, path):
        """A trace file of the records that the rings still had, and the state after them."""
        types, header, state = self.trace
        records = [traceformat.Record(r.when - self.scene.records[0].when, traceformat.signed(r.va),
                                      *r[2:]) for r in self.scene.records if r.type in types]
        writer = traceformat.Writer(path + ".xvtrace", types)
        try:
            writer.records(records)
            writer.state(state)
            writer.finish(header)
        finally:
            writer.close()
        with open(path + ".xvtrace", "rb") as file:
            page.write(file.read(), path + ".html")

    def _look(self, run, reader):
        scene = self.scene
        scene.records = reader.trace()
        state, classes = guest_state.of(reader)
        scene.memory = Memory(state, classes)
        self.trace = trace_parts(run, reader, state, classes)
        roots = {process.root: process.pid for process in reader.processes()
                 if process.mm and process.state == "live"}
        scene.places = [place_at(run.ram, roots, *each) for each in run.places] or \
            self._guessed(run, roots)

    def _guessed(self, run, roots):
        """Where no test says which page it is about: the first address of its words that the
        process at the checkpoint has an area for; else that of the last fault."""
        scene = self.scene
        if run.at:
            pid = roots.get((run.at.satp & walk.FRAME_NUMBER) << 12)
            mine = scene.memory.spaces.get(pid)
            for digits in ADDRESS.findall(scene.why)[:MOST_ADDRESSES] if mine else ():
                if mine.area_of(int(digits, 16) >> 12):
                    return [place_at(run.ram, roots, run.at.satp, int(digits, 16))]
            return []
        last = next((r for r in reversed(scene.records) if r.type == "fault" and r.pid != INIT),
                    None)
        mine = scene.memory.spaces.get(last.pid) if last else None
        return [Place(last.pid, last.va, mine.levels, None)] if mine else []


def trace_parts(run, reader, state, classes):
    """Types of records, the header and the state of a trace file (tests/trace/README.md)."""
    settings, m = run.machine.settings, reader.memory
    with open(settings["KERNEL"], "rb") as file:
        kernel = hashlib.sha256(file.read()).hexdigest()[:16]
    types = {name: number for number, name in m.numbers("TRACE_").items()}
    lost = reader.trace_lost()
    header = {
        "kernel": kernel, "mode": settings["PAGING"], "harts": int(settings["CPUS"]),
        "ram": [m.source.start, m.source.end - m.source.start], "classes": classes,
        "policy": settings["POLICY"], "command": settings["CMD"],
        "clock": "instructions" if settings["ICOUNT"] == "1" else "cycles", "ring": 4096,
        "stops": 0, "lost": [{"hart": 0, "before": 0, "count": lost}] if lost else [],
        "ended": "the test failed: " + (run.ending.why if run.ending else "it was stopped"),
        "processes": {str(space["pid"]): space["name"] for space in state["spaces"]},
        "console": [], "settings": {name: settings[name] for name in ("CPUS", "MEM", "SWAP",
                                                                      "PAGING", "POLICY")},
        "notes": ["Only the last records that the rings had room for are here: what the picture of "
                  "the failed test was made from."],
    }
    spaces = [dict(space, state="live") for space in state["spaces"]]
    return types, header, dict(state, spaces=spaces, quiet=False, counters=reader.counters(),
                               running=[svg.clean(name) for name in reader.running()])


def where(run):
    """In words: how far the machine had come."""
    count = run.failed_count
    instructions = "" if count is None else ", after {:,} instructions".format(count)
    if run.at:
        return "The machine stood at checkpoint %d of its program, on hart %d%s" % (
            run.at.number, run.at.hart, instructions)
    before = "checkpoint %d was the last that it came to" % run.met[-1] if run.met else \
        "it had come to no checkpoint"
    panic = run.ending and PANIC.search(run.ending.output)
    return "The machine %s%s; %s" % (
        "had ended: " + (panic.group(0)[:LONGEST_PANIC] if panic else run.ending.why)
        if run.ending else "was running", instructions, before)


def place_at(ram, roots, satp, va):
    """As the hardware walks from satp."""
    return Place(roots.get((satp & walk.FRAME_NUMBER) << 12), va, walk.levels_of(satp),
                 steps_of(ram, satp, va))


def steps_of(ram, satp, va):
    levels, found = walk.levels_of(satp), []
    table = (satp & walk.FRAME_NUMBER) << 12
    for level in range(levels - 1, -1, -1):
        if not ram.holds(table, walk.PAGE):
            break
        index = va >> 12 + 9 * level & 511
        entry = ram.word(table + 8 * index)
        found.append(Step(level, table >> 12, index, entry))
        if not entry & walk.V or walk.is_leaf(entry):
            break
        table = walk.pa_of(entry)
    return found
