/** The local calendar day, as `2026-01-31`. */
export function day(date: Date): string {
  const pad = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** The calendar day that it is in a zone. */
export function dayIn(timezone: string, instant: Date): string {
  const options = { timeZone: timezone, year: "numeric", month: "2-digit", day: "2-digit" } as const;
  const parts = new Intl.DateTimeFormat("en", options).formatToParts(instant);
  const part = (type: string) => parts.find((one) => one.type === type)?.value;
  return `${part("year")}-${part("month")}-${part("day")}`;
}

/** So many calendar days later: of 23, 24 or 25 hours. */
export function addDays(text: string, days: number): string {
  const date = new Date(`${text}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** The local midnight at which a day begins. */
export const dateOf = (text: string): Date => new Date(`${text}T00:00:00`);

/** The month of a day in words. */
export const monthOf = (text: string): string =>
  dateOf(text).toLocaleDateString(undefined, { month: "long", year: "numeric" });

/** The six weeks, Monday first, that show the month of a day: as many for every month, so that nothing jumps. */
export function weeksOf(text: string): string[][] {
  const first = dateOf(`${text.slice(0, 7)}-01`);
  const offset = (first.getDay() + 6) % 7;
  return Array.from({ length: 6 }, (_, week) =>
    Array.from({ length: 7 }, (_, weekday) =>
      day(new Date(first.getFullYear(), first.getMonth(), 1 - offset + week * 7 + weekday)),
    ),
  );
}
