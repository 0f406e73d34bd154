import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, inject } from "vitest";
import { connect, profile, signIn } from "./browser";
import type { Stack } from "./stack";

/** Opens a signed-in page, runs the visit, and finds no fault in the page afterwards. */
type Visit = (
  run: (page: Page) => Promise<void>,
  options?: { as?: Stack["owner"] | null; context?: BrowserContextOptions },
) => Promise<void>;

/** The shared browser for the tests of a file, and visits in profiles of their own. */
export function visits(): { stack: Stack; browser: () => Browser; visit: Visit } {
  const stack = inject("stack");
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await connect(inject("browser"));
  });
  afterAll(() => browser?.close());
  const shared = () => {
    if (!browser) throw new Error("the browser is there while tests run");
    return browser;
  };
  return {
    stack,
    browser: shared,
    visit: async (run, { as = stack.owner, context: options = {} } = {}) => {
      const { page, context, faults } = await profile(shared(), stack.dashboard, options);
      try {
        if (as) await signIn(page, as);
        await run(page).catch(async (error: unknown) => {
          throw new Error(await lastSeen(page, faults), { cause: error });
        });
        if (faults.length) throw new Error(`faults in the page: ${faults.join("; ")}`);
      } finally {
        await context.close();
      }
    },
  };
}

/** Where a visit ended that failed, in words. */
async function lastSeen(page: Page, faults: string[]): Promise<string> {
  const text = await page
    .locator("body")
    .innerText({ timeout: 5_000 })
    .catch((error: unknown) => String(error));
  return [`the visit failed at ${page.url()}`, ...faults, "the page said:", text.slice(0, 2_000)].join("\n");
}
