import { test } from "vitest";
import { asOwner, newProject } from "./support/owner";
import { visits } from "./support/visit";

const { stack, visit } = visits();
const of = (path: string, project: string) => `/p/${project}/${path}`;

test.concurrent(
  "keys are made for a use, shown once, and revoked; members come and go",
  async ({ expect }) => {
    const call = await asOwner(stack);
    const { project } = await newProject(call, "Managed");
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
      await page.getByRole("button", { name: "Revoke Shop window" }).waitFor({ state: "detached" });

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

test.concurrent("a project is renamed and removed, by typing its name", async () => {
  const { project } = await newProject(await asOwner(stack), "Short-lived");
  await visit(async (page) => {
    await page.goto(of("settings", project));
    const dialog = page.getByRole("dialog");
    await page.getByRole("button", { name: "Rename", exact: true }).click();
    await dialog.getByLabel("Name", { exact: true }).fill("Done with");
    await dialog.getByRole("button", { name: "Rename" }).click();
    await dialog.waitFor({ state: "detached" });
    await page
      .getByLabel("Project", { exact: true })
      .locator("option", { hasText: "Done with" })
      .waitFor({ state: "attached" });
    await page.getByRole("button", { name: "Remove project" }).click();
    const name = dialog.getByLabel("Type Done with to go on");
    await name.fill("Something");
    await dialog.getByRole("button", { name: "Remove project" }).click();
    await dialog.locator("[aria-invalid=true]").waitFor();
    await name.fill("Done with");
    await dialog.getByRole("button", { name: "Remove project" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("navigation", { name: "Pages" }).waitFor();
    await page.goto(of("trends", project));
    await page.getByText("There is no such project").waitFor();
  });
});
