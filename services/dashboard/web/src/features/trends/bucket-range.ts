/** The ends of a bucket as the query API takes them, both included and cut to the range's days. */
export function bucketRange(
  label: string,
  interval: string,
  [first, last]: [string, string],
): { date_from: string; date_to: string } {
  if (interval === "hour") {
    const end = new Date(Date.parse(label) + 3_600_000 - 1);
    return { date_from: label, date_to: end.toISOString() };
  }
  const date = new Date(`${label}T00:00:00Z`);
  const end = new Date(date);
  if (interval === "week") end.setUTCDate(end.getUTCDate() + 6);
  if (interval === "month") end.setUTCMonth(end.getUTCMonth() + 1, 0);
  const to = end.toISOString().slice(0, 10);
  return { date_from: label < first ? first : label, date_to: to > last ? last : to };
}
