import { queryOptions } from "@tanstack/react-query";
import type { components } from "@/api/query";
import { call } from "@/lib/api";
import type { Question } from "./use-answer";

/** What a question would read, and how long that would take. */
export const costQuery = ({ project, type, params }: Question) =>
  queryOptions({
    queryKey: ["estimate", project, type, params],
    queryFn: ({ signal }) =>
      call<components["schemas"]["Cost"]>("/query/api/query/estimate", {
        body: { project_id: project, type, params },
        signal,
      }),
    staleTime: 60_000,
  });
