import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check, LayoutDashboard } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { Button } from "@/components/button";
import { addToDashboard, createDashboard, dashboardsQuery } from "./dashboards";
import type { Dashboard, Insight } from "./insight";

const ITEM = "block w-full rounded-md px-2.5 py-1.5 text-left outline-none data-highlighted:bg-raised";

/** Puts a saved insight on a dashboard, and leads there. */
export function AddTo({ project, insight }: { project: string; insight: Insight }) {
  const client = useQueryClient();
  const { data: dashboards = [] } = useQuery(dashboardsQuery(project));
  const add = useMutation({
    mutationFn: async (to: Dashboard | undefined) =>
      addToDashboard(project, to ?? (await createDashboard(project, "My dashboard")), insight),
    onSuccess: async (dashboard) => {
      client.setQueryData(["dashboards", project, dashboard.id], dashboard);
      await client.invalidateQueries({ queryKey: ["dashboards", project], exact: true });
    },
  });
  if (add.data) {
    return (
      <span role="status" className="flex items-center gap-1.5 text-good">
        <Check className="size-4" aria-hidden />
        <Link
          to="/p/$projectId/dashboards/$dashboardId"
          params={{ projectId: project, dashboardId: add.data.id }}
          className="max-w-32 truncate underline"
        >
          {add.data.name}
        </Link>
      </span>
    );
  }
  return (
    <>
      {add.error && (
        <span role="alert" className="text-bad">
          {add.error.message}
        </span>
      )}
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger asChild>
          <Button
            look="quiet"
            className="!px-2"
            aria-label={`Add ${insight.title} to a dashboard`}
            disabled={add.isPending}
          >
            <LayoutDashboard className="size-4" aria-hidden />
            <span className="max-sm:hidden">Add to …</span>
          </Button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content
            align="end"
            className="z-40 max-h-72 min-w-40 overflow-y-auto rounded-card border border-line bg-surface p-1 shadow-lg"
          >
            {dashboards.map((one) => (
              <DropdownMenu.Item key={one.id} className={ITEM} onSelect={() => add.mutate(one)}>
                {one.name}
              </DropdownMenu.Item>
            ))}
            <DropdownMenu.Item className={`${ITEM} text-soft`} onSelect={() => add.mutate(undefined)}>
              A new dashboard
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
    </>
  );
}
