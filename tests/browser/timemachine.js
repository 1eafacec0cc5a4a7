"use strict";
/*
 * The time machine: what it says of a drawn run is what the model knows of it; scrub, filter, find,
 * why, compare and predict do what they say; damaged traces are refused in words; two million
 * records stay fast.
 */
const fs = require("fs");
const { run, need, same } = require("./ground");
const { still, open, go, find, momentOf, sorted, shown, needChains } = require("./timemachinepage");

const known = JSON.parse(fs.readFileSync(JSON.parse(process.argv[2]).known, "utf8"));
const PICTURES = 20;            /* a second */

/* Seconds of processor time that this process's children have taken so far; null: unknown here. */
function processorTime() {
    let list;
    try {
        list = fs.readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name));
    } catch (error) {
        return null;
    }
    const parents = new Map(), times = new Map();
    for (const pid of list) {
        try {
            const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
            const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
            parents.set(Number(pid), Number(fields[1]));
            times.set(Number(pid), Number(fields[11]) + Number(fields[12]));
        } catch (error) {
            continue;           /* it has ended meanwhile */
        }
    }
    let sum = 0;
    for (const pid of times.keys())
        for (let above = pid; above; above = parents.get(above))
            if (parents.get(above) === process.pid) {
                sum += times.get(pid);
                break;
            }
    return sum / 100;
}

/* Pictures a second of a processor that has nothing else to do. */
async function pace(page, counter, act) {
    const before = processorTime(), began = Date.now();
    const pictures = await page.evaluate(async ([name, text]) => {
        const step = new Function("i", text), [view] = xv39.views, first = view[name];
        for (let i = 0; view[name] - first < 60; i++) {
            step(i);
            await new Promise(requestAnimationFrame);
        }
        return view[name] - first;
    }, [counter, act]);
    const seconds = before === null ? (Date.now() - began) / 1000 : processorTime() - before;
    return pictures / seconds;
}

run({
    "time machine: each look": (ground) => ground.everyLook(
        ground.given.url + "#moment=" + known.evictions[9], "trace", still),

    "time machine: a moment is what the model knows": async (ground) => {
        const page = await open(ground);
        for (const [moment, truth] of Object.entries(known.truths)) {
            if (Number(moment) < 0)
                continue;
            same(sorted(await shown(page, Number(moment))), sorted(truth), "record " + moment);
            await go(page, moment);
            const said = await page.locator(".tree > details > summary").allTextContents();
            same(said.map((words) => words.match(/[0-9,]+(?= pages| in swap)/g).map((n) =>
                Number(n.replace(/,/g, "")))), Object.entries(truth.spaces).sort((a, b) =>
                a[0] - b[0]).map(([, space]) => ["frame", "slot"].map((kind) => Object.values(
                space).filter((place) => place[0] === kind).length)), "the spaces' pages");
            const slots = await page.textContent(".slots");
            need(truth.slots.length ? slots.startsWith(truth.slots.length + " slots") :
                slots.startsWith("No slot"), "slots: " + slots.slice(0, 60));
        }
        same(await page.evaluate(() => xv39.views[0].timeline.map((hart) =>
            hart.counts.fault.reduce((a, b) => a + b, 0))), known.faults, "faults of each hart");
    },

    "time machine: scrub by keys, buttons, slider and address": async (ground) => {
        const page = await open(ground, "#moment=100");
        same(await momentOf(page), 100, "the address's moment");
        await page.keyboard.press("ArrowRight");
        await page.keyboard.press("Shift+ArrowRight");
        same(await momentOf(page), 201, "after right, and right by 100");
        await page.click("#back");
        same(await momentOf(page), 200, "after Back");
        await page.focus("#slider");
        await page.keyboard.press("ArrowRight");
        same(await momentOf(page), 201, "after the slider's key");
        await page.keyboard.press("End");
        same(await momentOf(page), known.count - 1, "after the slider's End");
        await page.focus("#first");
        await page.keyboard.press("w");
        const wide = await page.evaluate(() => xv39.view.right - xv39.view.left);
        need(Math.abs(wide - known.count / 2) < 1, `W shows ${wide} of ${known.count} records`);
        await go(page, 777);
        await page.waitForFunction(() => location.hash.includes("moment=777"));
        const again = await ground.open(page.url());
        await still(again);
        same(await momentOf(again), 777, "the moment of the copied address");
        need((await again.textContent(".event")).startsWith("Record #777"), "its words");
    },

    "time machine: filter": async (ground) => {
        const page = await open(ground, "#moment=0");
        await page.selectOption("#filter-pid", String(known.pid));
        await page.selectOption("#filter-kind", known.kind);
        await page.waitForFunction(() => document.getElementById("matches").textContent);
        await still(page);
        need((await page.textContent("#matches")).replace(/,/g, "") ===
            known.matches.length + " records", "it counts " +
            await page.textContent("#matches") + ", and there are " + known.matches.length);
        for (const wanted of known.matches.slice(0, 3)) {
            await page.click("#next-match");
            await page.waitForFunction((n) => xv39.moment === n, wanted);
        }
        await page.click("#previous-match");
        await page.waitForFunction((n) => xv39.moment === n, known.matches[1]);
        await ground.picture(page, "trace-filter");
    },

    "time machine: find and why": async (ground) => {
        const page = await open(ground);
        await needChains(page, known.chains);
        const last = known.chains.filter(({ chain }) => chain.length > 1).pop();
        await go(page, last.moment);
        await find(page, last.query);
        await ground.accessible(page);
        await ground.picture(page, "trace-why");
        await page.locator(".chain button").nth(1).click();
        same(await momentOf(page), last.chain[1], "where the link leads");
        await page.fill("#query", "where is it?");
        await page.press("#query", "Enter");
        need((await page.textContent("#matches")).startsWith("Not understood"), "nonsense");
    },

    "time machine: a tree of page tables unfolds": async (ground) => {
        const page = await open(ground, "#moment=" + (known.count - 1));
        const levels = { sv39: 3, sv48: 4, sv57: 5 }[known.mode];
        await page.locator(".tree > details > summary").first().click();
        await still(page);
        for (let level = 1; level < levels; level++)
            await page.locator(".tree > details > .body" + " > details".repeat(level) +
                " > summary").first().click();
        const entries = page.locator(".tree li button");
        need(await entries.count() > 0, "no entries after " + levels + " levels");
        await entries.first().click();
        await still(page);
        need((await page.textContent(".subject")).startsWith("Page 0x"), "an entry is chosen");
        await ground.picture(page, "trace-tree");
    },

    "time machine: compare": async (ground) => {
        const page = await open(ground);
        await page.setInputFiles("#second", ground.given.other);
        await page.waitForFunction(() => !document.getElementById("compared").hidden);
        await still(page);
        const check = async (from) => {
            same(await momentOf(from), ground.given.differs, "where they differ");
            const words = (await from.textContent("#compared")).replace(/,/g, "");
            need(words.startsWith(`The first ${ground.given.differs} records are alike`), words);
            same(await from.locator(".run").count(), 2, "runs on the page");
        };
        await check(page);
        need((await page.textContent("#runs")).includes("5 records of hart 0 are missing"),
            "it says what is missing");
        await ground.accessible(page);
        await ground.picture(page, "trace-compare");
        await page.click("#single");
        same(await page.locator(".run").count(), 1, "runs after the end of the comparison");
        const two = await ground.open(ground.given.two);
        await still(two);
        await check(two);
    },

    "time machine: predict": async (ground) => {
        const page = await open(ground, "#moment=" + (known.evictions[20] - 5));
        await page.click("#predict");
        await page.waitForSelector("#question button");
        for (let asked = 1; asked <= 2; asked++) {
            await still(page);
            const { at, evict } = await page.evaluate(() => xv39.predict.choice);
            need(known.evictions.includes(evict) && at < evict, `it asks at ${at} for ${evict}`);
            same(await momentOf(page), at, "it stops before the eviction");
            const near = await page.locator(".near button").allTextContents();
            need(near.every((words) => Number(words.replace(/[#,]/g, "")) <= at),
                "it shows records that come later");
            const name = "0x" + known.victims[evict].toString(16);
            const choices = page.locator("#question button");
            if (asked === 1)
                await ground.picture(page, "trace-predict");
            await (asked === 1 ? choices.filter({ hasText: name }) :
                choices.filter({ hasNotText: name })).first().click();
            const verdict = await page.textContent("#verdict");
            need(verdict.startsWith(asked === 1 ? "✓ Right" : "✗ No") && verdict.includes(name),
                verdict);
            const score = await page.textContent("#score");
            need(score.startsWith(`1 right of ${asked};`), score);
            await page.click("#next-choice");
            await page.waitForFunction(() => xv39.predict.isOpen);
        }
        await ground.accessible(page);
    },

    "time machine: what cannot be read is refused in words": async (ground) => {
        for (const [name, [url, words]] of Object.entries(ground.given.bad)) {
            const page = await ground.open(url);
            await page.waitForFunction(() => document.body.dataset.ready);
            const said = await page.textContent("#message");
            need(said.includes(words), `${name}: the page says “${said}”`);
            need(await page.isVisible("#message"), `${name}: nothing is seen`);
            await ground.accessible(page);
        }
        const page = await open(ground);
        await page.addInitScript(() => { delete window.DecompressionStream; });
        await page.reload();
        await page.waitForFunction(() => document.body.dataset.ready === "no");
        const said = await page.textContent("#message");
        need(said.includes("too old"), said);
    },

    "time machine: two million records": async (ground) => {
        const page = await ground.open(ground.given.many);
        await still(page);
        const zoom = await pace(page, "pictures",
            "xv39.zoom(i % 60 < 30 ? .8 : 1.25, xv39.count / 3);");
        await page.evaluate(() => xv39.whole());
        const scrub = await pace(page, "moments",
            "xv39.go(Math.floor(xv39.count * (i * 7 % 1000) / 1000));");
        need(zoom > PICTURES && scrub > PICTURES, `${zoom.toFixed(1)} pictures a second while ` +
            `zooming, ${scrub.toFixed(1)} while scrubbing`);
        await still(page);
        await ground.picture(page, "trace-many");
    },
});
