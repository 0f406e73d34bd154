import { z } from "zod";
import { filter } from "../query/filter";

export const PERIODS = ["hour", "day", "week", "month"] as const;

/** The state of the page, which is its address. */
export const retentionSearch = z.object({
  period: z.enum(PERIODS).default("week"),
  intervals: z.number().int().min(2).max(60).default(8),
  type: z.enum(["recurring", "first_time"]).default("first_time"),
  target: z.string().nullable().default(null),
  timezone: z.string().optional(),
  filters: z.array(filter).default([]),
  returning: z.string().nullable().default(null),
});
export type Search = z.infer<typeof retentionSearch>;
