import type { Page } from "playwright-core";
import type { Stack } from "./stack";

/** A project with something in it. */
export interface Room {
  project: string;
  writeKey: string;
  dashboard: string;
  token: string;
  isNew: boolean;
}

/** Talks to the services as the owner does, through the dashboard. */
export async function asOwner({ dashboard, owner }: Stack) {
  const token = async () => {
    const login = await fetch(`${dashboard}/session/login`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Millrace-Session": "1" },
      body: JSON.stringify(owner),
    });
    return ((await login.json()) as { access_token: string }).access_token;
  };
  let current = await token();
  const ask = (path: string, method: string, body: unknown) =>
    fetch(dashboard + path, {
      method,
      headers: { Authorization: `Bearer ${current}`, "Content-Type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return async <T>(
    path: string,
    body?: unknown,
    method = body === undefined ? "GET" : "POST",
  ): Promise<T> => {
    let answer = await ask(path, method, body);
    if (answer.status === 401) {
      // A token lasts for minutes, and so may a test.
      current = await token();
      answer = await ask(path, method, body);
    }
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
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

/** A project named Studio with a dashboard, made once. */
export async function furnish(stack: Stack): Promise<Room> {
  const call = await asOwner(stack);
  type Named = { id: string; name: string };
  const projects = await call<Named[]>("/auth/api/projects");
  const old = projects.find((one) => one.name === "Studio");
  const project = (old ?? (await call<Named>("/auth/api/projects", { name: "Studio" }))).id;
  const { api_key } = await call<{ api_key: string }>(`/auth/api/projects/${project}/api-keys`, {
    name: "Web site",
    scopes: ["capture"],
  });
  const of = `project_id=${project}`;
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
  return { project, writeKey: api_key, dashboard: dashboard.id, token, isNew: !old };
}

/** A page, and when all of it is there. */
export interface Shown {
  name: string;
  path: (room: Room) => string;
  ready: (page: Page) => Promise<unknown>;
}

const chart = (page: Page) =>
  page.locator("main [role=img] > div svg, main [role=img] svg").first().waitFor();
const text = (words: string) => (page: Page) => page.getByText(words).first().waitFor();
const of = (path: string, search: Record<string, unknown> = {}) => {
  const query = Object.entries(search).map(([name, value]) => {
    const plain = typeof value === "string" ? value : JSON.stringify(value);
    return `${name}=${encodeURIComponent(plain)}`;
  });
  return (room: Room) => `/p/${room.project}/${path}${query.length ? `?${query.join("&")}` : ""}`;
};

const STEPS = [{ event: "$pageview" }, { event: "signed up" }, { event: "upgraded plan" }];

/** Every page of the dashboard. */
export const PAGES: Shown[] = [
  {
    name: "trends",
    path: of("trends", {
      series: [
        { event: "$pageview", math: "total" },
        { event: "$pageview", math: "unique" },
      ],
    }),
    ready: chart,
  },
  {
    name: "trends-breakdown",
    path: of("trends", {
      series: [{ event: "$pageview", math: "unique" }],
      breakdown: ["$browser"],
      look: "bar",
      interval: "week",
      range: "90d",
      filters: [
        { property: "$os", op: "is_not", value: "Linux" },
        {
          any: [
            { property: "plan", op: "in", value: ["team", "business"] },
            { property: "$geoip_country_code", op: "exact", value: "DE" },
          ],
        },
      ],
    }),
    ready: chart,
  },
  { name: "funnels", path: of("funnels", { steps: STEPS }), ready: text("upgraded plan") },
  {
    name: "funnels-breakdown",
    path: of("funnels", {
      steps: STEPS,
      breakdown: ["plan"],
      exclusions: [{ event: "invited member" }],
    }),
    ready: (page) => page.getByRole("columnheader", { name: "Value" }).waitFor(),
  },
  { name: "retention", path: of("retention"), ready: text("week 1") },
  { name: "paths", path: of("paths"), ready: chart },
  { name: "sessions", path: of("sessions"), ready: text("Bounce rate") },
  { name: "lifecycle", path: of("lifecycle"), ready: chart },
  { name: "stickiness", path: of("stickiness"), ready: chart },
  { name: "live", path: of("live"), ready: text("Persons in the last 5 minutes") },
  { name: "events", path: of("events"), ready: (page) => page.locator("tbody tr").first().waitFor() },
  { name: "persons", path: of("persons"), ready: (page) => page.locator("tbody tr").first().waitFor() },
  {
    name: "person",
    path: of("persons", { distinct_id: "guest-0" }),
    ready: async (page) => {
      await text("first seen")(page);
      await page.locator("main ol li").first().waitFor();
    },
  },
  { name: "insights", path: of("insights"), ready: text("Browsers of a quarter") },
  { name: "dashboards", path: of("dashboards"), ready: text("Growth") },
  {
    name: "dashboard",
    path: (room) => `/p/${room.project}/dashboards/${room.dashboard}`,
    ready: text("upgraded plan"),
  },
  {
    name: "health",
    path: of("health"),
    ready: (page) => page.getByRole("button", { name: "Count again" }).waitFor(),
  },
  { name: "connect", path: of("connect"), ready: text("There it is") },
  { name: "settings", path: of("settings"), ready: text("Web site") },
  { name: "new-project", path: () => "/new", ready: text("Create a project") },
  { name: "shared", path: (room) => `/shared/${room.token}`, ready: text("upgraded plan") },
  { name: "sign-in", path: () => "/sign-in", ready: text("Sign in to Millrace") },
];
