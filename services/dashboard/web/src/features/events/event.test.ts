import { expect, test } from "vitest";
import { type Event, merged } from "./event";

const event = (uuid: string, second: number, derived?: object): Event => ({
  uuid,
  event: "seen",
  distinct_id: "ada",
  timestamp: `2026-01-01T00:00:0${second}.000Z`,
  received_at: "",
  properties: {},
  ...(derived && { derived: {} }),
});

test("what is told and stored stands there once, as it was stored", () => {
  const stored = [event("b", 2, {}), event("a", 1, {})];
  const all = merged([event("c", 3), event("b", 2)], stored);
  expect(all.map((one) => one.uuid)).toEqual(["c", "b", "a"]);
  expect(all.map((one) => one.derived !== undefined)).toEqual([false, true, true]);
});

test("an event that comes late stands where its time is", () => {
  const all = merged([event("late", 1)], [event("c", 3), event("a", 0)]);
  expect(all.map((one) => one.uuid)).toEqual(["c", "late", "a"]);
});
