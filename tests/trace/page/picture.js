/*
 * Canvases of one run: frames over time with the time line of each hart below it, and the frames of
 * the moment as a grid. They draw what the worker sends; they know nothing of records.
 */
"use strict";

/* "#rrggbb" → the 32 bits of a pixel; pale: mixed with the paper. */
function pixelOf(colour, paper, pale) {
    const part = at => {
        const value = parseInt(colour.slice(at, at + 2), 16);
        return pale ? Math.round(.15 * value + .85 * parseInt(paper.slice(at, at + 2), 16)) : value;
    };
    return (0xff000000 | part(5) << 16 | part(3) << 8 | part(1)) >>> 0;
}

/*
 * What the browser would have to lay out the page for, asked once: until the window or the scheme
 * changes, when forgetScreen() is called.
 */
const screenKnown = new Map();

function known(key, ask) {
    if (!screenKnown.has(key))
        screenKnown.set(key, ask());
    return screenKnown.get(key);
}

const forgetScreen = () => screenKnown.clear();

const styleOf = name => known(name, () => getComputedStyle(document.documentElement)
    .getPropertyValue(name).trim());

const rem = () => known("rem", () => parseFloat(getComputedStyle(document.documentElement)
    .fontSize) * (window.devicePixelRatio || 1));

/* Gives a canvas as many pixels as it has on the screen. Returns its context. */
function fitCanvas(canvas, height) {
    const scale = window.devicePixelRatio || 1;
    const [width, ownHeight] = known(canvas, () => [canvas.clientWidth, canvas.clientHeight]);
    const wide = Math.max(1, Math.round(width * scale));
    const high = Math.max(1, Math.round((height || ownHeight) * scale));
    if (canvas.width !== wide || canvas.height !== high) {
        canvas.width = wide;
        canvas.height = high;
        canvas.drawn = null;
        if (height)
            canvas.style.height = height + "px";
    }
    return canvas.getContext("2d");
}

/* ---- frames over time ---- */

/* Letters stand where a patch of one owner is large enough to bear one. */
function drawLetters(context, owners, width, height, owner, free) {
    const size = Math.round(rem() * .8), down = Math.round(size * 1.9), across = size * 5;
    context.font = "600 " + size + "px ui-monospace, monospace";
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let y = down >> 1, line = 0; y < height - size / 2; y += down, line++)
        for (let x = (line % 2 ? across : across >> 1); x < width - size; x += across) {
            const here = owners[y * width + x], half = size >> 1;
            if (here === free || [[-half, -half], [half, -half], [-half, half], [half, half]].some(
                ([dx, dy]) => owners[(y + dy) * width + x + dx] !== here))
                continue;
            context.fillStyle = owner[here].ink;
            context.fillText(owner[here].letter, x, y);
        }
}

function drawPicture(canvas, answer, size, view, run) {
    const context = fitCanvas(canvas), {width, height} = size;
    if (!canvas.kept || canvas.kept.width !== width || canvas.kept.height !== height) {
        canvas.kept = document.createElement("canvas");
        canvas.kept.width = width;
        canvas.kept.height = height;
    }
    const kept = canvas.kept.getContext("2d");
    kept.putImageData(new ImageData(new Uint8ClampedArray(answer.pixels.buffer), width, height),
                      0, 0);
    drawLetters(kept, answer.owners, width, height, run.look, run.about.free);
    canvas.shown = view;
    drawCursor(canvas, context, run);
}

/* The picture as kept, and over it the moment, the selection and where it was before. */
function drawCursor(canvas, context, run) {
    const view = canvas.shown, {width, height} = canvas;
    if (!view || !canvas.kept)
        return;
    const x = n => (n - view.left) / (view.right - view.left) * width;
    const y = row => (row - view.top) / (view.bottom - view.top) * height;
    context.drawImage(canvas.kept, 0, 0, width, height);
    context.strokeStyle = context.fillStyle = styleOf("--ink");
    for (const span of run.outlines) {
        const row = run.rowOf.get(span.frame);
        if (row === undefined)
            continue;
        const thick = Math.max(4, y(row + 1) - y(row));
        context.lineWidth = 2 * (window.devicePixelRatio || 1);
        context.strokeRect(x(span.from), y(row + .5) - thick / 2,
                           Math.max(2, x(span.to) - x(span.from)), thick);
    }
    context.lineWidth = 2 * (window.devicePixelRatio || 1);
    context.beginPath();
    context.moveTo(x(run.moment + 1), 0);
    context.lineTo(x(run.moment + 1), height);
    context.stroke();
}

/* ---- time lines ---- */

const LANES = {     /* kind: [colour, above the middle, the mark] */
    fault: ["--link", true, "▲"],
    evict: ["--mark", true, "▼"],
    swap_in: ["--good", true, "↑"],
    swap_out: ["--soft", false, "↓"],
    flush: ["--ink", false, "|"],
    shootdown: ["--mark", false, "◆"],
};

/*
 * A lane a hart: a band says which process runs; above it bars of faults, evictions and pages read
 * from swap, below it bars of pages written, flushes and shootdowns: each kind in its own line.
 */
function drawHarts(canvas, timeline, run) {
    const line = Math.round(rem() * 1.05), band = Math.round(rem() * 1.1);
    const lane = line * 6 + band + 6, scale = window.devicePixelRatio || 1;
    const context = fitCanvas(canvas, timeline.length * lane / scale);
    const {width} = canvas, dark = pageIsDark();
    context.clearRect(0, 0, width, canvas.height);
    context.textBaseline = "middle";
    timeline.forEach((hart, i) => {
        let top = i * lane;
        for (const [kind, [colour, above, mark]] of Object.entries(LANES)) {
            if (kind === "swap_out") {
                drawBand(context, hart, top, band, width, run, dark);
                top += band + 2;
            }
            const counts = hart.counts[kind], most = run.mostInLane(counts);
            context.fillStyle = styleOf(colour);
            counts.forEach((count, part) => {
                if (count) {
                    const high = Math.max(2, Math.round((line - 3) * Math.min(1, count / most)));
                    const x = Math.floor(part * width / counts.length);
                    const wide = Math.max(1, Math.ceil(width / counts.length) - 1);
                    context.fillRect(x, above ? top + line - 1 - high : top, wide, high);
                }
            });
            context.font = Math.round(rem() * .75) + "px system-ui, sans-serif";
            context.textAlign = "left";
            const words = mark + " " + kindWords(kind);
            context.fillStyle = styleOf("--box");
            context.fillRect(0, top, context.measureText(words).width + 6, line - 1);
            context.fillStyle = styleOf("--ink");
            context.fillText(words, 2, top + line / 2);
            top += line;
        }
    });
    canvas.lane = lane;
}

function drawBand(context, hart, top, band, width, run, dark) {
    const {running} = hart, parts = running.length;
    context.font = "600 " + Math.round(rem() * .75) + "px ui-monospace, monospace";
    for (let from = 0, to; from < parts; from = to) {
        for (to = from + 1; to < parts && running[to] === running[from]; to++);
        const pid = running[from], x = from * width / parts, wide = (to - from) * width / parts;
        const fill = pid > 0 ? ownerFill("anon", pid, dark)
            : ownerFill(pid === 0 ? "kernel" : "free", 0, dark);
        context.fillStyle = fill;
        context.fillRect(x, top, wide, band);
        if (wide > rem()) {
            context.fillStyle = ownerInk(fill);
            context.textAlign = "center";
            context.fillText(pid > 0 ? ownerLetter("anon", pid) : pid === 0 ? "K" : ".",
                             x + wide / 2, top + band / 2);
        }
    }
    const words = "hart " + hart.hart + " runs";
    context.font = Math.round(rem() * .75) + "px system-ui, sans-serif";
    context.textAlign = "left";
    context.fillStyle = styleOf("--box");
    context.fillRect(0, top, context.measureText(words).width + 6, band);
    context.fillStyle = styleOf("--ink");
    context.fillText(words, 2, top + band / 2);
}

/* ---- frames of the moment ---- */

/* The grid's shape: cells as large as fit into about the height of a third of the window. */
function gridShape(count, width, most) {
    let size = Math.floor(rem() * 1.5);
    while (size > 3 && Math.ceil(count / Math.floor(width / size)) * size > most)
        size--;
    const columns = Math.max(1, Math.floor(width / size));
    return {size, columns, lines: Math.ceil(count / columns)};
}

/* Draws the cells whose owner is another than at the last drawing; all of them if all is new. */
function drawGrid(canvas, owners, run) {
    const scale = window.devicePixelRatio || 1;
    const wide = known(canvas, () => [canvas.clientWidth, canvas.clientHeight])[0];
    const shape = gridShape(owners.length, wide * scale, 30 * rem());
    const context = fitCanvas(canvas, Math.max(1, shape.lines * shape.size / scale));
    const before = canvas.drawn && canvas.drawn.look === run.look ? canvas.drawn : null;
    const outlined = new Map([[run.rowOf.get(run.touchedFrame()), "--ink"],
                              [run.rowOf.get(run.chosenFrame()), "--mark"]]);
    outlined.delete(undefined);
    canvas.shape = shape;
    if (!before)
        context.clearRect(0, 0, canvas.width, canvas.height);
    const {size, columns} = shape;
    const tiles = before ? before.tiles : drawTiles(size, run.look);
    const again = new Set(before ? before.outlined : []);
    for (const row of [...again])       /* an outline reaches into the cells around */
        for (const step of [-shape.columns - 1, -shape.columns, 1 - shape.columns, -1, 1,
                            shape.columns - 1, shape.columns, shape.columns + 1])
            again.add(row + step);
    for (let row = 0; row < owners.length; row++)
        if (!before || before.owners[row] !== owners[row] || again.has(row)) {
            const x = row % columns * size, y = Math.floor(row / columns) * size;
            if (again.has(row))
                context.clearRect(x, y, size, size);
            context.drawImage(tiles, 0, owners[row] * size, size, size, x, y, size, size);
        }
    for (const [row, colour] of outlined)
        outlineCell(context, shape, row, styleOf(colour));
    canvas.drawn = {look: run.look, tiles, owners, outlined: [...outlined.keys()]};
}

/* The cell of each look, once: a picture is copied much faster than a letter is drawn. */
function drawTiles(size, looks) {
    const tiles = document.createElement("canvas"), gap = size > 8 ? 1 : 0;
    tiles.width = size;
    tiles.height = size * looks.length;
    const context = tiles.getContext("2d");
    context.font = "600 " + Math.round(size * .72) + "px ui-monospace, monospace";
    context.textAlign = "center";
    context.textBaseline = "middle";
    looks.forEach((look, i) => {
        context.fillStyle = look.fill;
        context.fillRect(0, i * size, size - gap, size - gap);
        context.fillStyle = look.ink;
        if (size >= 8)
            context.fillText(look.letter, size / 2, (i + .5) * size + 1);
    });
    return tiles;
}

function outlineCell(context, shape, row, colour) {
    context.strokeStyle = colour;
    context.lineWidth = Math.max(2, shape.size / 6);
    context.strokeRect(row % shape.columns * shape.size,
                       Math.floor(row / shape.columns) * shape.size, shape.size, shape.size);
}
