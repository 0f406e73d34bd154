import { inject, test } from "vitest";
import { asOwner, newProject } from "./support/owner";
import { visits } from "./support/visit";

const room = inject("room");
const { stack, visit } = visits();
const of = (path: string, project = room.project) => `/p/${project}/${path}`;

test.concurrent("an insight is saved, named, found again, and put on a dashboard", async ({ expect }) => {
  const call = await asOwner(stack);
  const { project } = await newProject(call, "Kept");
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
