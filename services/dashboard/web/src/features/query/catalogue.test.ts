import { expect, test } from "vitest";
import { merged } from "./catalogue";

test("a property that several events carry is suggested once, the common ones first", () => {
  const found = [
    { property: "plan", type: "text", count: 2 },
    { property: "price", type: "number", count: 3 },
    { property: "plan", type: "boolean", count: 4 },
  ];
  expect(merged(found)).toEqual([
    { property: "plan", type: "mixed", count: 6 },
    { property: "price", type: "number", count: 3 },
  ]);
});
