/*
 * The time machine: one run or two, the moment, the part of time that is shown, the filter and what
 * is chosen. Buttons, keys and the page's address change these; the views show them.
 *
 * Two runs share one time: both are aligned where they first differ. `shift` is how far the second
 * one's numbers are behind the first one's there.
 */
"use strict";

class App {
    constructor() {
        this.views = [];
        this.moment = 0;
        this.view = {left: 0, right: 1};
        this.filter = {pid: null, page: null, kinds: null};
        this.shift = 0;
        this.predict = new Prediction(this);
        this.timer = 0;
        this.isOpen = false;    /* until then the address is read, not written */
    }

    by(id) {
        return document.getElementById(id);
    }

    /* A message above everything; passing: it is only how far something is. */
    say(words, passing = false) {
        const box = this.by("message");
        box.hidden = !words;
        box.textContent = words;
        box.classList.toggle("notice", !passing);
    }

    /* ---- runs ---- */

    async begin() {
        const inside = [...document.querySelectorAll("script[type='text/x-xv39-trace']")];
        try {
            for (const script of inside)
                await this.add(fromBase64(script.textContent));
            if (this.views.length === 2)
                await this.compare();
            this.listen();
            this.isOpen = true;
            this.takeFragment();
            document.body.dataset.ready = "yes";
        } catch (trouble) {
            this.say(trouble.message);
            document.body.dataset.ready = "no";
        }
    }

    async add(bytes) {
        const root = this.by("run").content.firstElementChild.cloneNode(true);
        const view = new RunView(this, root);
        const place = this.views.length;
        for (const section of root.querySelectorAll("section")) {
            const heading = section.querySelector("h2");
            section.setAttribute("aria-label", heading.textContent +
                                 (place ? " (second run)" : ""));
        }
        for (const [selector, words] of [[".console pre", "Console"], [".tree", "Address spaces"],
                ["ol.near", "Records"], ["ol.chain", "Why"], [".lru", "Lists"],
                [".slots", "Slots"]])
            root.querySelector(selector).setAttribute("aria-label", words +
                                                      (place ? " (second run)" : ""));
        try {
            await view.load(bytes);
        } catch (trouble) {
            view.worked.end();
            throw trouble;
        }
        this.say("");
        this.views.push(view);
        this.by("controls").hidden = false;
        this.by("runs").append(root);
        this.by("runs").classList.toggle("two", this.views.length === 2);
        forgetScreen();
        this.fillChoices();
        this.whole();
        return view;
    }

    /* How many moments there are, over both runs. */
    get count() {
        return Math.max(1, ...this.views.map(view => this.shared(view, view.about.count)));
    }

    /* A moment of the shared time → the view's own; and back. */
    own(view, moment) {
        return moment - (view === this.views[1] ? this.shift : 0);
    }

    shared(view, moment) {
        return moment + (view === this.views[1] ? this.shift : 0);
    }

    fillChoices() {
        const [first] = this.views, pids = new Set(), kinds = new Set();
        for (const view of this.views) {
            view.about.pids.forEach(pid => pids.add(pid));
            view.about.typeName.forEach(name => kinds.add(name));
        }
        const names = first.about.header.processes;
        this.by("filter-pid").replaceChildren(element("option", {value: ""}, "all"),
            ...[...pids].sort((a, b) => a - b).map(pid => element("option", {value: String(pid)},
                pid + (names[pid] ? " " + names[pid] : ""))));
        this.by("filter-kind").replaceChildren(element("option", {value: ""}, "all"),
            ...[...kinds].map(kind => element("option", {value: kind}, kindWords(kind))));
        this.by("command").textContent = this.views.map(view => view.title).join(" and ");
        this.by("slider").max = this.by("moment").max = this.count - 1;
        this.by("of").textContent = "of " + grouped(this.count) + ", from 0 on";
    }

    async compare() {
        const [a, b] = this.views, found = await divergence(a, b);
        this.shift = found.a - found.b;
        this.fillChoices();
        this.whole();
        const box = this.by("compared");
        box.hidden = false;
        box.replaceChildren(found.words + " ");
        if (found.differs)
            box.append(button("Go there", () => this.go(found.a)));
        this.by("single").hidden = false;
        this.by("predict").disabled = true;
        this.divergence = found;
        if (found.differs)
            this.go(found.a);
    }

    endComparison() {
        const [, second] = this.views;
        second.worked.end();
        second.root.remove();
        this.views.pop();
        this.shift = 0;
        this.by("runs").classList.remove("two");
        forgetScreen();
        this.by("compared").hidden = this.by("single").hidden = true;
        this.by("predict").disabled = false;
        this.by("second").value = "";
        this.fillChoices();
        this.whole();
        this.go(this.moment);
    }

    async takeSecond(file) {
        try {
            if (this.views.length === 2)
                this.endComparison();
            await this.add(await traceOfFile(file));
            await this.compare();
        } catch (trouble) {
            this.say(file.name + ": " + trouble.message);
        }
    }

    /* ---- moment, part of time, filter ---- */

    go(moment, view = null) {
        const wanted = view ? this.shared(view, moment) : moment;
        this.moment = Math.max(0, Math.min(this.count - 1, Math.floor(wanted) || 0));
        this.by("slider").value = this.by("moment").value = this.moment;
        this.by("slider").setAttribute("aria-valuetext", "record " + this.moment);
        const {left, right} = this.view, size = right - left;
        if (this.moment < left || this.moment >= right)
            this.look(this.moment - size / 2, size);
        this.views.forEach(v => v.show(this.own(v, this.moment)));
        this.keepAddress();
    }

    look(left, size) {
        const most = this.count, wide = Math.max(16, Math.min(most, size));
        const from = Math.max(0, Math.min(most - wide, left));
        this.view = {left: from, right: from + wide};
        this.redraw();
    }

    redraw() {
        for (const view of this.views)
            view.draw({left: this.own(view, this.view.left),
                       right: this.own(view, this.view.right)});
    }

    /* The place `about` stays where it is. */
    zoom(factor, about = this.moment) {
        const {left, right} = this.view, size = Math.max(16, Math.min(
            this.count, (right - left) * factor));
        const part = Math.max(0, Math.min(1, (about - left) / (right - left)));
        this.look(about - part * size, size);
        this.keepAddress();
    }

    pan(part) {
        const {left, right} = this.view;
        this.look(left + part * (right - left), right - left);
        this.keepAddress();
    }

    whole() {
        this.look(0, this.count);
        this.keepAddress();
    }

    /* Takes the filter from its fields. */
    takeFilter() {
        const pid = this.by("filter-pid").value, kind = this.by("filter-kind").value;
        const page = this.by("filter-page").value.trim();
        const known = /^(0x[0-9a-f]+|[0-9]+)$/i.test(page);
        this.filter = {pid: pid === "" ? null : Number(pid), kinds: kind ? [kind] : null,
                       page: known ? pageOfText(page) : null};
        this.showFilter(page && !known ? "“" + page + "” is no address." : "");
    }

    async showFilter(trouble = "") {
        const {filter} = this;
        this.views.forEach(view => view.dress());
        this.redraw();
        this.go(this.moment);
        const any = filter.pid !== null || filter.page !== null || filter.kinds;
        const counts = any ? await Promise.all(this.views.map(view => view.worked.ask(
            "count", {filter}))) : [];
        this.by("matches").textContent = trouble || (any ? counts.map(grouped).join(" and ") +
            " records" : "");
    }

    resized() {
        forgetScreen();
        this.redraw();
        this.go(this.moment);
    }

    async nextMatch(step) {
        const [view] = this.views;
        const found = await view.worked.ask("next", {n: this.own(view, this.moment), step,
                                                     filter: this.filter});
        if (found >= 0)
            this.go(found, view);
        else
            this.by("matches").textContent = "None " + (step > 0 ? "after" : "before") + " this.";
    }

    choose(view, subject) {
        this.subject = subject;
        this.keepAddress();
        return Promise.all(this.views.map(v => v.setSubject(subject)));
    }

    search(text) {
        const found = readQuery(text);
        if (!found) {
            this.by("matches").textContent = "Not understood. Say “pid 3 va 0x4000”, " +
                "“frame 0x80200”, “slot 7” or “#812”.";
            return;
        }
        this.by("matches").textContent = "";
        if (found.moment !== undefined)
            this.go(found.moment);
        else
            this.choose(this.views[0], found).then(() => this.views[0].find(".chosen")
                .scrollIntoView({block: "nearest"}));
    }

    /* ---- the address ---- */

    keepAddress() {
        clearTimeout(this.timer);
        if (this.isOpen)
            this.timer = setTimeout(() => history.replaceState(null, "", this.address()), 100);
    }

    address() {
        const {moment, view, filter, subject} = this;
        return writeFragment({moment, view, filter, subject,
                              whole: view.right - view.left >= this.count});
    }

    takeFragment() {
        const said = readFragment(location.hash), names = this.views[0].about.typeName;
        this.filter = {pid: said.pid, page: said.page,
                       kinds: names.includes(said.kind) ? [said.kind] : null};
        this.by("filter-pid").value = said.pid === null ? "" : said.pid;
        this.by("filter-page").value = said.page === null ? "" : addressText(said.page);
        this.by("filter-kind").value = this.filter.kinds ? said.kind : "";
        if (said.from !== null && said.to > said.from)
            this.look(said.from, said.to - said.from);
        const last = this.divergence && this.divergence.differs ? this.divergence.a
                                                                : this.count - 1;
        this.go(said.moment === null ? last : said.moment);
        if (said.chosen && said.chosen.moment === undefined)
            this.choose(this.views[0], said.chosen);
        this.showFilter();
    }

    /* ---- buttons and keys ---- */

    play(on) {
        clearInterval(this.playing);
        this.playing = 0;
        this.by("play").setAttribute("aria-pressed", String(on));
        if (!on)
            return;
        const step = Math.max(1, Math.round((this.view.right - this.view.left) / 600));
        this.playing = setInterval(() => {
            this.go(this.moment + step);
            if (this.moment >= this.count - 1)
                this.play(false);
        }, matchMedia("(prefers-reduced-motion: reduce)").matches ? 1000 : 60);
    }

    listen() {
        const on = (id, event, act) => this.by(id).addEventListener(event, act);
        const click = (id, act) => on(id, "click", act);
        click("first", () => this.go(0));
        click("back", () => this.go(this.moment - 1));
        click("forward", () => this.go(this.moment + 1));
        click("last", () => this.go(this.count - 1));
        click("play", () => this.play(!this.playing));
        click("closer", () => this.zoom(.5));
        click("wider", () => this.zoom(2));
        click("whole", () => this.whole());
        click("next-match", () => this.nextMatch(1));
        click("previous-match", () => this.nextMatch(-1));
        click("predict", () => this.predict.toggle());
        click("next-choice", () => this.predict.next());
        click("single", () => this.endComparison());
        on("slider", "input", () => this.go(Number(this.by("slider").value)));
        on("moment", "change", () => this.go(Number(this.by("moment").value)));
        for (const id of ["filter-pid", "filter-page", "filter-kind"])
            on(id, "change", () => this.takeFilter());
        on("search", "submit", event => {
            event.preventDefault();
            this.search(this.by("query").value);
        });
        on("second", "change", () => this.by("second").files.length &&
           this.takeSecond(this.by("second").files[0]));
        addEventListener("keydown", event => this.key(event));
        addEventListener("hashchange", () => this.takeFragment());
        addEventListener("resize", () => this.resized());
        matchMedia("(prefers-color-scheme: dark)").addEventListener(
            "change", () => { forgetScreen(); this.showFilter(); });
    }

    key(event) {
        const {target} = event, field = target.closest("input, select, textarea");
        if (event.ctrlKey || event.metaKey || event.altKey || field)
            return;
        if (event.key === " " && target.closest("button, summary"))
            return;
        const far = event.shiftKey ? 100 : 1;
        const act = {
            ArrowLeft: () => this.go(this.moment - far),
            ArrowRight: () => this.go(this.moment + far),
            Home: () => this.go(0),
            End: () => this.go(this.count - 1),
            " ": () => this.play(!this.playing),
            w: () => this.zoom(.5), "+": () => this.zoom(.5), "=": () => this.zoom(.5),
            s: () => this.zoom(2), "-": () => this.zoom(2),
            a: () => this.pan(-.25), d: () => this.pan(.25),
            0: () => this.whole(),
            e: () => { this.views.forEach(view => view.zoomFrames(.5)); this.redraw(); },
            q: () => { this.views.forEach(view => view.zoomFrames(2)); this.redraw(); },
            n: () => this.nextMatch(1), p: () => this.nextMatch(-1),
            "/": () => this.by("query").focus(),
            y: () => this.why(),
        }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
        if (!act)
            return;
        event.preventDefault();
        act();
    }

    /* Of what the record is about, if nothing is chosen. */
    async why() {
        const [view] = this.views;
        if (!view.subject && view.record && subjectOf(view.record))
            await this.choose(view, subjectOf(view.record));
        view.find(".chosen").scrollIntoView({block: "nearest"});
        const first = view.find(".chosen button");
        if (first)
            first.focus();
    }
}

/* ---- files ---- */

function fromBase64(text) {
    const packed = atob(text.trim()), bytes = new Uint8Array(packed.length);
    for (let i = 0; i < packed.length; i++)
        bytes[i] = packed.charCodeAt(i);
    return bytes;
}

/* A trace as recorded, or a page of ours, which has one in itself. */
async function traceOfFile(file) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (bytes[0] !== 60)                /* "<" */
        return bytes;
    const page = new DOMParser().parseFromString(new TextDecoder().decode(bytes), "text/html");
    const inside = page.querySelector("script[type='text/x-xv39-trace']");
    if (!inside)
        throw new BadTrace("This page has no trace in it.");
    return fromBase64(inside.textContent);
}

const xv39 = new App();
xv39.begin();
