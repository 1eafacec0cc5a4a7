/*
 * One run on the page: its worker, its canvases and panels. The app (app.js) says which moment,
 * which part of time, what is filtered and what is chosen; the view shows it.
 *
 * Always: at most one question of a kind is on its way to the worker; of those that come meanwhile
 * only the last is asked. So what the page shows is never further behind than one answer.
 */
"use strict";

class Worked {
    constructor(source, onprogress) {
        const url = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
        this.worker = new Worker(url);
        this.waiting = new Map();
        this.latest = new Map();
        this.id = 0;
        this.worker.onmessage = ({data}) => {
            if (data.progress) {
                onprogress(data.progress, data.part);
                return;
            }
            const [resolve, reject] = this.waiting.get(data.id);
            this.waiting.delete(data.id);
            if (data.trouble)
                reject(new Error(data.trouble));
            else
                resolve(data.answer);
        };
        this.worker.onerror = event => this.waiting.forEach(([, reject]) =>
            reject(new Error("The page has a fault of its own: " + event.message)));
    }

    ask(ask, values, moved = []) {
        return new Promise((resolve, reject) => {
            this.waiting.set(++this.id, [resolve, reject]);
            this.worker.postMessage({id: this.id, ask, with: values}, moved);
        });
    }

    /* As ask(), but asks are dropped for later ones of the same kind; act gets the answers. */
    async follow(ask, values, act) {
        if (this.latest.has(ask)) {
            this.latest.set(ask, [values, act]);
            return;
        }
        this.latest.set(ask, null);
        for (let next = [values, act]; next; next = this.latest.get(ask)) {
            this.latest.set(ask, null);
            next[1](await this.ask(ask, next[0]));
        }
        this.latest.delete(ask);
    }

    end() {
        this.worker.terminate();
    }
}

const REST = 80;                /* milliseconds */

class RunView {
    constructor(app, root) {
        this.app = app;
        this.root = root;
        this.moment = 0;
        this.open = new Set();
        this.outlines = [];
        this.subject = null;
        this.pictures = this.moments = 0;       /* drawn so far: tests read these */
        this.worked = new Worked(WORKER_SOURCE, (words, part) =>
            app.say(words + " the trace: " + Math.round(100 * part) + " %", true));
    }

    find(selector) {
        return this.root.querySelector(selector);
    }

    async load(bytes) {
        if (typeof DecompressionStream === "undefined")
            throw new BadTrace("This browser is too old: it cannot unpack the trace (it has no " +
                               "DecompressionStream). Take Firefox 113, Chrome 80, Safari 16.4 " +
                               "or a later one.");
        this.about = await this.worked.ask("open", {bytes}, [bytes.buffer]);
        this.rowOf = new Map();
        this.about.rows.forEach((f, row) => this.rowOf.set(f, row));
        this.title = this.about.header.command;
        this.fillFacts();
        this.listen();
        this.dress();
    }

    fillFacts() {
        const {header, count} = this.about;
        this.find(".facts").textContent = [
            "“" + header.command + "”", "ended: " + header.ended, header.mode,
            header.harts + (header.harts === 1 ? " hart" : " harts"),
            header.ram[1] / 1048576 + " MiB of memory", "policy " + header.policy,
            grouped(count) + " records", "kernel " + header.kernel].join(" · ");
        const lost = header.lost.map(l => grouped(l.count) + " records of hart " + l.hart +
            " are missing before record #" + grouped(l.before) + ".");
        const end = header.ended === "exit 0" ? [] : [element("li", {}, element("strong", {},
            "The run ended badly: " + header.ended))];
        this.find(".notes").replaceChildren(...end, ...header.notes.concat(lost).map(
            words => element("li", {}, words)));
    }

    /* The looks of owners: again when the scheme or the filter changes. */
    dress() {
        const dark = pageIsDark(), paper = ownerFill("free", 0, dark), {pid} = this.app.filter;
        this.look = this.about.owners.map(({kind, pid: owner}) => {
            const fill = ownerFill(kind, owner, dark);
            return {kind, pid: owner, fill, ink: ownerInk(fill),
                    letter: ownerLetter(kind, owner)};
        });
        this.worked.ask("colours", {of: Uint32Array.from(this.look, look =>
            pixelOf(look.fill, paper, pid !== null && look.pid !== pid))});
        this.fillLegend();
    }

    fillLegend() {
        const words = new Map();
        for (const {kind, pid, fill, ink, letter} of this.look)
            words.set(ownerWords(kind, pid, this.about.header.processes[pid]), [fill, ink, letter]);
        const items = [...words].slice(0, 40).map(([said, [fill, ink, letter]]) => {
            const key = element("span", {className: "owner", "aria-hidden": "true"}, letter);
            key.style.background = fill;
            key.style.color = ink;
            return element("li", {}, key, " " + said);
        });
        if (words.size > 40)
            items.push(element("li", {className: "soft"}, "and " + (words.size - 40) +
                               " processes more"));
        this.find(".legend").replaceChildren(...items);
    }

    /* ---- what the app says ---- */

    show(moment) {
        this.moment = Math.max(0, Math.min(this.about.count - 1, moment));
        this.askMoment();
        placeCursor(this.find(".picture"), this);
    }

    /* Frames follow at once; words follow when the moment has rested for a while. */
    askMoment() {
        this.worked.follow("frames", {n: this.moment}, answer => this.fillFrames(answer));
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.askWords(), REST);
    }

    /* Does the page show all that it is to show? Tests wait for it. */
    get isStill() {
        return !this.timer && !this.worked.waiting.size && this.shown !== undefined &&
            this.shown.n === this.moment;
    }

    askWords() {
        this.timer = 0;
        const known = this.state ? this.state.at : undefined;
        this.worked.follow("moment", {n: this.moment, wanted: {
            known, open: [...this.open], filter: this.app.filter}}, answer => this.fill(answer));
    }

    fillFrames({n, frames, record}) {
        this.record = record;
        this.owners = frames;
        drawGrid(this.find(".frames"), frames, this);
        this.find(".event").textContent = eventWords(this.about.header, record);
        this.moments++;
    }

    /* "Why?" is of what is chosen; if nothing is, of what the record is about. */
    askWhy() {
        const subject = this.subject || this.record && subjectOf(this.record), n = this.moment;
        this.worked.follow("whyAll", {n, subject, event: this.record && subjectOf(this.record)},
                           answer => this.fillWhy(subject, answer));
    }

    fill(answer) {
        if (answer.n !== this.moment)
            return;             /* it has gone on; another answer will come */
        if (!answer.state || answer.state.lists)
            this.state = answer.state;
        this.record = answer.record;
        this.owners = answer.frames;
        this.describeGrid();
        fillNear(this.find(".near"), this, this.app.predict.isOpen
            ? answer.near.filter(r => r.n <= answer.n) : answer.near, answer.n);
        fillSpaces(this.find(".tree"), this, answer.spaces, this.state);
        fillLists(this.find(".lru"), this, this.state, answer.n, answer.frames);
        fillSlots(this.find(".slots"), this, answer.slots);
        fillConsole(this.find(".console pre"), this.about.header, answer.n);
        this.shown = answer;
        this.askWhy();
    }

    describeGrid() {
        const counts = new Map();
        this.owners.forEach(number => {
            const {kind, pid} = this.about.owners[number];
            const said = ownerWords(kind, pid, this.about.header.processes[pid]);
            counts.set(said, (counts.get(said) || 0) + 1);
        });
        const said = [...counts].sort((a, b) => b[1] - a[1]).map(([words, count]) =>
            words + " " + grouped(count)).join(", ");
        this.find(".counts").textContent = said + ". Frames that are free all the time, or not " +
            "the kernel's to give, are left out.";
        this.find(".frames").setAttribute("aria-label",
            "Frames at this moment: " + said + ". Arrow keys choose a frame.");
    }

    chosenFrame() {
        const {subject} = this;
        return subject && subject.frame !== undefined ? subject.frame - this.about.first
            : this.found && this.found.place >= 0 ? this.found.place : -1;
    }

    touchedFrame() {
        const r = this.record;
        return r && ["map", "evict", "alloc", "free", "swap_in", "swap_out"].includes(r.type)
            ? r.pfn - this.about.first : -1;
    }

    async choose(subject) {
        this.app.choose(this, subject);
    }

    async setSubject(subject) {
        this.subject = subject;
        this.outlines = subject ? await this.worked.ask("spans", {subject}) : [];
        const picture = this.find(".picture");
        if (picture.shown)
            drawOutlines(picture, fitCanvas(picture), this);
        this.show(this.moment);
    }

    fillWhy(subject, {chain, found, eventChain}) {
        if (!this.shown || this.shown.n !== this.moment)
            return;
        fillEvent(this.find(".event"), this.find(".before"), this, this.record, eventChain);
        fillChosen(this.find(".chosen"), this, subject, found, chain);
        this.found = this.subject ? found : null;
        this.chain = chain;
        drawGrid(this.find(".frames"), this.owners, this);
        if (this.shownSubject !== subject)
            this.showCell();
        this.shownSubject = subject;
    }

    go(moment) {
        this.app.go(moment, this);
    }

    unfold(pid, open) {
        if (open === this.open.has(pid))
            return;
        if (open)
            this.open.add(pid);
        else
            this.open.delete(pid);
        this.askMoment();
    }

    /* ---- pictures ---- */

    draw(view) {
        const canvas = this.find(".picture");
        fitCanvas(canvas);
        const size = {width: canvas.width, height: canvas.height};
        const whole = Object.assign({top: 0, bottom: this.about.rows.length}, this.rowView || {},
                                    view);
        const parts = Math.max(1, Math.floor(size.width / 4));
        this.worked.follow("picture", Object.assign({view: whole, parts,
            filter: this.app.filter}, size), answer => {
            drawPicture(canvas, answer, size, whole, this);
            this.timeline = answer.timeline;
            drawHarts(this.find(".harts"), answer.timeline, this);
            clearTimeout(this.wordsTimer);
            this.wordsTimer = setTimeout(() => this.describePicture(whole), REST);
            this.pictures++;
        });
    }

    mostInLane(counts) {
        return counts.reduce((most, count) => Math.max(most, count), 1);
    }

    describePicture(view) {
        const from = Math.max(0, Math.floor(view.left)), to = Math.ceil(view.right) - 1;
        this.find(".picture").setAttribute("aria-label", "Frames over time, records " +
            grouped(from) + " to " + grouped(to) + ". Arrow keys go from record to record, " +
            "W and S zoom.");
        const said = this.timeline.map(hart => "hart " + hart.hart + ": " + MARK_KINDS.map(kind =>
            grouped(hart.counts[kind].reduce((sum, count) => sum + count, 0)) + " " +
            kindWords(kind)).join(", ")).join("; ");
        this.find(".harts").setAttribute("aria-label", said);
        this.find(".lanes").textContent = "Records #" + grouped(from) + " to #" + grouped(to) +
            ". In them, " + said + ".";
    }

    /* Fewer frames around the chosen one, or more. */
    zoomFrames(factor) {
        const all = this.about.rows.length, now = this.rowView || {top: 0, bottom: all};
        const chosen = this.rowOf.get(this.chosenFrame());
        const centre = chosen === undefined ? (now.top + now.bottom) / 2 : chosen + .5;
        const size = Math.max(8, Math.min(all, (now.bottom - now.top) * factor));
        const top = Math.max(0, Math.min(all - size, centre - size / 2));
        this.rowView = size >= all ? null : {top, bottom: top + size};
    }

    /* ---- mouse and keys on the canvases ---- */

    listen() {
        const picture = this.find(".picture"), grid = this.find(".frames");
        const momentAt = event => {
            const view = picture.shown, box = picture.getBoundingClientRect();
            return Math.floor(view.left + (event.clientX - box.left) / box.width *
                              (view.right - view.left));
        };
        picture.addEventListener("pointerdown", event => {
            const view = picture.shown, box = picture.getBoundingClientRect();
            const row = Math.floor(view.top + (event.clientY - box.top) / box.height *
                                   (view.bottom - view.top));
            picture.setPointerCapture(event.pointerId);
            this.go(momentAt(event));
            if (row >= 0 && row < this.about.rows.length)
                this.choose({frame: this.about.rows[row] + this.about.first});
        });
        picture.addEventListener("pointermove", event => {
            if (event.buttons)
                this.go(momentAt(event));
        });
        picture.addEventListener("wheel", event => {
            event.preventDefault();
            this.app.zoom(event.deltaY < 0 ? .8 : 1.25, this.app.shared(this, momentAt(event)));
        }, {passive: false});
        grid.addEventListener("pointerdown", event => {
            const box = grid.getBoundingClientRect(), scale = grid.width / box.width;
            const {size, columns} = grid.shape;
            this.chooseRow(Math.floor((event.clientY - box.top) * scale / size) * columns +
                           Math.floor((event.clientX - box.left) * scale / size));
        });
        grid.addEventListener("keydown", event => {
            const {columns} = grid.shape;
            const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns}[
                event.key];
            if (!step && event.key !== "Enter")
                return;
            event.preventDefault();
            event.stopPropagation();
            const now = this.rowOf.get(this.chosenFrame());
            if (step)
                this.chooseRow(now === undefined ? 0 : now + step);
            else
                this.find(".chosen button").focus();
        });
    }

    /* So that the cell of a chosen frame is in sight. */
    showCell() {
        const canvas = this.find(".frames"), row = this.rowOf.get(this.chosenFrame());
        if (row === undefined || !canvas.shape)
            return;
        const box = canvas.parentElement, scale = canvas.width / canvas.clientWidth;
        const top = Math.floor(row / canvas.shape.columns) * canvas.shape.size / scale;
        if (top < box.scrollTop || top > box.scrollTop + box.clientHeight - 20)
            box.scrollTop = top - box.clientHeight / 2;
    }

    chooseRow(row) {
        if (row >= 0 && row < this.about.rows.length)
            this.choose({frame: this.about.rows[row] + this.about.first});
    }
}

const MARK_KINDS = Object.keys(LANES);
