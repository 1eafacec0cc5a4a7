"""The time machine (tests/trace/page): what it shows of runs that are drawn anew each time is what
the model knows of them."""

import json
import os
import random

import drawnrun
import ground
import page
import suite as s
import tracetest

FOLDER = os.path.join(s.ROOT, s.BUILD, "browser", "trace")
LENGTH, MANY = 8000, 2000000


def url_of(name):
    return "file://" + os.path.join(FOLDER, name)


def path_of(name):
    return os.path.join(FOLDER, name)


def page_of(name, *traces):
    """A page with these trace files in it; its address."""
    data = []
    for trace in traces:
        with open(path_of(trace), "rb") as file:
            data.append(file.read())
    page.write(data[0], path_of(name), *data[1:])
    return url_of(name)


def chains(dice, run):
    """What to ask "why?" about, in the page's words, and the records that explain it."""
    found = []
    for n, truth in sorted(run.truths.items())[-4:]:
        pid = dice.choice(sorted(truth["spaces"]))
        number, place = dice.choice(sorted(truth["spaces"][pid].items()))
        pfn = dice.choice([pfn for pfn in range(drawnrun.BASE, drawnrun.BASE + drawnrun.FRAMES)])
        asked = [("pid %s va 0x%x000" % (pid, int(number)), ("page", int(pid), int(number))),
                 ("frame 0x%x" % pfn, ("frame", pfn))]
        if truth["slots"]:
            slot = dice.choice(truth["slots"])
            asked.append(("slot %d" % slot, ("slot", slot)))
        found += [{"moment": n - 1, "query": query, "chain": run.why(subject, n)}
                  for query, subject in asked]
    return found


def damaged():
    """Traces that cannot be read: name → (its bytes, what the page says)."""
    with open(path_of("drawn.xvtrace"), "rb") as file:
        whole = file.read()
    line = whole.index(b"\n") + 1
    block = whole.index(b"\n", line) + 1
    broken = bytearray(whole)
    broken[block + 12] ^= 0xff
    return {
        "empty": (b"", "empty"), "cut": (whole[:-1000], "1000 of"),
        "header": (whole[:line + 30], "cut off in its header"),
        "version": (b"xv39 trace 2\n" + whole[line:], "version 2"),
        "other": (b"\x7fELF" + whole, "no trace of xv39"),
        "broken": (bytes(broken), "damaged"),
    }


def time_machine():
    ground.need_browser()
    os.makedirs(FOLDER, exist_ok=True)
    seed = random.randrange(1 << 30)
    dice = random.Random(seed)
    print("seed %d" % seed)
    modes = ["sv39", "sv48", "sv57"]
    run = drawnrun.DrawnRun(seed, LENGTH, dice.choice(modes), dice.randrange(1, 9))
    fork_at = dice.randrange(LENGTH // 4, LENGTH // 2)
    other = drawnrun.DrawnRun(seed, LENGTH // 2, run.mode, run.harts, seed + 1, fork_at)
    same = next(n for n, (a, b) in enumerate(zip(run.records, other.records))
                if (a.type, a.pid, a.va, a.pfn, a.extra) != (b.type, b.pid, b.va, b.pfn, b.extra))
    run.write(path_of("drawn.xvtrace"))
    other.write(path_of("other.xvtrace"), command="drawn otherwise",
                lost=[{"hart": 0, "before": 7, "count": 5}])
    bad = {}
    for name, (data, words) in damaged().items():
        page.write(data, path_of(name + ".html"))
        bad[name] = [url_of(name + ".html"), words]
    drawnrun.write_long(run, path_of("many.xvtrace"), MANY)
    many = page_of("many.html", "many.xvtrace")
    pid = dice.choice(sorted({r.pid for r in run.records if r.type == "fault"}))
    known = {
        "truths": {n - 1: truth for n, truth in run.truths.items()},
        "chains": chains(dice, run), "base": drawnrun.BASE, "count": len(run.records),
        "pid": pid, "kind": "fault", "mode": run.mode,
        "matches": [n for n, r in enumerate(run.records) if (r.pid, r.type) == (pid, "fault")],
        "evictions": [n for n, r in enumerate(run.records) if r.type == "evict"],
        "victims": {n: r.pfn for n, r in enumerate(run.records) if r.type == "evict"},
        "faults": [sum(r.type == "fault" and r.hart == hart for r in run.records)
                   for hart in range(run.harts)],
    }
    with open(path_of("known.json"), "w", encoding="utf-8") as file:
        json.dump(known, file)
    parts = ground.run_script(
        "timemachine", url=page_of("drawn.html", "drawn.xvtrace"), known=path_of("known.json"),
        other=path_of("other.xvtrace"), two=page_of("two.html", "drawn.xvtrace", "other.xvtrace"),
        differs=same, bad=bad, many=many)
    return [(name, verdict, why + "\nseed %d" % seed if why else why)
            for name, verdict, why in parts]


def truth_of(state):
    """A State of replay.py in the form that scripts compare with."""
    classes = {}
    for kind in state.frames.values():
        classes[kind] = classes.get(kind, 0) + 1
    return {"classes": classes, "slots": sorted(state.slots), "spaces": {
        str(pid): {str(number): place for number, place in space.items()}
        for pid, space in state.spaces.items() if space and pid > 0}}


def recorded_run():
    """A machine that has too little memory, recorded: the page against tests/trace/replay.py."""
    ground.need_browser()
    os.makedirs(FOLDER, exist_ok=True)
    seed = random.randrange(1 << 30)
    dice = random.Random(seed)
    run, _ = tracetest.recorded(
        "time machine", often=True, PAGING=dice.choice(["sv39", "sv48", "sv57"]),
        CPUS=str(dice.randrange(1, 9)), MEM="32M", SWAP="64M",
        CMD="swapstress 2 32 20 %d" % seed)
    header, chains, truths = run.trace.header, [], {}
    for n in sorted(dice.randrange(1, len(run.records) + 1) for _ in range(5)):
        state = run.at(n)
        truths[n - 1] = truth_of(state)
        asked = [("frame 0x%x" % pfn, ("frame", pfn)) for pfn in dice.sample(
            sorted(state.frames), 1)]
        entries = [(pid, number) for pid, space in sorted(state.spaces.items())
                   for number in sorted(space) if pid > 0]
        if entries:
            pid, number = dice.choice(entries)
            asked.append(("pid %d va 0x%x000" % (pid, number), ("page", pid, number)))
        if state.slots:
            slot = dice.choice(sorted(state.slots))
            asked.append(("slot %d" % slot, ("slot", slot)))
        chains += [{"moment": n - 1, "query": query, "chain": run.why(subject, n)}
                   for query, subject in asked]
    faults = [sum(r.type == "fault" and r.hart == hart for r in run.records)
              for hart in range(header["harts"])]
    with open(path_of("recorded.json"), "w", encoding="utf-8") as file:
        json.dump({"truths": truths, "chains": chains, "faults": faults,
                   "count": len(run.records), "policy": header["policy"]}, file)
    with open(os.path.join(s.ROOT, s.BUILD, "trace", "time-machine.xvtrace"), "rb") as file:
        page.write(file.read(), path_of("recorded.html"))
    parts = ground.run_script("recordedrun", url=url_of("recorded.html"),
                              known=path_of("recorded.json"))
    return [(name, verdict, why + "\nseed %d" % seed if why else why)
            for name, verdict, why in parts]
