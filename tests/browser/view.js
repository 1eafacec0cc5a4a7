"use strict";
/* The live view of a machine that stands still: the page has the reader's numbers. */
const { run, need, same } = require("./ground");

const ready = (page) => page.waitForFunction(() => document.querySelector("#owners tbody tr"));

/* The table as an object: the row's key to the text of its cells from `from` on. */
function table(page, id, from) {
    return page.evaluate(([id, from]) => Object.fromEntries([...document.getElementById(id)
        .tBodies[0].rows].map((row) => [row.dataset.key, [...row.cells].slice(from).map((cell) =>
        Number(cell.textContent))])), [id, from]);
}

const single = (wanted) => Object.fromEntries(Object.entries(wanted).map(([k, v]) => [k, [v]]));

run({
    "the reader's numbers": async (ground) => {
        const { ledger, counters, lists, swap, processes, mode, harts } = ground.given;
        const page = await ground.open(ground.given.url);
        await ready(page);
        same(await table(page, "owners", 1), single(ledger), "frames by owner");
        for (const head of await page.locator("tbody th").allTextContents())
            need(/\w/.test(head), "a row without a name");
        same(await table(page, "counters", 1), single(counters), "counters");
        const shown = await table(page, "processes", 1);
        same(Object.fromEntries(Object.values(shown).map((row) => [row[0], row.slice(3)])),
            processes, "processes");
        for (const [name, length] of Object.entries(lists))
            need((await page.textContent("#lists")).includes(`${name}: ${length} pages`), name);
        need((await page.textContent("#swap")).startsWith(
            `${swap[0]} of ${swap[1]} slots used, ${swap[2]} of them`), "swap");
        const about = await page.textContent("#about");
        need(about.includes(mode) && about.includes(`${harts} hart`), `it says: ${about}`);
        const orders = Object.values(await table(page, "orders", 1));
        same(orders.reduce((sum, row) => sum + row[1], 0), ledger.free, "frames in free blocks");
    },
    "the keyboard asks for a frame": async (ground) => {
        const page = await ground.open(ground.given.url);
        await ready(page);
        await page.focus("#map");
        for (const key of ["Home", "ArrowRight", "ArrowDown", "Enter"])
            await page.keyboard.press(key);
        await page.waitForFunction(() => /address 0x8/.test(
            document.getElementById("detail").textContent));
        await page.click("#map", { position: { x: 400, y: 20 } });
        await page.waitForFunction(() => /class/.test(
            document.getElementById("detail").textContent));
        await page.keyboard.press("Tab");
        await page.click("#processes button >> nth=0");
        need((await page.textContent("#areas")).includes("Areas of pid"), "no areas");
        await page.click("#pause");
        same(await page.textContent("#pause"), "Go on", "the button");
        await page.setViewportSize({ width: 800, height: 600 });
    },
    "each look": (ground) => ground.everyLook(ground.given.url, "view", ready),
});
