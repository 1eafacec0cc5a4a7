"use strict";
/* The live view where there is no memory to show, or no life in it: words that help. */
const { run, need } = require("./ground");

async function says(ground, url, state, ...words) {
    const page = await ground.open(url);
    await page.waitForFunction((state) => document.body.dataset.state === state, state);
    const text = await page.textContent("#news");
    words.forEach((word) => need(text.includes(word), `no "${word}" in: ${text}`));
    await ground.accessible(page);
    await ground.picture(page, "view-" + state);
}

run({
    "no machine": (ground) => says(ground, ground.given.none, "none", "make qemu"),
    "another kernel": (ground) => says(ground, ground.given.other, "other", "make qemu"),
    "a panic": (ground) => says(ground, ground.given.panicked, "panicked", "panic:"),
});
