import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useParams } from "@tanstack/react-router";
import {
  Activity,
  ChartLine,
  Footprints,
  HeartPulse,
  LayoutDashboard,
  LogOut,
  Menu,
  Moon,
  Plug,
  Radio,
  Repeat,
  Route as RouteIcon,
  Settings,
  Sun,
  Timer,
  TrendingUpDown,
  Users,
  Filter,
} from "lucide-react";
import { useState } from "react";
import { Brand } from "@/components/brand";
import { Choice } from "@/components/field";
import { Empty } from "@/components/states";
import { projectsQuery } from "@/lib/projects";
import { signOut } from "@/lib/session";
import { chooseTheme, useTheme } from "@/lib/theme";

/** Every page of a project, in the order in which one asks. */
const PAGES = [
  { to: "trends", name: "Trends", icon: ChartLine },
  { to: "funnels", name: "Funnels", icon: Filter },
  { to: "retention", name: "Retention", icon: Repeat },
  { to: "paths", name: "Paths", icon: RouteIcon },
  { to: "sessions", name: "Sessions", icon: Timer },
  { to: "lifecycle", name: "Lifecycle", icon: TrendingUpDown },
  { to: "stickiness", name: "Stickiness", icon: Footprints },
  { to: "live", name: "Live", icon: Radio },
  { to: "events", name: "Events", icon: Activity },
  { to: "persons", name: "Persons", icon: Users },
  { to: "dashboards", name: "Dashboards", icon: LayoutDashboard },
  { to: "health", name: "Health", icon: HeartPulse },
  { to: "connect", name: "Connect", icon: Plug },
  { to: "settings", name: "Settings", icon: Settings },
] as const;

/** The frame around every page of a project. */
export function Layout() {
  const { projectId } = useParams({ strict: false });
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const [isOpen, setOpen] = useState(false);
  const project = projects.find((one) => one.id === projectId);
  if (!project)
    return <Empty title="There is no such project">It may have been removed, or you are not a member.</Empty>;
  return (
    <div className="flex h-full flex-col md:flex-row">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-surface focus:p-2"
      >
        Skip to the content
      </a>
      <header className="flex items-center justify-between border-b border-line bg-surface px-3 py-2 md:hidden">
        <Brand />
        <button
          type="button"
          aria-expanded={isOpen}
          aria-controls="navigation"
          aria-label="Menu"
          onClick={() => setOpen(!isOpen)}
          className="rounded-md p-2 hover:bg-raised"
        >
          <Menu className="size-5" aria-hidden />
        </button>
      </header>
      <nav
        id="navigation"
        aria-label="Pages"
        className={`${isOpen ? "flex" : "hidden"} w-full shrink-0 flex-col gap-3 border-r border-line bg-surface p-3 md:flex md:w-52 md:overflow-y-auto`}
      >
        <div className="hidden px-1 md:block">
          <Brand />
        </div>
        <ProjectChoice projectId={project.id} />
        <ul className="flex-1 space-y-0.5">
          {PAGES.map(({ to, name, icon: Icon }) => (
            <li key={to}>
              <Link
                to={`/p/$projectId/${to}` as "/p/$projectId/trends"}
                params={{ projectId: project.id }}
                onClick={() => setOpen(false)}
                className="flex items-center gap-2 rounded-md px-2 py-1.5 text-soft hover:bg-raised hover:text-ink"
                activeProps={{ className: "bg-accent-wash !text-accent font-medium", "aria-current": "page" }}
              >
                <Icon className="size-4" aria-hidden /> {name}
              </Link>
            </li>
          ))}
        </ul>
        <Footer />
      </nav>
      <main id="content" className="min-w-0 flex-1 overflow-y-auto p-4 md:p-6">
        <Outlet />
      </main>
    </div>
  );
}

function ProjectChoice({ projectId }: { projectId: string }) {
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const navigate = useNavigate();
  const values = [...projects.map((one) => [one.id, one.name] as const), ["new", "New project …"] as const];
  return (
    <Choice
      label="Project"
      value={projectId}
      values={values}
      onChoose={(id) =>
        id === "new"
          ? navigate({ to: "/new" })
          : navigate({ to: "/p/$projectId/trends", params: { projectId: id } })
      }
    />
  );
}

function Footer() {
  const theme = useTheme();
  const other = theme === "dark" ? "light" : "dark";
  const row =
    "flex w-full items-center gap-2 rounded-md px-2 py-1.5 text-soft hover:bg-raised hover:text-ink";
  return (
    <div className="border-t border-line pt-2">
      <button type="button" className={row} onClick={() => chooseTheme(other)}>
        {theme === "dark" ? <Sun className="size-4" aria-hidden /> : <Moon className="size-4" aria-hidden />}
        {theme === "dark" ? "Light" : "Dark"}
      </button>
      <button type="button" className={row} onClick={() => signOut()}>
        <LogOut className="size-4" aria-hidden /> Sign out
      </button>
    </div>
  );
}
