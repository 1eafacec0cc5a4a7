"""A picture of the memory of a machine that runs: what the pages and the terminal show.

    watch = Watch("build")              or Watch("build", ram, kernel)
    picture = watch.picture()           a dict that is ready for JSON

What always holds: the guest is not asked, and does not notice. A picture is taken while the machine
goes on, so two numbers in it may be a moment apart; what does not fit together at all is read anew.
Instead of a picture of memory there may be words: "state" says which it is.
"""

import json
import os
import re
import struct
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), name) for name in ("reader", "page")]
import owners                                   # noqa: E402
from memory import PTE_LEAF, PTE_V              # noqa: E402
from reader import NotThere, Reader, Torn       # noqa: E402

TRIES = 50              # of one picture; a machine that is being changed tears few
OLDEST = 24             # pages of a list that are shown, of those that may go next
SLOTS = 4096            # of the slot map that are shown one by one
DESCRIPTION = "machine.json"    # tests/qemu/run writes it beside the disks
PANIC = re.compile(r"^panic.*", re.MULTILINE | re.DOTALL)
# What a letter of "marks" says: bits of a frame, added to MARK_ZERO.
DIRTY, WRITEBACK, IN_SWAP, ACCESSED, SHARED, LISTED = 1, 2, 4, 8, 16, 32
MARK_ZERO = 64


class Watch:
    """The machine that `make qemu` started in a build folder; or that of a RAM file."""

    def __init__(self, build, ram="", kernel=""):
        self.build, self.ram, self.kernel = build, ram, kernel
        self.reader, self.opened = None, None
        self.lock = threading.Lock()

    def description(self):
        """What tests/qemu/run left of itself: pid, ram, kernel, log."""
        if self.ram:
            return {"ram": self.ram, "kernel": self.kernel, "pid": 0, "log": ""}
        try:
            with open(os.path.join(self.build, DESCRIPTION), encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            return None

    def picture(self):
        with self.lock:
            return self.taken()

    def frame(self, pfn):
        """All that is known of one frame."""
        with self.lock:
            self.open(self.description())
            return self.steady(lambda: frame_details(self.reader, pfn)) if self.reader else None

    def taken(self):
        what = self.description()
        if not what:
            return words("none", "No machine has been started here.",
                         "Type `make qemu` in another window; this page will see it.")
        lives = not what["pid"] or is_alive(what["pid"])
        try:
            self.open(what)
            found = self.steady(lambda: memory_of(self.reader))
        except NotThere as trouble:
            self.close()
            return self.without(what, lives, trouble)
        except (Torn, OSError, ValueError, KeyError) as trouble:
            self.close()
            return words("torn", "What is in memory does not fit together.",
                         "It may be broken: %s" % trouble)
        panic = panic_of(what["log"])
        if panic:
            found.update(words("panicked", "The kernel panicked. This is its memory, as it was "
                               "then.", panic))
        elif not lives:
            found.update(words("ended", "The machine has ended. This is its memory, as it was "
                               "last.", "`make qemu` starts another one."))
        else:
            found.update(words("runs", "", ""))
        return found

    def without(self, what, lives, trouble):
        """There is no memory to show: the machine boots, or it is another kernel's."""
        if not lives:
            return words("ended", "The machine has ended, and left no memory to look at.",
                         panic_of(what["log"]) or "`make qemu` starts another one.")
        if what["log"] and not os.path.exists(what["ram"]) or "not come up" in str(trouble):
            return words("boots", "The machine boots.", "It takes a moment.")
        return words("other", "The memory is not that of this kernel.",
                     "Either the machine has not loaded it yet, or the kernel was built anew after "
                     "the machine was started: leave it (Ctrl-A X), and `make qemu` again. (%s)"
                     % trouble)

    def open(self, what):
        """A reader for the machine as it is; anew where the file is another one."""
        try:
            about = os.stat(what["ram"])
            now = (about.st_ino, about.st_size, os.stat(what["kernel"]).st_mtime_ns)
        except OSError as trouble:
            raise NotThere("there is no %s" % trouble.filename)
        if not about.st_size:
            raise NotThere("the kernel has not come up yet")
        if self.reader and now != self.opened:
            self.close()
        if not self.reader:
            self.reader, self.opened = Reader(what["ram"], what["kernel"]), now
        if not self.reader.is_up:
            self.close()
            raise NotThere("the kernel has not come up yet")

    def close(self):
        if self.reader:
            self.reader.memory.close()
            self.reader = None

    @staticmethod
    def steady(function):
        for left in reversed(range(TRIES)):
            try:
                return function()
            except (Torn, struct.error, IndexError):
                if not left:
                    raise Torn("%d readings, and none is whole" % TRIES)


def words(state, head, text):
    return {"state": state, "head": head, "text": text}


def is_alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def panic_of(log):
    """The kernel's last words, if it panicked."""
    try:
        with open(log, encoding="utf-8", errors="replace") as file:
            found = PANIC.search(file.read().replace("\r", ""))
    except OSError:
        return ""
    return found.group(0)[:4000] if found else ""


# ---- the memory ---------------------------------------------------------------------------------

def memory_of(reader):
    m = reader.memory
    first, count = m.u64("frame_first"), m.u64("frame_count")
    kinds, flags, orders = frames_of(reader, count)
    pids, entry_bits, spaces = spaces_of(reader, first, count)
    dirty, writeback, listed = (m.number("PAGE_" + n) for n in ("DIRTY", "WRITEBACK", "ON_LRU"))
    slots = columns(reader, "page.slot", count)
    letters, marks, counted, shared = [], [], {}, {}
    names = list(m.numbers("FRAME_").values())
    zero = reader.zero_page() - first
    for at, kind in enumerate(kinds):
        pid = pids.get(at, 0) if kind == "anon" else 0
        letters.append("Z" if at == zero else owners.letter(kind, pid))
        if kind != "reserved":
            counted[kind] = counted.get(kind, 0) + 1
        bits = 0
        if kind not in ("free", "reserved"):
            word = flags[at]
            bits = (DIRTY if word & dirty else 0) | (WRITEBACK if word & writeback else 0) | \
                (LISTED if word & listed else 0)
            if kind in ("anon", "file") and slots[at]:
                bits |= IN_SWAP
            bits |= entry_bits.get(at, 0)
        marks.append(chr(MARK_ZERO + bits))
    return {
        "first": first, "letters": "".join(letters), "marks": "".join(marks),
        "ledger": {name: counted.get(name, 0) for name in names}, "managed": reader.managed(),
        "orders": orders, "lists": lists_of(reader), "swap": swap_of(reader),
        "processes": spaces, "counters": reader.counters(), "harts": reader.running(),
        "mode": "Sv%d" % (12 + 9 * m.get(m.address("kernel_page_table"), "page_table.levels")),
        "shared": shared, "when": time.time(),
    }


def columns(reader, member, count):
    """A member of every struct page: cut out of the table in one go."""
    m = reader.memory
    offset, size = m.layout[member]
    step = m.size_of("page")
    start = m.pa(m.u64("frame_table")) - m.source.start
    part = m.source.bytes[start:start + count * step]
    if offset % size or step % size:
        raise NotThere("%s is not where this reader expects it" % member)
    letter = {1: "B", 2: "H", 4: "I", 8: "Q"}[size]
    return part.cast(letter)[offset // size::step // size].tolist()


def frames_of(reader, count):
    """The class of each frame, its flags, and how many free blocks there are of each order."""
    m = reader.memory
    flags, classes = columns(reader, "page.flags", count), columns(reader, "page.class", count)
    order, counts = columns(reader, "page.order", count), columns(reader, "page.counts", count)
    names, kinds, orders = m.numbers("FRAME_"), [], {"single": 0}
    head, single = m.number("PAGE_BUDDY"), m.number("PAGE_CACHED")
    at = 0
    while at < count:
        step = 1
        if flags[at] & head:
            kind, step = "free", 1 << order[at]
            orders[order[at]] = orders.get(order[at], 0) + 1
        elif flags[at] & single:
            kind = "free"
            orders["single"] += 1
        elif counts[at] & 0xffffffff:
            kind, step = names.get(classes[at], "reserved"), 1 << order[at]
        else:
            kind = "reserved"
        kinds += [kind] * min(step, count - at)
        at += step
    return kinds, flags, orders


def spaces_of(reader, first, count):
    """Which process has a frame; what the entries say of it; the processes with their areas."""
    pids, bits_of, spaces, users = {}, {}, [], {}
    for process in reader.processes():
        areas = []
        pages = []
        if process.root and process.state == "live":
            leaves(reader, process.root, process.levels - 1, 0, 256, pages)
            areas = reader.areas(process)
        for _, number, bits in pages:
            at = number - first
            if 0 <= at < count:
                pids.setdefault(at, process.pid)
                users[at] = users.get(at, 0) + 1
                bits_of[at] = bits_of.get(at, 0) | (ACCESSED if bits & 64 else 0) | (
                    DIRTY if bits & 128 else 0) | (SHARED if users[at] > 1 else 0)
        present = [va for va, _, _ in pages]
        spaces.append({
            "pid": process.pid, "name": process.name, "state": process.state,
            "parent": process.parent, "threads": process.threads, "resident": process.resident,
            "swapped": process.swapped,
            "areas": [{"start": "0x%x" % a.start, "pages": (a.end - a.start) >> 12,
                       "access": a.access, "what": what_is(a),
                       "present": sum(1 for va in present if a.start <= va < a.end)}
                      for a in areas]})
    return pids, bits_of, spaces


def what_is(area):
    if "stack" in area.flags or "heap" in area.flags:
        return "stack" if "stack" in area.flags else "heap"
    if "image" in area.flags:
        return "program"
    return ("shared " if "shared" in area.flags else "") + ("file" if area.object else "memory")


def leaves(reader, table, level, va, count, found):
    """(address, frame, bits) of each present page of 4096 bytes; below `level` there is no more."""
    data = struct.unpack("<%dQ" % count, reader.memory.read_pa(table, 8 * count))
    for index, entry in enumerate(data):
        if entry & PTE_V:
            at = va + (index << 12 + 9 * level)
            if entry & PTE_LEAF:
                found.append((at, entry >> 10 & (1 << 44) - 1, entry & 0x3ff))
            elif level:
                leaves(reader, (entry >> 10 & (1 << 44) - 1) << 12, level - 1, at, 512, found)
            else:
                raise Torn("a page table below the last level")


def lists_of(reader):
    m, found = reader.memory, []
    for name in ("file", "anon"):
        base = m.member(m.address(name + "_lru"), "page_lru.list")
        policy, nodes = reader.listed(base, OLDEST)
        found.append({"name": name, "policy": policy, "length": m.get(base, "lru_list.count"),
                      "pages": [reader._pfn_of_node(at) for at in nodes], "frames": True})
    for process in reader.processes():
        at = m.get(process.mm, "mm_struct.quota") if process.mm else 0
        if at:
            base = m.member(at, "quota.list")
            policy, nodes = reader.listed(base, OLDEST)
            offset = m.layout["quota_entry.node"][0]
            found.append({"name": "pid %d" % process.pid, "policy": policy, "frames": False,
                          "length": m.get(base, "lru_list.count"),
                          "pages": [m.get(node - offset, "quota_entry.va") for node in nodes]})
    return found


def swap_of(reader):
    """Totals, and of the first slots a letter each: . free, U used, M in memory too, R retired."""
    m = reader.memory
    at = m.address("swap")
    total, used, retired, with_page = (m.get(at, "swap_info." + name) for name in (
        "slots", "used", "retired", "with_page"))
    if not m.get(at, "swap_info.device"):
        return {"total": 0, "used": 0, "with_page": 0, "retired": 0, "letters": ""}
    shown = min(total, SLOTS)
    uses = struct.unpack("<%dH" % shown, m.read(m.get(at, "swap_info.uses"), 2 * shown))
    cached = struct.unpack("<%dI" % shown, m.read(m.get(at, "swap_info.cached"), 4 * shown))
    gone = m.number("SLOT_RETIRED")
    letters = "".join("R" if u & gone else "M" if c else "U" if u else "."
                      for u, c in zip(uses, cached))
    return {"total": total, "used": used, "with_page": with_page, "retired": retired,
            "letters": letters}


# ---- one frame ----------------------------------------------------------------------------------

def frame_details(reader, pfn):
    """Lines of a name and a text."""
    m = reader.memory
    block = next((p for p in reader.pages() if p.pfn <= pfn < p.pfn + (1 << p.order)), None)
    if block is None:
        raise NotThere("0x%x is no frame" % pfn)
    rows = [("frame", "0x%x, address 0x%x" % (pfn, pfn << 12)),
            ("class", owners.words(block.kind))]
    if block.order:
        rows.append(("block", "order %d: frames 0x%x to 0x%x" % (
            block.order, block.pfn, block.pfn + (1 << block.order) - 1)))
    if pfn == reader.zero_page():
        rows.append(("zero page", "all that was read and never written shares it"))
    if block.kind in ("free", "reserved"):
        return rows
    rows.append(("references", "%d, of them %d entries of page tables" % (block.refs, block.maps)))
    rows.append(("flags", " ".join(reader.page_flags(block)) or "none"))
    if block.kind in ("anon", "file"):
        rows.append(("swap slot", str(block.slot - 1) if block.slot else "none"))
    for process in reader.processes():
        pages = []
        if process.root and process.state == "live":
            leaves(reader, process.root, process.levels - 1, 0, 256, pages)
        for va, number, bits in pages:
            if number == pfn:
                rows.append(("mapped by", "pid %d %s at 0x%x, %s" % (
                    process.pid, process.name, va, "".join(
                        letter if bits >> n & 1 else "-" for n, letter in enumerate("vrwxugad")))))
    data = m.read_pa(pfn << 12, 32)
    rows.append(("begins with", " ".join("%02x" % byte for byte in data)))
    return rows
