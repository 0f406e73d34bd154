import { datesOf, localZone } from "@/lib/ranges";
import type { Filter } from "../trends/search";
import { complete } from "./filters";

/** Range, zone and filters as the query API takes them. */
export function frameOf(search: { range: string; timezone?: string | undefined; filters?: Filter[] }) {
  const filters = complete(search.filters ?? []);
  return {
    ...datesOf(search.range),
    timezone: search.timezone ?? localZone,
    ...(filters.length && { filters }),
  };
}
