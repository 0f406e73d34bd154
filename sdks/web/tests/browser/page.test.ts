// The built script in real pages of a real browser.
import { readFileSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { ScriptedServer } from "../scripted-server.ts";

const script = readFileSync(new URL("../../dist/millrace.min.js", import.meta.url), "utf8");

let browser: Browser;
let context: BrowserContext;
/** The capture API, of another origin than the pages. */
let capture: ScriptedServer;
let site: ScriptedServer;

beforeAll(async () => {
  browser = await chromium.launch({
    timeout: 110_000,
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
    ],
  });
});
afterAll(() => browser?.close());

beforeEach(async () => {
  capture = await new ScriptedServer([{ status: 202, body: { status: "accepted" } }]).start();
  site = await new ScriptedServer([]).start();
  context = await browser.newContext();
  context.setDefaultTimeout(110_000);
  serve("/", {});
});
afterEach(async () => {
  await context.close();
  await Promise.all([capture.stop(), site.stop()]);
});

/** A page that loads the SDK; `options` are JSON, the bot guard is off because this browser is automated. */
function serve(path: string, options: object, headers: Record<string, string> = {}): void {
  const chosen = JSON.stringify({
    url: capture.url,
    ignoreBots: false,
    flushInterval: 20,
    backoff: 50,
    ...options,
  });
  const body = `<!doctype html><title>Shop</title><body>
    <script src="/millrace.js"></script><script src="${path}init.js"></script></body>`;
  site.pages.set(path, { body, headers });
  const type = { "Content-Type": "text/javascript" };
  site.pages.set("/millrace.js", { body: script, headers: type });
  site.pages.set(`${path}init.js`, {
    body: `window.mr = millrace.init("ak_web", ${chosen});`,
    headers: type,
  });
}

async function open(path = "/"): Promise<Page> {
  const page = await context.newPage();
  await page.goto(site.url + path);
  return page;
}

const events = () => capture.received.flatMap((request) => request.batch);

test("a page view goes out by itself, across origins, with where one is and comes from", async () => {
  await open("/?utm_source=letter");
  await capture.until(() => capture.names().length === 1);
  const [event] = events();
  expect(event?.event).toBe("$pageview");
  expect(event?.properties).toMatchObject({
    $pathname: "/",
    utm_source: "letter",
    $lib: "millrace-web",
    $title: "Shop",
  });
  expect(event?.properties.$session_id).toMatch(/^[0-9a-f-]{36}$/);
});

test("the history API makes page views", async () => {
  const page = await open();
  await page.evaluate("history.pushState({}, '', '/cart')");
  await page.evaluate("history.replaceState({}, '', '/cart')");
  await page.goBack();
  await capture.until(() => capture.names().length === 3);
  expect(events().map((event) => event.properties.$pathname)).toEqual(["/", "/cart", "/"]);
});

test("what was captured as the page goes away arrives", async () => {
  serve("/", { flushInterval: 60_000, pageviews: false });
  const page = await open();
  await page.evaluate("addEventListener('pagehide', () => mr.capture('left'))");
  await page.evaluate("mr.capture('clicked')");
  await page.close({ runBeforeUnload: true });
  await capture.until(() => ["clicked", "left"].every((name) => capture.names().includes(name)));
});

test("what is too much for one beacon goes in pieces", async () => {
  serve("/", { flushInterval: 60_000, pageviews: false });
  const page = await open();
  await page.evaluate("for (const name of ['a', 'b']) mr.capture(name, { text: 'x'.repeat(40_000) })");
  await page.evaluate("mr.capture('small')");
  await page.close({ runBeforeUnload: true });
  await capture.until(() => ["a", "small"].every((name) => capture.names().includes(name)));
});

test("a batch arrives that only in bytes is too large to be kept alive", async () => {
  serve("/", { pageviews: false });
  const page = await open();
  await page.evaluate("mr.capture('long', { text: 'ü'.repeat(40_000) })");
  await capture.until(() => capture.names().length === 1);
  expect(events()[0]?.properties.text).toHaveLength(40_000);
});

test("offline waits, and nothing is lost or doubled", async () => {
  const page = await open();
  await capture.until(() => capture.names().length === 1);
  await context.setOffline(true);
  await page.evaluate("for (let i = 0; i < 5; i++) mr.capture('offline', { i })");
  await page.waitForFunction("Object.keys(localStorage).some((key) => key.startsWith('millrace.queue.'))");
  await context.setOffline(false);
  await capture.until(() => capture.names().length === 6);
  expect(await page.evaluate("mr.flush().then(() => mr.dropped)")).toEqual({});
  expect(new Set(events().map((event) => event.uuid)).size).toBe(6);
});

test("what a closed tab left is adopted by the next page", async () => {
  capture.answers = [{ status: 503 }];
  // Nothing that could be ahead of it in the queue.
  serve("/", { pageviews: false });
  const first = await open();
  await first.evaluate("mr.capture('left behind')");
  await capture.until(() => capture.names().includes("left behind"));
  await first.close();
  // A minute passes, as the storage sees it.
  site.pages.set("/blank", { body: "" });
  const blank = await open("/blank");
  await blank.evaluate(`for (const key of Object.keys(localStorage)) if (key.startsWith("millrace.queue.")) {
    localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key)), at: Date.now() - 61_000 }));
  }`);
  const before = capture.received.length;
  capture.answers = [{ status: 202 }];
  await open();
  await capture.until(() =>
    capture.received.slice(before).some((one) => one.batch.some((e) => e.event === "left behind")),
  );
});

test("several tabs share person and session, and keep queues of their own", async () => {
  // One after the other: on a first visit two at the same moment cannot know of each other.
  const tabs = [await open(), await open()];
  await Promise.all(tabs.map((tab, index) => tab.evaluate(`mr.capture("tab ${index}"); mr.flush()`)));
  await capture.until(() => capture.names().length === 4);
  expect(new Set(events().map((event) => event.distinct_id)).size).toBe(1);
  expect(new Set(events().map((event) => event.uuid)).size).toBe(4);
});

test("blocked storage costs the memory, not the events", async () => {
  await context.addInitScript(
    "Object.defineProperty(window, 'localStorage', { get() { throw new Error('blocked') } })",
  );
  const page = await open();
  await page.evaluate("mr.identify('ada'); mr.capture('works')");
  await capture.until(() => capture.names().includes("works"));
  expect(events().find((event) => event.event === "works")?.distinct_id).toBe("ada");
});

test("a strict content security policy is enough", async () => {
  serve(
    "/",
    {},
    { "Content-Security-Policy": `default-src 'none'; script-src 'self'; connect-src ${capture.url}` },
  );
  const page = await open();
  const errors: string[] = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await page.evaluate("mr.capture('allowed')");
  await capture.until(() => capture.names().includes("allowed"));
  expect(errors).toEqual([]);
});

test("opting out is remembered, and taken back", async () => {
  const page = await open();
  await capture.until(() => capture.names().length === 1);
  await page.evaluate("mr.optOut()");
  await page.reload();
  expect(await page.evaluate("mr.capture('unseen')")).toBeNull();
  await page.evaluate("mr.optIn(); mr.capture('seen')");
  await capture.until(() => capture.names().includes("seen"));
  expect(capture.names()).not.toContain("unseen");
});

test("do not track is respected when asked to", async () => {
  await context.addInitScript("Object.defineProperty(navigator, 'doNotTrack', { get: () => '1' })");
  serve("/", { respectDoNotTrack: true });
  const page = await open();
  expect(await page.evaluate("mr.capture('unseen')")).toBeNull();
});

test("automated browsers are ignored by default", async () => {
  serve("/", { ignoreBots: true });
  const page = await open();
  expect(await page.evaluate("navigator.webdriver")).toBe(true);
  expect(await page.evaluate("mr.capture('unseen')")).toBeNull();
});

test("a session ends after its time-out, and reset makes somebody else", async () => {
  const page = await open();
  const session =
    "mr.capture('x') && JSON.parse(JSON.stringify(localStorage.getItem('millrace.session'))).split('|')[0]";
  const first = await page.evaluate(session);
  expect(await page.evaluate(session)).toBe(first);
  await page.evaluate("localStorage.setItem('millrace.session', 'old|' + (Date.now() - 31 * 60_000))");
  expect(await page.evaluate(session)).not.toBe("old");
  const before = await page.evaluate("mr.distinctId");
  await page.evaluate("mr.reset()");
  expect(await page.evaluate("mr.distinctId")).not.toBe(before);
});

test("what was registered and who was identified outlive the page", async () => {
  serve("/", { pageviews: false });
  const page = await open();
  await page.evaluate("mr.register({ plan: 'team', seats: 3 }); mr.identify('ada', { email: 'a@b.c' })");
  await page.reload();
  await page.evaluate("mr.capture('later', { seats: 4 })");
  await capture.until(() => capture.names().includes("later"));
  const [identified, later] = ["$identify", "later"].map((name) => events().find((e) => e.event === name));
  expect(identified?.properties.$anon_distinct_id).toBe(identified?.properties.$device_id);
  expect(later?.distinct_id).toBe("ada");
  expect(later?.properties).toMatchObject({ plan: "team", seats: 4 });
});

test("a hook changes and withholds events, and what it breaks is told", async () => {
  site.pages.set("/hooks.js", {
    body: `window.told = [];
      window.mr = millrace.init("ak_web", { url: ${JSON.stringify(capture.url)}, ignoreBots: false, pageviews: false,
        flushInterval: 20, onDrop: (drop) => told.push(drop), beforeSend: (event) => {
          if (event.event === "broken") throw new Error("of the application");
          if (event.event === "secret") return null;
          return { ...event, properties: { ...event.properties, seen: true } };
        } });`,
    headers: { "Content-Type": "text/javascript" },
  });
  site.pages.set("/hooks", {
    body: '<script src="/millrace.js"></script><script src="/hooks.js"></script>',
  });
  const page = await open("/hooks");
  const ids = await page.evaluate("['secret', 'broken', 'open'].map((name) => mr.capture(name))");
  expect(ids).toEqual([null, null, expect.any(String)]);
  await capture.until(() => capture.names().includes("open"));
  expect(capture.names()).toEqual(["open"]);
  expect(events()[0]?.properties.seen).toBe(true);
  expect(await page.evaluate("told.map((drop) => drop.reason)")).toEqual(["invalid"]);
});
