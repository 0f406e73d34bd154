import { z } from "zod";

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

export const OPERATORS = [
  "exact",
  "is_not",
  "icontains",
  "not_icontains",
  "regex",
  "not_regex",
  "is_set",
  "is_not_set",
  "gt",
  "gte",
  "lt",
  "lte",
  "in",
  "not_in",
] as const;

/** A condition on a property. */
export const filter = z.object({
  property: z.string(),
  op: z.enum(OPERATORS).default("exact"),
  value: z.union([z.string(), z.number(), z.array(z.string())]).optional(),
});
export type Filter = z.infer<typeof filter>;

/** One line of the chart. */
export const series = z.object({
  event: z.string().nullable(),
  math: z.enum(MATHS).default("total"),
  property: z.string().optional(),
  filters: z.array(filter).default([]),
});
export type Series = z.infer<typeof series>;

/** The state of the page, which is its address. */
export const trendsSearch = z.object({
  series: z
    .array(series)
    .min(1)
    .default([{ event: null, math: "total", filters: [] }]),
  filters: z.array(filter).default([]),
  breakdown: z.string().optional(),
  limit: z.number().int().min(1).max(1_000).optional(),
  interval: z.enum(INTERVALS).default("day"),
  range: z.string().default("30d"),
  timezone: z.string().optional(),
  formula: z.string().optional(),
  compare: z.boolean().default(false),
  cumulative: z.boolean().default(false),
  look: z.enum(["line", "area", "bar", "number", "table"]).default("line"),
});
export type TrendsSearch = z.infer<typeof trendsSearch>;
