/*
 * How an owner of a frame looks, in every page of ours: a letter, and a fill for light and dark.
 * Capitals are classes of the ledger; digits and small letters are processes, in warm colours, by
 * their pid. The letter alone says as much as the colour. owners.py says the same to Python.
 *
 * OWNERS, the content of owners.json, stands before this.
 */
"use strict";

/* kind: a ledger class; pid: of the process that has the page, 0: of none, or not known. */
function ownerLetter(kind, pid) {
    if (kind === "anon" && pid > 0)
        return OWNERS.letters[(pid - 1) % OWNERS.letters.length];
    return OWNERS.classes[kind] ? OWNERS.classes[kind].letter : "?";
}

function ownerFill(kind, pid, dark) {
    if (kind === "anon" && pid > 0)
        return OWNERS.processes[(pid - 1) % OWNERS.processes.length][dark ? 1 : 0];
    return (OWNERS.classes[kind] || OWNERS.classes.reserved)[dark ? "dark" : "light"];
}

/* Black or white, whichever can be read better on a fill. */
function ownerInk(colour) {
    const channel = at => {
        const value = parseInt(colour.slice(at, at + 2), 16) / 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    };
    const bright = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
    return (bright + 0.05) / 0.05 >= 1.05 / (bright + 0.05) ? "#000000" : "#ffffff";
}

function ownerWords(kind, pid, name) {
    if (kind === "anon" && pid > 0)
        return "pid " + pid + (name ? " " + name : "");
    return OWNERS.classes[kind] ? OWNERS.classes[kind].words : kind;
}

function pageIsDark() {
    return matchMedia("(prefers-color-scheme: dark)").matches;
}
