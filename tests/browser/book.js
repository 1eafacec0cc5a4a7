"use strict";
/* The book: how it looks, by keys alone, and from its contents to a chapter. */
const { run, need, same } = require("./ground");

/* axe-core takes its time for a page of that length: two looks that have all sizes and schemes. */
const LOOKS = [[1280, 800, "dark"], [3840, 2160, "light"]];

run({
    "looks": async (ground) => {
        for (const [width, height, scheme] of LOOKS) {
            const page = await ground.open(ground.given.url, { width, height, scheme });
            const over = await page.evaluate(() =>
                document.documentElement.scrollWidth - window.innerWidth);
            need(over <= 0, `${width} wide: ${over} pixels stand out to the right`);
            await ground.accessible(page);
            await ground.picture(page, `book-${width}-${scheme}`);
        }
    },
    "by keys": async (ground) => {
        const page = await ground.open(ground.given.url);
        await page.keyboard.press("Tab");
        const skip = await page.evaluate(() => document.activeElement.getBoundingClientRect().left);
        need(skip >= 0, "the first key does not show the way to the text");
        await page.keyboard.press("Enter");
        same(new URL(page.url()).hash, "#text", "where Enter leads");
    },
    "from the contents": async (ground) => {
        const page = await ground.open(ground.given.url);
        await page.click(`nav >> text="${ground.given.chapter}"`);
        const top = await page.evaluate((name) => [...document.querySelectorAll("h2")].find(
            (heading) => heading.textContent === name).getBoundingClientRect().top,
        ground.given.chapter);
        need(top >= -5 && top < 200, `the chapter's heading is at ${top}`);
    },
});
