import { inject, test } from "vitest";
import { ANSWERS, hold } from "./support/hold";
import { asOwner, newProject, store } from "./support/owner";
import { visits } from "./support/visit";

const room = inject("room");
const { stack, visit } = visits();
const of = (path: string, project = room.project) => `/p/${project}/${path}`;

test.concurrent("what an event contains is shown as text, wherever it is shown", async ({ expect }) => {
  const name = `<img src=x onerror="window.hit=1">`;
  const event = {
    event: name,
    distinct_id: `<b onmouseover="window.hit=1">eve</b>`,
    timestamp: new Date().toISOString(),
    uuid: crypto.randomUUID(),
    properties: { [name]: name, $pathname: name },
  };
  const call = await asOwner(stack);
  const made = await newProject(call, "Text");
  const { project } = made;
  await store(stack, call, made, [event, { ...event, uuid: crypto.randomUUID(), event: "<i>b</i>" }]);
  await visit(async (page) => {
    const shown = async (path: string) => {
      await page.goto(of(path, project));
      await page.waitForFunction((text) => document.querySelector("main")?.textContent?.includes(text), name);
    };
    await page.goto(of("events", project));
    await page.getByRole("button", { name }).click();
    await page.getByText("Properties, as sent").waitFor();
    const breakdown = encodeURIComponent(JSON.stringify([name]));
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
  });
});

test.concurrent("whoever may not do it is not offered it, and is told when they try", async ({ expect }) => {
  const call = await asOwner(stack);
  const viewer = { email: `viewer-${crypto.randomUUID()}@example.com`, password: "only looking around" };
  const answer = await fetch(`${stack.auth}/api/register`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(viewer),
  });
  expect(answer.status).toBe(200);
  await call(`/auth/api/projects/${room.project}/members`, { email: viewer.email, role: "viewer" });
  await visit(
    async (page) => {
      await page.goto(of("trends"));
      await page.getByText(/Complete(ness unknown| up to)/).waitFor();
      expect(await page.getByRole("button", { name: "Save" }).count()).toBe(0);
      await page.goto(of("dashboards"));
      await page.getByRole("link", { name: "Growth" }).waitFor();
      expect(await page.getByRole("button", { name: "New dashboard" }).count()).toBe(0);
      await page.getByRole("link", { name: "Growth" }).click();
      await page.getByText("3. upgraded plan").waitFor();
      expect(await page.getByRole("button", { name: "Share" }).count()).toBe(0);
      await page.goto(of("insights"));
      await page.getByRole("link", { name: "Browsers of a quarter" }).waitFor();
      expect(await page.getByRole("button", { name: /^Remove / }).count()).toBe(0);
      await page.goto(of("connect"));
      await page.getByText("Only owners and admins create keys").waitFor();
      await page.goto(of("settings"));
      await page.getByText("you are viewer").waitFor();
      expect(await page.getByRole("button", { name: /Create key|Remove project|Rename/ }).count()).toBe(0);

      // A role that ended while the page was open.
      await page.route(ANSWERS, (route) =>
        route.fulfill({ status: 403, json: { detail: "Forbidden", code: "forbidden" } }),
      );
      await page.goto(of("retention"));
      await page.getByText("You do not have access to this.").waitFor();
      expect(await page.getByRole("button", { name: "Try again" }).count()).toBe(0);

      // Another project, by its address: not even whether there is one.
      await page.goto(of("trends", stack.project));
      await page.getByText("There is no such project").waitFor();
    },
    { as: viewer },
  );
});

test.concurrent(
  "a session that ended leads to the sign-in page, and back to where one was",
  async ({ expect }) => {
    await visit(async (page) => {
      await page.goto(of("retention"));
      await page.getByText("week 1", { exact: true }).waitFor();
      await page.context().clearCookies();
      // The access token outlives the cookie by some seconds; then the next question is refused.
      await page.route(ANSWERS, (route) =>
        route.fulfill({ status: 401, json: { detail: "Token expired", code: "unauthorized" } }),
      );
      await page.getByLabel("Periods").selectOption("4");
      await page.getByText("Sign in to Millrace").waitFor();
      await page.unroute(ANSWERS);
      await page.getByLabel("E-mail").fill(stack.owner.email);
      await page.getByLabel("Password").fill(stack.owner.password);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByText("week 1", { exact: true }).waitFor();
      expect(page.url()).toContain("/retention?");
    });
  },
);

test.concurrent("a session is renewed without anybody noticing", async ({ expect }) => {
  await visit(async (page) => {
    await page.goto(of("trends"));
    await page.getByText(/Complete(ness unknown| up to)/).waitFor();
    let isFirst = true;
    await page.route(ANSWERS, (route) => {
      if (!isFirst) return route.continue();
      isFirst = false;
      return route.fulfill({ status: 401, json: { detail: "Token expired", code: "unauthorized" } });
    });
    const renewed = page.waitForResponse((one) => one.url().endsWith("/session/refresh"));
    await page.getByLabel("Interval").selectOption("week");
    expect((await renewed).status()).toBe(200);
    await page.getByText(/Complete(ness unknown| up to)/).waitFor();
    expect(page.url()).toContain("interval=week");
  });
});

test.concurrent("a query that takes long says how far it is, and can be stopped", async () => {
  await visit(async (page) => {
    await page.goto(of("stickiness"));
    await page.getByText(/Complete(ness unknown| up to)/).waitFor();
    const letGo = await hold(page, ANSWERS);
    await page.goto(of("lifecycle"));
    await page.getByRole("progressbar", { name: "Progress of this query" }).waitFor();
    const refused = page.waitForEvent("requestfailed");
    await page.getByRole("button", { name: "Stop this query" }).click();
    await refused;
    await letGo();
    await page.getByRole("button", { name: "Ask again" }).click();
    await page.getByRole("img", { name: /New, returning/ }).waitFor();
  });
});

test.concurrent("forms say what is wrong before anything is sent", async ({ expect }) => {
  await visit(
    async (page) => {
      const sent: string[] = [];
      page.on("request", (one) => one.method() === "POST" && sent.push(one.url()));
      await page.goto("/sign-in");
      await page.getByRole("button", { name: "Create an account" }).click();
      sent.length = 0;
      await page.getByLabel("E-mail").fill("nobody");
      await page.getByLabel("Password").fill("short");
      await page.getByRole("button", { name: "Create account" }).click();
      await page.getByText("This is no e-mail address.").waitFor();
      const email = page.getByLabel("E-mail");
      expect(await email.getAttribute("aria-invalid")).toBe("true");
      expect(await email.evaluate((field) => field === document.activeElement)).toBe(true);
      await email.fill("nobody@example.com");
      await page.getByText("This is no e-mail address.").waitFor({ state: "detached" });
      expect(await page.getByLabel("Password").getAttribute("aria-invalid")).toBe("true");
      expect(sent).toEqual([]);
    },
    { as: null },
  );
});
