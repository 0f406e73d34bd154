import { queryOptions } from "@tanstack/react-query";
import { ask } from "@/lib/api";
import { ALL_TIME } from "@/lib/ranges";

/** Properties and values are suggested from events of about three years. */
const LATELY = { date_from: "-1095d" };

interface Events {
  events: { event: string; count: number; first_seen: string; last_seen: string }[];
}
interface Properties {
  properties: { property: string; type: string; count: number }[];
}
interface Values {
  values: { value: string; count: number }[];
}

/** Milliseconds that names are taken for current; where there were none yet they may come any moment. */
const lasting = (ms: number, names: unknown[] | undefined) => (names?.length ? ms : 0);

/** Milliseconds between two looks while somebody waits for a name. */
const EVERY = 3_000;

/** What is asked once more as long as its suggestions are shown: a name may have come meanwhile. */
export const whileOpen = (isOpen: boolean) => (isOpen ? { refetchInterval: EVERY } : {});

/** Names of events, the frequent ones first; asked for until there is one. */
export const eventsQuery = (project: string) =>
  queryOptions({
    queryKey: ["catalogue", project],
    queryFn: ({ signal }) =>
      ask<Events>(project, "catalogue", ALL_TIME, signal).then((answer) => answer.result.events),
    staleTime: ({ state }) => lasting(60_000, state.data),
    refetchInterval: ({ state }) => (state.data?.length === 0 ? EVERY : false),
  });

/** So many of the most frequent events stand for "any event". */
const FREQUENT = 6;

async function propertiesOf(project: string, event: string, signal: AbortSignal) {
  const answer = await ask<Properties>(project, "catalogue", { ...LATELY, event }, signal);
  return answer.result.properties;
}

/** Properties that events of this name (or the frequent ones) carry, the common ones first. */
export const propertiesQuery = (project: string, event: string | null) =>
  queryOptions({
    queryKey: ["catalogue", project, "properties", event],
    queryFn: async ({ signal, client }) => {
      const events = event
        ? [event]
        : (await client.fetchQuery(eventsQuery(project))).slice(0, FREQUENT).map((one) => one.event);
      const found = await Promise.all(events.map((one) => propertiesOf(project, one, signal)));
      return merged(found.flat());
    },
    staleTime: ({ state }) => lasting(60_000, state.data),
  });

/** One entry a property. */
export function merged(found: Properties["properties"]): Properties["properties"] {
  const all = new Map<string, Properties["properties"][number]>();
  for (const one of found) {
    const old = all.get(one.property);
    const type = !old || old.type === one.type ? one.type : "mixed";
    all.set(one.property, { property: one.property, type, count: one.count + (old?.count ?? 0) });
  }
  return [...all.values()].sort((a, b) => b.count - a.count || a.property.localeCompare(b.property));
}

/** The frequent values of a property. */
export const valuesQuery = (project: string, property: string, search: string) =>
  queryOptions({
    queryKey: ["catalogue", project, "values", property, search],
    queryFn: ({ signal }) =>
      ask<Values>(project, "catalogue", { ...LATELY, property, ...(search && { search }) }, signal).then(
        (answer) => answer.result.values,
      ),
    enabled: property !== "",
    staleTime: ({ state }) => lasting(30_000, state.data),
  });
