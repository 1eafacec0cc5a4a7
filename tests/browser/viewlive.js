"use strict";
/* The live view of a machine that goes on: what changes is marked, and marks end. */
const { run, need } = require("./ground");

run({
    "changes are marked": async (ground) => {
        for (const still of [false, true]) {
            const page = await ground.open(ground.given.url, { still });
            await page.waitForFunction(() => document.querySelector("td.changed"));
            await page.waitForFunction(() => changedAt.size > 0);
            if (!still)
                await ground.picture(page, "view-live");
            await page.click("#pause");
            const before = await page.textContent("#owners");
            await page.waitForTimeout(500);
            need(await page.textContent("#owners") === before, "it did not hold still");
        }
    },
});
