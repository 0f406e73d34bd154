import { z } from "zod";
import { filter } from "../query/filter";

/** The state of the page, which is its address. */
export const pathsSearch = z.object({
  by: z.enum(["session", "person"]).default("session"),
  node: z.string().default("event"),
  start: z.string().optional(),
  end: z.string().optional(),
  steps: z.number().int().min(2).max(20).default(5),
  range: z.string().default("30d"),
  timezone: z.string().optional(),
  filters: z.array(filter).default([]),
});
export type Search = z.infer<typeof pathsSearch>;
