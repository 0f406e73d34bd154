import { queryOptions } from "@tanstack/react-query";
import { call } from "@/lib/api";
import type { Insight, SavedInsight } from "./insight";

const path = (project: string, rest = "") =>
  `/query/api/insights${rest}?project_id=${encodeURIComponent(project)}`;

/** The project's saved insights, the last changed first. */
export const savedQuery = (project: string) =>
  queryOptions({
    queryKey: ["insights", project],
    queryFn: ({ signal }) => call<SavedInsight[]>(path(project), { signal }),
  });

export const saveInsight = (project: string, name: string, widget: Insight) =>
  call<SavedInsight>(path(project), { body: { name, widget } });

export const changeInsight = (project: string, id: string, change: { name?: string; widget?: Insight }) =>
  call<SavedInsight>(path(project, `/${id}`), { method: "PATCH", body: change });

export const removeInsight = (project: string, id: string) =>
  call(path(project, `/${id}`), { method: "DELETE" });
