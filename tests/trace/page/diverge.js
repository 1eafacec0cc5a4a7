/*
 * Where two runs begin to differ. Two records are alike if the same thing happened to the same
 * page, frame and slot; time and hart may differ. If the kernels are two, their frames have other
 * numbers from the start, so those are not compared then.
 */
"use strict";

/* What is compared of so many records: five numbers each. */
function sketch(trace, from, count) {
    const last = Math.min(trace.count, from + count), found = new Float64Array(
        5 * Math.max(0, last - from));
    for (let n = from; n < last; n++)
        found.set([trace.type[n], trace.pid[n], trace.page[n], trace.pfn[n], trace.extra[n]],
                  5 * (n - from));
    return found;
}

/* The first place at which two sketches differ, or -1; which: the numbers that count. */
function firstDifference(a, b, which) {
    const count = Math.min(a.length, b.length) / 5;
    for (let i = 0; i < count; i++)
        for (const k of which)
            if (a[5 * i + k] !== b[5 * i + k])
                return i;
    return a.length === b.length ? -1 : count;
}
