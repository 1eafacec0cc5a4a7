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

/* Most of what canvases show are pixels that we have worked out: they stay in plain memory. */
const DRAWN_BY_US = {willReadFrequently: true};

/* Gives a canvas as many pixels as it has on the screen. Returns its context. */
function fitCanvas(canvas, height) {
    const scale = window.devicePixelRatio || 1;
    const [width, ownHeight] = known(canvas, () => [canvas.clientWidth, canvas.clientHeight]);
    const wide = Math.max(1, Math.round(width * scale));
    const high = Math.max(1, Math.round((height || ownHeight) * scale));
    if (canvas.width !== wide || canvas.height !== high) {
        canvas.width = wide;
        canvas.height = high;
        if (height)
            canvas.style.height = height + "px";
    }
    return canvas.getContext("2d", DRAWN_BY_US);
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
    const kept = canvas.kept.getContext("2d", DRAWN_BY_US);
    kept.putImageData(new ImageData(new Uint8ClampedArray(answer.pixels.buffer), width, height),
                      0, 0);
    drawLetters(kept, answer.owners, width, height, run.look, run.about.free);
    canvas.shown = view;
    drawOutlines(canvas, context, run);
    placeCursor(canvas, run);
}

/* The picture as kept, and over it where the chosen page was. */
function drawOutlines(canvas, context, run) {
    const view = canvas.shown, {width, height} = canvas;
    const x = n => (n - view.left) / (view.right - view.left) * width;
    const y = row => (row - view.top) / (view.bottom - view.top) * height;
    context.drawImage(canvas.kept, 0, 0, width, height);
    context.strokeStyle = styleOf("--ink");
    context.lineWidth = 2 * (window.devicePixelRatio || 1);
    for (const span of run.outlines) {
        if (!run.rowOf.has(span.frame))
            continue;
        const row = run.rowOf.get(span.frame), thick = Math.max(4, y(row + 1) - y(row));
        context.strokeRect(x(span.from), y(row + .5) - thick / 2,
                           Math.max(2, x(span.to) - x(span.from)), thick);
    }
}

/* The upright line at the moment: an element, so that the picture below it stays as it is. */
function placeCursor(canvas, run) {
    const view = canvas.shown, line = canvas.parentElement.querySelector(".cursor");
    if (!view)
        return;
    const part = (run.moment + 1 - view.left) / (view.right - view.left);
    line.hidden = part < 0 || part > 1;
    line.style.transform = "translateX(" + (part * known(canvas, () =>
        [canvas.clientWidth, canvas.clientHeight])[0]).toFixed(1) + "px)";
    canvas.parentElement.querySelector(".veil").style.left =
        100 * Math.max(0, Math.min(1, part)) + "%";
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

/* The grid's shape: cells as large as fit into a height, but large enough for a letter. */
function gridShape(count, width, most) {
    let size = Math.floor(rem() * 1.5);
    while (size > .75 * rem() && Math.ceil(count / Math.floor(width / size)) * size > most)
        size--;
    const columns = Math.max(1, Math.floor(width / size));
    return {size, columns, lines: Math.ceil(count / columns)};
}

/*
 * Copies a tile of pixels for each cell into one picture: much faster than thousands of letters. A
 * tile is drawn once for each look and size.
 */
function drawGrid(canvas, owners, run) {
    const scale = window.devicePixelRatio || 1;
    const wide = known(canvas, () => [canvas.clientWidth, canvas.clientHeight])[0];
    const shape = gridShape(owners.length, wide * scale, 30 * rem());
    const context = fitCanvas(canvas, Math.max(1, shape.lines * shape.size / scale));
    const {size, columns} = shape, {width} = canvas;
    canvas.shape = shape;
    let kept = canvas.kept;
    if (!kept || kept.look !== run.look || kept.image.width !== width ||
        kept.image.height !== canvas.height)
        kept = canvas.kept = {look: run.look, tiles: drawTiles(size, run.look),
                              image: context.createImageData(width, canvas.height)};
    const pixels = new Uint32Array(kept.image.data.buffer);
    for (let row = 0; row < owners.length; row++) {
        let to = Math.floor(row / columns) * size * width + row % columns * size;
        let from = owners[row] * size * size;
        for (let line = 0; line < size; line++, to += width - size)
            for (let x = 0; x < size; x++)
                pixels[to++] = kept.tiles[from++];
    }
    context.putImageData(kept.image, 0, 0);
    for (const [frame, colour] of [[run.touchedFrame(), "--ink"], [run.chosenFrame(), "--mark"]])
        if (run.rowOf.has(frame))
            outlineCell(context, shape, run.rowOf.get(frame), styleOf(colour));
}

/* The pixels of a cell of each look, one after the other. */
function drawTiles(size, looks) {
    const tiles = document.createElement("canvas"), gap = size > 8 ? 1 : 0;
    tiles.width = size;
    tiles.height = size * looks.length;
    const context = tiles.getContext("2d", DRAWN_BY_US);
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
    return new Uint32Array(context.getImageData(0, 0, size, tiles.height).data.buffer);
}

function outlineCell(context, shape, row, colour) {
    context.strokeStyle = colour;
    context.lineWidth = Math.max(2, shape.size / 6);
    context.strokeRect(row % shape.columns * shape.size,
                       Math.floor(row / shape.columns) * shape.size, shape.size, shape.size);
}
