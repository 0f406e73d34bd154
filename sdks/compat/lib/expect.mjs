// What must be in the store after a call, by the family of the client.

import { isDeepStrictEqual } from "node:util";

/** Between a call and its arrival; a page on a busy machine takes its time. Zones are wrong by more. */
const SKEW_MS_MAX = 10 * 60_000;

const NAMES = {
  page: "$pageview",
  identify: "$identify",
  group: "$groupidentify",
  alias: "$create_alias",
};

/** The event of a call: its name, and properties that must be there and equal. */
export function expected(client, call) {
  const changed = client.changes?.(call) ?? {};
  if (call.kind === "track") {
    return { event: call.name, properties: { ...call.properties, ...changed } };
  }
  const event = client.names?.[call.kind] ?? NAMES[call.kind];
  switch (call.kind) {
    case "page":
      return { event, properties: { ...call.properties, $current_url: call.url, ...changed } };
    case "identify":
      return { event, properties: { $set: call.traits } };
    case "group":
      return { event, properties: { $group_type: call.type, $group_key: call.key, $group_set: call.traits } };
    default:
      return { event, properties: { alias: call.alias } };
  }
}

/** Differences between the calls and the stored events: `faults`, and how many of them say that a call is `missing`. */
export function differences(client, made, stored) {
  const faults = [];
  let missing = 0;
  const left = [...stored];
  for (const call of made) {
    const wanted = expected(client, call);
    const label = call.properties?.case ?? call.kind;
    const matching = left.filter((event) => isThis(call, wanted, event));
    if (matching.length === 0) missing += 1;
    if (matching.length !== 1) {
      faults.push(`${label}: stored ${matching.length} times`);
    }
    for (const event of matching) {
      left.splice(left.indexOf(event), 1);
    }
    if (matching.length > 0) {
      faults.push(...unequal(label, wanted.properties, matching[0]));
    }
  }
  const extra = left.filter((event) => !client.own?.includes(event.event));
  faults.push(...extra.map((event) => `unexpected event ${event.event}`));
  return { faults, missing };
}

function isThis(call, wanted, event) {
  if (call.properties?.case) {
    return event.properties.case === call.properties.case && event.event === wanted.event;
  }
  return event.event === wanted.event;
}

function unequal(label, wanted, event) {
  const faults = [];
  for (const [name, value] of Object.entries(wanted)) {
    const found = event.properties[name];
    const isEqual = value === undefined ? found === undefined : isDeepStrictEqual(found, value);
    if (!isEqual) {
      const shown = (it) => String(JSON.stringify(it)).slice(0, 120);
      faults.push(`${label}: ${name} is ${shown(found)}, not ${shown(value)}`);
    }
  }
  const skew = Math.abs(Date.parse(event.timestamp) - Date.parse(event.received_at));
  if (!(skew < SKEW_MS_MAX)) {
    faults.push(`${label}: timestamp ${event.timestamp}, received ${event.received_at}`);
  }
  return faults;
}
