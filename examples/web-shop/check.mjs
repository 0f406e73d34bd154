// Shops in a real browser, and looks up what arrived:  node check.mjs FOLDER SDK

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { serve } from "./serve.mjs";

const { chromium } = createRequire(new URL("../../sdks/web/package.json", import.meta.url))("playwright-core");
const STORED = fileURLToPath(new URL("../checking.py", import.meta.url));
const PATIENCE_MS = 120_000;
// SDKs send nothing for robots.
const userAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

const email = `ada-${Date.now().toString(36)}@example.com`;
const { server, url } = await serve(...process.argv.slice(2));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  timeout: PATIENCE_MS,
});
try {
  const context = await browser.newContext({ userAgent });
  context.setDefaultTimeout(PATIENCE_MS);
  await context.addInitScript(() => Object.defineProperty(navigator, "webdriver", { get: () => false }));
  await shop(await context.newPage());
  await context.close();
} finally {
  await browser.close();
  server.close();
}

const { person, earlier } = await stored();
const names = (events) => events.map(({ event }) => event);
assert.deepEqual(names(earlier), ["$pageview", "$pageview", "product added"]);
assert.deepEqual(
  earlier.slice(0, 2).map(({ properties }) => properties.$pathname),
  ["/", "/products/boots"],
);
assert.equal(earlier[2].properties.price, 129.9);
assert.deepEqual(names(person), ["$identify", "order completed"]);
assert.deepEqual(person[0].properties.$set, { email });
assert.deepEqual(person[1].properties.products, ["boots"]);
console.log(`${earlier.length + person.length} events of ${email} arrived once and equal`);

async function shop(page) {
  const problems = [];
  page.on("pageerror", (error) => problems.push(error));
  await page.goto(`${url}?utm_source=example`);
  await page.click("text=Walking boots");
  await page.click("#add");
  await page.fill("[name=email]", email);
  await page.click("text=Sign in");
  await page.click("#buy");
  await page.waitForSelector("text=Thank you");
  // Leaving is part of it: what is still queued goes out now.
  await page.close({ runBeforeUnload: true });
  assert.deepEqual(problems, []);
}

/** The person's events, and those from before she signed in. */
async function stored() {
  const ask = async (who) =>
    JSON.parse((await promisify(execFile)("python3", [STORED, who])).stdout);
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const person = await ask(email);
    const earlier = await ask(person[0]?.properties.$anon_distinct_id ?? "nobody");
    if (person.length + earlier.length >= 5 || Date.now() > deadline) return { person, earlier };
  }
}
