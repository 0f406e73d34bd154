import { queryOptions } from "@tanstack/react-query";
import { ask } from "@/lib/api";
import { datesOf, localZone } from "@/lib/ranges";
import { complete } from "../query/filters";
import type { TrendsSearch } from "./search";

export interface Row {
  series: string;
  label: string;
  breakdown: (string | null)[] | null;
  other?: boolean;
  data: number[] | number;
  compare?: (number | null)[];
}

export interface Trends {
  labels: string[];
  series: Row[];
}

/** The question that the page's state asks. */
export function trendsParams(search: TrendsSearch) {
  return {
    series: search.series.map(({ filters, property, ...one }) => ({
      ...one,
      ...(property && { property }),
      ...(complete(filters).length && { filters: complete(filters) }),
    })),
    ...datesOf(search.range),
    interval: search.interval,
    timezone: search.timezone ?? localZone,
    ...(complete(search.filters).length && { filters: complete(search.filters) }),
    ...(search.breakdown && { breakdown: { properties: [search.breakdown] } }),
    ...(search.formula && { formula: search.formula }),
    ...(search.compare && { compare: true }),
    ...(search.cumulative && { cumulative: true }),
    ...(search.look === "number" && { display: "total_value" }),
  };
}

export function trendsQuery(project: string, search: TrendsSearch) {
  const isAskable = search.series.every(
    (one) => one.property || ["total", "unique", "wau", "mau", "first_time"].includes(one.math),
  );
  return queryOptions({
    queryKey: ["trends", project, search],
    queryFn: ({ signal }) => ask<Trends>(project, "trends", trendsParams(search), signal),
    enabled: isAskable,
  });
}

/** What a row is called in a legend. */
export function rowName(row: Row, hasBreakdown: boolean, many: boolean): string {
  const value = row.other ? "other" : (row.breakdown ?? []).map((one) => one ?? "not set").join(", ");
  const name = row.label || row.series;
  if (!hasBreakdown) return name;
  return many ? `${name}: ${value}` : value;
}
