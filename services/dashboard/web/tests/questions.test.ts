import type { Page } from "playwright-core";
import { inject, test } from "vitest";
import { choose } from "./support/choose";
import { ANSWERS, hold } from "./support/hold";
import { answerWithMany, countOf, drawn, ROWS } from "./support/many";
import { asOwner, newProject, store } from "./support/owner";
import { ROWS_MAX } from "./support/stack";
import { visits } from "./support/visit";

const room = inject("room");
const { stack, visit } = visits();
const of = (path: string, project = room.project) => `/p/${project}/${path}`;

/** Whatever the page asks of this type from now on, the last one at the end. */
function askedBy<T>(page: Page, type: string): T[] {
  const asked: T[] = [];
  page.on("request", (one) => {
    if (!one.url().endsWith("/query/api/query")) return;
    const question = one.postDataJSON() as { type: string; params: T };
    if (question.type === type) asked.push(question.params);
  });
  return asked;
}

test.concurrent("persons and events stand behind a point", async () => {
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
    // Held back, so that only what is there already can be shown.
    const letGo = await hold(page, ANSWERS);
    await page.getByRole("link", { name: "Trends" }).click();
    await page.locator("main [role=img] svg path").first().waitFor({ state: "attached" });
    await letGo();
    const asked = askedBy<{ refresh?: boolean }>(page, "trends");
    await page.getByRole("button", { name: "Count again" }).click();
    await expect.poll(() => asked.at(-1)?.refresh).toBe(true);
  });
});

test.concurrent("too expensive a question runs as a job, with progress", async ({ expect }) => {
  const call = await asOwner(stack);
  const large = await newProject(call, "Large");
  const events = Array.from({ length: ROWS_MAX + 2_000 }, (_, at) => ({
    event: "tick",
    distinct_id: `d${at % 100}`,
    timestamp: new Date(Date.now() - at * 1_000).toISOString(),
    uuid: crypto.randomUUID(),
    properties: {},
  }));
  await store(stack, call, large, events);
  await visit(async (page) => {
    await page.goto(of("trends", large.project));
    const estimate = page.getByText(/It would read about/);
    await estimate.waitFor();
    // What it would read is more than the limit that it met.
    const rows = Number((await estimate.innerText()).match(/about ([\d,]+) rows/)?.[1]?.replaceAll(",", ""));
    expect(rows).toBeGreaterThan(ROWS_MAX);
    await page.getByRole("button", { name: "Run as a job" }).click();
    await page.getByText(/Complete(ness unknown| up to)/).waitFor();
    await page.getByRole("img", { name: /Trends of/ }).waitFor();
  });
});

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
      await page.getByRole("button", { name: "Filter", exact: true }).last().click();
      await choose(page, "Property", "$browser");
      await choose(page, "Value of $browser", "Safari");
      await page.getByRole("img", { name: /Trends of (?!.*Chrome).*free, Safari/ }).waitFor();

      // The series are hidden and shown by their buttons.
      const free = (isShown: boolean) =>
        page.getByRole("button", { name: "free, Safari", exact: true, pressed: isShown });
      await free(true).click();
      await free(false).click();
      await free(true).waitFor();

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
      await expect.poll(() => page.url()).toBe(address);
      await page.getByRole("rowheader", { name: "free, Safari" }).waitFor();
    });
  },
);

test.concurrent("filters stand in groups within groups", async ({ expect }) => {
  await visit(async (page) => {
    const asked = askedBy<{ filters?: unknown }>(page, "sessions");
    await page.goto(of("sessions"));
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await choose(page, "Property", "$os");
    await choose(page, "Value of $os", "Linux");
    await page.getByRole("button", { name: "Group", exact: true }).click();
    const any = page.getByRole("group", { name: "Any of these filters" });
    for (const plan of ["free", "team"]) {
      // The first one that is still empty.
      await choose(any, "Property", "plan", plan === "free" ? 0 : 1);
      await choose(any, "Value of plan", plan, plan === "free" ? 0 : 1);
    }
    await any.getByRole("button", { name: "Group", exact: true }).click();
    await any.getByLabel("What has to hold").last().selectOption("all");
    const all = page.getByRole("group", { name: "All of these filters" });
    await choose(all, "Property", "$browser", 0);
    await choose(all, "Value of $browser", "Safari", 0);
    const is = (property: string, value: string) => ({ property, op: "exact", value });
    await expect
      .poll(() => asked.at(-1)?.filters)
      .toEqual([
        is("$os", "Linux"),
        { any: [is("plan", "free"), is("plan", "team"), { all: [is("$browser", "Safari")] }] },
      ]);
    await page.getByText("Bounce rate").waitFor();
    await all.getByRole("button", { name: "Remove the group" }).click();
    await all.waitFor({ state: "detached" });
    // The address is the question.
    await page.reload();
    await any.waitFor();
    await expect
      .poll(() => asked.at(-1)?.filters)
      .toEqual([is("$os", "Linux"), { any: [is("plan", "free"), is("plan", "team")] }]);
  });
});

test.concurrent("several events are kept out of a funnel, each between two steps", async ({ expect }) => {
  const steps = ["$pageview", "signed up", "upgraded plan"].map((event) => ({ event }));
  await visit(async (page) => {
    const asked = askedBy<{ exclusions?: unknown }>(page, "funnels");
    await page.goto(of(`funnels?steps=${encodeURIComponent(JSON.stringify(steps))}`));
    const third = page.getByRole("button", { name: /Persons who reached step 3/ });
    const reached = async () => Number((await third.getAttribute("aria-label"))?.split(": ").pop());
    await third.waitFor();
    const all = await reached();
    await page.getByRole("button", { name: "Exclusion", exact: true }).click();
    await choose(page, "Excluded event 1", "invited member");
    await page.getByRole("button", { name: "Exclusion", exact: true }).click();
    await choose(page, "Excluded event 2", "created project");
    await page.getByLabel("Exclusion 2 begins at").selectOption("2");
    await expect
      .poll(() => asked.at(-1)?.exclusions)
      .toEqual([
        { event: "invited member", from_step: 1, to_step: 3 },
        { event: "created project", from_step: 2, to_step: 3 },
      ]);
    await expect.poll(reached).toBeLessThan(all);
    await page.getByRole("button", { name: "Remove exclusion 2" }).click();
    await page.getByRole("button", { name: "Remove exclusion 1" }).click();
    await expect.poll(reached).toBe(all);
  });
});

test.concurrent("a range is chosen by name, or day by day on the calendar", async ({ expect }) => {
  await visit(async (page) => {
    const asked = askedBy<{ date_from?: string; date_to?: string; timezone?: string }>(page, "trends");
    await page.goto(of("trends"));
    await page.getByRole("button", { name: /^Range: Last 30 days, Europe\/Berlin/ }).click();
    await page.getByRole("button", { name: "Last 7 days" }).click();
    await page.getByRole("button", { name: /^Range: Last 7 days/ }).click();
    // By keyboard: the month before, its 10th to 12th.
    await page.getByRole("button", { name: "Month before" }).press("Enter");
    const month = new Date();
    month.setMonth(month.getMonth() - 1, 10);
    const name = month.toLocaleDateString("en-GB", { dateStyle: "long" });
    await page.getByRole("button", { name, exact: true }).press("Enter");
    await page.getByText("Choose the last day.").waitFor();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    const to = (day: number) => {
      const pad = (value: number) => String(value).padStart(2, "0");
      return `${month.getFullYear()}-${pad(month.getMonth() + 1)}-${day}`;
    };
    await expect
      .poll(() => asked.at(-1))
      .toMatchObject({ date_from: to(10), date_to: to(12), timezone: "Europe/Berlin" });
    expect(page.url()).toContain(`range=${to(10)}_${to(12)}`);
    // In another zone, which is named.
    await page.getByRole("button", { name: /^Range: 10 / }).click();
    await page.getByLabel("Time zone").selectOption("Asia/Tokyo");
    await expect.poll(() => asked.at(-1)?.timezone).toBe("Asia/Tokyo");
    await page.getByRole("button", { name: /^Range: 10 .*, Asia\/Tokyo/ }).waitFor();
  });
});

test.concurrent(
  "a point among thousands says what it is, and leads to what is behind it",
  async ({ expect }) => {
    await visit(async (page) => {
      await answerWithMany(page);
      for (const look of ["line", "area", "bar"]) {
        await page.goto(of(`trends?look=${look}&range=365d&breakdown=%5B%22plan%22%5D&limit=${ROWS}`));
        await drawn(page);
        const box = await page.locator("main canvas").boundingBox();
        if (!box) throw new Error("the chart has no place on the screen");
        await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.6);
        const [day, name, count] = (await page.getByRole("tooltip").innerText()).split("\n");
        const at = (Date.parse(`${day} 2025 UTC`) - Date.UTC(2025, 0, 1)) / 86_400_000;
        const row = Number(name?.replace("value ", ""));
        expect(Number(count)).toBe(countOf(row, at));
        await page.mouse.click(box.x + box.width * 0.6, box.y + box.height * 0.6);
        await page.getByRole("dialog", { name: `Any event · value ${row}` }).waitFor();
      }
      await page.mouse.move(0, 0);
      await page.getByRole("tooltip").waitFor({ state: "detached" });
    });
  },
);
