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
      for (let step = 0; step < 15; step++) {
        await keys.press("Tab");
        const label = await page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
        if (label === "Event of series A") break;
      }
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
    const narrow = await widget.boundingBox();
    expect(narrow?.width).toBeLessThan(before?.width ?? 0);
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
    expect((await widget.boundingBox())?.x).toBeLessThan(before?.x ?? 0);
    await page.reload();
    expect((await widget.boundingBox())?.x).toBeLessThan(before?.x ?? 0);
  });
});
