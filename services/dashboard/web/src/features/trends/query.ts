import { valueName } from "@/lib/format";
import { breakdownOf } from "../query/breakdown";
import { filtersOf, frameOf } from "../query/frame";
import { MATH_NAMES, PLAIN_MATHS, type Series, type TrendsSearch } from "./search";

export interface Row {
  series: string;
  label: string;
  breakdown?: (string | null)[] | null;
  other?: boolean;
  data: number[] | number;
  compare?: (number | null)[] | number | null;
}

export interface Trends {
  labels: string[];
  series: Row[];
}

/** What a series is called: the event, and what is measured unless it is plain counting. */
export function seriesName({ event, math, property }: Series): string {
  const name = event ?? "Any event";
  if (math === "total") return name;
  return PLAIN_MATHS.has(math)
    ? `${name}: ${MATH_NAMES[math]}`
    : `${name}: ${MATH_NAMES[math]} ${property ?? "…"}`;
}

/** The question that the page's state asks. */
export function trendsParams(search: TrendsSearch) {
  return {
    series: search.series.map((one) => ({
      event: one.event,
      math: one.math,
      label: seriesName(one),
      ...(one.property && { property: one.property }),
      ...filtersOf(one.filters),
    })),
    ...frameOf(search),
    interval: search.interval,
    ...breakdownOf(search.breakdown, search.limit ? { limit: search.limit } : {}),
    ...(search.formula && { formula: search.formula }),
    ...(search.compare && { compare: true }),
    ...(search.cumulative && search.look !== "number" && { cumulative: true }),
    ...(search.look === "number" && { display: "total_value" }),
  };
}

/** Whether every series says what it measures. */
export const isAskable = (search: TrendsSearch) =>
  search.series.every((one) => one.property || PLAIN_MATHS.has(one.math));

/** The rows under names that tell them apart. */
export function named(rows: Row[]): { row: Row; name: string }[] {
  const isMany = new Set(rows.map((row) => row.series)).size > 1;
  const plain = rows.map((row) => {
    const hasValue = row.other || (row.breakdown?.length ?? 0) > 0;
    const label = row.series === "formula" ? "Formula" : row.label || row.series;
    const name = hasValue ? (isMany ? `${label}: ${valueName(row)}` : valueName(row)) : label;
    return { row, name };
  });
  const count = new Map<string, number>();
  for (const { name } of plain) count.set(name, (count.get(name) ?? 0) + 1);
  return plain.map(({ row, name }) => ({
    row,
    name: (count.get(name) ?? 0) > 1 ? `${row.series}. ${name}` : name,
  }));
}
