import { queryOptions } from "@tanstack/react-query";
import type { components } from "@/api/query";
import { call } from "@/lib/api";

export type Pipeline = components["schemas"]["Pipeline"];
export type Reconciliation = components["schemas"]["Reconciliation"];
/** How far the consumer is in one partition. */
export type Partition = Pipeline["lag"][number];
/** Events that did not make it, by reason. */
export type Told = Pipeline["refused"][number];

export const pipelineQuery = (project: string) =>
  queryOptions({
    queryKey: ["pipeline", project],
    queryFn: ({ signal }) => call<Pipeline>(`/query/api/pipeline?project_id=${project}`, { signal }),
    staleTime: 1_000,
  });

export const reconciliationQuery = (project: string) =>
  queryOptions({
    queryKey: ["reconciliation", project],
    queryFn: ({ signal }) =>
      call<Reconciliation>(`/query/api/reconciliation?project_id=${project}`, { signal }),
    staleTime: 30_000,
  });
