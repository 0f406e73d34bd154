import { z } from "zod";

/** The state of the page, which is its address. */
export const pathsSearch = z.object({
  by: z.enum(["session", "person"]).default("session"),
  start: z.string().optional(),
  end: z.string().optional(),
  steps: z.number().int().min(2).max(20).default(5),
  range: z.string().default("30d"),
});
export type Search = z.infer<typeof pathsSearch>;
