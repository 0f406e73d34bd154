import { z } from "zod";
import { filter } from "../query/filter";
import { breakdownSearch, rangeSearch } from "../query/search";

export const ORDERS = ["ordered", "strict", "unordered", "simple"] as const;
export const STEPS_MAX = 20;
export const EXCLUSIONS_MAX = 10;

const step = z.object({ event: z.string().nullable(), filters: z.array(filter).default([]) });
export type Step = z.infer<typeof step>;

/** An event that must not happen between two steps; without `to` up to the last one. */
const exclusion = z.object({
  event: z.string().nullable(),
  from: z.number().int().positive().default(1),
  to: z.number().int().positive().optional(),
});
export type Exclusion = z.infer<typeof exclusion>;

/** The state of the page, which is its address. */
export const funnelSearch = rangeSearch.extend({
  steps: z.array(step).max(STEPS_MAX).default([]),
  order: z.enum(ORDERS).default("ordered"),
  window: z
    .number()
    .int()
    .positive()
    .default(14 * 86_400),
  attribution: z.enum(["first_touch", "last_touch", "step"]).default("first_touch"),
  /** The step whose value counts, with attribution `step`. */
  attributed: z.number().int().positive().default(1),
  view: z.enum(["steps", "times", "over_time"]).default("steps"),
  interval: z.enum(["day", "week", "month"]).default("day"),
  exclusions: z.array(exclusion).max(EXCLUSIONS_MAX).default([]),
  breakdown: breakdownSearch,
});
export type FunnelSearch = z.infer<typeof funnelSearch>;
