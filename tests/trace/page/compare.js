/*
 * Where two runs first differ, in words. Records are alike where the same happened to the same
 * page, frame and slot; times and harts may differ. Kernels that are not the same have their
 * frames elsewhere: then frames are not compared, and of what the kernel does for itself nothing.
 */
"use strict";

const PIECE = 65536;            /* records compared at a time */
const TYPE = 0, PID = 1, PAGE = 2, PFN = 3, EXTRA = 4;

async function divergence(a, b) {
    const same = a.about.header.kernel === b.about.header.kernel;
    const which = same ? [TYPE, PID, PAGE, PFN, EXTRA] : [TYPE, PID, PAGE];
    for (let from = 0; ; from += PIECE) {
        const [one, two] = await Promise.all([a, b].map(view => view.worked.ask(
            "sketch", {from, count: PIECE})));
        const at = firstDifference(one, two, which);
        if (at >= 0)
            return differenceWords(a, b, from + at, same);
        if (one.length < 5 * PIECE)
            return {differs: false, a: 0, b: 0, words: "The two runs do not differ: " +
                    grouped(a.about.count) + " records are alike."};
    }
}

async function differenceWords(a, b, n, same) {
    const [one, two] = await Promise.all([a, b].map(view => view.worked.ask("record", {n})));
    const said = (view, record) => record ? recordWords(view.about.header, record)
                                          : "nothing more: the run has ended";
    const before = n ? "The first " + grouped(n) + " records are alike" : "They differ at once";
    const note = same ? "" : " (The kernels are not the same, so frames were not compared.)";
    return {differs: true, a: n, b: n, words: before + ". At #" + grouped(n) +
            " the first run, “" + a.title + "”, has: " + said(a, one) + "; the second, “" +
            b.title + "”, has: " + said(b, two) + "." + note};
}
