import { datesOf, localZone } from "@/lib/ranges";
import { complete, type Filter } from "./filter";

/** Range, zone and filters as the query API takes them. */
export function frameOf(search: { range: string; timezone?: string | undefined; filters?: Filter[] }) {
  return {
    ...datesOf(search.range),
    timezone: search.timezone ?? localZone,
    ...filtersOf(search.filters ?? []),
  };
}

/** The filters that are filled in, when there are any. */
export function filtersOf(filters: Filter[]) {
  const filled = complete(filters);
  return filled.length ? { filters: filled } : {};
}
