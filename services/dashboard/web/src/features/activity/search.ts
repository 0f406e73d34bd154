import { z } from "zod";
import { rangeSearch } from "../query/search";

export const INTERVALS = ["day", "week", "month"] as const;

/** The state of a page, which is its address: an event, an interval and a range. */
export const activitySearch = (interval: (typeof INTERVALS)[number], range: string) =>
  rangeSearch.extend({
    event: z.string().nullable().default(null),
    interval: z.enum(INTERVALS).default(interval),
    range: z.string().default(range),
  });
export type ActivitySearch = z.output<ReturnType<typeof activitySearch>>;
