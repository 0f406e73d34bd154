import { expect, test } from "vitest";
import { bucketRange } from "./bucket-range";

const range: [string, string] = ["2026-01-07", "2026-02-20"];

test("a bucket reaches from its first to its last day, within the range", () => {
  expect(bucketRange("2026-01-09", "day", range)).toEqual({ date_from: "2026-01-09", date_to: "2026-01-09" });
  expect(bucketRange("2026-01-05", "week", range)).toEqual({
    date_from: "2026-01-07",
    date_to: "2026-01-11",
  });
  expect(bucketRange("2026-02-01", "month", range)).toEqual({
    date_from: "2026-02-01",
    date_to: "2026-02-20",
  });
});

test("an hour is exact, the last millisecond included", () => {
  expect(bucketRange("2025-03-30T01:00:00+01:00", "hour", range)).toEqual({
    date_from: "2025-03-30T01:00:00+01:00",
    date_to: "2025-03-30T00:59:59.999Z",
  });
});
