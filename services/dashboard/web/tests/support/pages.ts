import type { Page } from "playwright-core";
import type { Room } from "./room";

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
