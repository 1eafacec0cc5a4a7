/*
 * A record in words, as one would say it to a neighbour. Plain text; no markup.
 */
"use strict";

const hex = number => "0x" + number.toString(16);
const grouped = number => Math.round(number).toString().replace(/\B(?=(\d{3})+$)/g, ",");

/* By the permission bits of an entry that the access needs. */
const ACCESS = {2: "a read of ", 4: "a store to ", 8: "a fetch of code at "};

/* What each kind of record is called in a list, and its mark on the time line. */
const KINDS = {
    fault: {words: "fault", mark: "▲"},
    map: {words: "map", mark: "+"},
    evict: {words: "evict", mark: "▼"},
    swap_in: {words: "swap in", mark: "↑"},
    swap_out: {words: "swap out", mark: "↓"},
    flush: {words: "flush", mark: "|"},
    shootdown: {words: "shootdown", mark: "◆"},
    alloc: {words: "alloc", mark: "○"},
    free: {words: "free", mark: "×"},
    switch: {words: "switch", mark: "→"},
    refault: {words: "refault", mark: "↺"},
    unmap: {words: "unmap", mark: "−"},
    fork: {words: "fork", mark: "Y"},
    exec: {words: "exec", mark: "!"},
    slot: {words: "slot given", mark: "■"},
};

function kindWords(name) {
    return KINDS[name] ? KINDS[name].words : name;
}

function processWords(header, pid) {
    const name = header.processes && header.processes[pid];
    return pid === 0 ? "the kernel" : "pid " + pid + (name ? " (" + name + ")" : "");
}

function pagesWords(pfn, va) {
    return pfn === 0 ? "the whole space" :
        pfn === 1 ? "page " + va : grouped(pfn) + " pages from " + va + " on";
}

const bitsWords = bits => {
    const found = [];
    for (let i = 0; i < 32; i++)
        if (Math.floor(bits / 2 ** i) % 2)
            found.push(i);
    return (found.length === 1 ? "hart " : "harts ") + found.join(", ");
};

/* r: a record as Trace.record() gives it. */
function recordWords(header, r) {
    const process = processWords(header, r.pid), frame = "frame " + hex(r.pfn);
    const page = addressText(r.page), kind = frameClass(header, r.extra);
    switch (r.type) {
    case "fault":
        return "page fault: " + (ACCESS[r.extra & 15] || "access to ") + r.va + " by " + process +
            " found no entry that allows it";
    case "map":
        return page + " of " + (r.pid ? process : "a space that exec builds") +
            " is mapped to " + frame + (r.extra & 1 ? ", for stores, too" : ", for reading");
    case "evict":
        return r.pid === 0
            ? frame + " loses its page (offset " + page + " of its file or shared memory)" +
              (r.extra ? "; it will be written" : "")
            : page + " of " + process + " is evicted from " + frame +
              (r.extra ? "; it has to be written to swap" : "; swap has its content already");
    case "swap_in":
        return "swap slot " + r.extra + " was read into " + frame;
    case "swap_out":
        return frame + " was written to swap slot " + r.extra;
    case "flush":
        return "this hart's TLB forgets " + pagesWords(r.pfn, r.va);
    case "shootdown":
        return bitsWords(r.extra) + " must forget " + pagesWords(r.pfn, r.va);
    case "alloc":
        return frame + " is taken: " + ownerWords(kind, 0) +
            (r.pid ? ", for " + process : "");
    case "free":
        return frame + " is free again (was: " + ownerWords(kind, 0) + ")";
    case "switch":
        return r.pid ? process + " runs from here on (thread " + r.extra + ")"
                     : "a kernel thread runs from here on (thread " + r.extra + ")";
    case "unmap":
        return process + ": " + (r.pfn === 1 ? "the entry for " : grouped(r.pfn) +
            " entries from ") + page + (r.pfn === 1 ? " is" : " on are") + " empty from here on";
    case "fork":
        return process + " is born: its entries are copies of those of " +
            processWords(header, r.extra);
    case "exec":
        return process + " leaves its space for the new program's";
    case "slot":
        return page + " of " + process + " in " + frame + " is to have swap slot " + r.extra;
    case "refault":
        return page + " of " + process + " is wanted again after its eviction";
    default:
        return r.type;
    }
}

function frameClass(header, number) {
    return (header.classes && header.classes[number]) || "class " + number;
}
