/*
 * One recorded run, ready to be asked: what is where at a moment, the picture, the next record of a
 * kind, the time line of each hart. It lives in a worker; answers are plain values and arrays.
 */
"use strict";

const MARKS = ["fault", "evict", "swap_in", "swap_out", "flush", "shootdown"];
const NEAR = 12;                /* records shown before and after the moment */

class Run {
    constructor(trace, progress) {
        this.trace = trace;
        this.replay = new Replay(trace);
        Object.assign(this, this.replay.run(progress));
        this.rows = this.framesInUse();
        this.pyramid = new Pyramid(this.frames, this.rows, trace.count, this.replay.free);
        this.lanes = this.sortByHart();
        this.spans = this.spansOfSpaces();
        this.rowOf = new Int32Array(this.replay.frameCount).fill(-1);
        this.rows.forEach((f, row) => this.rowOf[f] = row);
    }

    /* Frames that are anything but free, or not the kernel's, at any time. */
    framesInUse() {
        const found = [], {start, values} = this.frames, {free, reserved} = this.replay;
        for (let f = 0; f < this.replay.frameCount; f++)
            for (let i = start[f]; i < start[f + 1]; i++)
                if (values[0][i] !== free && values[0][i] !== reserved) {
                    found.push(f);
                    break;
                }
        return Int32Array.from(found);
    }

    /* hart → kind of mark → the numbers of its records. */
    sortByHart() {
        const {trace} = this, lanes = [];
        const kinds = trace.typeName.map(name => name === "switch" || MARKS.includes(name)
                                         ? name : null);
        for (let n = 0; n < trace.count; n++) {
            const kind = kinds[trace.type[n]];
            if (kind) {
                const lane = lanes[trace.hart[n]] = lanes[trace.hart[n]] || {};
                (lane[kind] = lane[kind] || []).push(n);
            }
        }
        for (let hart = 0; hart < Math.max(1, trace.header.harts); hart++)
            lanes[hart] = lanes[hart] || {};
        return lanes;
    }

    /* pid → its pages, and the moments of their first and last change. */
    spansOfSpaces() {
        const spans = new Map();
        for (const [pid, space] of this.replay.pages.spaces) {
            const pages = Int32Array.from([...space.entries()].sort((a, b) => a[0] - b[0]),
                                          entry => entry[1]);
            let first = Infinity, last = -1;
            for (const page of pages) {
                const from = this.pages.start[page], to = this.pages.start[page + 1];
                if (from < to) {
                    first = Math.min(first, this.pages.at[from]);
                    last = Math.max(last, this.pages.values[0][to - 1] === NOWHERE
                        ? this.pages.at[to - 1] : Infinity);
                }
            }
            spans.set(pid, {pages, first, last});
        }
        return spans;
    }

    about() {
        const {trace, replay} = this;
        return {header: trace.header, count: trace.count, first: replay.first,
                frameCount: replay.frameCount, rows: this.rows, owners: replay.owners.list,
                free: replay.free, states: trace.states.map(state => state.at),
                typeName: trace.typeName, pids: [...replay.pages.spaces.keys()].filter(
                    pid => pid > 0).sort((a, b) => a - b)};
    }

    /* ---- a moment ---- */

    moment(n, wanted = {}) {
        return {n, frames: this.ownersAt(n), spaces: this.spacesAt(n, wanted.open || []),
                slots: this.slotsAt(n), state: this.stateAt(n, wanted.known),
                near: this.recordsNear(n, wanted.filter), record: this.record(n)};
    }

    record(n) {
        return n >= 0 && n < this.trace.count ? this.trace.record(n) : null;
    }

    ownersAt(n) {
        const owners = new Uint16Array(this.rows.length);
        this.rows.forEach((f, row) =>
            owners[row] = this.frames.value(f, n, 0, this.replay.free));
        return owners;
    }

    /* Each space: how much is where; of those that are open all entries, too. */
    spacesAt(n, open) {
        const found = [];
        for (const [pid, span] of this.spans) {
            if (pid <= 0 || n < span.first || n >= span.last)
                continue;
            const space = {pid, resident: 0, swapped: 0, page: [], place: []};
            for (const page of span.pages) {
                const place = this.pages.value(page, n, 0, NOWHERE);
                if (place === NOWHERE)
                    continue;
                if (place >= 0)
                    space.resident++;
                else
                    space.swapped++;
                if (open.includes(pid)) {
                    space.page.push(this.replay.pages.page[page]);
                    space.place.push(place);
                }
            }
            if (space.resident || space.swapped)
                found.push(space);
        }
        return found.sort((a, b) => a.pid - b.pid);
    }

    slotsAt(n) {
        const found = [];
        for (let slot = 0; slot < this.slots.keys; slot++) {
            const i = this.slots.find(slot, n);
            if (i < this.slots.start[slot])
                continue;
            const page = this.slots.values[0][i], frame = this.slots.values[1][i];
            if (page !== FREE_SLOT)
                found.push({slot, frame, pid: page < 0 ? 0 : this.replay.pages.pid[page],
                            page: page < 0 ? -1 : this.replay.pages.page[page]});
        }
        return found;
    }

    /* The last full state up to the moment, unless it is the one that the asker knows. */
    stateAt(n, known) {
        const before = this.trace.states.filter(state => state.at <= n).pop();
        if (!before)
            return null;
        if (before.at === known)
            return {at: known};
        const state = before.parse();
        return {at: before.at, lists: state.lists, quotas: state.quotas, running: state.running,
                objects: state.objects, accessed: this.accessed(state),
                spaces: state.spaces.map(space => ({pid: space.pid, name: space.name,
                    levels: space.levels, areas: space.areas, tables: space.tables}))};
    }

    /* Frames that some entry says were used: bit 6 of an entry is A. */
    accessed(state) {
        const found = new Set();
        for (const space of state.spaces)
            summed(space.number).forEach((number, i) => {
                if (space.kind[i] === "p" && space.bits[i] & 64)
                    found.add(number);
            });
        return Int32Array.from(found);
    }

    recordsNear(n, filter) {
        const before = [], after = [];
        for (let i = n; i >= 0 && before.length <= NEAR && n - i < 200000; i--)
            if (i === n || this.passes(i, filter))
                before.unshift(this.trace.record(i));
        for (let i = n + 1; i < this.trace.count && after.length < NEAR && i - n < 200000; i++)
            if (this.passes(i, filter))
                after.push(this.trace.record(i));
        return before.concat(after);
    }

    /* ---- finding ---- */

    passes(n, filter) {
        const {trace} = this;
        return !filter || (filter.pid === null || trace.pid[n] === filter.pid) &&
            (filter.page === null || trace.page[n] === filter.page) &&
            (!filter.kinds || filter.kinds.includes(trace.name(n)));
    }

    /* The next record that passes, from n on by step 1 or -1; or -1. */
    next(n, step, filter) {
        for (let i = n + step; i >= 0 && i < this.trace.count; i += step)
            if (this.passes(i, filter))
                return i;
        return -1;
    }

    count(filter) {
        let found = 0;
        for (let n = 0; n < this.trace.count; n++)
            found += this.passes(n, filter);
        return found;
    }

    /* What a frame (its index), a page or a slot is at a moment, in plain values. */
    frameAt(f, n) {
        const i = this.frames.find(f, n);
        if (f < 0 || f >= this.replay.frameCount || i < this.frames.start[f])
            return {frame: f, kind: "free", pid: 0, page: null, slot: -1};
        const [owner, page, slot] = this.frames.values.map(values => values[i]);
        return Object.assign({frame: f, slot, since: this.frames.at[i]},
            this.replay.owners.list[owner], {page: page < 0 ? null : this.replay.pages.page[page],
                pagePid: page < 0 ? 0 : this.replay.pages.pid[page]});
    }

    placeOf(pid, page, n) {
        const number = this.replay.pages.find(pid, page);
        return number < 0 ? NOWHERE : this.pages.value(number, n, 0, NOWHERE);
    }

    /* ---- pictures ---- */

    picture(view, width, height) {
        const owners = new Uint16Array(width * height);
        this.pyramid.draw(view, width, height, owners);
        return owners;
    }

    /* hart → kind → how many in each of so many parts of [left, right). */
    timeline(left, right, parts, filter) {
        return this.lanes.map((lane, hart) => ({hart, running: this.runningParts(
            lane.switch || [], left, right, parts), counts: Object.fromEntries(
            MARKS.map(kind => [kind, this.countParts(lane[kind] || [], left, right, parts,
                                                     filter)]))}));
    }

    countParts(records, left, right, parts, filter) {
        const counts = new Uint32Array(parts);
        const plain = !filter || filter.pid === null && filter.page === null && !filter.kinds;
        if (plain) {
            let before = lowerBound(records, left);
            for (let part = 0; part < parts; part++) {
                const now = lowerBound(records, left + (part + 1) * (right - left) / parts,
                                       before);
                counts[part] = now - before;
                before = now;
            }
            return counts;
        }
        for (let i = lowerBound(records, left); i < records.length && records[i] < right; i++)
            if (this.passes(records[i], filter))
                counts[Math.floor((records[i] - left) / (right - left) * parts)]++;
        return counts;
    }

    runningParts(records, left, right, parts) {
        const pids = new Int32Array(parts).fill(-1);
        for (let part = 0; part < parts; part++) {
            const moment = left + (part + .5) * (right - left) / parts;
            const i = lowerBound(records, moment) - 1;
            if (i >= 0 && moment < this.trace.count)
                pids[part] = this.trace.pid[records[i]];
        }
        return pids;
    }
}

/* How many of the rising numbers are below a value. */
function lowerBound(numbers, value, low = 0) {
    let high = numbers.length;
    while (low < high) {
        const middle = low + high >> 1;
        if (numbers[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
