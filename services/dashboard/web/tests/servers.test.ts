import type { Page } from "playwright-core";
import { expect, inject, test } from "vitest";
import { asOwner } from "./support/owner";
import { millrace, processOf } from "./support/stack";
import { visits } from "./support/visit";

const room = inject("room");
const { stack, visit } = visits();
const of = (path: string) => `/p/${room.project}/${path}`;

// One after the other, and no other file beside this one: servers stop here.

test("servers restart under an open page, which goes on", async () => {
  await visit(async (page) => {
    await page.goto(of("trends"));
    await page.getByText(/Complete(ness unknown| up to)/).waitFor();
    await millrace(stack.home, "stop", "query-api");
    await page.getByLabel("Interval").selectOption("month");
    await page.getByRole("alert").waitFor();
    await millrace(stack.home, "start", "query-api");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText(/Complete(ness unknown| up to)/).waitFor();
    await millrace(stack.home, "restart", "dashboard");
    await page.getByLabel("Interval").selectOption("week");
    await answered(page);
    await page.getByRole("link", { name: "Lifecycle" }).click();
    await page.getByRole("img", { name: /New, returning/ }).waitFor();
  });
});

/** The answer is there, if need be after the button that asks again. */
async function answered(page: Page) {
  const again = page.getByRole("button", { name: "Try again" });
  await page
    .getByText(/Complete(ness unknown| up to)/)
    .or(again)
    .first()
    .waitFor();
  if (await again.isVisible()) await again.click();
  await page.getByText(/Complete(ness unknown| up to)/).waitFor();
}

test("a question that takes long goes on as a job, which shows its progress and can be cancelled", async () => {
  const call = await asOwner(stack);
  const engine = await processOf(stack.home, "clickhouse");
  await visit(async (page) => {
    await page.goto(of("sessions"));
    await page.getByText("Bounce rate").waitFor();
    // An engine that does not answer makes any question a long one.
    process.kill(engine, "SIGSTOP");
    try {
      await page.goto(of("retention?intervals=6"));
      await page.getByRole("progressbar", { name: "Progress of this query" }).waitFor();
      await page.getByRole("button", { name: "Run as a job" }).click();
      await page.getByRole("progressbar", { name: "Progress of the job" }).waitFor();
      await page.getByText("You may leave this page; the job goes on.").waitFor();
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("progressbar", { name: "Progress of the job" }).waitFor({ state: "detached" });
    } finally {
      process.kill(engine, "SIGCONT");
    }
    const newest = async () => {
      type Jobs = { jobs?: { status: string }[] } | { status: string }[];
      const listed = await call<Jobs>(`/query/api/query/async?project_id=${room.project}`);
      return (Array.isArray(listed) ? listed : (listed.jobs ?? []))[0]?.status;
    };
    await expect.poll(newest).toBe("failed");
  });
});
