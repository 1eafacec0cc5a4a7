/*
 * "why?": the records that explain what a frame, a page or a slot is at a moment, the latest first.
 *
 * From the moment backwards, each record that concerns what is looked for belongs to the chain, and
 * may add to it: a mapping says which page the frame has; a transfer says which slot; before a
 * frame's allocation only the page and the slot are followed, so that the chain leads from where
 * the content is now to where it was before. It ends where nothing is left to follow.
 */
"use strict";

const CHAIN = 24;               /* records of a chain, at most */

/* subject: {frame: pfn} or {pid, page} or {slot}. Returns the numbers of records. */
function why(run, n, subject) {
    const {trace} = run, found = [];
    let frame = subject.frame === undefined ? null : subject.frame;
    let page = subject.page === undefined ? null : {pid: subject.pid, page: subject.page};
    let slot = subject.slot === undefined ? null : subject.slot;

    const about = typesAbout(trace), map = trace.header.types.map;
    const {evict, swap_in: swapIn, alloc} = trace.header.types;
    for (let i = Math.min(n, trace.count - 1); i >= 0 && found.length < CHAIN; i--) {
        const type = trace.type[i], kinds = about[type];
        const ofFrame = kinds & OF_FRAME && trace.pfn[i] === frame;
        const ofPage = kinds & OF_PAGE && page !== null && trace.page[i] === page.page &&
            trace.pid[i] === page.pid;
        const ofSlot = kinds & OF_SLOT && trace.extra[i] === slot;
        if (!ofFrame && !ofPage && !ofSlot)
            continue;
        found.push(i);
        if (type === map || type === evict && trace.pid[i]) {
            page = page || {pid: trace.pid[i], page: trace.page[i]};
            if (frame === null)
                frame = trace.pfn[i];
        } else if (kinds & OF_SLOT) {
            slot = type === swapIn ? trace.extra[i] : null;
            frame = trace.pfn[i];
        } else if (type === alloc) {
            frame = null;
            if (page === null && slot === null)
                break;
        }
    }
    return found.map(i => trace.record(i));
}

const OF_FRAME = 1, OF_PAGE = 2, OF_SLOT = 4;
const ABOUT = {alloc: OF_FRAME, free: OF_FRAME, map: OF_FRAME | OF_PAGE,
               evict: OF_FRAME | OF_PAGE, fault: OF_PAGE, refault: OF_PAGE,
               swap_in: OF_FRAME | OF_SLOT, swap_out: OF_FRAME | OF_SLOT};

/* What the records of each type may concern. */
function typesAbout(trace) {
    return trace.typeName.map(name => ABOUT[name] || 0);
}

/* Where a subject is at a moment, for the search: what it is in words needs no more than this. */
function findSubject(run, n, subject) {
    if (subject.frame !== undefined)
        return run.frameAt(subject.frame - run.replay.first, n);
    if (subject.slot !== undefined)
        return run.slotsAt(n).find(found => found.slot === subject.slot) || null;
    const place = run.placeOf(subject.pid, subject.page, n);
    return {pid: subject.pid, page: subject.page, place,
            known: run.replay.pages.find(subject.pid, subject.page) >= 0};
}

/* For the picture: in which frames, from when to when, a page was. */
function spansOf(run, subject) {
    const found = [], {pages, trace} = run;
    const number = subject.page === undefined ? -1
        : run.replay.pages.find(subject.pid, subject.page);
    if (number < 0)
        return found;
    for (let i = pages.start[number]; i < pages.start[number + 1]; i++)
        if (pages.values[0][i] >= 0)
            found.push({frame: pages.values[0][i], from: Math.max(0, pages.at[i]),
                        to: i + 1 < pages.start[number + 1] ? pages.at[i + 1] : trace.count});
    return found;
}

/*
 * The next eviction after a moment, for predict mode: which frame goes, and which could: those of
 * its kind that hold a page. `at`: the last moment at which nothing tells it.
 */
function nextChoice(run, n) {
    const {trace} = run, {evict} = trace.header.types;
    for (let i = Math.max(0, n + 1); i < trace.count; i++) {
        if (trace.type[i] !== evict)
            continue;
        const at = beforeEviction(run, i), victim = trace.pfn[i] - run.replay.first;
        if (at < n)             /* it had begun already */
            continue;
        const {kind} = run.frameAt(victim, at), candidates = [];
        for (const f of run.rows) {
            const now = run.frameAt(f, at);
            if (now.kind === kind && now.page !== null)
                candidates.push(now);
        }
        if (candidates.some(now => now.frame === victim))
            return {at, evict: i, victim, kind, candidates};
    }
    return null;
}

const PREPARES = 64;            /* records in which an eviction is prepared, at most */

/* Its page's entries, its slot and other evictions of the same frame may come before. */
function beforeEviction(run, i) {
    const {trace} = run, pfn = trace.pfn[i], f = pfn - run.replay.first;
    let first = i;
    for (let k = i - 1; k >= 0 && i - k <= PREPARES; k--) {
        const type = trace.name(k);
        if (type === "unmap" ? run.placeOf(trace.pid[k], trace.page[k], k - 1) === f
            : (type === "evict" || type === "slot") && trace.pfn[k] === pfn)
            first = k;
    }
    return first - 1;
}
