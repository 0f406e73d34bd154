import type { Page } from "playwright-core";
import { ANSWERS } from "./hold";

export const ROWS = 100;
export const DAYS = 365;

/** The count of a row on a day. */
export const countOf = (row: number, day: number) => Math.round(100 + row + 50 * Math.sin((day + row) / 9));

const labels = Array.from({ length: DAYS }, (_, at) =>
  new Date(Date.UTC(2025, 0, 1 + at)).toISOString().slice(0, 10),
);

/** Answers every trend with many rows of many points. */
export async function answerWithMany(page: Page) {
  const series = Array.from({ length: ROWS }, (_, row) => ({
    series: "A",
    label: "Any event",
    breakdown: [`value ${row}`],
    data: labels.map((_, at) => countOf(row, at)),
  }));
  await page.route(ANSWERS, (route) => {
    if (route.request().postDataJSON().type !== "trends") return route.continue();
    const answer = { complete_until: null, cached: false, approximate: false, rows_read: 1, elapsed_ms: 1 };
    return route.fulfill({ json: { result: { labels, series }, ...answer } });
  });
}

/** Waits until all rows are drawn. */
export const drawn = (page: Page) => page.locator(`main canvas[data-rows="${ROWS}"]`).waitFor();
