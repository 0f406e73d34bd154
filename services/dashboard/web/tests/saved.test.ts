import { inject, test } from "vitest";
import { asOwner } from "./support/pages";
import { present, send } from "./support/sample";
import { visits } from "./support/visit";

const room = inject("room");
const { stack, visit } = visits();
const of = (path: string, project = room.project) => `/p/${project}/${path}`;

test.concurrent("an insight is saved, named, found again, and put on a dashboard", async ({ expect }) => {
  const call = await asOwner(stack);
  const { id: project } = await call<{ id: string }>("/auth/api/projects", { name: "Kept" });
  await visit(async (page) => {
    await page.goto(of("stickiness?interval=week", project));
    await page.getByRole("button", { name: "Save" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText("Give it a name.").waitFor();
    await dialog.getByLabel("Name").fill("Weeks of use");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByRole("link", { name: "saved insights" }).click();

    await page.getByLabel("Search saved insights").fill("weeks");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Rename Weeks of use" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Active weeks");
    await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
    await page.getByRole("link", { name: "Active weeks" }).click();
    await expect.poll(() => page.url()).toMatch(/stickiness\?.*interval=week/);

    // From the list onto a new dashboard, and from a dashboard out of the list.
    await page.getByRole("link", { name: "Insights" }).click();
    await page.getByRole("button", { name: "Add Active weeks to a dashboard" }).click();
    await page.getByRole("menuitem", { name: "A new dashboard" }).click();
    await page.getByRole("link", { name: "My dashboard" }).click();
    await page.getByRole("region", { name: "Active weeks" }).waitFor();
    await page.getByRole("button", { name: "Add insight" }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /Active weeks/ })
      .click();
    await expect.poll(() => page.getByRole("region", { name: "Active weeks" }).count()).toBe(2);

    // Anywhere else by a few letters.
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Go to" }).fill("active w");
    await page.getByRole("option", { name: /Active weeks/ }).waitFor();
    await page.keyboard.press("Enter");
    await expect.poll(() => page.url()).toContain("/stickiness?");
    await page.goto(of("insights", project));
    await page.getByRole("button", { name: "Remove Active weeks" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await page.getByText("Nothing was saved yet").waitFor();
  });
});

test.concurrent(
  "keys are made for a use, shown once, and revoked; members come and go",
  async ({ expect }) => {
    const call = await asOwner(stack);
    const { id: project } = await call<{ id: string }>("/auth/api/projects", { name: "Managed" });
    const guest = { email: `guest-${crypto.randomUUID()}@example.com`, password: "just a guest here" };
    await fetch(`${stack.auth}/api/register`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(guest),
    });
    await visit(async (page) => {
      await page.goto(of("settings", project));
      await page.getByLabel("Name", { exact: true }).fill("Shop window");
      await page.getByLabel("Only from these domains").fill("not a domain!");
      await page.getByRole("button", { name: "Create key" }).click();
      await page.getByText("Domains such as example.com").waitFor();
      await page.getByLabel("Only from these domains").fill("shop.example, .example.org");
      await page.getByRole("button", { name: "Create key" }).click();
      await page.getByText(/^ak_[\w-]{43}$/).waitFor();
      await page.getByText("may send events from shop.example, .example.org").waitFor();
      await page.reload();
      await page.getByText("Shop window").waitFor();
      expect(await page.getByText(/^ak_[\w-]{43}$/).count()).toBe(0);
      await page.getByRole("button", { name: "Revoke Shop window" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
      await page.getByText("No keys yet").waitFor();

      await page.getByLabel("E-mail").fill(guest.email);
      await page.getByRole("button", { name: "Add" }).click();
      await page.getByLabel(`Role of ${guest.email}`).selectOption("admin");
      await page.getByRole("button", { name: `Remove ${guest.email}` }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
      await page.getByLabel(`Role of ${guest.email}`).waitFor({ state: "detached" });
    });

    // Another password, of an account of its own.
    await visit(
      async (page) => {
        await page.goto("/new");
        await page.getByLabel("Name").fill("Mine");
        await page.getByRole("button", { name: "Create project" }).click();
        await page.getByRole("link", { name: "Settings" }).click();
        await page.getByLabel("Password", { exact: true }).fill("wrong password");
        await page.getByLabel("New password").fill("another one entirely");
        await page.getByRole("button", { name: "Change the password" }).click();
        await page.getByRole("alert").waitFor();
        await page.getByLabel("Password", { exact: true }).fill(guest.password);
        await page.getByRole("button", { name: "Change the password" }).click();
        await page.getByText("Changed. Your other sessions have ended.").waitFor();
      },
      { as: guest },
    );
  },
);

test.concurrent("the live page goes on by itself", async ({ expect }) => {
  const call = await asOwner(stack);
  const { id: project } = await call<{ id: string }>("/auth/api/projects", { name: "Lively" });
  const { api_key } = await call<{ api_key: string }>(`/auth/api/projects/${project}/api-keys`, {
    scopes: ["capture"],
  });
  await visit(async (page) => {
    await page.goto(of("live", project));
    await page.getByText("Nobody is on a page").waitFor();
    await page.evaluate(() => ((window as unknown as { kept: boolean }).kept = true));
    await send(stack.capture, api_key, present(3));
    await page.getByRole("link", { name: "guest-2" }).waitFor();
    const persons = page.locator("dt", { hasText: "Persons in the last 5 minutes" }).locator("+ dd");
    await expect.poll(() => persons.innerText(), { timeout: 30_000 }).toBe("3");
    expect(await page.evaluate(() => (window as unknown as { kept?: boolean }).kept)).toBe(true);
  });
});
