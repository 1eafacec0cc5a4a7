/*
 * What each thing was, and from when on: of frames, of pages, of slots.
 *
 * While the records are replayed, changes are noted in their order; then they are sorted by key, so
 * that the state of a thing at any moment is one binary search away, and nothing is replayed again.
 * A value holds from moment at[i] on: after record at[i]. -1: before the first record.
 */
"use strict";

class Changes {
    constructor(types) {
        this.length = 0;
        this.types = types;
        this.grow(1 << 12);
    }

    grow(room) {
        const larger = (old, type) => {
            const now = new type(room);
            if (old)
                now.set(old);
            return now;
        };
        this.key = larger(this.key, Int32Array);
        this.at = larger(this.at, Int32Array);
        this.values = this.types.map((type, i) => larger(this.values && this.values[i], type));
        this.room = room;
    }

    note(key, at, a, b, c) {
        if (this.length === this.room)
            this.grow(2 * this.room);
        const i = this.length++;
        this.key[i] = key;
        this.at[i] = at;
        this.values[0][i] = a;
        if (this.values.length > 1)
            this.values[1][i] = b;
        if (this.values.length > 2)
            this.values[2][i] = c;
    }
}

class History {
    /* keys: how many there are, numbered from 0. Of changes at one moment the last one stays. */
    constructor(changes, keys) {
        const {length, key, at} = changes;
        this.keys = keys;
        this.start = new Int32Array(keys + 1);
        for (let i = 0; i < length; i++)
            this.start[key[i] + 1]++;
        for (let k = 0; k < keys; k++)
            this.start[k + 1] += this.start[k];
        const next = this.start.slice(0, keys);
        this.at = new Int32Array(length);
        this.values = changes.types.map(type => new type(length));
        for (let i = 0; i < length; i++) {
            const to = next[key[i]]++;
            this.at[to] = at[i];
            for (let v = 0; v < this.values.length; v++)
                this.values[v][to] = changes.values[v][i];
        }
    }

    /* The place of the change that holds at a moment; start[key] - 1: there is none yet. */
    find(key, moment) {
        let low = this.start[key], high = this.start[key + 1];
        while (low < high) {
            const middle = low + high >> 1;
            if (this.at[middle] <= moment)
                low = middle + 1;
            else
                high = middle;
        }
        return low - 1;
    }

    value(key, moment, which, otherwise) {
        const i = this.find(key, moment);
        return i < this.start[key] ? otherwise : this.values[which][i];
    }
}
