import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launch, profile, signIn } from "./support/browser";
import { choose } from "./support/choose";
import { asOwner } from "./support/pages";
import { send } from "./support/sample";
import { millrace, ROWS_MAX } from "./support/stack";

const stack = inject("stack");
const room = inject("room");
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const of = (path: string, project = room.project) => `/p/${project}/${path}`;

test("what an event contains is shown as text, wherever it is shown", async () => {
  const name = `<img src=x onerror="window.hit=1">`;
  const event = {
    event: name,
    distinct_id: `<b onmouseover="window.hit=1">eve</b>`,
    timestamp: new Date().toISOString(),
    uuid: crypto.randomUUID(),
    properties: { [name]: name, $pathname: name },
  };
  const call = await asOwner(stack);
  const { id: project } = await call<{ id: string }>("/auth/api/projects", { name: "Text" });
  const { api_key } = await call<{ api_key: string }>(`/auth/api/projects/${project}/api-keys`, {
    scopes: ["capture"],
  });
  await send(stack.capture, api_key, [event, { ...event, uuid: crypto.randomUUID(), event: "<i>b</i>" }]);
  const { page, context, faults } = await profile(browser, stack.dashboard);
  await signIn(page, stack.owner);
  const shown = async (path: string) => {
    await page.goto(of(path, project));
    await page.waitForFunction((text) => document.querySelector("main")?.textContent?.includes(text), name);
  };
  await page.goto(of("events", project));
  await page.getByRole("button", { name }).click();
  await page.getByText("Properties, as sent").waitFor();
  const breakdown = encodeURIComponent(name);
  await shown(`trends?breakdown=${breakdown}&compare=true`);
  await page.locator("[role=img] svg").hover();
  await shown(`trends?breakdown=${breakdown}&look=table`);
  const steps = encodeURIComponent(JSON.stringify([{ event: name }, { event: "<i>b</i>" }]));
  await shown(`funnels?steps=${steps}&breakdown=${breakdown}`);
  await page.goto(of("paths", project));
  await page.locator("[role=img] svg").hover();
  await shown("live");
  await shown("connect");
  await shown(`persons?distinct_id=${encodeURIComponent(event.distinct_id)}`);
  expect(await page.evaluate(() => (window as unknown as { hit?: number }).hit)).toBeUndefined();
  expect(await page.locator("main img[src=x], main b[onmouseover]").count()).toBe(0);
  expect(faults).toEqual([]);
  await context.close();
});

test("whoever may not do it is not offered it, and is told when they try", async () => {
  const call = await asOwner(stack);
  const viewer = { email: `viewer-${Date.now()}@example.com`, password: "only looking around" };
  const answer = await fetch(`${stack.auth}/api/register`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(viewer),
  });
  expect(answer.status).toBe(200);
  await call(`/auth/api/projects/${room.project}/members`, { email: viewer.email, role: "viewer" });
  const { page, context } = await profile(browser, stack.dashboard);
  await signIn(page, viewer);

  await page.goto(of("trends"));
  await page.getByText(/Complete up to/).waitFor();
  expect(await page.getByRole("button", { name: "Save" }).count()).toBe(0);
  await page.goto(of("dashboards"));
  await page.getByRole("link", { name: "Growth" }).waitFor();
  expect(await page.getByRole("button", { name: "New dashboard" }).count()).toBe(0);
  await page.goto(of(`dashboards/${room.dashboard}`));
  await page.getByText("3. upgraded plan").waitFor();
  expect(await page.getByRole("button", { name: "Share" }).count()).toBe(0);
  await page.goto(of("connect"));
  await page.getByText("Only owners and admins create keys").waitFor();
  await page.goto(of("settings"));
  await page.getByText("you are viewer").waitFor();
  expect(await page.getByRole("button", { name: "Create key" }).count()).toBe(0);

  // Another project, by its address: not even whether there is one.
  await page.goto(of("trends", stack.project));
  await page.getByText("There is no such project").waitFor();
  await context.close();
});

test("a session that ended leads to the sign-in page, and back to where one was", async () => {
  const { page, context } = await profile(browser, stack.dashboard);
  await signIn(page, stack.owner);
  await page.goto(of("retention"));
  await page.getByText("week 1", { exact: true }).waitFor();
  await context.clearCookies();
  // The access token outlives the cookie by some seconds; then the next question is refused.
  await page.route("**/query/api/query", (route) =>
    route.fulfill({ status: 401, json: { detail: "Token expired", code: "unauthorized" } }),
  );
  await page.getByLabel("Periods").selectOption("4");
  await page.getByText("Sign in to Millrace").waitFor();
  await page.unroute("**/query/api/query");
  await page.getByLabel("E-mail").fill(stack.owner.email);
  await page.getByLabel("Password").fill(stack.owner.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("week 1", { exact: true }).waitFor();
  expect(page.url()).toContain("/retention?");
  await context.close();
});

test("a session is renewed without anybody noticing", async () => {
  const { page, context } = await profile(browser, stack.dashboard);
  await signIn(page, stack.owner);
  await page.goto(of("trends"));
  await page.getByText(/Complete up to/).waitFor();
  let isFirst = true;
  await page.route("**/query/api/query", (route) => {
    if (!isFirst) return route.continue();
    isFirst = false;
    return route.fulfill({ status: 401, json: { detail: "Token expired", code: "unauthorized" } });
  });
  const renewed = page.waitForResponse((one) => one.url().endsWith("/session/refresh"));
  await page.getByLabel("Interval").selectOption("week");
  expect((await renewed).status()).toBe(200);
  await page.getByText(/Complete up to/).waitFor();
  expect(page.url()).toContain("interval=week");
  await context.close();
});

test("servers restart under an open page, which goes on", { timeout: 120_000 }, async () => {
  const { page, context } = await profile(browser, stack.dashboard);
  await signIn(page, stack.owner);
  await page.goto(of("trends"));
  await page.getByText(/Complete up to/).waitFor();
  await millrace(stack.home, "stop", "query-api");
  await page.getByLabel("Interval").selectOption("month");
  await page.getByRole("alert").waitFor();
  await millrace(stack.home, "start", "query-api");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText(/Complete up to/).waitFor();
  await millrace(stack.home, "restart", "dashboard");
  await page.getByLabel("Interval").selectOption("week");
  await answered(page);
  await page.getByRole("link", { name: "Lifecycle" }).click();
  await page.getByRole("img", { name: /New, returning/ }).waitFor();
  await context.close();
});

/** The answer is there, if need be after the button that asks again. */
async function answered(page: Page) {
  const again = page.getByRole("button", { name: "Try again" });
  await page
    .getByText(/Complete up to/)
    .or(again)
    .first()
    .waitFor();
  if (await again.isVisible()) await again.click();
  await page.getByText(/Complete up to/).waitFor();
}

test("too expensive a question runs as a job, with progress", async () => {
  const call = await asOwner(stack);
  const { id: project } = await call<{ id: string }>("/auth/api/projects", { name: "Large" });
  const { api_key } = await call<{ api_key: string }>(`/auth/api/projects/${project}/api-keys`, {
    scopes: ["capture"],
  });
  const events = Array.from({ length: ROWS_MAX + 5_000 }, (_, at) => ({
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
  await expect.poll(stored, { timeout: 30_000, interval: 500 }).toBe(events.length);

  const { page, context } = await profile(browser, stack.dashboard);
  await signIn(page, stack.owner);
  await page.goto(of("trends", project));
  await page.getByText(/It would read about/).waitFor();
  await page.getByRole("button", { name: "Run as a job" }).click();
  await page.getByText(/Complete up to/).waitFor();
  await page.getByRole("img", { name: /Trends of/ }).waitFor();
  await context.close();
});

test("a query that takes long can be stopped", async () => {
  const { page, context } = await profile(browser, stack.dashboard);
  await signIn(page, stack.owner);
  await page.goto(of("stickiness"));
  await page.getByText(/Complete up to/).waitFor();
  await page.route("**/query/api/query", () => undefined);
  await page.goto(of("lifecycle"));
  const refused = page.waitForEvent("requestfailed");
  await page.getByRole("button", { name: "Stop this query" }).click();
  await refused;
  await page.unroute("**/query/api/query");
  await page.getByRole("button", { name: "Ask again" }).click();
  await page.getByRole("img", { name: /New, returning/ }).waitFor();
  await context.close();
});

test("properties and their frequent values are suggested", async () => {
  const { page, context } = await profile(browser, stack.dashboard);
  await signIn(page, stack.owner);
  await page.goto(of("trends"));
  await choose(page, "Breakdown", "plan");
  await page.getByRole("img", { name: /Trends of .*free/ }).waitFor();
  await page.getByRole("button", { name: "Filter" }).last().click();
  await choose(page, "Property", "$browser");
  await choose(page, "Value of $browser", "Safari");
  await page.getByText(/Complete up to/).waitFor();
  expect(decodeURIComponent(page.url())).toContain('"value":"Safari"');
  await context.close();
});

test("persons and events stand behind a point", async () => {
  const { page, context } = await profile(browser, stack.dashboard);
  await signIn(page, stack.owner);
  await page.goto(of("trends?look=number"));
  const count = page.locator("main dd button");
  await count.click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("link").first().waitFor();
  await dialog.getByRole("tab", { name: "events" }).click();
  await dialog.getByRole("link", { name: "$pageview" }).first().click();
  await page.getByRole("region", { name: "Trace" }).getByText("stored").first().waitFor();
  await context.close();
});
