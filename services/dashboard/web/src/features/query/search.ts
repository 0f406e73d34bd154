import { z } from "zod";
import { BREAKDOWNS_MAX } from "./breakdown";
import { filter } from "./filter";

/** The range, the zone and the filters: what every question shares. */
export const rangeSearch = z.object({
  range: z.string().default("30d"),
  timezone: z.string().optional(),
  filters: z.array(filter).default([]),
});

/** The properties of a breakdown; one alone may stand there as plain text. */
export const breakdownSearch = z
  .union([z.array(z.string()).max(BREAKDOWNS_MAX), z.string().transform((one) => [one])])
  .default([]);
