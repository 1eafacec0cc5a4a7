/*
 * Predict mode: the run stops before an eviction, the page shows what one may know, and asks which
 * page goes. What comes is not shown before the answer.
 */
"use strict";

const ASKED = 120;              /* pages to choose from, at most: the victim among them */

class Prediction {
    constructor(app) {
        this.app = app;
        this.on = false;
        this.right = this.asked = 0;
        this.chance = 0;        /* what guessing would have had */
    }

    /* Is there a question that has no answer yet? What comes must not be shown then. */
    get isOpen() {
        return this.on && Boolean(this.choice);
    }

    show() {
        document.body.classList.toggle("predicting", this.isOpen);
    }

    async toggle() {
        this.on = !this.on;
        this.app.play(false);
        this.app.by("predict").setAttribute("aria-pressed", String(this.on));
        this.app.by("prediction").hidden = !this.on;
        this.choice = null;
        this.show();
        if (this.on)
            await this.next();
        else
            this.app.go(this.app.moment);
    }

    async next() {
        const {app} = this, [view] = app.views;
        const choice = await view.worked.ask("predict", {n: app.moment});
        this.choice = choice;
        this.show();
        app.by("verdict").textContent = "";
        if (!choice) {
            app.by("question").replaceChildren(element("p", {},
                "No page is evicted after this moment. Go back to an earlier one."));
            return;
        }
        app.go(choice.at);
        this.fill(view, choice, await view.worked.ask("moment", {n: choice.at, wanted: {}}));
        this.tellScore();
    }

    /* In the order of the policy's list, as far as it is known; then what came since. */
    inOrder(choice, state) {
        const list = state && state.lists[choice.kind] ? summed(state.lists[choice.kind].frames)
                                                       : [];
        const {first} = this.app.views[0].about;
        const place = new Map(list.map((pfn, i) => [pfn - first, i]));
        const of = c => place.has(c.frame) ? place.get(c.frame) : Infinity;
        const sorted = choice.candidates.slice().sort((x, y) => of(x) - of(y) ||
            x.since - y.since || x.frame - y.frame || 0);
        const near = sorted.slice(0, ASKED);
        if (!near.some(c => c.frame === choice.victim)) {
            const victim = sorted.find(c => c.frame === choice.victim);
            const other = near.length ? victim.frame % near.length : 0;
            near.splice(other, 1, victim);
        }
        return {near, place};
    }

    fill(view, choice, now) {
        const {near, place} = this.inOrder(choice, now.state);
        const used = new Set(now.state ? now.state.accessed : []);
        const {header, first} = view.about;
        const words = now.state ? "In the order of the policy's list after record #" +
            grouped(now.state.at) + ", oldest first; a: used at that time, since it was looked " +
            "at last (A bit); new: not on the list then." : "No full state was taken before; " +
            "in the order in which they came.";
        this.app.by("question").replaceChildren(
            element("p", {}, "The policy is " + header.policy + ". After record #" +
                grouped(choice.at) + " a page " + (choice.kind === "anon" ? "of memory"
                : "of a file") + " goes. " + near.length + " of " + choice.candidates.length +
                " that could: which one?"),
            element("p", {className: "soft"}, words),
            element("ol", {className: "pages"}, ...near.map(c => element("li", {}, button(
                ownerLetter(c.kind, c.pid) + " " + hex(c.frame + first) + " pid " + c.pagePid +
                " " + addressText(c.page) + (used.has(c.frame + first) ? " a" : "") +
                (!now.state || place.has(c.frame) ? "" : " new"),
                () => this.answer(view, c, near.length), {className: "mono"})))));
    }

    answer(view, guess, among) {
        const {choice, app} = this;
        if (!choice)
            return;
        const right = guess.frame === choice.victim, {first, header} = view.about;
        const victim = choice.candidates.find(c => c.frame === choice.victim);
        this.choice = null;
        this.show();
        this.asked++;
        this.right += right;
        this.chance += 1 / among;
        app.by("verdict").textContent = (right ? "✓ Right: " : "✗ No: ") + "frame " +
            hex(choice.victim + first) + " goes" + (victim ? ", page " + addressText(victim.page) +
            " of " + processWords(header, victim.pagePid) : "") + ".";
        for (const b of app.by("question").querySelectorAll("button"))
            b.disabled = true;
        this.tellScore();
        app.go(choice.evict, view);
        app.choose(view, {frame: choice.victim + first});
        app.by("next-choice").focus();
    }

    tellScore() {
        this.app.by("score").textContent = this.asked ? this.right + " right of " + this.asked +
            "; guessing would have had " + this.chance.toFixed(1) + "." : "";
    }
}
