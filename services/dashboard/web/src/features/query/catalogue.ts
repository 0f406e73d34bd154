import { queryOptions } from "@tanstack/react-query";
import { ask } from "@/lib/api";

interface Events {
  events: { event: string; count: number; first_seen: string; last_seen: string }[];
}
interface Properties {
  properties: { property: string; type: string; count: number }[];
}
interface Values {
  values: { value: string; count: number }[];
}

/** Names of events, the frequent ones first. */
export const eventsQuery = (project: string) =>
  queryOptions({
    queryKey: ["catalogue", project],
    queryFn: ({ signal }) =>
      ask<Events>(project, "catalogue", {}, signal).then((answer) => answer.result.events),
    staleTime: 60_000,
  });

/** Properties that events of this name (or any) carry. */
export const propertiesQuery = (project: string, event: string | null) =>
  queryOptions({
    queryKey: ["catalogue", project, "properties", event],
    queryFn: ({ signal }) =>
      ask<Properties>(project, "catalogue", event ? { event } : { event: null }, signal).then(
        (answer) => answer.result.properties ?? [],
      ),
    staleTime: 60_000,
  });

/** The frequent values of a property. */
export const valuesQuery = (project: string, property: string, search: string) =>
  queryOptions({
    queryKey: ["catalogue", project, "values", property, search],
    queryFn: ({ signal }) =>
      ask<Values>(project, "catalogue", { property, ...(search && { search }) }, signal).then(
        (answer) => answer.result.values,
      ),
    enabled: property !== "",
    staleTime: 30_000,
  });
