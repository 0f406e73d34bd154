import { expect, test } from "vitest";
import { calendarOf, calendarRanges, datesOf, rangeName } from "./ranges";

test("named ranges stay relative, chosen days are exact", () => {
  expect(datesOf("30d")).toEqual({ date_from: "-29d" });
  expect(datesOf("1d")).toEqual({ date_from: "-0d" });
  expect(datesOf("24h")).toEqual({ date_from: "-24h" });
  expect(datesOf("yesterday")).toEqual({ date_from: "-1d", date_to: "-1d" });
  expect(datesOf("2026-01-01_2026-01-31")).toEqual({ date_from: "2026-01-01", date_to: "2026-01-31" });
  expect(datesOf("nonsense")).toEqual({ date_from: "-29d" });
});

test("the calendar shows the days of a range", () => {
  const now = new Date("2026-11-21T09:00:00Z");
  expect(calendarOf("7d", "UTC", now)).toEqual(["2026-11-15", "2026-11-21"]);
  expect(calendarOf("yesterday", "UTC", now)).toEqual(["2026-11-20", "2026-11-20"]);
  expect(calendarOf("2026-01-01_2026-01-31", "UTC", now)).toEqual(["2026-01-01", "2026-01-31"]);
});

test("the days of a range are those of its zone, whatever the clocks were put to meanwhile", () => {
  const now = new Date("2026-11-21T22:43:00Z");
  expect(calendarOf("30d", "Europe/Berlin", now)).toEqual(["2026-10-23", "2026-11-21"]);
  expect(calendarOf("1d", "Asia/Tokyo", now)).toEqual(["2026-11-22", "2026-11-22"]);
  expect(calendarOf("1d", "America/Los_Angeles", now)).toEqual(["2026-11-21", "2026-11-21"]);
});

test("a range is named in words", () => {
  expect(rangeName("90d")).toBe("Last 90 days");
  expect(rangeName("5d")).toBe("Last 5 days");
});

test("months and years are exact days", () => {
  expect(calendarRanges(new Date(2026, 0, 21, 9))).toEqual([
    ["This month", "2026-01-01_2026-01-21"],
    ["Last month", "2025-12-01_2025-12-31"],
    ["This year", "2026-01-01_2026-01-21"],
  ]);
});
