import { z } from "zod";
import { filter } from "../trends/search";

export const INTERVALS = ["day", "week", "month"] as const;

/** The state of the page, which is its address. */
export const lifecycleSearch = z.object({
  event: z.string().nullable().default(null),
  interval: z.enum(INTERVALS).default("week"),
  range: z.string().default("90d"),
  timezone: z.string().optional(),
  filters: z.array(filter).default([]),
});
export type Search = z.infer<typeof lifecycleSearch>;
