import { z } from "zod";
import { filter } from "../trends/search";

/** The range, the zone and the filters: what every question shares. */
export const rangeSearch = z.object({
  range: z.string().default("30d"),
  timezone: z.string().optional(),
  filters: z.array(filter).default([]),
});
