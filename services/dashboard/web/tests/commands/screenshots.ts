// `npm run screenshots`: every page in light, dark and on a phone, into docs/screenshots.
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "vitest";
import { launch, profile, signIn } from "../support/browser";
import { asOwner } from "../support/owner";
import { PAGES } from "../support/pages";
import { furnish } from "../support/room";
import { start } from "../support/stack";

const FOLDER = process.env.SCREENSHOTS ?? resolve(import.meta.dirname, "../../../../../docs/screenshots");
const ZONE = { timezoneId: "UTC" };
const SCREEN = { ...ZONE, viewport: { width: 1280, height: 860 } };
const PHONE = { ...ZONE, viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const LOOKS = {
  light: { ...SCREEN, colorScheme: "light" },
  dark: { ...SCREEN, colorScheme: "dark" },
  phone: { ...PHONE, colorScheme: "light" },
} as const;

test("every page", { timeout: 600_000 }, async () => {
  const { stack, stop } = await start();
  const browser = await launch();
  mkdirSync(FOLDER, { recursive: true });
  const only = process.env.ONLY?.split(",");
  const looks = process.env.LOOKS?.split(",");
  try {
    const room = await furnish(stack, await asOwner(stack));
    await refuse(stack.capture, room.key);
    for (const [look, options] of Object.entries(LOOKS)) {
      if (looks && !looks.includes(look)) continue;
      const { context, page, faults } = await profile(browser, stack.dashboard, options);
      await signIn(page, stack.owner);
      for (const one of PAGES) {
        if (only && !only.includes(one.name)) continue;
        await page.goto(one.path(room));
        await one.ready(page).catch((error) => console.error(look, one.name, String(error).split("\n")[0]));
        await page
          .waitForFunction(() => !document.querySelector("[aria-busy=true], main .animate-spin"))
          .catch(() => console.error(look, one.name, "stays busy"));
        await page.evaluate(() => document.fonts.ready);
        await page.screenshot({ path: `${FOLDER}/${one.name}-${look}.png`, animations: "disabled" });
        if (look === "phone") {
          const wide = await page.evaluate(() => document.querySelector("main")?.scrollWidth ?? 0);
          if (wide > 391) console.error(one.name, `is ${wide} px wide on a phone`);
        }
        if (faults.length) console.error(look, one.name, faults.splice(0));
      }
      await context.close();
    }
  } finally {
    await browser.close();
    await stop();
  }
});

/** Events that the capture API refuses, so that the health page has something to tell. */
async function refuse(capture: string, key: string) {
  const batch = [
    { event: "signed up", distinct_id: "" },
    { event: "signed up", distinct_id: "undefined" },
    { event: "page left", distinct_id: "ada", timestamp: "yesterday" },
  ];
  await fetch(`${capture}/capture`, {
    method: "POST",
    headers: { "X-API-Key": key, "Content-Type": "application/json" },
    body: JSON.stringify({ batch }),
  });
}
