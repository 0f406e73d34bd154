import type { Page } from "playwright-core";

/** Chooses a suggestion by keyboard, as soon as it is offered. */
export async function choose(page: Page, label: string, value: string) {
  const box = page.getByRole("combobox", { name: label, exact: true });
  await box.click();
  await box.fill(value);
  await page.getByRole("option", { name: value }).first().waitFor();
  await box.press("Enter");
}
