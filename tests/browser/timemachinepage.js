"use strict";
/*
 * What scripts about the time machine have in common: waiting until it shows all, going to a
 * moment, finding, and all that its worker knows of a moment.
 */
const { same } = require("./ground");

/* Until the page shows all that it is to show. */
const still = (page) => page.waitForFunction(() => document.body.dataset.ready === "yes" &&
    xv39.views.every((view) => view.isStill));

async function open(ground, fragment = "", options = {}) {
    const page = await ground.open(ground.given.url + fragment, options);
    await still(page);
    return page;
}

async function go(page, moment) {
    await page.fill("#moment", String(moment));
    await page.press("#moment", "Enter");
    await still(page);
}

async function find(page, query) {
    await page.fill("#query", query);
    await page.press("#query", "Enter");
    await still(page);
}

/* What is asked at each moment has that chain of records. */
async function needChains(page, chains) {
    for (const { moment, query, chain } of chains) {
        await go(page, moment);
        await find(page, query);
        const said = await page.locator(".chain button").allTextContents();
        same(said.map((words) => Number(words.replace(/[#,]/g, ""))), chain,
            `why ${query} at ${moment}`);
    }
}

const momentOf = (page) => page.evaluate(() => xv39.moment);

function sorted(value) {
    return value && typeof value === "object" && !Array.isArray(value) ?
        Object.fromEntries(Object.keys(value).sort().map((k) => [k, sorted(value[k])])) : value;
}

/* All that the worker knows of a moment, in the model's form. */
const shown = (page, moment) => page.evaluate(async (n) => {
    const [view] = xv39.views, { about } = view, classes = {}, spaces = {};
    const answer = await view.worked.ask("moment", { n, wanted: { open: about.pids } });
    answer.frames.forEach((number) => {
        const { kind } = about.owners[number];
        if (kind !== "free" && kind !== "reserved")
            classes[kind] = (classes[kind] || 0) + 1;
    });
    for (const { pid, page: pages, place } of answer.spaces) {
        spaces[pid] = {};
        pages.forEach((number, i) => spaces[pid][number] = place[i] >= 0 ?
            ["frame", place[i] + about.first] : ["slot", slotOf(place[i])]);
    }
    return { classes, slots: answer.slots.map((slot) => slot.slot), spaces };
}, moment);

module.exports = { still, open, go, find, momentOf, sorted, shown, needChains };
