import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Link,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { z } from "zod";
import { Empty, Failure, Loading } from "./components/states";
import { activitySearch } from "./features/activity/search";
import { eventsSearch } from "./features/events/search";
import { funnelSearch } from "./features/funnels/search";
import { pathsSearch } from "./features/paths/search";
import { filter } from "./features/query/filter";
import { rangeSearch } from "./features/query/search";
import { retentionSearch } from "./features/retention/search";
import { trendsSearch } from "./features/trends/search";
import { Layout } from "./features/layout/layout";
import { projectsQuery } from "./lib/projects";
import { queryClient } from "./lib/query-client";
import { isSignedIn } from "./lib/session";

const root = createRootRouteWithContext()({ component: Outlet });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: async () => {
    if (!isSignedIn()) throw redirect({ to: "/sign-in" });
    const [first] = await queryClient.ensureQueryData(projectsQuery);
    throw first
      ? redirect({ to: "/p/$projectId/trends", params: { projectId: first.id } })
      : redirect({ to: "/new" });
  },
});

const signInRoute = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: z.object({ then: z.string().startsWith("/").optional() }),
  component: lazyRouteComponent(() => import("./features/auth/sign-in-page"), "SignInPage"),
});

const newProject = createRoute({
  getParentRoute: () => root,
  path: "/new",
  beforeLoad: () => guard("/new"),
  component: lazyRouteComponent(() => import("./features/auth/new-project-page"), "NewProjectPage"),
});

const project = createRoute({
  getParentRoute: () => root,
  path: "/p/$projectId",
  beforeLoad: ({ location }) => guard(location.href),
  loader: () => queryClient.ensureQueryData(projectsQuery),
  pendingMs: 300,
  component: Layout,
});

/** Pages of a project; who is not signed in comes back to the same address afterwards. */
function guard(href: string): void {
  if (!isSignedIn()) throw redirect({ to: "/sign-in", search: { then: href } });
}

const trends = createRoute({
  getParentRoute: () => project,
  path: "trends",
  validateSearch: trendsSearch,
  component: lazyRouteComponent(() => import("./features/trends/trends-page"), "TrendsPage"),
});

const connect = createRoute({
  getParentRoute: () => project,
  path: "connect",
  component: lazyRouteComponent(() => import("./features/connect/connect-page"), "ConnectPage"),
});

const events = createRoute({
  getParentRoute: () => project,
  path: "events",
  validateSearch: eventsSearch,
  component: lazyRouteComponent(() => import("./features/events/events-page"), "EventsPage"),
});

const funnels = createRoute({
  getParentRoute: () => project,
  path: "funnels",
  validateSearch: funnelSearch,
  component: lazyRouteComponent(() => import("./features/funnels/funnels-page"), "FunnelsPage"),
});

const retention = createRoute({
  getParentRoute: () => project,
  path: "retention",
  validateSearch: retentionSearch,
  component: lazyRouteComponent(() => import("./features/retention/retention-page"), "RetentionPage"),
});

const paths = createRoute({
  getParentRoute: () => project,
  path: "paths",
  validateSearch: pathsSearch,
  component: lazyRouteComponent(() => import("./features/paths/paths-page"), "PathsPage"),
});

const lifecycle = createRoute({
  getParentRoute: () => project,
  path: "lifecycle",
  validateSearch: activitySearch("week", "90d"),
  component: lazyRouteComponent(() => import("./features/activity/activity-page"), "LifecyclePage"),
});

const stickiness = createRoute({
  getParentRoute: () => project,
  path: "stickiness",
  validateSearch: activitySearch("day", "30d"),
  component: lazyRouteComponent(() => import("./features/activity/activity-page"), "StickinessPage"),
});

const sessions = createRoute({
  getParentRoute: () => project,
  path: "sessions",
  validateSearch: rangeSearch,
  component: lazyRouteComponent(() => import("./features/sessions/sessions-page"), "SessionsPage"),
});

const live = createRoute({
  getParentRoute: () => project,
  path: "live",
  component: lazyRouteComponent(() => import("./features/live/live-page"), "LivePage"),
});

const persons = createRoute({
  getParentRoute: () => project,
  path: "persons",
  validateSearch: z.object({
    search: z.string().optional(),
    distinct_id: z.string().optional(),
    filters: z.array(filter).default([]),
  }),
  component: lazyRouteComponent(() => import("./features/persons/persons-page"), "PersonsPage"),
});

const dashboards = createRoute({
  getParentRoute: () => project,
  path: "dashboards",
  component: lazyRouteComponent(() => import("./features/dashboards/dashboards-page"), "DashboardsPage"),
});

const dashboard = createRoute({
  getParentRoute: () => project,
  path: "dashboards/$dashboardId",
  component: lazyRouteComponent(() => import("./features/dashboards/dashboard-page"), "DashboardPage"),
});

const insights = createRoute({
  getParentRoute: () => project,
  path: "insights",
  validateSearch: z.object({ search: z.string().optional() }),
  component: lazyRouteComponent(() => import("./features/insights/insights-page"), "InsightsPage"),
});

const health = createRoute({
  getParentRoute: () => project,
  path: "health",
  component: lazyRouteComponent(() => import("./features/health/health-page"), "HealthPage"),
});

const shared = createRoute({
  getParentRoute: () => root,
  path: "/shared/$token",
  component: lazyRouteComponent(() => import("./features/dashboards/shared-page"), "SharedPage"),
});

const settings = createRoute({
  getParentRoute: () => project,
  path: "settings",
  component: lazyRouteComponent(() => import("./features/settings/settings-page"), "SettingsPage"),
});

const routeTree = root.addChildren([
  home,
  signInRoute,
  newProject,
  shared,
  project.addChildren([
    trends,
    funnels,
    retention,
    paths,
    sessions,
    lifecycle,
    stickiness,
    live,
    events,
    persons,
    dashboards,
    dashboard,
    insights,
    health,
    connect,
    settings,
  ]),
]);

export const router = createRouter({
  routeTree,
  defaultNotFoundComponent: () => (
    <Empty title="There is no such page">
      <Link to="/" className="text-accent underline">
        To the start
      </Link>
    </Empty>
  ),
  defaultPreload: "intent",
  defaultPendingComponent: () => <Loading height="h-screen" />,
  defaultErrorComponent: ({ error, reset }) => <Failure error={error} again={reset} />,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
