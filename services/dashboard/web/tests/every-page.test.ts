import type { Page } from "playwright-core";
import { describe, inject, test } from "vitest";
import { hold } from "./support/hold";
import { asOwner, newProject } from "./support/owner";
import { PAGES } from "./support/pages";
import { visits } from "./support/visit";

const room = inject("room");
const { stack, visit } = visits();

/** Pages that ask for something before they can show it. */
const ASKING = PAGES.filter(({ name }) => name !== "new-project" && name !== "sign-in");
/** What they ask; which projects there are is known already. */
const QUESTIONS = ["**/query/api/**", "**/auth/api/projects/*/**"];
const BROKEN = { status: 500, json: { detail: "Broken on purpose", code: "broken" } };
const FORBIDDEN = { status: 403, json: { detail: "Forbidden", code: "forbidden" } };

describe.concurrent("every page says that it loads, that it failed, and that one may not see it", () => {
  const halves = [0, 1].map((half) => ASKING.filter((_, at) => at % 2 === half));
  test.for(halves)("%#", (pages) =>
    visit(async (page) => {
      await page.route("**/realtime/api/**", (route) => route.fulfill({ status: 503, json: {} }));
      for (const one of pages) {
        const letGo = await hold(page, ...QUESTIONS);
        await page.goto(one.path(room));
        await page.getByRole("status").getByText("…").first().waitFor();
        await letGo(BROKEN);
        const alert = page.getByRole("alert");
        await alert.getByText("Broken on purpose").first().waitFor();
        await letGo(FORBIDDEN);
        await alert.getByRole("button", { name: "Try again" }).first().click();
        await alert.getByText("You do not have access to this.").first().waitFor();
        await page.unrouteAll({ behavior: "ignoreErrors" });
      }
    }),
  );
});

/** What pages say of a project that nothing was sent to. */
const EMPTY: [string, string][] = [
  ["trends", "No events yet"],
  ["funnels", "A funnel needs two steps"],
  ["retention", "Nobody"],
  ["paths", "No paths in this range"],
  ["sessions", "No sessions"],
  ["lifecycle", "Nobody"],
  ["stickiness", "Nobody"],
  ["live", "Nobody is on a page"],
  ["events", "No events yet"],
  ["persons", "Nobody yet"],
  ["persons?distinct_id=nobody", "Nobody by this name"],
  ["insights", "Nothing was saved yet"],
  ["dashboards", "No dashboards yet"],
  ["health", "Nothing was refused"],
  ["connect", "Waiting for your first event"],
];

test("an empty project says on every page what is missing", async ({ expect }) => {
  const { project } = await newProject(await asOwner(stack), "Empty");
  await visit(async (page) => {
    for (const [path, words] of EMPTY) {
      await page.goto(`/p/${project}/${path}`);
      await page.getByText(words).first().waitFor();
      expect(await alertsOf(page), path).toEqual([]);
    }
  });
});

const alertsOf = (page: Page) => page.getByRole("alert").allInnerTexts();
