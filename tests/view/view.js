/* The live view: asks for a picture ten times a second, draws it, marks what changed. */
const EVERY = 100, MARKED = 1000;       // milliseconds; a change is marked for so long
const DIRTY = 1, WRITEBACK = 2, IN_SWAP = 4, ACCESSED = 8;
const SIZES = [6, 9, 13, 18, 26];       // of a cell, in units of the page's type / 16
const FOLD = 2;                         // so many rows in a row that are free become one
const ZERO = { light: "#ffffff", dark: "#000000" };

const $ = (id) => document.getElementById(id);
const still = matchMedia("(prefers-reduced-motion: reduce)");
let picture = null, changedAt = new Map(), before = {}, size = 2, chosen = -1, held = false;
let rows = [], columns = 64, areasOf = 0;

function element(name, text, parent, className) {
    const made = document.createElement(name);
    if (text !== undefined)
        made.textContent = text;
    if (className)
        made.className = className;
    if (parent)
        parent.append(made);
    return made;
}

/* ---- tables: rows by key, cells that change are marked ---- */

/* make: what puts words into the first cell of a new row; else it has its value, as the others. */
function fillTable(id, wanted, make) {
    const body = $(id).tBodies[0];
    const there = new Map([...body.rows].map((row) => [row.dataset.key, row]));
    wanted.forEach(([key, ...cells], place) => {
        let row = there.get(String(key));
        if (!row) {
            row = document.createElement("tr");
            row.dataset.key = key;
            cells.forEach((_, i) => element(i ? "td" : "th", undefined, row));
            row.cells[0].scope = "row";
            make && make(row.cells[0], key);
        }
        there.delete(String(key));
        cells.forEach((value, i) => {
            if (i || !make)
                setCell(row.cells[i], `${id} ${key} ${i}`, value, i);
        });
        if (body.rows[place] !== row)
            body.insertBefore(row, body.rows[place] || null);
    });
    there.forEach((row) => row.remove());
}

function setCell(cell, name, value, column) {
    const old = before[name], now = performance.now();
    if (column && old !== undefined && old.value !== value)
        old.at = now;
    if (old === undefined || old.value !== value) {
        const where = cell.querySelector(".value") || cell;
        where.textContent = value;
        before[name] = { value, at: old ? now : -Infinity };
    }
    cell.classList.toggle("changed", column > 0 && now - before[name].at < MARKED);
}

function key(letter, fill) {
    const made = element("span", letter, null, "owner");
    made.style.background = fill;
    made.style.color = ownerInk(fill);
    return made;
}

/* ---- what is beside the map ---- */

function showSide() {
    const p = picture;
    fillTable("owners", Object.entries(p.ledger).map(([kind, n]) => [kind, "", n]), (cell, kind) =>
        cell.append(key(ownerLetter(kind, 0), ownerFill(kind, 0, pageIsDark())),
            " " + ownerWords(kind, 0)));
    const orders = Object.entries(p.orders).filter(([order]) => order !== "single");
    fillTable("orders", orders.map(([order, n]) => [order, order, n, n << order]).concat(
        [["single", "in chains", p.orders.single, p.orders.single]]));
    fillTable("processes", p.processes.map((q) => [`${q.pid} ${q.name}`, "", q.pid, q.parent,
        q.threads, q.resident, q.swapped]), (cell, name) => {
        const pid = parseInt(name, 10);
        const button = element("button", name.slice(String(pid).length + 1) || "?", null, "link");
        button.type = "button";
        button.onclick = () => { areasOf = pid; showAreas(); };
        cell.append(key(ownerLetter("anon", pid), ownerFill("anon", pid, pageIsDark())), " ",
            button);
    });
    fillTable("counters", Object.entries(p.counters).map(([name, n]) =>
        [name, name.replace("_", " "), n]));
    showLists();
    showAreas();
    $("swap").textContent = p.swap.total ? `${p.swap.used} of ${p.swap.total} slots used, ` +
        `${p.swap.with_page} of them in memory, too, ${p.swap.retired} retired. Of the first ` +
        `${p.swap.letters.length}: U used, M in memory too, R retired, . free.` : "Swap is off.";
    const slots = p.swap.letters.replace(/\.+$/, "");
    if ($("slots").textContent !== slots)
        $("slots").textContent = slots;
}

function setText(parent, texts) {
    texts.forEach((text, i) => {
        const line = parent.children[i] || element("p", "", parent);
        if (line.textContent !== text)
            line.textContent = text;
    });
    while (parent.children.length > texts.length)
        parent.lastChild.remove();
}

function showLists() {
    setText($("lists"), picture.lists.map((list) => `${list.name}: ${list.length} pages, policy ` +
        `${list.policy || "none"}` + (list.pages.length ? "; looked at next: " +
        list.pages.slice(0, 12).map((n) => "0x" + n.toString(16)).join(" ") : "")));
}

function showAreas() {
    const process = picture.processes.find((q) => q.pid === areasOf);
    setText($("areas"), process ? [`Areas of pid ${process.pid} ${process.name}:`].concat(
        process.areas.map((a) => `${a.start}, ${a.pages} pages ${a.access} ${a.what}: ` +
            `${a.present} in its page table`)) : ["Press a process's name for its areas."]);
}

/* ---- the map ---- */

/* Rows of frames; [first, last] of one that is drawn, and of several that are folded. */
function layRows() {
    const letters = picture.letters, found = [];
    const isFree = (at) => /^[.R]+$/.test(letters.slice(at, at + columns));
    for (let at = 0; at < letters.length; at += columns) {
        const last = found[found.length - 1];
        if (isFree(at) && last && last.free) {
            last.end = at + columns;
            last.count++;
        } else {
            found.push({ at, end: at + columns, free: isFree(at), count: 1 });
        }
    }
    rows = found.flatMap((row) => row.free && row.count <= FOLD ?
        Array.from({ length: row.count }, (_, i) => ({ at: row.at + i * columns,
            end: row.at + (i + 1) * columns, free: false })) : [row]);
}

function unit() {
    return Math.round(SIZES[size] * parseFloat(getComputedStyle(document.documentElement).fontSize)
        / 16);
}

function drawMap() {
    const map = $("map"), canvas = $("cells"), cell = unit(), dark = pageIsDark();
    const scale = devicePixelRatio || 1, width = map.clientWidth, height = map.clientHeight;
    const label = 5.6 * 12 * parseFloat(getComputedStyle(map).fontSize) / 16;
    columns = Math.max(16, Math.floor((width - label) / cell / 16) * 16);
    layRows();
    $("tall").style.height = Math.max(height, rows.length * cell) + "px";
    if (canvas.width !== Math.round(width * scale) ||
        canvas.height !== Math.round(height * scale)) {
        canvas.width = Math.round(width * scale);
        canvas.height = Math.round(height * scale);
        canvas.style.width = width + "px";
        canvas.style.height = height + "px";
    }
    const draw = canvas.getContext("2d"), style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const looks = { ink: colour("--ink"), soft: colour("--soft"), mark: colour("--mark"),
        link: colour("--link"), mono: 'ui-monospace, "DejaVu Sans Mono", Menlo, monospace' };
    draw.setTransform(scale, 0, 0, scale, 0, 0);
    draw.clearRect(0, 0, width, height);
    draw.textAlign = "center";
    draw.textBaseline = "middle";
    const first = Math.floor(map.scrollTop / cell), now = performance.now();
    for (let r = first; r < rows.length && (r - first) * cell < height; r++)
        drawRow(draw, rows[r], r * cell - map.scrollTop, cell, label, dark, looks, now);
    for (const [at, when] of changedAt)
        if (now - when > MARKED)
            changedAt.delete(at);
}

function drawRow(draw, row, y, cell, label, dark, looks, now) {
    draw.fillStyle = looks.soft;
    draw.font = `${Math.min(cell * 0.8, label / 6)}px ${looks.mono}`;
    draw.textAlign = "left";
    draw.fillText("0x" + (picture.first + row.at).toString(16), 2, y + cell / 2);
    if (row.free) {
        const count = Math.min(row.end, picture.letters.length) - row.at;
        draw.fillText(`· · ·  ${count} frames, free or reserved  · · ·`, label + cell,
            y + cell / 2);
        draw.textAlign = "center";
        return;
    }
    draw.textAlign = "center";
    draw.font = `${Math.round(cell * 0.72)}px ${looks.mono}`;
    const end = Math.min(row.end, picture.letters.length);
    for (let at = row.at; at < end; at++)
        drawCell(draw, at, label + (at - row.at) * cell, y, cell, dark, looks, now);
}

const KINDS = Object.fromEntries(Object.entries(OWNERS.classes).map(([k, v]) => [v.letter, k]));

function fillOf(letter, dark) {
    if (letter === "Z")
        return ZERO[dark ? "dark" : "light"];
    if (KINDS[letter])
        return ownerFill(KINDS[letter], 0, dark);
    return ownerFill("anon", OWNERS.letters.indexOf(letter) + 1, dark);
}

function drawCell(draw, at, x, y, cell, dark, looks, now) {
    const letter = picture.letters[at], marks = picture.marks.charCodeAt(at) - 64;
    const fill = fillOf(letter, dark), ink = ownerInk(fill), gap = cell > 8 ? 1 : 0;
    draw.fillStyle = fill;
    draw.fillRect(x, y, cell - gap, cell - gap);
    draw.fillStyle = ink;
    if (cell >= 9 && letter !== ".")
        draw.fillText(letter, x + (cell - gap) / 2, y + cell / 2);
    if (cell >= 9 && marks & (DIRTY | WRITEBACK))
        draw.fillRect(x + 1, y + cell - gap - 2, cell - gap - 2, 1.5);
    if (cell >= 9 && marks & ACCESSED)
        draw.fillRect(x + cell - gap - 3, y + 1, 2, 2);
    const when = changedAt.get(at);
    if (when !== undefined && now - when < MARKED) {
        draw.globalAlpha = still.matches ? 1 : 1 - (now - when) / MARKED;
        draw.strokeStyle = looks.mark;
        draw.lineWidth = 2;
        draw.strokeRect(x + 1, y + 1, cell - gap - 2, cell - gap - 2);
        draw.globalAlpha = 1;
    }
    if (at === chosen) {
        draw.strokeStyle = looks.link;
        draw.lineWidth = 3;
        draw.strokeRect(x, y, cell - gap, cell - gap);
    }
}

/* ---- one frame ---- */

function choose(at, ask) {
    chosen = Math.max(0, Math.min(picture.letters.length - 1, at));
    const place = rows.findIndex((row) => row.at <= chosen && chosen < row.end);
    const map = $("map"), cell = unit();
    if (place * cell < map.scrollTop)
        map.scrollTop = place * cell;
    else if ((place + 1) * cell > map.scrollTop + map.clientHeight)
        map.scrollTop = (place + 1) * cell - map.clientHeight;
    drawMap();
    if (ask)
        tellFrame();
    else
        tellRows([["frame", "0x" + (picture.first + chosen).toString(16)],
            ["owner", wordsOf(picture.letters[chosen])]]);
}

function wordsOf(letter) {
    const pid = OWNERS.letters.indexOf(letter) + 1;
    const process = picture.processes.find((q) => ownerLetter("anon", q.pid) === letter);
    return letter === "Z" ? "the zero page" : KINDS[letter] ? ownerWords(KINDS[letter], 0) :
        ownerWords("anon", process ? process.pid : pid, process ? process.name : "");
}

function tellRows(told) {
    const list = document.createElement("dl");
    told.forEach(([name, text]) => {
        element("dt", name, list);
        element("dd", text, list);
    });
    $("detail").replaceChildren(list);
}

async function tellFrame() {
    const answer = await fetch("frame?pfn=" + (picture.first + chosen));
    tellRows(await answer.json());
}

$("map").addEventListener("click", (event) => {
    const box = $("cells").getBoundingClientRect(), cell = unit();
    const label = 5.6 * 12 * parseFloat(getComputedStyle($("map")).fontSize) / 16;
    const row = rows[Math.floor((event.clientY - box.top + $("map").scrollTop) / cell)];
    const column = Math.floor((event.clientX - box.left - label) / cell);
    if (row && column >= 0 && column < columns)
        choose(row.at + (row.free ? 0 : column), true);
});

$("map").addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns,
        PageUp: -16 * columns, PageDown: 16 * columns };
    if (!picture || !picture.letters)
        return;
    if (event.key in steps)
        choose(chosen < 0 ? 0 : chosen + steps[event.key], false);
    else if (event.key === "Home")
        choose(0, false);
    else if (event.key === "End")
        choose(picture.letters.length - 1, false);
    else if (event.key === "Enter" && chosen >= 0)
        tellFrame();
    else
        return;
    event.preventDefault();
});
$("map").addEventListener("scroll", () => picture && picture.letters && drawMap());
addEventListener("resize", () => picture && picture.letters && drawMap());

function resize(by) {
    size = Math.max(0, Math.min(SIZES.length - 1, size + by));
    $("smaller").disabled = size === 0;
    $("larger").disabled = size === SIZES.length - 1;
    if (picture && picture.letters)
        drawMap();
}
$("smaller").onclick = () => resize(-1);
$("larger").onclick = () => resize(1);
$("pause").onclick = () => {
    held = !held;
    $("pause").setAttribute("aria-pressed", String(held));
    $("pause").textContent = held ? "Go on" : "Hold still";
};

/* ---- pictures ---- */

function tell(state, head, text) {
    const key = `${state} ${head} ${text}`;
    document.body.dataset.state = state;
    if (tell.last === key)
        return;
    tell.last = key;
    $("news").hidden = state === "runs";
    $("head").textContent = head;
    $("text").textContent = text;
}

function show(next) {
    const old = picture && picture.letters, now = performance.now();
    tell(next.state, next.head, next.text);
    $("main").hidden = !next.letters;
    picture = next;
    if (!next.letters) {
        $("about").textContent = "";
        before = {};
        return;
    }
    if (old && old.length === next.letters.length) {
        for (let at = 0; at < old.length; at++)
            if (old[at] !== next.letters[at])
                changedAt.set(at, now);
    } else {
        changedAt = new Map();
    }
    const busy = next.harts.map((name) => name || "–").join(", ");
    $("about").textContent = `${next.mode}, ${next.managed} frames managed, ` +
        `${next.harts.length} hart${next.harts.length > 1 ? "s" : ""}: ${busy}`;
    drawMap();
    showSide();
}

async function ask() {
    const began = performance.now();
    if (!held && !document.hidden) {
        try {
            const answer = await fetch("picture");
            const next = await answer.json();
            if (!held)              // meanwhile
                show(next);
        } catch (error) {
            if (!(error instanceof TypeError && /fetch/i.test(error.message)))
                throw error;
            tell("gone", "`make view` has ended.", "Type it again; this page will see it.");
        } finally {
            setTimeout(ask, Math.max(20, EVERY - (performance.now() - began)));
        }
        return;
    }
    setTimeout(ask, EVERY);
}
resize(0);
ask();
