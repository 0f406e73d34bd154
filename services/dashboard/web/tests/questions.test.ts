import { inject, test } from "vitest";
import { asOwner } from "./support/pages";
import { send } from "./support/sample";
import { ROWS_MAX } from "./support/stack";
import { visits } from "./support/visit";

const room = inject("room");
const { stack, visit } = visits();
const of = (path: string, project = room.project) => `/p/${project}/${path}`;

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
  await expect.poll(stored, { timeout: 150_000, interval: 500 }).toBe(events.length);

  await visit(async (page) => {
    await page.goto(of("trends", project));
    await page.getByText(/It would read about/).waitFor();
    await page.getByRole("button", { name: "Run as a job" }).click();
    await page.getByText(/Complete(ness unknown| up to)/).waitFor();
    await page.getByRole("img", { name: /Trends of/ }).waitFor();
  });
});
