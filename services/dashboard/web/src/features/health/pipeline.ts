import { queryOptions } from "@tanstack/react-query";
import { call } from "@/lib/api";

/** Events that did not make it, by reason. */
export interface Told {
  reason: string;
  count: number;
  detail: string | null;
  example: string | null;
  last_at: string;
}

export interface Partition {
  partition: number;
  next_offset: number;
  last_appended_at: string;
  last_inserted_at: string;
  complete_until: string | null;
  lag_ms: number | null;
}

export interface Pipeline {
  events_per_second: number;
  lag: Partition[];
  freshness: { p50_ms: number | null; p95_ms: number | null; p99_ms: number | null };
  last_hour: { stored: number; duplicate: number; quarantined: number };
  refused: Told[];
  dead_letters: Told[];
  checked_at: string;
}

export interface Reconciliation {
  accepted: number;
  stored: number;
  duplicate: number;
  quarantined: number;
  removed: number;
  in_flight: number;
  exact: boolean;
  differences: unknown[];
  checked_at: string;
}

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
