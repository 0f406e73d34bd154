import { addDays, day, dayIn } from "./calendar";

/** Ranges that one asks for by name; the value is what stands in the address. */
export const RANGES = [
  ["24h", "Last 24 hours"],
  ["1d", "Today"],
  ["yesterday", "Yesterday"],
  ["7d", "Last 7 days"],
  ["14d", "Last 14 days"],
  ["30d", "Last 30 days"],
  ["90d", "Last 90 days"],
  ["180d", "Last 180 days"],
  ["365d", "Last 12 months"],
] as const;

/** The range of questions about everything there ever was. */
export const ALL_TIME = { date_from: "1970-01-01" };

/**
 * The ends of a range as the query API takes them, both included: `30d`, `24h`,
 * `yesterday`, or `2026-01-01_2026-01-31`. Named ranges stay relative, so that
 * a saved question moves with the days.
 */
export function datesOf(range: string): { date_from: string; date_to?: string } {
  const [from, to] = range.split("_");
  if (from && to) return { date_from: from, date_to: to };
  if (range === "24h") return { date_from: "-24h" };
  if (range === "yesterday") return { date_from: "-1d", date_to: "-1d" };
  return { date_from: `-${daysOf(range) - 1}d` };
}

function daysOf(range: string): number {
  return Math.max(1, Number.parseInt(range, 10) || 30);
}

/** The first and last day of a range in a zone, as a calendar shows them. */
export function calendarOf(range: string, timezone: string, now = new Date()): [string, string] {
  const [from, to] = range.split("_");
  if (from && to) return [from, to];
  const today = dayIn(timezone, now);
  if (range === "yesterday") return [addDays(today, -1), addDays(today, -1)];
  return [addDays(today, range === "24h" ? -1 : 1 - daysOf(range)), today];
}

/** Months and years of the calendar: as exact days, for they do not move. */
export function calendarRanges(now = new Date()): [string, string][] {
  const [year, month] = [now.getFullYear(), now.getMonth()];
  const from = (first: Date, last: Date) => `${day(first)}_${day(last)}`;
  return [
    ["This month", from(new Date(year, month, 1), now)],
    ["Last month", from(new Date(year, month - 1, 1), new Date(year, month, 0))],
    ["This year", from(new Date(year, 0, 1), now)],
  ];
}

/** A range in words. */
export function rangeName(range: string): string {
  const named = RANGES.find(([value]) => value === range);
  if (named) return named[1];
  const [from, to] = range.split("_");
  if (!from || !to) return `Last ${daysOf(range)} days`;
  const words = (date: string) =>
    new Date(`${date}T00:00:00`).toLocaleDateString(undefined, {
      day: "numeric",
      month: "short",
      year: "numeric",
    });
  return from === to ? words(from) : `${words(from)} – ${words(to)}`;
}

/** The zone that days are counted in unless another is chosen. */
export const localZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
export const zones: string[] = [
  "UTC",
  ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC"),
];
