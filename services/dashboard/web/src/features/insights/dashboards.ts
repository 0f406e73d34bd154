import { queryOptions } from "@tanstack/react-query";
import { call } from "@/lib/api";
import { bottomOf, sizeOf } from "./grid";
import type { Dashboard, Insight, Widget } from "./insight";

const path = (project: string, rest = "") =>
  `/query/api/dashboards${rest}?project_id=${encodeURIComponent(project)}`;

export const dashboardsQuery = (project: string) =>
  queryOptions({
    queryKey: ["dashboards", project],
    queryFn: ({ signal }) => call<Dashboard[]>(path(project), { signal }),
  });

export const dashboardQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ["dashboards", project, id],
    queryFn: ({ signal }) => call<Dashboard>(path(project, `/${id}`), { signal }),
  });

export const createDashboard = (project: string, name: string, layout: Partial<Widget>[] = []) =>
  call<Dashboard>(path(project), { body: { name, layout } });

export const changeDashboard = (
  project: string,
  id: string,
  change: { name?: string; layout?: Partial<Widget>[] },
) => call<Dashboard>(path(project, `/${id}`), { method: "PATCH", body: change });

/** Puts an insight below everything on a dashboard. */
export function addToDashboard(project: string, dashboard: Dashboard, insight: Insight): Promise<Dashboard> {
  const place = { x: 0, y: bottomOf(dashboard.layout), ...sizeOf(insight.type) };
  return changeDashboard(project, dashboard.id, { layout: [...dashboard.layout, { ...insight, ...place }] });
}

export const removeDashboard = (project: string, id: string) =>
  call(path(project, `/${id}`), { method: "DELETE" });

export const duplicateDashboard = (project: string, id: string) =>
  call<Dashboard>(path(project, `/${id}/duplicate`), { method: "POST" });

export const shareDashboard = (project: string, id: string) =>
  call<{ token: string }>(path(project, `/${id}/share`), { method: "POST" });

export const unshareDashboard = (project: string, id: string) =>
  call<{ revoked: number }>(path(project, `/${id}/share`), { method: "DELETE" });
