import type { Locator, Page } from "playwright-core";

/** Chooses a suggestion by keyboard, as soon as it is offered; of several fields of this name the one at `at`. */
export async function choose(within: Page | Locator, label: string, value: string, at = 0) {
  const box = within.getByRole("combobox", { name: label, exact: true }).nth(at);
  await box.click();
  await box.fill(value);
  await within.getByRole("option", { name: value }).first().waitFor();
  await box.press("Enter");
}
