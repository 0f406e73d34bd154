import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Copy, LayoutDashboard, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { Ago } from "@/components/ago";
import { AskName } from "@/components/ask-name";
import { Button } from "@/components/button";
import { Card, PageHead } from "@/components/card";
import { Confirm } from "@/components/confirm";
import { Empty, Failure, Loading } from "@/components/states";
import { useRights } from "@/lib/projects";
import {
  createDashboard,
  dashboardsQuery,
  duplicateDashboard,
  removeDashboard,
} from "../insights/dashboards";
import type { Dashboard } from "../insights/insight";

/** All dashboards of the project. */
export function DashboardsPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const client = useQueryClient();
  const navigate = useNavigate();
  const { mayWrite } = useRights(projectId);
  const { data, error, refetch } = useQuery(dashboardsQuery(projectId));
  const [isNew, setNew] = useState(false);
  const create = useMutation({
    mutationFn: (name: string) => createDashboard(projectId, name),
    onSuccess: async (made) => {
      await client.invalidateQueries(dashboardsQuery(projectId));
      const params = { projectId, dashboardId: made.id };
      await navigate({ to: "/p/$projectId/dashboards/$dashboardId", params });
    },
  });
  return (
    <>
      <PageHead title="Dashboards">
        {mayWrite && (
          <Button look="primary" onClick={() => setNew(true)}>
            <Plus className="size-4" aria-hidden /> New dashboard
          </Button>
        )}
      </PageHead>
      <Card>
        {error ? (
          <Failure error={error} again={() => void refetch()} />
        ) : !data ? (
          <Loading />
        ) : data.length === 0 ? (
          <Empty title="No dashboards yet">
            Save an insight from Trends, Funnels or any other page, or begin with an empty one.
          </Empty>
        ) : (
          <ul className="divide-y divide-line">
            {data.map((one) => (
              <Row key={one.id} project={projectId} dashboard={one} mayWrite={mayWrite} />
            ))}
          </ul>
        )}
      </Card>
      {isNew && (
        <AskName
          title="New dashboard"
          action="Create"
          error={create.error}
          isBusy={create.isPending}
          onName={(name) => create.mutate(name)}
          onClose={() => setNew(false)}
        />
      )}
    </>
  );
}

function Row({ project, dashboard, mayWrite }: { project: string; dashboard: Dashboard; mayWrite: boolean }) {
  const client = useQueryClient();
  const [isRemoving, setRemoving] = useState(false);
  const reload = () => client.invalidateQueries(dashboardsQuery(project));
  const remove = useMutation({
    mutationFn: () => removeDashboard(project, dashboard.id),
    onSuccess: reload,
  });
  const copy = useMutation({
    mutationFn: () => duplicateDashboard(project, dashboard.id),
    onSuccess: reload,
  });
  const { name, layout } = dashboard;
  return (
    <li className="flex items-center gap-3 py-2">
      <LayoutDashboard className="size-4 shrink-0 text-faint" aria-hidden />
      <span className="min-w-0 flex-1">
        <Link
          to="/p/$projectId/dashboards/$dashboardId"
          params={{ projectId: project, dashboardId: dashboard.id }}
          className="block truncate font-medium hover:text-accent"
        >
          {name}
        </Link>
        <span className="block text-xs text-faint">
          {layout.length} {layout.length === 1 ? "insight" : "insights"} · changed{" "}
          <Ago at={dashboard.updated_at} />
        </span>
        {copy.error && (
          <span role="alert" className="text-bad">
            {copy.error.message}
          </span>
        )}
      </span>
      {mayWrite && (
        <>
          <Button look="quiet" className="!px-2" aria-label={`Copy ${name}`} onClick={() => copy.mutate()}>
            <Copy className="size-4" aria-hidden />
          </Button>
          <Button
            look="quiet"
            className="!px-2"
            aria-label={`Remove ${name}`}
            onClick={() => setRemoving(true)}
          >
            <Trash2 className="size-4" aria-hidden />
          </Button>
        </>
      )}
      {isRemoving && (
        <Confirm
          title={`Remove “${name}”?`}
          action="Remove"
          error={remove.error}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate()}
          onClose={() => setRemoving(false)}
        >
          Its links stop working. Saved insights stay.
        </Confirm>
      )}
    </li>
  );
}
