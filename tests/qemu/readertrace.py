"""The trace, read from outside: its order, what it says of frames and swap, what it costs."""

import re
import shutil
import subprocess

import suite as s
import tracecost
from readermachine import PAGE, Told, machine, stopped_when_idle
from readerswap import Filled
from suite import need

KINDS = {"fault", "map", "evict", "swap_in", "swap_out", "flush", "shootdown", "alloc", "free",
         "switch", "refault", "unmap", "fork", "exec", "slot"}


def trace():
    """Records are in order and of known types; what they say of frames is what happened."""
    with machine("reader trace", "pattern: waiting\n", CPUS="2", MEM="64M", APPEND="trace=65536",
                 CMD="grind -s 3 -n 300; pattern 100; true") as (guest, reader):
        told = Told(guest)
        records = reader.steady(reader.trace)
        need(reader.trace_lost() == 0 and len(records) > 5000, "%d records, %d lost" % (
            len(records), reader.trace_lost()))
        need_order(reader, records)
        need_frames(reader, records)
        pids = {r.pid for r in records if r.type == "switch"}
        need({0, 1, told.pid, told.child} <= pids, "switches to %s" % sorted(pids))


def need_order(reader, records):
    need(all(a.when <= b.when for a, b in zip(records, records[1:])), "records are not in order")
    need({r.hart for r in records} == {0, 1}, "harts: %s" % {r.hart for r in records})
    known = set(reader.memory.numbers("TRACE_").values())
    need({r.type for r in records} <= known, "types: %s" % {r.type for r in records})


def need_frames(reader, records):
    """A frame is allocated and freed in turn, on whatever hart; what is left is in use."""
    classes = reader.memory.numbers("FRAME_")
    held = {}
    for r in records:
        if r.type == "alloc":
            need(r.pfn not in held, "frame 0x%x was allocated twice" % r.pfn)
            held[r.pfn] = classes[r.extra]
        elif r.type == "free":      # there was nobody to see those of before the trace
            need(held.pop(r.pfn, classes[r.extra]) == classes[r.extra],
                 "frame 0x%x changed its class" % r.pfn)
    kinds = {p.pfn: p.kind for p in reader.pages() if p.order == 0}
    wrong = [pfn for pfn, kind in held.items() if kinds[pfn] != kind]
    need(not wrong, "frames that are not what they were allocated for: %s" % wrong)
    for kind in ("anon", "file"):       # of which there is none at the time when the trace begins
        pages = sum(1 for p in kinds.values() if p == kind)
        need(sum(1 for k in held.values() if k == kind) == pages,
             "%s: the trace leaves other frames than the frame table" % kind)


def trace_of_swap():
    """What a run under want of memory leaves in page tables and in swap is what its trace says."""
    with machine("reader trace of swap", "swapfill: waiting\n", CPUS="2", MEM="32M", SWAP="64M",
                 APPEND="trace=131072", CMD="swapfill 3 40") as (guest, reader):
        filled = Filled(guest)
        with stopped_when_idle(guest, reader):
            records = reader.trace()
            need(reader.trace_lost() == 0, "%d records are lost" % reader.trace_lost())
            kinds = {r.type for r in records}
            need(kinds == KINDS, "kinds of records: not %s" % sorted(kinds ^ KINDS))
            need_entries(reader, filled, records)
            need_written(reader, records)
            need_faults(reader, filled, records)


def need_entries(reader, filled, records):
    """The last that was told of an address is what its entry shows."""
    last = {(r.pid, r.va & -PAGE): r for r in records if r.type in ("map", "evict")}
    counted = {"map": 0, "evict": 0}
    for pid, (_, start, pages) in filled.spaces.items():
        for entry in reader.mappings(reader.process(pid)):
            record = last.get((pid, entry.va))
            if record is None or not start <= entry.va < start + pages * PAGE:
                continue        # nothing since fork; or files' pages, which many map
            right = entry.kind == "swap" if record.type == "evict" else entry.pfn == record.pfn
            need(right, "pid %d, 0x%x: the last record is %s, the entry %s" % (
                pid, entry.va, record, entry))
            counted[record.type] += 1
    need(min(counted.values()) > 500, "compared: %s" % counted)


def need_written(reader, records):
    """What slots have was written, last, from the address that names them."""
    last = {r.extra: r for r in records if r.type == "swap_out"}
    names = reader.named_slots()
    for slot in reader.swap().slots.values():
        if reader.is_on_disk(slot) and slot.uses:
            record = last.get(slot.number)
            need(record, "slot %d was never written" % slot.number)
            need(any(record.va == (va if pid else va * PAGE) for pid, va in names[slot.number]),
                 "slot %d: %s, and named by %s" % (slot.number, record, names[slot.number]))


def need_faults(reader, filled, records):
    """A page is mapped in a fault of its space; what is brought back was read."""
    for pid, (_, start, pages) in filled.spaces.items():
        faults = {r.va & -PAGE for r in records if r.pid == pid and r.type == "fault"}
        mapped = {r.va for r in records if r.pid == pid and r.type == "map"
                  and start <= r.va < start + pages * PAGE}
        need(mapped <= faults, "pid %d: mapped without a fault: %s" % (
            pid, [hex(va) for va in sorted(mapped - faults)[:8]]))
    came = {(r.type, r.pfn) for r in records if r.type in ("swap_in", "refault")}
    need({pfn for kind, pfn in came if kind == "swap_in"} &
         {pfn for kind, pfn in came if kind == "refault"}, "nothing was brought back")


def trace_switched():
    """The host turns the trace on and off; a small ring says how much it has lost."""
    with machine("reader trace switched", "pattern: waiting\n", CPUS="1", MEM="64M",
                 APPEND="trace=64,off", CMD="pattern && true") as (guest, reader):
        need(reader.trace() == [] and reader.trace_lost() == 0, "it was not off")
        reader.trace_switch(True)
        guest.wait_for("nothing that it prints", 5)     # `pattern` looks ten times a second
        reader.trace_switch(False)
        records, lost = reader.steady(lambda: (reader.trace(), reader.trace_lost()))
        need(0 < len(records) <= 64 and lost > 0, "%d records, %d lost" % (len(records), lost))
        need({r.type for r in records} == {"switch"}, "types %s" % {r.type for r in records})
        guest.wait_for("nothing that it prints", 1)
        need((reader.trace(), reader.trace_lost()) == (records, lost), "it was not turned off")


def trace_cost():
    """Off, a site is a load and a branch; and there are 60 of them at most."""
    with open(s.BUILD + "/tools.mk") as file:
        prefix = re.search(r"^PREFIX := (\S+)", file.read(), re.MULTILINE).group(1)
    if not shutil.which(prefix + "objdump"):
        raise s.Skip("no objdump")
    text = subprocess.run([prefix + "objdump", "-d", "--no-show-raw-insn",
                           s.BUILD + "/kernel.elf"], stdout=subprocess.PIPE).stdout.decode()
    with machine("reader trace cost", "xv39", CMD="true") as (_, reader):
        flag = reader.memory.layout["hart.trace_on"][0]
    wrong = tracecost.selftest()
    need(not wrong, "the check of sites is blind:\n" + "\n".join(wrong))
    complaints, sites = tracecost.complaints_about(text, flag)
    need(not complaints, "\n".join(complaints))
    need(sites >= len(KINDS), "%d sites for %d kinds of records" % (sites, len(KINDS)))
