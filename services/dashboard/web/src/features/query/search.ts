import { z } from "zod";
import { filter } from "../trends/search";

/** What every question about a range shares. */
export const rangeSearch = z.object({
  range: z.string().default("30d"),
  filters: z.array(filter).default([]),
});
