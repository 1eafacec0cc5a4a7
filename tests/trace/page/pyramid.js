/*
 * Frames × time as a picture of any size, for any part of it, fast.
 *
 * The base has a cell for some frames and a stretch of records: the owner that had it longest. Each
 * level above has half as many cells each way. A view takes the level whose cells are about as
 * large as its pixels; where it is closer than the base, it draws the intervals themselves. So the
 * work for a picture grows with its pixels and not with the length of the trace.
 *
 * Rows are places in `rows`, a list of frames; columns are records.
 */
"use strict";

const BASE_CELLS = 1 << 24;
const SAMPLES = 4;              /* frames looked at for a line of pixels, at most */

class Pyramid {
    /* history: of frames, with values[0] the owner; free: the owner that stands back. */
    constructor(history, rows, count, free) {
        this.history = history;
        this.rows = rows;
        this.count = Math.max(1, count);
        this.free = free;
        this.levels = [];
        const columns = 1 << Math.floor(Math.log2(Math.min(
            8192, this.count, Math.max(64, BASE_CELLS / Math.max(1, rows.length)))));
        this.stretch = this.count / columns;
        this.levels.push(this.base(columns));
        for (;;) {
            const below = this.levels[this.levels.length - 1];
            if (below.columns < 2 || below.rows < 2)
                break;
            this.levels.push(this.halve(below));
        }
    }

    base(columns) {
        const rows = this.rows.length;
        const cells = new Uint16Array(rows * columns).fill(this.free);
        const {start, at} = this.history, owner = this.history.values[0];
        for (let row = 0; row < rows; row++) {
            const key = this.rows[row], end = start[key + 1];
            let longest = 0, column = -1;
            for (let i = start[key]; i < end; i++) {
                const from = Math.max(0, at[i]);
                const to = i + 1 < end ? at[i + 1] : this.count;
                if (to <= from)
                    continue;
                const first = Math.floor(from / this.stretch);
                const last = Math.min(columns - 1, Math.floor((to - 1e-9) / this.stretch));
                for (let c = first; c <= last; c++) {
                    const part = Math.min(to, (c + 1) * this.stretch) -
                                 Math.max(from, c * this.stretch);
                    if (c !== column || part > longest) {
                        longest = part;
                        cells[row * columns + c] = owner[i];
                    }
                    column = c;
                }
            }
        }
        return {cells, rows, columns};
    }

    /* Of four cells what two agree on; else one that is not free. */
    halve(below) {
        const rows = below.rows + 1 >> 1, columns = below.columns + 1 >> 1;
        const cells = new Uint16Array(rows * columns);
        for (let row = 0; row < rows; row++) {
            const upper = 2 * row * below.columns;
            const lower = Math.min(2 * row + 1, below.rows - 1) * below.columns;
            for (let column = 0; column < columns; column++) {
                const left = 2 * column, right = Math.min(left + 1, below.columns - 1);
                const a = below.cells[upper + left], b = below.cells[upper + right];
                const c = below.cells[lower + left], d = below.cells[lower + right];
                cells[row * columns + column] =
                    a === b || a === c || a === d ? a : b === c || b === d ? b :
                    c === d ? c : a === this.free ? b : a;
            }
        }
        return {cells, rows, columns};
    }

    /*
     * Fills owners, width × height, with the owners of the rows [top, bottom) at the moments
     * [left, right).
     */
    draw(view, width, height, owners) {
        if ((view.right - view.left) / width < this.stretch)
            this.drawIntervals(view, width, height, owners);
        else
            this.drawCells(view, width, height, owners);
    }

    drawCells(view, width, height, owners) {
        const across = (view.right - view.left) / this.stretch / width;
        const down = (view.bottom - view.top) / height;
        const wanted = Math.floor(Math.log2(Math.max(1, Math.min(across, down))));
        const step = Math.min(wanted, this.levels.length - 1), {cells, rows, columns} =
            this.levels[step];
        const perRow = 2 ** step, perColumn = this.stretch * 2 ** step;
        const place = new Int32Array(width);
        for (let x = 0; x < width; x++) {
            const moment = view.left + (x + .5) * (view.right - view.left) / width;
            place[x] = moment < 0 || moment >= this.count ? -1
                : Math.min(columns - 1, Math.floor(moment / perColumn));
        }
        for (let y = 0; y < height; y++) {
            const row = (view.top + (y + .5) * (view.bottom - view.top) / height) / perRow;
            const from = Math.min(rows - 1, Math.max(0, Math.floor(row))) * columns;
            for (let x = 0; x < width; x++)
                owners[y * width + x] = place[x] < 0 ? this.free : cells[from + place[x]];
        }
    }

    /* Frames that share a line of pixels are looked at in turn; the one that is not free shows. */
    drawIntervals(view, width, height, owners) {
        const perLine = (view.bottom - view.top) / height;
        const samples = Math.min(SAMPLES, Math.max(1, Math.round(perLine)));
        let drawn = -1;
        for (let y = 0; y < height; y++) {
            const from = y * width, first = Math.floor(view.top + y * perLine);
            if (perLine < 1 && first === drawn) {       /* the line above once more */
                owners.copyWithin(from, from - width, from);
                continue;
            }
            drawn = first;
            owners.fill(this.free, from, from + width);
            for (let s = 0; s < samples; s++) {
                const row = Math.floor(view.top + (y + (s + .5) / samples) * perLine);
                if (row >= 0 && row < this.rows.length)
                    this.line(view, this.rows[perLine < 1 ? first : row], width, owners, from);
            }
        }
    }

    line(view, key, width, owners, from) {
        const {start, at} = this.history, owner = this.history.values[0];
        const scale = width / (view.right - view.left), end = start[key + 1];
        for (let i = this.history.find(key, view.left); i < end; i++) {
            if (i < start[key])
                continue;
            if (at[i] >= view.right)
                break;
            if (owner[i] === this.free)
                continue;
            const to = i + 1 < end ? at[i + 1] : this.count;
            const left = Math.max(0, Math.round((at[i] - view.left) * scale));
            const right = Math.min(width, Math.max(left + (to > at[i]),
                                                   Math.round((to - view.left) * scale)));
            if (right > left)
                owners.fill(owner[i], from + left, from + right);
        }
    }
}
