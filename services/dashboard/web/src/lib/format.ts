const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const rate = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });

/** How to write dates, made once: that takes as long as writing a hundred. What is no date is a dash. */
function dates(options: Intl.DateTimeFormatOptions) {
  const format = new Intl.DateTimeFormat(undefined, options);
  return (date: Date) => (Number.isNaN(date.getTime()) ? "–" : format.format(date));
}

const months = dates({ month: "short", year: "numeric" });
const days = dates({ month: "short", day: "numeric" });
const weekdays = dates({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
const moments = dates({
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** A number to read: 12,345 or 0.25. */
export const number = (value: number) => whole.format(value);
/** A number for an axis: 12K. */
export const compact = (value: number) => short.format(value);
/** A fraction as a percentage. */
export const percent = (value: number) => rate.format(value);

const UNITS: [string, number][] = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
];

/** A duration in the two largest units that matter. */
export function duration(seconds: number | null): string {
  if (seconds === null) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  const [name, size] = UNITS[first] ?? ["s", 1];
  const next = UNITS[first + 1];
  const rest = next ? Math.floor((seconds % size) / next[1]) : 0;
  return `${Math.floor(seconds / size)} ${name}${next && rest ? ` ${rest} ${next[0]}` : ""}`;
}

/** How long ago, in the one unit that matters. */
export function ago(instant: string, now = Date.now()): string {
  const seconds = Math.floor((now - Date.parse(instant)) / 1000);
  if (seconds < 1) return "just now";
  const [name, size] = UNITS.find(([, one]) => seconds >= one) ?? ["s", 1];
  return `${number(Math.floor(seconds / size))} ${name} ago`;
}

/** An instant in the reader's own zone, to the second. */
export const moment = (instant: string) => moments(new Date(instant));

/** The day of an instant in the reader's own zone. */
export const day = (instant: string) => weekdays(new Date(instant));

/** A bucket's label as people read it. The label is local time of the query's zone already. */
export function bucket(label: string, interval: string): string {
  const date = new Date(`${label.slice(0, 10)}T00:00:00`);
  if (interval === "month") return months(date);
  const words = days(date);
  return interval === "hour" ? `${words}, ${label.slice(11, 16)}` : words;
}

/** A value of a breakdown, or several, in words. */
export function valueName(row: { breakdown?: (string | null)[] | null; other?: boolean }): string {
  if (row.other) return "other";
  return (row.breakdown ?? [])
    .map((one) => (one === null ? "not set" : one === "" ? "empty" : one))
    .join(", ");
}
