import { z } from "zod";
import { filter } from "../query/filter";

/** The state of the page, which is its address. */
export const eventsSearch = z.object({
  event: z.string().optional(),
  distinct_id: z.string().optional(),
  uuid: z.string().optional(),
  follow: z.boolean().default(false),
  filters: z.array(filter).default([]),
});
export type EventsSearch = z.infer<typeof eventsSearch>;
