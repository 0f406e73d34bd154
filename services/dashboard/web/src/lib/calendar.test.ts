import { expect, test } from "vitest";
import { weeksOf } from "./calendar";

test("a month is shown in six weeks that begin on Mondays", () => {
  const weeks = weeksOf("2026-02-14");
  expect(weeks.length).toBe(6);
  expect(weeks[0]).toEqual([
    "2026-01-26",
    "2026-01-27",
    "2026-01-28",
    "2026-01-29",
    "2026-01-30",
    "2026-01-31",
    "2026-02-01",
  ]);
  expect(weeks.flat()).toContain("2026-02-28");
});

test("a month that begins on a Monday begins with its first week", () => {
  expect(weeksOf("2026-06-30")[0]?.[0]).toBe("2026-06-01");
});
