/*
 * What a reader types, and what stands in the page's address: a moment, a subject, a filter.
 *
 *     #moment=812&chosen=pid+3+va+0x4000&from=0&to=2000&pid=3&page=0x4000&kind=fault
 */
"use strict";

const NUMBER = "(0x[0-9a-f]+|[0-9]+)";

/* The page of an address that may have more bits than a number has exactly. */
function pageOfText(text) {
    const page = BigInt(text) >> 12n;
    return Number(page >> 51n ? page - (1n << 52n) : page);
}

/* "pid 3 va 0x4000", "frame 0x80200", "slot 7", "#812" → a subject, a moment, or null. */
function readQuery(text) {
    const said = text.trim().toLowerCase().replace(/[,;:=]+/g, " ");
    const forms = [
        ["^pid " + NUMBER + " +(?:va|page|address) +" + NUMBER + "$",
         found => ({pid: Number(found[1]), page: pageOfText(found[2])})],
        ["^(?:frame|pfn) +(0x[0-9a-f]+)$", found => ({frame: Number(found[1])})],
        ["^(?:frame|pfn) +([0-9]+)$", found => ({frame: Number(found[1])})],
        ["^slot +" + NUMBER + "$", found => ({slot: Number(found[1])})],
        ["^(?:#|record +|moment +)([0-9]+)$", found => ({moment: Number(found[1])})],
    ];
    for (const [form, make] of forms) {
        const found = said.replace(/ +/g, " ").match(new RegExp(form));
        if (found)
            return make(found);
    }
    return null;
}

function queryText(subject) {
    return subject.frame !== undefined ? "frame " + hex(subject.frame)
        : subject.slot !== undefined ? "slot " + subject.slot
        : "pid " + subject.pid + " va " + addressText(subject.page);
}

function readFragment(hash) {
    const said = new URLSearchParams(hash.replace(/^#/, ""));
    const number = name => /^[0-9]+$/.test(said.get(name) || "") ? Number(said.get(name)) : null;
    const address = /^(0x[0-9a-f]+|[0-9]+)$/i.test(said.get("page") || "") ? said.get("page")
                                                                           : null;
    return {moment: number("moment"), from: number("from"), to: number("to"), pid: number("pid"),
            page: address === null ? null : pageOfText(address), kind: said.get("kind"),
            chosen: said.get("chosen") ? readQuery(said.get("chosen")) : null};
}

function writeFragment({moment, view, whole, filter, subject}) {
    const said = new URLSearchParams({moment});
    if (!whole) {
        said.set("from", Math.round(view.left));
        said.set("to", Math.round(view.right));
    }
    if (filter.pid !== null)
        said.set("pid", filter.pid);
    if (filter.page !== null)
        said.set("page", addressText(filter.page));
    if (filter.kinds)
        said.set("kind", filter.kinds[0]);
    if (subject)
        said.set("chosen", queryText(subject));
    return "#" + said;
}
