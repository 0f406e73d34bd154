const whole = new Intl.NumberFormat();
const short = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const rate = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });

/** A number to read: 12,345. */
export const number = (value: number) =>
  Number.isInteger(value) ? whole.format(value) : value.toLocaleString();
/** A number for an axis: 12K. */
export const compact = (value: number) => short.format(value);
/** A fraction as a percentage. */
export const percent = (value: number) => rate.format(value);

/** A duration in the two largest units that matter. */
export function duration(seconds: number | null): string {
  if (seconds === null) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  const units: [string, number][] = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
    ["s", 1],
  ];
  const first = units.findIndex(([, size]) => seconds >= size);
  const [name, size] = units[first] ?? ["s", 1];
  const next = units[first + 1];
  const rest = next ? Math.floor((seconds % size) / next[1]) : 0;
  return `${Math.floor(seconds / size)} ${name}${next && rest ? ` ${rest} ${next[0]}` : ""}`;
}

/** How long ago, in words. */
export function ago(instant: string, now = Date.now()): string {
  const seconds = Math.max(0, (now - Date.parse(instant)) / 1000);
  return seconds < 1 ? "just now" : `${duration(Math.floor(seconds))} ago`;
}

/** A bucket's label as people read it. */
export function bucket(label: string, interval: string): string {
  const date = new Date(label.length === 10 ? `${label}T00:00:00` : label);
  if (interval === "month") return date.toLocaleDateString(undefined, { month: "short", year: "numeric" });
  if (interval === "hour") {
    return date.toLocaleString(undefined, {
      month: "short",
      day: "numeric",
      hour: "2-digit",
      minute: "2-digit",
    });
  }
  return date.toLocaleDateString(undefined, { month: "short", day: "numeric" });
}
