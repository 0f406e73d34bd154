import { z } from "zod";
import { filter } from "../query/filter";
import { breakdownSearch, rangeSearch } from "../query/search";

export const INTERVALS = ["hour", "day", "week", "month"] as const;
export const MATHS = [
  "total",
  "unique",
  "wau",
  "mau",
  "sum",
  "avg",
  "min",
  "max",
  "median",
  "p90",
  "p95",
  "p99",
  "first_time",
] as const;
export const MATH_NAMES: Record<(typeof MATHS)[number], string> = {
  total: "count of events",
  unique: "persons",
  wau: "persons in 7 days",
  mau: "persons in 30 days",
  sum: "sum of",
  avg: "average of",
  min: "minimum of",
  max: "maximum of",
  median: "median of",
  p90: "90th percentile of",
  p95: "95th percentile of",
  p99: "99th percentile of",
  first_time: "first-time persons",
};

/** Measures that need no property. */
export const PLAIN_MATHS = new Set<(typeof MATHS)[number]>(["total", "unique", "wau", "mau", "first_time"]);

/** One line of the chart. */
export const series = z.object({
  event: z.string().nullable(),
  math: z.enum(MATHS).default("total"),
  property: z.string().optional(),
  filters: z.array(filter).default([]),
});
export type Series = z.infer<typeof series>;

/** The state of the page, which is its address. */
export const trendsSearch = rangeSearch.extend({
  series: z
    .array(series)
    .min(1)
    .default([{ event: null, math: "total", filters: [] }]),
  breakdown: breakdownSearch,
  limit: z.number().int().min(1).max(1_000).optional(),
  interval: z.enum(INTERVALS).default("day"),
  formula: z.string().optional(),
  compare: z.boolean().default(false),
  cumulative: z.boolean().default(false),
  look: z.enum(["line", "area", "bar", "number", "table"]).default("line"),
});
export type TrendsSearch = z.infer<typeof trendsSearch>;
