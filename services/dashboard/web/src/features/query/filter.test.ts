import { expect, test } from "vitest";
import { complete, type Filter, filter } from "./filter";

const plan: Filter = { property: "plan", op: "exact", value: "team" };

test("what is not filled in yet is not asked", () => {
  const filters: Filter[] = [
    plan,
    { property: "", op: "exact", value: "x" },
    { property: "price", op: "gt", value: "" },
    { property: "price", op: "is_set", value: "left over" },
    { any: [] },
    { any: [{ all: [{ property: "", op: "exact" }] }, plan] },
  ];
  expect(complete(filters)).toEqual([plan, { property: "price", op: "is_set" }, { any: [plan] }]);
});

test("a list of values and a single value become one another with the operator", () => {
  expect(complete([{ ...plan, op: "in" }])).toEqual([{ property: "plan", op: "in", value: ["team"] }]);
  expect(complete([{ ...plan, value: ["a", "b"] }])).toEqual([{ ...plan, value: "a" }]);
});

test("an address holds groups within groups", () => {
  const nested = { any: [plan, { all: [plan, { property: "price", op: "is_set" }] }] };
  expect(filter.parse(nested)).toEqual(nested);
  expect(filter.parse({ property: "a" })).toEqual({ property: "a", op: "exact" });
  expect(filter.safeParse({ any: [{ op: "exact" }] }).success).toBe(false);
});
