import { expect, test } from "vitest";
import { ago, bucket, duration, valueName } from "./format";

test("durations have two units at most", () => {
  expect(duration(0.25)).toBe("250 ms");
  expect(duration(59)).toBe("59 s");
  expect(duration(171)).toBe("2 min 51 s");
  expect(duration(90_061)).toBe("1 d 1 h");
  expect(duration(null)).toBe("–");
});

test("times past have one unit", () => {
  const now = Date.parse("2026-01-02T00:00:00Z");
  expect(ago("2026-01-02T00:00:00Z", now)).toBe("just now");
  expect(ago("2026-01-01T18:31:00Z", now)).toBe("5 h ago");
  expect(ago("2026-01-03T00:00:00Z", now)).toBe("just now");
});

test("an hour is shown in the zone of the query, not of the reader", () => {
  expect(bucket("2025-03-30T01:00:00+01:00", "hour")).toMatch(/, 01:00$/);
});

test("values that are not there are named", () => {
  expect(valueName({ breakdown: ["a", null, ""] })).toBe("a, not set, empty");
  expect(valueName({ breakdown: null, other: true })).toBe("other");
});
