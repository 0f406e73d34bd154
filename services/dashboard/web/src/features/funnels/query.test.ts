import { expect, test } from "vitest";
import { funnelParams } from "./query";
import { funnelSearch } from "./search";

const steps = ["view", "sign up", "pay"].map((event) => ({ event }));

test("exclusions keep to the steps that are there", () => {
  const exclusions = [
    { event: "refund" },
    { event: "leave", from: 2, to: 9 },
    { event: "late", from: 3 },
    { event: null },
  ];
  expect(funnelParams(funnelSearch.parse({ steps, exclusions })).exclusions).toEqual([
    { event: "refund", from_step: 1, to_step: 3 },
    { event: "leave", from_step: 2, to_step: 3 },
  ]);
  expect(funnelParams(funnelSearch.parse({ steps, exclusions, order: "simple" }))).not.toHaveProperty(
    "exclusions",
  );
});

test("a breakdown by several properties says whose values count", () => {
  const search = { steps, breakdown: ["plan", "", "$os"], attribution: "step", attributed: 7 };
  expect(funnelParams(funnelSearch.parse(search)).breakdown).toEqual({
    properties: ["plan", "$os"],
    attribution: "step",
    attribution_step: 3,
  });
});
