import { AxeBuilder } from "@axe-core/playwright";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { launch, profile, signIn } from "./support/browser";
import { PAGES } from "./support/pages";

const stack = inject("stack");
const room = inject("room");
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const LOOKS = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
} as const;

describe.each(Object.entries(LOOKS))("in %s", (look, options) => {
  test("every page shows itself, whole and accessible", { timeout: 150_000 }, async () => {
    const { page, context, faults } = await profile(browser, stack.dashboard, options);
    await signIn(page, stack.owner);
    for (const one of PAGES) {
      await page.goto(one.path(room));
      await one.ready(page);
      const width = await page.evaluate(() =>
        Math.max(document.documentElement.scrollWidth, document.querySelector("main")?.scrollWidth ?? 0),
      );
      expect(width, `${one.name} is no wider than the screen`).toBeLessThanOrEqual(
        page.viewportSize()!.width,
      );
      expect(await page.locator("h1").count(), `headings of ${one.name}`).toBe(1);
      if (look === "phone") continue;
      const found = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa"]).analyze();
      const serious = found.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      const told = serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
      expect(told, one.name).toEqual([]);
    }
    expect(faults).toEqual([]);
    await context.close();
  });
});
