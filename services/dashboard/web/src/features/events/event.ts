/** An event as the query API lists it, or as the realtime service tells it before it is stored. */
export interface Event {
  uuid: string;
  event: string;
  distinct_id: string;
  timestamp: string;
  received_at: string;
  properties: Record<string, unknown>;
  /** What Millrace adds; absent until the event is stored. */
  derived?: Record<string, unknown>;
}

/** Copies of one event share its uuid and person. */
export const keyOf = (one: Pick<Event, "uuid" | "distinct_id">) => `${one.uuid}${one.distinct_id}`;

/** What was told and what was asked for, newest first and each once; what was asked for is whole, so it counts. */
export function merged(told: Event[], asked: Event[]): Event[] {
  const known = new Set(asked.map(keyOf));
  const more = told.filter((one) => !known.has(keyOf(one)));
  if (more.length === 0) return asked;
  return [...more, ...asked].sort((a, b) => Date.parse(b.timestamp) - Date.parse(a.timestamp));
}
