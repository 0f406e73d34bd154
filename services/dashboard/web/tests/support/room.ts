import { type Call, keyOf, newProject, type Project, store } from "./owner";
import { present, sample, send } from "./sample";
import type { Stack } from "./stack";

/** A project with something in it. */
export interface Room extends Project {
  dashboard: string;
  /** Of the dashboard's shared link. */
  token: string;
}

const WIDGETS = [
  {
    type: "trends",
    title: "Persons a day",
    x: 0,
    y: 0,
    w: 8,
    h: 4,
    params: { series: [{ event: null, math: "unique" }], interval: "day", date_from: "-29d" },
  },
  {
    type: "trends",
    title: "Sign-ups, 30 days",
    search: { look: "number" },
    x: 8,
    y: 0,
    w: 4,
    h: 4,
    params: { series: [{ event: "signed up", math: "total" }], display: "total_value", date_from: "-29d" },
  },
  {
    type: "funnels",
    title: "From the page to the plan",
    x: 0,
    y: 4,
    w: 6,
    h: 5,
    params: {
      steps: [{ event: "$pageview" }, { event: "signed up" }, { event: "upgraded plan" }],
      date_from: "-29d",
    },
  },
  {
    type: "retention",
    title: "Who comes back",
    x: 6,
    y: 4,
    w: 6,
    h: 5,
    params: { period: "week", intervals: 6, target: { event: null }, returning: { event: null } },
  },
];

/** Saved insights, as the pages save them. */
const SAVED = [
  {
    name: "From the page to the plan",
    widget: {
      type: "funnels",
      title: "From the page to the plan",
      params: { steps: [{ event: "$pageview" }, { event: "signed up" }], date_from: "-29d" },
      search: { steps: [{ event: "$pageview" }, { event: "signed up" }] },
    },
  },
  {
    name: "Who comes back",
    widget: {
      type: "retention",
      title: "Who comes back",
      params: { period: "week", intervals: 8, target: { event: null }, returning: { event: null } },
      search: { period: "week" },
    },
  },
  {
    name: "Browsers of a quarter",
    widget: {
      type: "trends",
      title: "Browsers of a quarter",
      params: {
        series: [{ event: "$pageview", math: "unique" }],
        breakdown: { properties: ["$browser"] },
        date_from: "-89d",
      },
      search: { series: [{ event: "$pageview", math: "unique" }], breakdown: ["$browser"], range: "90d" },
    },
  },
];

/** A project named Studio with a history, people who are here now, saved insights and a dashboard. */
export async function furnish(stack: Stack, call: Call): Promise<Room> {
  type Named = { id: string; name: string };
  const projects = await call<Named[]>("/auth/api/projects");
  const old = projects.find((one) => one.name === "Studio")?.id;
  const made = old ? { project: old, key: await keyOf(call, old) } : await newProject(call, "Studio");
  if (old) await send(stack.capture, made.key, present());
  else await store(stack, call, made, [...sample(), ...present()]);
  const of = `project_id=${made.project}`;
  const [first] = await call<Named[]>(`/query/api/dashboards?${of}`);
  const kept = { name: "Growth", layout: WIDGETS };
  const dashboard = first
    ? await call<Named>(`/query/api/dashboards/${first.id}?${of}`, kept, "PATCH")
    : await call<Named>(`/query/api/dashboards?${of}`, kept);
  const saved = await call<Named[]>(`/query/api/insights?${of}`);
  if (saved.length === 0) {
    for (const one of SAVED) await call(`/query/api/insights?${of}`, one);
  }
  const { token } = await call<{ token: string }>(`/query/api/dashboards/${dashboard.id}/share?${of}`, {});
  return { ...made, dashboard: dashboard.id, token };
}
