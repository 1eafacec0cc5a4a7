"use strict";
/*
 * What every browser test stands on: a headless Chromium, pages that may neither complain nor go to
 * the network, axe-core, pictures.
 *
 *     const { run, need, same } = require("./ground");
 *     run({
 *         "a name": async (ground) => {
 *             const page = await ground.open(ground.given.url, { width: 1280, scheme: "dark" });
 *             same(await page.textContent("#free"), ground.given.free, "free frames");
 *             await ground.accessible(page);
 *             await ground.picture(page, "name");
 *         },
 *     });
 *
 * tests/browser/ground.py starts such a script with one argument, `given` as JSON, and reads a line
 * of JSON for each test. A page that writes an error or a warning to the console, throws, or asks
 * for what is neither from its own origin nor in itself, fails the test that opened it.
 */
const fs = require("fs");
const path = require("path");
const { chromium } = require("playwright-core");
const axe = require("axe-core");

const SIZES = [[1280, 800], [3840, 2160]];
const SCHEMES = ["light", "dark"];

class Failure extends Error {}

function need(condition, why) {
    if (!condition)
        throw new Failure(why);
}

function same(found, wanted, what) {
    const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
    need(a === b, `${what}: the page has ${a}, and it should be ${b}`);
}

class Ground {
    constructor(given, browser) {
        this.given = given;
        this.browser = browser;
        this.contexts = [];
        this.complaints = [];
    }

    /* A page in a window of its own. options: width, height, scheme, still (reduced motion). */
    async open(url, options = {}) {
        const { width = 1280, height = 800, scheme = "light", still = false } = options;
        const context = await this.browser.newContext({
            viewport: { width, height }, colorScheme: scheme,
            reducedMotion: still ? "reduce" : "no-preference",
        });
        context.setDefaultTimeout(this.given.seconds * 1000);
        context.setDefaultNavigationTimeout(this.given.seconds * 1000);
        this.contexts.push(context);
        const page = await context.newPage();
        this.listen(page, new URL(url));
        await page.goto(url);
        return page;
    }

    listen(page, url) {
        const complain = (text) => this.complaints.push(text);
        page.on("console", (message) => {
            if (["error", "warning"].includes(message.type()))
                complain(`console: ${message.text()}`);
        });
        page.on("pageerror", (error) => complain(`it throws: ${error}`));
        page.on("request", (request) => {
            const asked = new URL(request.url());
            const inside = ["data:", "blob:", "about:"].includes(asked.protocol);
            const own = url.protocol === "file:" ? asked.pathname === url.pathname :
                asked.origin === url.origin;
            if (!inside && !own)
                complain(`it asks for ${request.url()}`);
        });
    }

    /* axe-core finds nothing. */
    async accessible(page) {
        await page.evaluate(axe.source);
        const found = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
        need(found.passes.length > 0, "axe-core looked at nothing");
        need(found.violations.length === 0, "axe-core:\n" + found.violations.map((v) =>
            `${v.id}: ${v.help}\n` + v.nodes.slice(0, 3).map((n) =>
                `    ${n.html.slice(0, 150)}\n    ${n.any.concat(n.all, n.none).map((c) =>
                    c.message).join("; ").slice(0, 250)}`).join("\n")).join("\n"));
    }

    /* A screenshot, below build/browser/pictures. */
    async picture(page, name) {
        fs.mkdirSync(this.given.pictures, { recursive: true });
        await page.screenshot({ path: path.join(this.given.pictures, name + ".png") });
    }

    /* The page in each size, light and dark: axe-core, nothing wider than the window, a picture. */
    async everyLook(url, name, prepare = async () => {}) {
        for (const [width, height] of SIZES) {
            for (const scheme of SCHEMES) {
                const page = await this.open(url, { width, height, scheme });
                await prepare(page);
                const over = await page.evaluate(() =>
                    document.documentElement.scrollWidth - window.innerWidth);
                need(over <= 0, `${name}, ${width} wide: ${over} pixels stand out to the right`);
                await this.accessible(page);
                await this.picture(page, `${name}-${width}-${scheme}`);
                await page.context().close();
            }
        }
    }

    async end() {
        for (const context of this.contexts)
            await context.close();
        need(!this.complaints.length, this.complaints.slice(0, 5).join("\n"));
    }
}

async function attempt(ground, test) {
    let why = "";
    for (const step of [() => test(ground), () => ground.end()]) {
        try {
            await step();
        } catch (error) {
            why = why || (error instanceof Failure ? error.message : String(error.stack));
        }
    }
    return why;
}

/* Runs the tests, one after the other; each has its own pages. */
async function run(tests) {
    const given = JSON.parse(process.argv[2]);
    const browser = await chromium.launch({ executablePath: given.chromium, headless: true });
    for (const [name, test] of Object.entries(tests)) {
        const why = await attempt(new Ground(given, browser), test);
        console.log(JSON.stringify({ name, why }));
    }
    await browser.close();
}

module.exports = { run, need, same };
