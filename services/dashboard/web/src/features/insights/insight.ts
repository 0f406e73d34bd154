import type { components } from "@/api/query";

/** A question under a name, as a dashboard keeps it. */
export interface Insight {
  type: string;
  title: string;
  params: object;
  /** The state of the page that it was asked on, to go back there. */
  search?: Record<string, unknown>;
}

/** An insight and its place on the grid, in columns and rows. */
export interface Widget extends Insight {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** A dashboard; widgets that other clients made may lack everything but their type. */
export type Dashboard = Omit<components["schemas"]["Dashboard"], "layout"> & { layout: Partial<Widget>[] };

/** An insight that was saved to be found again. */
export type SavedInsight = Omit<components["schemas"]["Insight"], "widget"> & { widget: Insight };

/** The pages that insights come from, by type of query. */
export const PAGE_OF: Record<string, string> = {
  trends: "trends",
  trend: "trends",
  funnels: "funnels",
  funnel: "funnels",
  retention: "retention",
  paths: "paths",
  sessions: "sessions",
  lifecycle: "lifecycle",
  stickiness: "stickiness",
};
