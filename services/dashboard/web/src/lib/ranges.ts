/** Ranges that one asks for by name; the value is what stands in the address. */
export const RANGES = [
  ["24h", "Last 24 hours"],
  ["7d", "Last 7 days"],
  ["30d", "Last 30 days"],
  ["90d", "Last 90 days"],
  ["180d", "Last 180 days"],
  ["365d", "Last 12 months"],
  ["custom", "From … to …"],
] as const;

const DAY = 86_400_000;

/** The days of a range, both ends included: `30d`, `24h`, or `2026-01-01_2026-01-31`. */
export function datesOf(range: string, now = new Date()): { date_from: string; date_to: string } {
  const [from, to] = range.split("_");
  if (from && to) return { date_from: from, date_to: to };
  if (range === "24h")
    return { date_from: new Date(now.getTime() - DAY).toISOString(), date_to: now.toISOString() };
  const days = Number.parseInt(range, 10) || 30;
  return { date_from: day(new Date(now.getTime() - (days - 1) * DAY)), date_to: day(now) };
}

/** The local calendar day. */
export function day(date: Date): string {
  const pad = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** The zone that days are counted in unless another is chosen. */
export const localZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
export const zones: string[] = [
  "UTC",
  ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC"),
];
