import { inject, test } from "vitest";
import { choose } from "./support/choose";
import { asOwner } from "./support/pages";
import { send } from "./support/sample";
import { ROWS_MAX } from "./support/stack";
import { visits } from "./support/visit";

const room = inject("room");
const { stack, visit } = visits();
const of = (path: string, project = room.project) => `/p/${project}/${path}`;
const steps = (...events: string[]) => encodeURIComponent(JSON.stringify(events.map((event) => ({ event }))));

test.concurrent(
  "properties and their frequent values are suggested, several break an answer down",
  async ({ expect }) => {
    await visit(async (page) => {
      await page.goto(of("trends"));
      await choose(page, "Breakdown", "plan");
      await page.getByRole("img", { name: /Trends of .*free/ }).waitFor();
      await page.getByRole("button", { name: "and by" }).click();
      await choose(page, "Breakdown 2", "$browser");
      await page.getByRole("img", { name: /Trends of .*free, Chrome/ }).waitFor();
      await page.getByRole("button", { name: "Filter" }).last().click();
      await choose(page, "Property", "$browser");
      await choose(page, "Value of $browser", "Safari");
      await page.getByRole("img", { name: /Trends of free, Safari/ }).waitFor();

      // The series are hidden and shown by their buttons.
      const free = page.getByRole("button", { name: "free, Safari", exact: true });
      await free.click();
      expect(await free.getAttribute("aria-pressed")).toBe("false");
      await free.click();
      expect(await free.getAttribute("aria-pressed")).toBe("true");

      // A value of the table leads to who is behind it.
      await page.getByLabel("Shown as").selectOption("table");
      await page
        .getByRole("button", { name: /^free, Safari, .*: \d/ })
        .first()
        .click();
      await page.getByRole("dialog").getByRole("link").first().waitFor();
      await page.keyboard.press("Escape");
      const address = page.url();
      await page.getByRole("button", { name: "Remove the breakdown by plan" }).click();
      await page.getByRole("rowheader", { name: "Safari", exact: true }).waitFor();
      await page.goBack();
      expect(page.url()).toBe(address);
      await page.getByRole("rowheader", { name: "free, Safari" }).waitFor();
    });
  },
);

test.concurrent("filters stand in groups within groups", async ({ expect }) => {
  await visit(async (page) => {
    const asked: { filters?: unknown }[] = [];
    page.on("request", (one) => {
      if (one.url().endsWith("/query/api/query") && one.postDataJSON().type === "sessions") {
        asked.push(one.postDataJSON().params);
      }
    });
    await page.goto(of("sessions"));
    await page.getByRole("button", { name: "Filter" }).click();
    await choose(page, "Property", "$os");
    await choose(page, "Value of $os", "Linux");
    await page.getByRole("button", { name: "Group", exact: true }).click();
    const group = page.getByRole("group", { name: "Any of these filters" });
    for (const [at, plan] of ["free", "team"].entries()) {
      const property = group.getByRole("combobox", { name: "Property", exact: true }).nth(at);
      await property.click();
      await property.fill("plan");
      await page.getByRole("option", { name: "plan" }).first().waitFor();
      await property.press("Enter");
      const value = group.getByRole("combobox", { name: "Value of plan" }).nth(at);
      await value.click();
      await value.fill(plan);
      await page.getByRole("option", { name: plan }).first().waitFor();
      await value.press("Enter");
    }
    await group.getByRole("button", { name: "Group", exact: true }).click();
    await group.getByLabel("What has to hold").last().selectOption("all");
    await page.getByRole("group", { name: "All of these filters" }).waitFor();
    const any = ["free", "team"].map((value) => ({ property: "plan", op: "exact", value }));
    await expect
      .poll(() => asked.at(-1)?.filters)
      .toEqual([{ property: "$os", op: "exact", value: "Linux" }, { any }]);
    await page.getByText("Bounce rate").waitFor();
    await page.getByRole("button", { name: "Remove the group" }).last().click();
    await page.getByRole("group", { name: "All of these filters" }).waitFor({ state: "detached" });
  });
});

test.concurrent("several events are kept out of a funnel, each between two steps", async ({ expect }) => {
  await visit(async (page) => {
    await page.goto(of(`funnels?steps=${steps("$pageview", "signed up", "upgraded plan")}`));
    const third = page.getByRole("button", { name: /Persons who reached step 3/ });
    const reached = async () => Number((await third.getAttribute("aria-label"))?.split(": ").pop());
    await third.waitFor();
    const all = await reached();
    await page.getByRole("button", { name: "Exclusion", exact: true }).click();
    await choose(page, "Excluded event 1", "invited member");
    await page.getByRole("button", { name: "Exclusion", exact: true }).click();
    await choose(page, "Excluded event 2", "created project");
    await page.getByLabel("Exclusion 2 begins at").selectOption("2");
    await expect.poll(reached).toBeLessThan(all);
    expect(decodeURIComponent(page.url())).toContain('{"event":"created project","from":2}');
    await page.getByRole("button", { name: "Remove exclusion 2" }).click();
    await page.getByRole("button", { name: "Remove exclusion 1" }).click();
    await expect.poll(reached).toBe(all);
  });
});

test.concurrent("a range is chosen by name, or day by day on the calendar", async ({ expect }) => {
  await visit(async (page) => {
    await page.goto(of("trends"));
    await page.getByRole("button", { name: /^Range: Last 30 days, Europe\/Berlin/ }).click();
    await page.getByRole("button", { name: "Last 7 days" }).click();
    await page.getByRole("button", { name: /^Range: Last 7 days/ }).click();
    // By keyboard: the month before, its 10th to 12th.
    await page.getByRole("button", { name: "Month before" }).click();
    const month = new Date();
    month.setMonth(month.getMonth() - 1, 1);
    const day = (number: number) =>
      `${number} ${month.toLocaleDateString("en-GB", { month: "long", year: "numeric" })}`;
    await page.getByRole("button", { name: day(10), exact: true }).focus();
    await page.getByRole("button", { name: day(10), exact: true }).click();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.url()).toMatch(/range=\d{4}-\d\d-10_\d{4}-\d\d-12/);
    await page.getByText(/Complete up to/).waitFor();
  });
});

test.concurrent("persons and events stand behind a point", async ({ expect }) => {
  await visit(async (page) => {
    await page.goto(of("trends?look=number"));
    await page.locator("main dd button").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("link").first().waitFor();
    await dialog.getByRole("tab", { name: "events" }).click();
    await dialog.getByRole("link", { name: "$pageview" }).first().click();
    await page.getByRole("region", { name: "Trace" }).getByText("stored").first().waitFor();
  });
});

test.concurrent("an answer that is still fresh is shown again without asking", async ({ expect }) => {
  await visit(async (page) => {
    await page.goto(of("trends"));
    await page.getByRole("img", { name: /Trends of/ }).waitFor();
    await page.getByRole("link", { name: "Connect" }).click();
    await page.getByRole("heading", { name: "Connect" }).waitFor();
    const asked: string[] = [];
    page.on("request", (one) => {
      if (one.method() === "POST" && one.postDataJSON()?.type === "trends") asked.push(one.url());
    });
    // Held back, so that only what is there already can be shown.
    await page.route("**/query/api/query", () => undefined);
    await page.getByRole("link", { name: "Trends" }).click();
    await page.locator("main [role=img] svg path").first().waitFor({ state: "attached" });
    await page.unrouteAll();
    await page.getByRole("button", { name: "Count again" }).click();
    await expect.poll(() => asked.length).toBeGreaterThan(0);
  });
});

test.concurrent("too expensive a question runs as a job, with progress", async ({ expect }) => {
  const call = await asOwner(stack);
  const { id: project } = await call<{ id: string }>("/auth/api/projects", { name: "Large" });
  const { api_key } = await call<{ api_key: string }>(`/auth/api/projects/${project}/api-keys`, {
    scopes: ["capture"],
  });
  const events = Array.from({ length: ROWS_MAX + 2_000 }, (_, at) => ({
    event: "tick",
    distinct_id: `d${at % 100}`,
    timestamp: new Date(Date.now() - at * 1_000).toISOString(),
    uuid: crypto.randomUUID(),
    properties: {},
  }));
  await send(stack.capture, api_key, events);
  type Pipeline = { last_hour: { stored: number } };
  const stored = async () =>
    (await call<Pipeline>(`/query/api/pipeline?project_id=${project}`)).last_hour.stored;
  await expect.poll(stored, { timeout: 60_000, interval: 500 }).toBe(events.length);

  await visit(async (page) => {
    await page.goto(of("trends", project));
    await page.getByText(/It would read about/).waitFor();
    await page.getByRole("button", { name: "Run as a job" }).click();
    await page.getByText(/Complete up to/).waitFor();
    await page.getByRole("img", { name: /Trends of/ }).waitFor();
  });
});
