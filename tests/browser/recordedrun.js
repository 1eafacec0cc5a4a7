"use strict";
/* The time machine of a recorded run: its replay and its "why?" are those of replay.py. */
const fs = require("fs");
const { run, need, same } = require("./ground");
const { still, open, go, find, momentOf, sorted, shown, needChains } = require("./timemachinepage");

const known = JSON.parse(fs.readFileSync(JSON.parse(process.argv[2]).known, "utf8"));

run({
    "recorded run: moments": async (ground) => {
        const page = await open(ground);
        for (const [moment, truth] of Object.entries(known.truths))
            same(sorted(await shown(page, Number(moment))), sorted(truth), "record " + moment);
        same(await page.evaluate(() => xv39.views[0].timeline.map((hart) =>
            hart.counts.fault.reduce((a, b) => a + b, 0))), known.faults, "faults of each hart");
    },

    "recorded run: why": async (ground) => {
        const page = await open(ground);
        await needChains(page, known.chains);
    },

    "recorded run: lists and console": async (ground) => {
        const page = await open(ground, "#moment=" + (known.count - 1));
        same(await momentOf(page), known.count - 1, "the last moment");
        const lists = await page.textContent(".lru");
        need(lists.includes("policy " + known.policy), "the lists: " + lists.slice(0, 200));
        need((await page.textContent(".console pre")).includes("swapstress"), "the console");
        await still(page);
        await ground.accessible(page);
        await ground.picture(page, "trace-recorded");
    },
});
