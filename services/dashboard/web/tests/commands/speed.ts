// `npm run measure`: how fast the pages are on this machine, into docs/dashboard.md. The figures are no
// tests: a busy machine is slow without anything being broken.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, getPriority, loadavg } from "node:os";
import { resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { expect, test } from "vitest";
import { launch, profile, signIn } from "../support/browser";
import { sizes } from "../support/bundle";
import { ANSWERS } from "../support/hold";
import { answerWithMany, DAYS, drawn, ROWS } from "../support/many";
import { asOwner } from "../support/owner";
import { furnish } from "../support/room";
import { type Stack, start } from "../support/stack";

const PAGE = resolve(import.meta.dirname, "../../../../../docs/dashboard.md");
const ROUNDS = 20;
/** A task of so many ms is felt. */
const LONG = 50;

test("the figures of the dashboard's speed are current", async () => {
  const { stack, stop } = await start();
  const browser = await launch();
  try {
    const room = await furnish(stack, await asOwner(stack));
    const click = await cachedTrend(browser, stack, room.project);
    const trace = await manyRows(browser, stack, room.project);
    const size = sizes();
    const kb = (bytes: number) => `${Math.round(bytes / 1024)} KB`;
    const ms = (value: number) => `${Math.round(value)} ms`;
    write([
      ["JavaScript of the sign-in page, gzipped", kb(size.signIn), "250 KB"],
      ["JavaScript of all pages, gzipped", kb(size.all), "500 KB"],
      [`A cached trend after the click, median of ${ROUNDS}`, ms(median(click)), "300 ms"],
      [`A cached trend after the click, slowest of ${ROUNDS}`, ms(Math.max(...click)), "300 ms"],
      ...tasks(`${ROWS} rows of ${DAYS} points, drawn after the answer`, trace.drawing),
      ...tasks("The same as the first chart of a page, with its code", trace.first),
      ...tasks("The same under the pointer", trace.hovering),
    ]);
    expect(click.length).toBe(ROUNDS);
  } finally {
    await browser.close();
    await stop();
  }
});

/** Milliseconds from the click on Trends to the drawn chart, with the answer in the cache. */
async function cachedTrend(browser: Browser, stack: Stack, project: string): Promise<number[]> {
  const { page, context } = await profile(browser, stack.dashboard);
  await signIn(page, stack.owner);
  await page.goto(`/p/${project}/trends`);
  await page.locator("main [role=img] svg path").first().waitFor({ state: "attached" });
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await page.getByRole("link", { name: "Connect" }).click();
    await page.getByRole("heading", { name: "Connect" }).waitFor();
    times.push(
      await page.evaluate(async () => {
        const links = [...document.querySelectorAll<HTMLElement>("nav a")];
        const begin = performance.now();
        links.find((one) => one.textContent?.includes("Trends"))?.click();
        while (!document.querySelector("main [role=img] svg path")) {
          await new Promise((next) => requestAnimationFrame(next));
        }
        // The frame that holds it has been painted when the next one begins.
        await new Promise((next) => requestAnimationFrame(next));
        return performance.now() - begin;
      }),
    );
  }
  await context.close();
  return times;
}

/** What the browser's own trace says while a large chart is drawn and the pointer moves over it. */
async function manyRows(browser: Browser, stack: Stack, project: string) {
  const { page, context } = await profile(browser, stack.dashboard);
  await signIn(page, stack.owner);
  await answerWithMany(page);
  await page.goto(`/p/${project}/connect`);
  await page.getByRole("heading", { name: "Connect" }).waitFor();
  const draw = () =>
    traced(page, async () => {
      const path = `/p/${project}/trends?breakdown=%5B%22plan%22%5D&range=365d&limit=${ROWS}`;
      await page.evaluate((to) => history.pushState({}, "", to), path);
      await drawn(page);
      await settled(page);
    });
  const first = await draw();
  // Another question of few rows, and back.
  await page.unroute(ANSWERS);
  await page.evaluate((to) => history.pushState({}, "", to), `/p/${project}/trends?range=7d`);
  await page.locator("main [role=img] svg path").first().waitFor({ state: "attached" });
  await page.locator("main canvas").waitFor({ state: "detached" });
  await answerWithMany(page);
  const drawing = await draw();
  const box = await page.locator("main canvas").boundingBox();
  if (!box) throw new Error("the chart has no place on the screen");
  const hovering = await traced(page, async () => {
    for (let step = 0; step < 60; step++) {
      await page.mouse.move(box.x + 60 + step * 14, box.y + 60 + (step % 12) * 20);
    }
    await settled(page);
  });
  await context.close();
  return { first, drawing, hovering };
}

const settled = (page: Page) =>
  page.evaluate(
    () => new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(() => next(null)))),
  );

/** Of the trace: what the page's threads do. */
const CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline"];

interface TraceEvent {
  name: string;
  ph: string;
  ts: number;
  dur?: number;
  pid: number;
  tid: number;
}

/** Runs it under the browser's performance trace: how long its tasks were. */
async function traced(page: Page, run: () => Promise<void>) {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: CATEGORIES },
  });
  await run();
  const done = new Promise((next) => session.once("Tracing.tracingComplete", next));
  await session.send("Tracing.end");
  await done;
  await session.detach();
  const tasks = events.filter((one) => one.ph === "X" && one.name === "RunTask");
  const longest = Math.max(0, ...tasks.map((one) => (one.dur ?? 0) / 1_000));
  return { longest, tasks: tasks.length, long: tasks.filter((one) => (one.dur ?? 0) / 1_000 > LONG).length };
}

/** The rows of the table about traced tasks. */
function tasks(what: string, found: Awaited<ReturnType<typeof traced>>): [string, string, string][] {
  return [
    [`${what}: longest task`, `${Math.round(found.longest)} ms`, ""],
    [`${what}: tasks over ${LONG} ms`, `${found.long} of ${found.tasks}`, ""],
  ];
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Puts the figures between the marks of the page. */
function write(rows: [string, string, string][]) {
  const [cpu] = cpus();
  const text = readFileSync(PAGE, "utf8");
  const [before, rest] = text.split("<!-- speed: written by npm run measure -->\n");
  const after = rest?.split("<!-- /speed -->")[1];
  if (before === undefined || after === undefined) throw new Error(`${PAGE} has no place for the figures`);
  const lines = [
    "| what | measured | wanted |",
    "|---|---|---|",
    ...rows.map(([what, value, limit]) => `| ${what} | ${value} | ${limit && `under ${limit}`} |`),
    "",
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpu?.model.trim()}) at a load of ${loadavg()[0]?.toFixed()}${getPriority() < 0 ? ", which it went before" : ""}; Chromium without a GPU.`,
  ];
  const figures = `<!-- speed: written by npm run measure -->\n${lines.join("\n")}\n<!-- /speed -->`;
  writeFileSync(PAGE, `${before}${figures}${after}`);
}
