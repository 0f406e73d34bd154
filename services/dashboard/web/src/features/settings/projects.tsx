import { Link } from "@tanstack/react-router";
import { Card } from "@/components/card";
import type { Project } from "@/lib/projects";

/** Every project that one is a member of. */
export function Projects({ projects, current }: { projects: Project[]; current: string }) {
  return (
    <Card
      title="Projects"
      actions={
        <Link to="/new" className="text-accent hover:underline">
          New project
        </Link>
      }
    >
      <ul className="divide-y divide-line">
        {projects.map((one) => (
          <li key={one.id} className="flex items-center justify-between gap-3 py-2">
            <Link
              to="/p/$projectId/settings"
              params={{ projectId: one.id }}
              className={`min-w-0 truncate ${one.id === current ? "font-medium" : "text-accent hover:underline"}`}
            >
              {one.name}
            </Link>
            <span className="text-soft">{one.role}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
