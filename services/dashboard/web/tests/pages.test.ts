import axe from "axe-core";
import type { Page } from "playwright-core";
import { describe, type ExpectStatic, inject, test } from "vitest";
import { PAGES, type Shown } from "./support/pages";
import { visits } from "./support/visit";

const room = inject("room");
const { visit } = visits();

/** Pages that are visited by one browser tab after the other. */
const HALVES = [PAGES.filter((_, at) => at % 2 === 0), PAGES.filter((_, at) => at % 2 === 1)];

describe.concurrent("every page is whole, on a phone too, and accessible in light and dark", () => {
  test.for(HALVES)("%#", (pages, { expect }) =>
    visit(async (page) => {
      for (const one of pages) await look(expect, page, one);
    }),
  );
});

async function look(expect: ExpectStatic, page: Page, one: Shown) {
  // Loaded anew, so that nothing of the page before is taken for this one.
  await page.goto(one.path(room));
  await one.ready(page);
  expect(await page.locator("h1").count(), `headings of ${one.name}`).toBe(1);
  expect(await widthOf(page), `width of ${one.name}`).toBeLessThanOrEqual(1280);
  await settled(page);
  expect(await accessFaults(page), one.name).toEqual([]);

  await page.emulateMedia({ colorScheme: "dark" });
  await page.locator("html[data-theme=dark]").waitFor();
  await settled(page);
  expect(await accessFaults(page), `${one.name} in dark`).toEqual([]);

  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 390, height: 844 });
  await expect.poll(() => widthOf(page), { message: `${one.name} on a phone` }).toBeLessThanOrEqual(390);
  await settled(page);
  // In the colours that were judged already.
  expect(await accessFaults(page, ["color-contrast"]), `${one.name} on a phone`).toEqual([]);
  await page.setViewportSize({ width: 1280, height: 860 });
}

/** Colours that change over a moment have arrived, and no answer is on its way. */
const settled = (page: Page) =>
  page.waitForFunction(() => {
    const endsOf = document.getAnimations().map((one) => one.effect?.getComputedTiming().endTime);
    return endsOf.every((end) => end === Infinity) && !document.querySelector("main [aria-busy=true]");
  });

const widthOf = (page: Page) =>
  page.evaluate(() =>
    Math.max(document.documentElement.scrollWidth, document.querySelector("main")?.scrollWidth ?? 0),
  );

/** What axe finds by any of its rules but these that is serious or worse, as rule and elements. */
async function accessFaults(page: Page, but: string[] = []): Promise<string[]> {
  // It stays as long as the page is not loaded anew.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  return page.evaluate(async (but) => {
    const { axe: run } = window as unknown as { axe: typeof axe };
    const rules = Object.fromEntries(but.map((id) => [id, { enabled: false }]));
    const found = await run.run(document, { rules, resultTypes: ["violations"], preload: false });
    const serious = found.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    return serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  }, but);
}
