import { z } from "zod";
import { filter } from "../trends/search";

export const ORDERS = ["ordered", "strict", "unordered", "simple"] as const;

export const step = z.object({ event: z.string().nullable(), filters: z.array(filter).default([]) });
export type Step = z.infer<typeof step>;

/** The state of the page, which is its address. */
export const funnelSearch = z.object({
  steps: z.array(step).default([]),
  order: z.enum(ORDERS).default("ordered"),
  window: z
    .number()
    .int()
    .positive()
    .default(14 * 86_400),
  attribution: z.enum(["first_touch", "last_touch"]).default("first_touch"),
  view: z.enum(["steps", "times", "over_time"]).default("steps"),
  interval: z.enum(["day", "week", "month"]).default("day"),
  exclusion: z.string().optional(),
  breakdown: z.string().optional(),
  range: z.string().default("30d"),
  timezone: z.string().optional(),
  filters: z.array(filter).default([]),
});
export type FunnelSearch = z.infer<typeof funnelSearch>;
