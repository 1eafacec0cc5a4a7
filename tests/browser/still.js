"use strict";
/* A page that stands still: it loads, in each size, light and dark. */
const { run, need } = require("./ground");

run({
    "each look": (ground) => ground.everyLook(ground.given.url, ground.given.name,
        async (page) => need(await page.title(), "the page has no title")),
});
