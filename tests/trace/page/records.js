/*
 * A trace file's bytes → a Trace: its header, its records in columns, and its full states.
 *
 * The columns are typed arrays with one value a record, so that millions of them stay small. What a
 * column means stands in README.md of tests/trace; traceformat.py reads the same.
 *
 * Always: what is not a whole trace of ours is a BadTrace with a sentence that a reader of the page
 * understands; nothing is guessed.
 */
"use strict";

const FORMAT = "xv39 trace ";
const VERSION = 1;
const BLOCK_RECORDS = 65536;

class BadTrace extends Error {}

class Trace {
    constructor(header) {
        const count = header.records;
        this.header = header;
        this.count = count;
        this.when = new Float64Array(count);
        this.type = new Uint8Array(count);
        this.hart = new Uint8Array(count);
        this.pid = new Uint32Array(count);
        this.page = new Float64Array(count);        /* va >> 12; below 0 in the kernel's half */
        this.offset = new Uint16Array(count);
        this.pfn = new Float64Array(count);
        this.extra = new Float64Array(count);
        this.states = [];           /* FullState, by time */
        this.typeName = [];
        for (const [name, number] of Object.entries(header.types))
            this.typeName[number] = name;
    }

    name(n) {
        return this.typeName[this.type[n]];
    }

    record(n) {
        return {n, when: this.when[n], type: this.name(n), hart: this.hart[n], pid: this.pid[n],
                page: this.page[n], va: addressText(this.page[n], this.offset[n]),
                pfn: this.pfn[n], extra: this.extra[n]};
    }
}

/* An address in hexadecimal; it may have more bits than a number has exactly. */
function addressText(page, offset = 0) {
    if (page < 0)
        return "0x" + (BigInt(page) * 4096n + BigInt(offset) + (1n << 64n)).toString(16);
    return "0x" + (page ? page.toString(16) + offset.toString(16).padStart(3, "0")
                        : offset.toString(16));
}

/* A full state, kept as text, since it is large and seldom asked for. */
class FullState {
    constructor(at, bytes) {
        this.at = at;           /* the moment at which it was so */
        this.bytes = bytes;
    }

    parse() {
        return JSON.parse(new TextDecoder().decode(this.bytes));
    }
}

/* Numbers of seven bits a byte, the low ones first. */
class Column {
    constructor(bytes) {
        this.bytes = bytes;
        this.at = 0;
    }

    number() {
        const {bytes} = this;
        let byte = bytes[this.at++];
        if (byte < 128)
            return byte;
        let value = 0, factor = 1;
        for (; byte >= 128; byte = bytes[this.at++]) {
            value += (byte - 128) * factor;
            factor *= 128;
        }
        if (byte === undefined)
            throw new BadTrace("The trace is damaged: a column ends too early.");
        return value + byte * factor;
    }

    /* 0, -1, 1, -2, ... are 0, 1, 2, 3, ... */
    difference() {
        const value = this.number();
        return value % 2 ? -(value + 1) / 2 : value / 2;
    }
}

const COLUMNS = ["when", "type", "hart", "pid", "page", "offset", "pfn", "extra"];

/* The columns of a block of records: each has its length before it. */
function splitColumns(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const found = {};
    let at = 0;
    for (const name of COLUMNS) {
        const length = at + 4 <= bytes.length ? view.getUint32(at, true) : Infinity;
        if (at + 4 + length > bytes.length)
            throw new BadTrace("The trace is damaged: a block has no column “" + name + "”.");
        found[name] = new Column(bytes.subarray(at + 4, at + 4 + length));
        at += 4 + length;
    }
    return found;
}

/* Puts a block's records into the trace, from record `start` on. Returns how many. */
function takeRecords(trace, bytes, start) {
    const columns = splitColumns(bytes);
    const types = columns.type.bytes, harts = columns.hart.bytes, count = types.length;
    const page = new Float64Array(256), pfn = new Float64Array(256);
    const extra = new Float64Array(256);
    let when = 0;
    if (start + count > trace.count || harts.length !== count || count > BLOCK_RECORDS)
        throw new BadTrace("The trace is damaged: it has more records than it says.");
    for (let i = 0; i < count; i++) {
        const n = start + i, type = types[i];
        if (!trace.typeName[type])
            throw new BadTrace("The trace is damaged: no type of record has the number " + type +
                               ".");
        trace.when[n] = when += columns.when.number();
        trace.type[n] = type;
        trace.hart[n] = harts[i];
        trace.pid[n] = columns.pid.number();
        trace.page[n] = page[type] += columns.page.difference();
        trace.offset[n] = columns.offset.number();
        trace.pfn[n] = pfn[type] += columns.pfn.difference();
        trace.extra[n] = extra[type] += columns.extra.difference();
    }
    return count;
}

/* The first two lines. Returns the header, and where the blocks begin. */
function readHeader(bytes) {
    if (bytes.length === 0)
        throw new BadTrace("The trace is empty: nothing was recorded.");
    const first = bytes.subarray(0, 64).indexOf(10);
    const line = new TextDecoder().decode(bytes.subarray(0, first < 0 ? 64 : first));
    if (!line.startsWith(FORMAT.slice(0, line.length)))
        throw new BadTrace("This is no trace of xv39: it does not begin with “xv39 trace”.");
    if (first < 0)
        throw new BadTrace("The trace is cut off in its first line.");
    if (line !== FORMAT + VERSION)
        throw new BadTrace("The trace has version " + line.slice(FORMAT.length) + ", and this " +
                           "page reads version " + VERSION + ". Make both with the same tree.");
    const second = bytes.indexOf(10, first + 1);
    let header;
    try {
        header = JSON.parse(new TextDecoder().decode(bytes.subarray(
            first + 1, second < 0 ? bytes.length : second)));
    } catch (trouble) {
        throw new BadTrace(second < 0 ? "The trace is cut off in its header."
                                      : "The trace is damaged: its header cannot be read.");
    }
    if (!header || !header.types || !header.ram || !(header.records >= 0))
        throw new BadTrace("The trace is damaged: its header lacks what every trace has.");
    const missing = header.bytes - (bytes.length - second - 1);
    if (second < 0 || missing > 0)
        throw new BadTrace("The trace is cut off: " + missing + " of " +
                           (bytes.length + missing) + " bytes are missing. Record it again.");
    return {header, start: second + 1};
}

/* inflate(bytes): a promise of the unpacked bytes. progress(part): 0 to 1. */
async function readTrace(bytes, inflate, progress = () => {}) {
    const {header, start} = readHeader(bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const trace = new Trace(header);
    let at = start, got = 0;
    while (at < bytes.length) {
        const length = at + 5 <= bytes.length ? view.getUint32(at + 1, true) : Infinity;
        if (at + 5 + length > bytes.length)
            throw new BadTrace("The trace is cut off in the middle of a block.");
        let block;
        try {
            block = await inflate(bytes.subarray(at + 5, at + 5 + length));
        } catch (trouble) {
            throw new BadTrace("The trace is damaged: a block cannot be unpacked.");
        }
        if (bytes[at] === 82)           /* R */
            got += takeRecords(trace, block, got);
        else                            /* K */
            trace.states.push(new FullState(got - 1, block));
        at += 5 + length;
        progress(at / bytes.length);
    }
    if (got !== trace.count)
        throw new BadTrace("The trace is damaged: it has " + got + " records instead of " +
                           trace.count + ".");
    return trace;
}

/* What the browser unpacks zlib with. */
async function inflateStream(bytes) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
}

/* A column of differences, as the full states have them. */
function summed(differences) {
    let sum = 0;
    return differences.map(d => sum += d);
}
