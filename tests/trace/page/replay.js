/*
 * What the records do to frames, pages and slots. One pass from the first record to the last; the
 * changes go into histories (history.js), so that any moment can be asked for afterwards.
 *
 * Always: a page of a process is in one frame, in one slot, or nowhere. Where a full state was
 * taken, it counts more than what the records led to, and differences are corrected there.
 *
 * Moment n is the state after record n; -1 is the one before the first. replay.py does the same.
 */
"use strict";

const NOWHERE = -1;             /* of a page: it is in no frame and no slot */
const FREE_SLOT = -2;           /* instead of a slot's page: it is not in use */
const inSlot = slot => -2 - slot;
const slotOf = place => -2 - place;

/* What each kind of record does; those that are not here change nothing. */
const ACTS = {
    switch: "switched", alloc: "alloc", free: "release", map: "map", evict: "evict",
    unmap: "unmap", fork: "fork", exec: "exec", slot: "giveSlot",
    swap_in: "swapIn", swap_out: "swapOut",
};
const OF_NO_FRAME = new Set(["switch", "unmap", "fork", "exec"]);

class Owners {
    constructor() {
        this.list = [];
        this.numbers = new Map();
    }

    number(kind, pid) {
        const key = kind + " " + pid;
        let number = this.numbers.get(key);
        if (number === undefined) {
            number = this.list.length;
            this.list.push({kind, pid});
            this.numbers.set(key, number);
        }
        return number;
    }
}

/* Pages of processes, (pid, number of the page), each with a number of its own from 0 on. */
class Pages {
    constructor() {
        this.spaces = new Map();
        this.pid = [];
        this.page = [];
    }

    number(pid, page) {
        let space = this.spaces.get(pid);
        if (!space)
            this.spaces.set(pid, space = new Map());
        let number = space.get(page);
        if (number === undefined) {
            number = this.pid.length;
            space.set(page, number);
            this.pid.push(pid);
            this.page.push(page);
        }
        return number;
    }

    find(pid, page) {
        const space = this.spaces.get(pid);
        const number = space && space.get(page);
        return number === undefined ? -1 : number;
    }
}

class Replay {
    constructor(trace) {
        this.trace = trace;
        this.first = trace.header.ram[0] / 4096;
        this.frameCount = Math.ceil(trace.header.ram[1] / 4096);
        this.owners = new Owners();
        this.pages = new Pages();
        this.free = this.owners.number("free", 0);
        this.reserved = this.owners.number("reserved", 0);
        this.owner = new Uint16Array(this.frameCount).fill(this.free);
        this.page = new Int32Array(this.frameCount).fill(-1);
        this.slot = new Int32Array(this.frameCount).fill(-1);
        this.place = [];                        /* of a page: a frame, or see above */
        this.mappers = new Map();               /* frame → pages that map it */
        this.isShared = [];                     /* of a page: it is in a shared area */
        this.running = [];                      /* of a hart: the pid that runs */
        this.slots = new Map();                 /* slots in use → {page, frame}, -1: none */
        this.named = new Map();                 /* slot → how many entries name it */
        this.ofObject = new Set();              /* slots that shared memory names */
        this.slotCount = 0;
        this.frameChanges = new Changes([Uint16Array, Int32Array, Int32Array]);
        this.pageChanges = new Changes([Int32Array]);
        this.slotChanges = new Changes([Int32Array, Int32Array]);
    }

    run(progress = () => {}) {
        const {trace} = this, states = trace.states.slice();
        for (let n = 0; n < trace.count; n++) {
            while (states.length && states[0].at < n)
                this.correct(states.shift().parse(), n - 1);
            this.step(n);
            if (n % 65536 === 0)
                progress(n / trace.count);
        }
        while (states.length)
            this.correct(states.shift().parse(), trace.count - 1);
        return {
            frames: new History(this.frameChanges, this.frameCount),
            pages: new History(this.pageChanges, this.pages.pid.length),
            slots: new History(this.slotChanges, this.slotCount),
        };
    }

    /* ---- the three things ---- */

    setFrame(f, n, owner, page, slot) {
        if (owner === this.owner[f] && page === this.page[f] && slot === this.slot[f])
            return;
        this.owner[f] = owner;
        this.page[f] = page;
        this.slot[f] = slot;
        this.frameChanges.note(f, n, owner, page, slot);
    }

    setPage(page, n, place) {
        const old = this.place[page];
        if (old === place || old === undefined && place === NOWHERE)
            return;
        if (old >= 0) {
            const mappers = this.mappers.get(old);
            if (mappers)
                mappers.delete(page);
        }
        if (place >= 0) {
            const mappers = this.mappers.get(place);
            if (mappers)
                mappers.add(page);
            else
                this.mappers.set(place, new Set([page]));
        }
        this.place[page] = place;
        this.pageChanges.note(page, n, place);
        if (place < NOWHERE)
            this.named.set(slotOf(place), (this.named.get(slotOf(place)) || 0) + 1);
        if (old < NOWHERE) {
            this.named.set(slotOf(old), this.named.get(slotOf(old)) - 1);
            this.settle(slotOf(old), n);
        }
    }

    setSlot(slot, n, page, frame) {
        this.slotCount = Math.max(this.slotCount, slot + 1);
        this.slots.set(slot, {page, frame});
        this.slotChanges.note(slot, n, page, frame);
    }

    freeSlot(slot, n) {
        this.slots.delete(slot);
        this.slotChanges.note(slot, n, FREE_SLOT, -1);
    }

    /* A slot that neither a frame nor an entry has is free. */
    settle(slot, n) {
        const now = this.slots.get(slot);
        if (now && now.frame < 0 && !this.named.get(slot) && !this.ofObject.has(slot))
            this.freeSlot(slot, n);
    }

    /* ---- records ---- */

    step(n) {
        const {trace} = this, f = trace.pfn[n] - this.first;
        const act = ACTS[trace.name(n)];
        if (act && (OF_NO_FRAME.has(trace.name(n)) || f >= 0 && f < this.frameCount))
            this[act](n, f);
    }

    /* The space of a record: that of pid 0 is being built by the process that runs on the hart. */
    spaceOf(n) {
        const {trace} = this;
        return trace.pid[n] || -1 - (this.running[trace.hart[n]] || 0);
    }

    switched(n) {
        this.running[this.trace.hart[n]] = this.trace.pid[n];
    }

    alloc(n, f) {
        const kind = frameClass(this.trace.header, this.trace.extra[n]);
        this.setFrame(f, n, this.owners.number(kind, kind === "anon" ? this.trace.pid[n] : 0),
                      -1, -1);
    }

    release(n, f) {
        for (const page of [...(this.mappers.get(f) || [])])
            this.setPage(page, n, NOWHERE);
        this.leaveSlot(n, f);
        this.setFrame(f, n, this.free, -1, -1);
    }

    map(n, f) {
        const {trace} = this, page = this.pages.number(this.spaceOf(n), trace.page[n]);
        const {kind} = this.owners.list[this.owner[f]];
        this.isShared[page] = trace.extra[n] & 2;
        this.setPage(page, n, f);
        if (trace.extra[n] & 1)         /* it may change: no slot has its content any more */
            this.leaveSlot(n, f);
        if (this.page[f] < 0 || this.place[this.page[f]] !== f)
            this.setFrame(f, n, kind === "anon" ? this.owners.number("anon",
                Math.max(0, this.pages.pid[page])) : this.owner[f], page, this.slot[f]);
    }

    evict(n, f) {
        const {trace} = this, slot = this.slot[f];
        const page = this.pages.number(this.spaceOf(n), trace.page[n]);
        if (trace.pid[n] || this.place[page] === f)
            this.setPage(page, n, slot < 0 ? NOWHERE : inSlot(slot));
    }

    unmap(n) {
        const {trace} = this, pid = this.spaceOf(n), first = trace.page[n], count = trace.pfn[n];
        const space = this.pages.spaces.get(pid);
        if (!space)
            return;
        if (count < space.size)
            for (let i = 0; i < count; i++)
                this.clear(n, space.get(first + i));
        else
            for (const [number, page] of space)
                if (number >= first && number < first + count)
                    this.clear(n, page);
    }

    clear(n, page) {
        if (page !== undefined)
            this.setPage(page, n, NOWHERE);
    }

    fork(n) {
        const {trace} = this, parent = this.pages.spaces.get(trace.extra[n]);
        for (const page of [...(this.pages.spaces.get(trace.pid[n]) || new Map()).values()])
            this.clear(n, page);
        for (const [number, page] of parent ? [...parent] : [])
            if (this.place[page] !== undefined && this.place[page] !== NOWHERE &&
                !this.isShared[page])
                this.setPage(this.pages.number(trace.pid[n], number), n, this.place[page]);
    }

    exec(n) {
        const pid = this.trace.pid[n], built = this.pages.spaces.get(-1 - pid);
        for (const page of [...(this.pages.spaces.get(pid) || new Map()).values()])
            this.clear(n, page);
        for (const [number, page] of built ? [...built] : []) {
            const place = this.place[page], now = this.pages.number(pid, number);
            if (place === undefined || place === NOWHERE)
                continue;
            this.isShared[now] = this.isShared[page];
            this.setPage(page, n, NOWHERE);
            this.setPage(now, n, place);
            if (place >= 0 && this.page[place] === page)
                this.setFrame(place, n, this.owners.list[this.owner[place]].kind === "anon"
                    ? this.owners.number("anon", pid) : this.owner[place], now, this.slot[place]);
        }
    }

    /* The frame has that slot, and no other; no other frame has it. */
    giveSlot(n, f) {
        const slot = this.trace.extra[n], now = this.slots.get(slot);
        if (this.slot[f] !== slot) {
            this.leaveSlot(n, f);
            if (now && now.frame >= 0)
                this.setFrame(now.frame, n, this.owner[now.frame], this.page[now.frame], -1);
        }
        this.setSlot(slot, n, this.page[f] >= 0 || !now ? this.page[f] : now.page, f);
        this.setFrame(f, n, this.owner[f], this.page[f], slot);
    }

    leaveSlot(n, f) {
        const slot = this.slot[f];
        if (slot < 0)
            return;
        this.setFrame(f, n, this.owner[f], this.page[f], -1);
        this.setSlot(slot, n, this.slots.get(slot).page, -1);
        this.settle(slot, n);
    }

    swapOut(n, f) {
        const slot = this.trace.extra[n];
        this.giveSlot(n, f);
        if (!this.named.get(slot))
            this.ofObject.add(slot);
    }

    /* The frame has the page that the slot had; which entries are to map it comes later. */
    swapIn(n, f) {
        const {page} = this.slots.get(this.trace.extra[n]) || {page: -1};
        this.giveSlot(n, f);
        if (page >= 0 && this.page[f] < 0)
            this.setFrame(f, n, this.owners.number("anon", Math.max(0, this.pages.pid[page])),
                          page, this.slot[f]);
    }

    /* ---- a full state ---- */

    correct(state, n) {
        const now = unpackState(state, this.first, this.frameCount);
        const seen = new Set(), mapper = new Int32Array(this.frameCount).fill(-1);
        const holds = new Map();                /* slot → a page that is in it */
        for (const slot of [...this.slots.keys()])
            if (!now.slots.has(slot))
                this.freeSlot(slot, n);
        for (const space of now.spaces)
            space.pages.forEach((number, i) => {
                const page = this.pages.number(space.pid, number), place = space.places[i];
                seen.add(page);
                this.setPage(page, n, place);
                this.isShared[page] = space.isShared(number) ? 2 : 0;
                if (place >= 0 && mapper[place] < 0)
                    mapper[place] = page;
                else if (place < NOWHERE)
                    holds.set(slotOf(place), page);
            });
        for (let page = 0; page < this.pages.pid.length; page++)
            if (this.pages.pid[page] >= 0 && !seen.has(page))
                this.setPage(page, n, NOWHERE);
        for (let f = 0; f < this.frameCount; f++) {
            const kind = now.kinds[f] < 0 ? "reserved"
                : frameClass(this.trace.header, now.kinds[f]);
            this.correctFrame(f, n, kind, mapper[f], now.slot[f]);
        }
        this.ofObject.clear();
        for (const [slot, {frame, uses}] of now.slots) {
            this.setSlot(slot, n, frame >= 0 ? this.page[frame]
                : holds.has(slot) ? holds.get(slot) : -1, frame);
            if (uses > (this.named.get(slot) || 0))
                this.ofObject.add(slot);
        }
    }

    correctFrame(f, n, kind, mapper, slot) {
        const before = this.owners.list[this.owner[f]], same = before.kind === kind;
        let page = same ? this.page[f] : -1, pid = 0;
        if (mapper >= 0 && (page < 0 || this.place[page] !== f))
            page = mapper;
        if (kind === "anon")
            pid = page >= 0 ? this.pages.pid[page] : same ? before.pid : 0;
        this.setFrame(f, n, this.owners.number(kind, pid), page, slot);
    }
}

/* A full state's columns as arrays by frame, and lists by space. */
function unpackState(state, first, frameCount) {
    const kinds = new Int16Array(frameCount).fill(-1), slot = new Int32Array(frameCount).fill(-1);
    for (const [pfn, count, kind] of state.frames)
        kinds.fill(kind, pfn - first, pfn - first + count);
    const spaces = state.spaces.map(space => {
        const numbers = summed(space.number);
        const shared = space.areas.filter(area => area[3].split(" ").includes("shared"));
        return Object.assign({}, space, {
            pages: summed(space.page),
            isShared: page => shared.some(([start, pages]) => page >= start &&
                                          page < start + pages),
            places: numbers.map((number, i) => space.kind[i] === "s" ? inSlot(number)
                                                                     : number - first),
        });
    });
    const slots = new Map(), {pfn, uses} = state.slots;
    summed(state.slots.number).forEach((number, i) =>
        slots.set(number, {frame: pfn[i] ? pfn[i] - first : -1, uses: uses[i]}));
    for (const [number, {frame}] of slots)
        if (frame >= 0)
            slot[frame] = number;
    return {kinds, slot, spaces, slots};
}
