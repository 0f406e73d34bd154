import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { LogOut, Menu, Moon, Search, Sun } from "lucide-react";
import { useEffect, useState } from "react";
import { Brand } from "@/components/brand";
import { Choice } from "@/components/field";
import { Empty } from "@/components/states";
import { projectsQuery } from "@/lib/projects";
import { signOut } from "@/lib/session";
import { chooseTheme, useTheme } from "@/lib/theme";
import { GoTo } from "./go-to";
import { GROUPS } from "./pages";

const ROW = "flex w-full items-center gap-2 rounded-md px-2 py-1.5 text-soft hover:bg-raised hover:text-ink";

/** The frame around every page of a project. */
export function Layout() {
  const { projectId } = useParams({ strict: false });
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const [isOpen, setOpen] = useState(false);
  const [isGoing, setGoing] = useGoing();
  const project = projects.find((one) => one.id === projectId);
  if (!project) {
    return (
      <Empty title="There is no such project">
        <p>It may have been removed, or you are not a member.</p>
        <Link to="/" className="text-accent underline">
          To your projects
        </Link>
      </Empty>
    );
  }
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
        className={`${isOpen ? "flex" : "hidden"} w-full shrink-0 flex-col gap-3 border-r border-line bg-surface p-3 max-md:overflow-y-auto md:flex md:w-52 md:overflow-y-auto`}
      >
        <div className="hidden px-1 md:block">
          <Brand />
        </div>
        <ProjectChoice projectId={project.id} />
        <button type="button" className={`${ROW} border border-line`} onClick={() => setGoing(true)}>
          <Search className="size-4" aria-hidden /> Go to …
          <kbd className="ml-auto font-sans text-xs text-faint max-md:hidden">Ctrl K</kbd>
        </button>
        <Pages project={project.id} onGo={() => setOpen(false)} />
        <Footer />
      </nav>
      <main id="content" tabIndex={-1} className="min-w-0 flex-1 overflow-y-auto p-4 outline-none md:p-6">
        <Outlet />
      </main>
      {isGoing && <GoTo project={project.id} onClose={() => setGoing(false)} />}
    </div>
  );
}

/** Whether one is choosing where to go: Ctrl K (or ⌘ K) begins it from anywhere. */
function useGoing() {
  const [isGoing, setGoing] = useState(false);
  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      setGoing(true);
    }
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return [isGoing, setGoing] as const;
}

function Pages({ project, onGo }: { project: string; onGo: () => void }) {
  return (
    <div className="flex-1 space-y-3">
      {GROUPS.map((group) => (
        <ul key={group.name} aria-label={group.name} className="space-y-0.5">
          {group.pages.map(({ to, name, icon: Icon }) => (
            <li key={to}>
              <Link
                to={`/p/$projectId/${to}` as "/p/$projectId/trends"}
                params={{ projectId: project }}
                onClick={onGo}
                className="flex items-center gap-2 rounded-md px-2 py-1 text-soft hover:bg-raised hover:text-ink max-md:py-2"
                activeProps={{ className: "bg-accent-wash !text-accent font-medium", "aria-current": "page" }}
              >
                {Icon && <Icon className="size-4" aria-hidden />} {name}
              </Link>
            </li>
          ))}
        </ul>
      ))}
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
  return (
    <div className="border-t border-line pt-2">
      <button type="button" className={ROW} onClick={() => chooseTheme(other)}>
        {theme === "dark" ? <Sun className="size-4" aria-hidden /> : <Moon className="size-4" aria-hidden />}
        {theme === "dark" ? "Light" : "Dark"}
      </button>
      <button type="button" className={ROW} onClick={() => signOut()}>
        <LogOut className="size-4" aria-hidden /> Sign out
      </button>
    </div>
  );
}
