/*
 * What stands in words beside the pictures: records, the chain of "why?", page tables as a tree,
 * lists of replacement, swap slots, the console. Each function fills one element from what the
 * worker answered; a link calls run.go(moment) or run.choose(subject).
 */
"use strict";

function element(name, properties = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(properties))
        if (key in made)
            made[key] = value;
        else
            made.setAttribute(key, value);
    made.append(...children);
    return made;
}

const button = (words, act, more = {}) =>
    element("button", Object.assign({type: "button", onclick: act}, more), words);

/* ---- records ---- */

function recordLine(run, r, isNow) {
    return element("li", isNow ? {"aria-current": "true"} : {},
        button("#" + grouped(r.n), () => run.go(r.n), {className: "link"}),
        element("span", {className: "mark", "aria-hidden": "true"},
                KINDS[r.type] ? KINDS[r.type].mark : "·"),
        element("span", {}, recordWords(run.about.header, r)));
}

function fillNear(list, run, records, n) {
    list.replaceChildren(...records.map(r => recordLine(run, r, r.n === n)));
    const now = list.querySelector("[aria-current]");
    if (now)
        list.scrollTop = now.offsetTop - list.offsetTop - list.clientHeight / 2;
}

function eventWords(header, record) {
    return record ? "Record #" + grouped(record.n) + ", hart " + record.hart + ": " +
        recordWords(header, record) + "." : "Nothing was recorded.";
}

/* What happened at the record, in words, and what led to it. */
function fillEvent(line, before, run, record, chain) {
    const {header} = run.about;
    line.textContent = eventWords(header, record);
    if (!record) {
        before.replaceChildren();
        return;
    }
    const earlier = chain.filter(r => r.n < record.n).slice(0, 3);
    before.replaceChildren(...earlier.map((r, i) => element("p", {},
        i ? "Before that, " : "Just before, ",
        button("#" + grouped(r.n), () => run.go(r.n), {className: "link"}),
        ": " + recordWords(header, r) + ".")));
    const at = element("p", {className: "soft"}, "Time: " + grouped(record.when) + " " +
        header.clock + " since the first record." + lossWords(header, record.n));
    before.append(at);
}

function lossWords(header, n) {
    const lost = header.lost.filter(l => l.before <= n).reduce((sum, l) => sum + l.count, 0);
    return lost ? " Up to here " + grouped(lost) + " records were lost, so what is shown may lack "
        + "changes until the next full state." : "";
}

/* The subject that a record is about. */
function subjectOf(r) {
    if (["fault", "refault", "map", "evict"].includes(r.type) && r.pid)
        return {pid: r.pid, page: r.page};
    if (r.type === "unmap" && r.pid && r.pfn === 1)
        return {pid: r.pid, page: r.page};
    const ofFrame = ["alloc", "free", "swap_in", "swap_out", "evict", "slot"];
    return ofFrame.includes(r.type) ? {frame: r.pfn} : null;
}

function subjectWords(header, subject) {
    return subject.frame !== undefined ? "frame " + hex(subject.frame)
        : subject.slot !== undefined ? "swap slot " + subject.slot
        : "page " + addressText(subject.page) + " of " + processWords(header, subject.pid);
}

/* ---- why ---- */

function placeWords(run, place) {
    return place >= 0 ? "in frame " + hex(place + run.about.first) : place === NOWHERE
        ? "nowhere: it is not mapped" : "in swap slot " + slotOf(place);
}

function fillChosen(section, run, subject, found, chain) {
    const header = run.about.header, line = section.querySelector(".subject");
    const asks = section.querySelector(".asks"), list = section.querySelector(".chain");
    if (!subject) {
        line.textContent = "Choose a frame, an entry or a slot, or search for one.";
        asks.replaceChildren();
        list.replaceChildren();
        return;
    }
    let words = subjectWords(header, subject);
    words = words[0].toUpperCase() + words.slice(1);
    const links = [];
    if (subject.frame !== undefined && found) {
        words += " is " + (found.kind === "free" ? "free" : ownerWords(found.kind, 0));
        if (found.page !== null) {
            words += ": page " + addressText(found.page) + " of " +
                processWords(header, found.pagePid);
            links.push(button("This page", () => run.choose(
                {pid: found.pagePid, page: found.page})));
        }
        if (found.slot >= 0) {
            words += "; swap slot " + found.slot + " has its content, too";
            links.push(button("This slot", () => run.choose({slot: found.slot})));
        }
    } else if (subject.slot !== undefined) {
        words += !found ? " is free, or was never seen" : found.page < 0 ? " is in use" :
            " holds page " + addressText(found.page) + " of " + processWords(header, found.pid) +
            (found.frame >= 0 ? ", which is in frame " + hex(found.frame + run.about.first) +
             ", too" : "");
        if (found && found.page >= 0)
            links.push(button("This page", () => run.choose({pid: found.pid, page: found.page})));
    } else if (found) {
        words += found.known ? " is " + placeWords(run, found.place)
                             : " does not occur in this run";
        if (found.place >= 0)
            links.push(button("This frame", () => run.choose(
                {frame: found.place + run.about.first})));
        else if (found.place < NOWHERE)
            links.push(button("This slot", () => run.choose({slot: slotOf(found.place)})));
    }
    line.textContent = words + ".";
    if (run.subject)
        links.push(button("Choose nothing", () => run.choose(null)));
    asks.replaceChildren(...links);
    list.replaceChildren(...chain.map((r, i) => {
        const item = recordLine(run, r, false);
        item.querySelector("span:last-child").prepend(i ? "because " : "");
        return item;
    }));
    if (!chain.length)
        list.append(element("li", {className: "soft"},
            "No record up to this moment explains it: it was so when the recording began."));
}

/* ---- page tables ---- */

/* Entries by table: a level's table covers 512 to the power of the level pages. */
function treeOf(space, level) {
    const tables = new Map(), span = 512 ** (level + 1);
    space.page.forEach((page, i) => {
        const table = Math.floor(page / span);
        if (!tables.has(table))
            tables.set(table, []);
        tables.get(table).push(i);
    });
    return tables;
}

function fillSpaces(tree, run, spaces, state) {
    const known = new Map(state && state.spaces ? state.spaces.map(s => [s.pid, s]) : []);
    const levels = {sv39: 3, sv48: 4, sv57: 5}[run.about.header.mode] || 3;
    const there = new Map([...tree.children].map(child => [Number(child.dataset.pid), child]));
    const wanted = spaces.map(space => {
        const child = there.get(space.pid) || spaceElement(run, space.pid);
        child.querySelector("summary").textContent = processWords(run.about.header, space.pid) +
            ": " + grouped(space.resident) + " pages in frames, " + grouped(space.swapped) +
            " in swap";
        const body = child.querySelector(".body"), open = new Set([...body.querySelectorAll(
            "details[open]")].map(d => d.dataset.key));
        if (child.open && space.page.length)
            body.replaceChildren(...tableElements(run, space, known.get(space.pid), levels - 1,
                                                  space.page.map((_, i) => i), open));
        else
            body.replaceChildren();
        return child;
    });
    if (!wanted.length)
        wanted.push(element("p", {className: "soft"}, "No process has a page at this moment."));
    tree.replaceChildren(...wanted);
}

function spaceElement(run, pid) {
    const made = element("details", {}, element("summary"), element("div", {className: "body"}));
    made.dataset.pid = pid;
    made.addEventListener("toggle", () => run.unfold(pid, made.open));
    return made;
}

/* What a table of this level holds of these entries: tables below it, or at level 0 pages. */
function tableElements(run, space, known, level, entries, open) {
    if (level === 0)
        return [element("ul", {}, ...entries.map(i => entryElement(run, space, i)))];
    const part = {pid: space.pid, page: entries.map(i => space.page[i])};
    return [...treeOf(part, level - 1)].map(([table, inside]) => {
        const first = table * 512 ** level, key = level + ":" + table;
        const frame = known && known.tables.find(t => t[0] === level - 1 &&
            Math.floor(t[1] / 512 ** level) === table);
        const index = table - Math.floor(table / 512) * 512;
        const made = element("details", {open: open.has(key)}, element("summary", {},
            "[" + index + "] → table of level " + (level - 1) + " for " + addressText(first) +
            (frame ? ", in frame " + hex(frame[2]) : "") + ": " + inside.length + " pages"));
        made.dataset.key = key;
        const fill = () => {
            if (made.open && made.children.length < 2)
                made.append(...tableElements(run, space, known, level - 1,
                                             inside.map(i => entries[i]), open));
        };
        made.addEventListener("toggle", fill);
        fill();
        return made;
    });
}

function entryElement(run, space, i) {
    const page = space.page[i], place = space.place[i], index = page - Math.floor(page / 512) * 512;
    return element("li", {}, button("[" + index + "] " + addressText(page), () => run.choose(
        {pid: space.pid, page}), {className: "link mono"}),
        " → " + placeWords(run, place).replace(/^in /, ""));
}

/* ---- lists of replacement ---- */

const SHOWN = 400;              /* pages of a list */

function fillLists(box, run, state, moment, owners) {
    if (!state) {
        box.replaceChildren(element("p", {className: "soft"}, "No full state was taken up to " +
            "this moment, and lists are known from full states only."));
        return;
    }
    const accessed = new Set(state.accessed), parts = [element("p", {className: "soft"},
        "As of the full state after ", button("#" + grouped(state.at), () => run.go(state.at),
        {className: "link"}), state.at === moment ? ", which is now." :
        "; what has left its frame since then is struck through."),
        element("p", {className: "soft"}, "▶ the hand: the policy looks here first. a: used " +
        "since it was looked at last (A bit).")];
    for (const [name, list] of Object.entries(state.lists)) {
        const frames = summed(list.frames);
        parts.push(element("h3", {}, (name === "anon" ? "Anonymous pages" : "Pages of files") +
            ": policy " + (list.policy || "none") + ", " + frames.length + " pages"));
        parts.push(element("ol", {className: "pages"}, ...frames.slice(0, SHOWN).map((pfn, i) => {
            const row = run.rowOf.get(pfn - run.about.first);
            const gone = row === undefined || run.look[owners[row]].kind !== name;
            const owner = row === undefined ? "." : run.look[owners[row]].letter;
            return element("li", {}, button((i ? "" : "▶ ") + owner + " " + hex(pfn) +
                (accessed.has(pfn) ? " a" : ""), () => run.choose({frame: pfn}),
                {className: gone ? "mono gone" : "mono"}));
        })));
        if (frames.length > SHOWN)
            parts.push(element("p", {className: "soft"}, "and " + (frames.length - SHOWN) +
                               " more"));
    }
    for (const quota of state.quotas)
        parts.push(element("h3", {}, processWords(run.about.header, quota.pid) + ": quota of " +
            quota.frames + " frames, policy " + quota.policy), element("ol", {className: "pages"},
            ...summed(quota.pages).slice(0, SHOWN).map((page, i) => element("li", {}, button(
                (i ? "" : "▶ ") + addressText(page), () => run.choose({pid: quota.pid, page}),
                {className: "mono"})))));
    box.replaceChildren(...parts);
}

/* ---- swap, console ---- */

function fillSlots(box, run, slots) {
    const list = element("ol", {className: "pages"}, ...slots.slice(0, SHOWN).map(s => {
        const owner = s.page < 0 ? "?" : ownerLetter("anon", s.pid);
        return element("li", {}, button(s.slot + ": " + owner + (s.page < 0 ? "" : " " +
            addressText(s.page)) + (s.frame >= 0 ? " ⇄" : ""), () => run.choose({slot: s.slot}),
            {className: "mono"}));
    }));
    box.replaceChildren(element("p", {className: "soft"}, slots.length ? slots.length + " slots " +
        "are in use. Number: owner and page (?: of shared memory, or not known); ⇄: in a frame, " +
        "too." : "No slot is in use."), list);
    if (slots.length > SHOWN)
        box.append(element("p", {className: "soft"}, "and " + (slots.length - SHOWN) + " more"));
}

function fillConsole(box, header, n) {
    const part = which => header.console.filter(([at]) => which === at <= n + 1).map(
        ([, words]) => words).join("");
    const before = part(true), later = part(false);
    if (box.dataset.before === before && box.textContent)
        return;
    box.dataset.before = before;
    box.replaceChildren(before || "(nothing yet)\n");
    const end = box.scrollHeight;
    if (later)
        box.append(element("span", {className: "soft"}, "— printed later —\n" + later));
    box.scrollTop = end - box.clientHeight;
}
