import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { z } from "zod";
import { Failure, Loading } from "./components/states";
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
  validateSearch: z.object({
    event: z.string().optional(),
    distinct_id: z.string().optional(),
    uuid: z.string().optional(),
  }),
  component: lazyRouteComponent(() => import("./features/events/events-page"), "EventsPage"),
});

const routeTree = root.addChildren([
  home,
  signInRoute,
  newProject,
  project.addChildren([trends, connect, events]),
]);

export const router = createRouter({
  routeTree,
  defaultPreload: "intent",
  defaultPendingComponent: () => <Loading height="h-screen" />,
  defaultErrorComponent: ({ error, reset }) => <Failure error={error} again={reset} />,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
