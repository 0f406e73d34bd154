import { test } from "vitest";
import { ANSWERS, hold } from "./support/hold";
import { asOwner, newProject } from "./support/owner";
import { present, send } from "./support/sample";
import { visits } from "./support/visit";

const { stack, visit } = visits();

test.concurrent("the live page goes on by itself", async ({ expect }) => {
  const { project, key } = await newProject(await asOwner(stack), "Lively");
  await visit(async (page) => {
    await page.goto(`/p/${project}/live`);
    await page.getByText("Nobody is on a page").waitFor();
    await page.evaluate(() => ((window as unknown as { kept: boolean }).kept = true));
    await send(stack.capture, key, present(3));
    await page.getByRole("link", { name: "guest-2" }).waitFor();
    const persons = page.locator("dt", { hasText: "Persons in the last 5 minutes" }).locator("+ dd");
    await expect.poll(() => persons.innerText()).toBe("3");
    expect(await page.evaluate(() => (window as unknown as { kept?: boolean }).kept)).toBe(true);
  });
});

test.concurrent("events are followed as they are told, before they can be asked for", async ({ expect }) => {
  const { project, key } = await newProject(await asOwner(stack), "Followed");
  await visit(async (page) => {
    await page.goto(`/p/${project}/events`);
    await page.getByText("No events yet").waitFor();
    await page.getByRole("button", { name: "Follow" }).click();
    await page.getByText("as it happens").waitFor();
    // From here on only the stream can tell.
    const letGo = await hold(page, ANSWERS);
    await send(stack.capture, key, present(2));
    await page.getByRole("link", { name: "guest-1" }).waitFor();
    await page.getByRole("link", { name: "guest-0" }).waitFor();
    await letGo();
    await page.getByRole("button", { name: "$pageview" }).first().click();
    // What Millrace adds is there once it is stored, and so is the way there.
    await page.getByText("not stored yet").waitFor({ state: "detached" });
    await page.getByRole("region", { name: "Trace" }).getByText("stored").first().waitFor();
    expect(await page.getByRole("link", { name: /^guest-/ }).count()).toBe(2);

    // One person's only.
    await page.getByLabel("Person", { exact: true }).fill("guest-0");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "guest-1" }).waitFor({ state: "detached" });
    await page.getByText("as it happens").waitFor();
    await send(stack.capture, key, present(2));
    await expect.poll(() => page.getByRole("link", { name: "guest-0" }).count()).toBe(2);
    expect(await page.getByRole("link", { name: "guest-1" }).count()).toBe(0);
  });
});

test.concurrent("without the stream one looks every two seconds", async () => {
  const { project, key } = await newProject(await asOwner(stack), "Looked at");
  await visit(async (page) => {
    await page.route("**/realtime/api/**", (route) => route.fulfill({ status: 503, json: {} }));
    await page.goto(`/p/${project}/events?follow=true`);
    await page.getByText("looks every two seconds").waitFor();
    await page.getByText("No events yet").waitFor();
    await send(stack.capture, key, present(1));
    await page.getByRole("link", { name: "guest-0" }).waitFor();
    await page.goto(`/p/${project}/live`);
    await page.getByText("looks every two seconds").waitFor();
    await page.getByRole("link", { name: "guest-0" }).waitFor();
  });
});
