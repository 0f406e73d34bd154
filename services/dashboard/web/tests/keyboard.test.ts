import type { Page } from "playwright-core";
import { inject, test } from "vitest";
import { visits } from "./support/visit";

const room = inject("room");
const { stack, visit } = visits();

test.concurrent("signing in and asking needs no mouse", async ({ expect }) => {
  await visit(
    async (page) => {
      const keys = page.keyboard;
      await page.goto("/sign-in");
      await page.getByLabel("E-mail").waitFor();
      await keys.type(stack.owner.email);
      await keys.press("Tab");
      await keys.type(stack.owner.password);
      await keys.press("Enter");
      await page.getByRole("navigation", { name: "Pages" }).waitFor();

      await page.goto(`/p/${room.project}/trends`);
      await page.getByText(/Complete(ness unknown| up to)/).waitFor();
      await keys.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the content");
      await keys.press("Enter");
      await tabTo(page, "Event of series A");
      await keys.type("signed");
      await page.getByRole("option", { name: "signed up" }).waitFor();
      await keys.press("ArrowDown");
      await keys.press("ArrowUp");
      await keys.press("Enter");
      await page.getByRole("img", { name: "Trends of signed up" }).waitFor();
    },
    { as: null },
  );
});

test.concurrent("a funnel is built, looked into and saved without a mouse", async ({ expect }) => {
  await visit(async (page) => {
    const keys = page.keyboard;
    await page.goto(`/p/${room.project}/trends`);
    await page.getByText(/Complete(ness unknown| up to)/).waitFor();
    await keys.press("Control+k");
    await keys.type("funn");
    await page.getByRole("option", { name: "Funnels" }).waitFor();
    await keys.press("Enter");
    await page.getByText("A funnel needs two steps").waitFor();
    for (const [at, event] of ["signed up", "$pageview"].entries()) {
      await tabTo(page, "Step");
      await keys.press("Enter");
      await page.getByRole("combobox", { name: `Event of step ${at + 1}` }).waitFor();
      await tabTo(page, `Event of step ${at + 1}`);
      await keys.type(event);
      await page.getByRole("option", { name: event }).waitFor();
      await keys.press("Enter");
    }
    await tabTo(page, "Move step 2 up");
    await keys.press("Enter");
    await expect
      .poll(() => decodeURIComponent(page.url()).replaceAll("+", " "))
      .toMatch(/steps=\[{"event":"\$pageview".*"event":"signed up"/);
    await page.getByRole("button", { name: /^Persons who reached step 2, signed up/ }).waitFor();
    await tabTo(page, /^Persons who reached step 2, signed up/);
    await keys.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("link").first().waitFor();
    // What is behind the dialog is out of reach until it is closed; then one is back where one was.
    for (let step = 0; step < 5; step++) await keys.press("Tab");
    expect(
      await page.evaluate(
        () => document.activeElement?.closest("main") === null || !!document.activeElement?.closest("dialog"),
      ),
    ).toBe(true);
    await keys.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await expect.poll(() => focused(page)).toMatch(/^Persons who reached step 2/);
    await tabTo(page, "Save");
    await keys.press("Enter");
    await dialog.getByLabel("Name", { exact: true }).waitFor();
    await keys.press("Control+a");
    await keys.type(`By keys ${Date.now()}`);
    await dialog.getByRole("button", { name: /^(Save|Replace)$/, disabled: false }).waitFor();
    await keys.press("Enter");
    await dialog.getByText(/is among your/).waitFor();
  });
});

test.concurrent("widgets are moved and sized by arrow keys, and by the mouse", async ({ expect }) => {
  await visit(async (page) => {
    await page.goto(`/p/${room.project}/dashboards/${room.dashboard}`);
    const handle = page.getByRole("button", { name: /^Sign-ups, 30 days: drag/ });
    const widget = page.getByRole("region", { name: "Sign-ups, 30 days" });
    await handle.focus();
    const before = await widget.boundingBox();
    const saved = () =>
      page.waitForResponse((one) => one.request().method() === "PATCH" && one.status() === 200);
    let kept = saved();
    await page.keyboard.press("Shift+ArrowLeft");
    await kept;
    const box = async (side: "x" | "width") => (await widget.boundingBox())?.[side];
    await expect.poll(() => box("width")).toBeLessThan(before?.width ?? 0);
    kept = saved();
    await page.keyboard.press("Shift+ArrowRight");
    await kept;

    const { x = 0, y = 0 } = (await handle.boundingBox()) ?? {};
    kept = saved();
    await page.mouse.move(x + 10, y + 5);
    await page.mouse.down();
    await page.mouse.move(x - 900, y + 5, { steps: 5 });
    await page.mouse.up();
    await kept;
    await expect.poll(() => box("x")).toBeLessThan(before?.x ?? 0);
    await page.reload();
    await expect.poll(() => box("x")).toBeLessThan(before?.x ?? 0);
  });
});

/** Presses Tab until something of this name has the focus. */
async function tabTo(page: Page, name: string | RegExp) {
  for (let step = 0; step < 150; step++) {
    await page.keyboard.press("Tab");
    const found = await focused(page);
    if (typeof name === "string" ? found === name : name.test(found)) return;
  }
  throw new Error(`Tab never reached ${name}`);
}

/** The name of what has the focus. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    return element?.getAttribute("aria-label") ?? element?.textContent?.trim() ?? "";
  });
