import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Copy, LayoutDashboard, Plus, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Card, PageHead } from "@/components/card";
import { Field } from "@/components/field";
import { Modal } from "@/components/modal";
import { Empty, Failure, Loading } from "@/components/states";
import { ago } from "@/lib/format";
import { useRole } from "@/lib/projects";
import {
  createDashboard,
  dashboardsQuery,
  duplicateDashboard,
  removeDashboard,
} from "../insights/dashboards";

/** All dashboards of the project. */
export function DashboardsPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const client = useQueryClient();
  const role = useRole(projectId);
  const { data, error, refetch } = useQuery(dashboardsQuery(projectId));
  const [isNew, setNew] = useState(false);
  const reload = () => client.invalidateQueries(dashboardsQuery(projectId));
  const remove = useMutation({
    mutationFn: (id: string) => removeDashboard(projectId, id),
    onSuccess: reload,
  });
  const copy = useMutation({
    mutationFn: (id: string) => duplicateDashboard(projectId, id),
    onSuccess: reload,
  });
  const mayWrite = role !== undefined && role !== "viewer";
  const fault = remove.error ?? copy.error;
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
        {fault && (
          <p role="alert" className="mb-2 text-bad">
            {fault.message}
          </p>
        )}
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
              <li key={one.id} className="flex items-center gap-3 py-2">
                <LayoutDashboard className="size-4 text-faint" aria-hidden />
                <span className="min-w-0 flex-1">
                  <Link
                    to="/p/$projectId/dashboards/$dashboardId"
                    params={{ projectId, dashboardId: one.id }}
                    className="font-medium hover:text-accent"
                  >
                    {one.name}
                  </Link>
                  <span className="block text-xs text-faint">
                    {one.layout.length} {one.layout.length === 1 ? "insight" : "insights"} · changed{" "}
                    {ago(one.updated_at)}
                  </span>
                </span>
                {mayWrite && (
                  <>
                    <Button
                      look="quiet"
                      className="!px-2"
                      aria-label={`Copy ${one.name}`}
                      onClick={() => copy.mutate(one.id)}
                    >
                      <Copy className="size-4" aria-hidden />
                    </Button>
                    <Button
                      look="quiet"
                      className="!px-2"
                      aria-label={`Remove ${one.name}`}
                      onClick={() => confirm(`Remove “${one.name}” and its links?`) && remove.mutate(one.id)}
                    >
                      <Trash2 className="size-4" aria-hidden />
                    </Button>
                  </>
                )}
              </li>
            ))}
          </ul>
        )}
      </Card>
      {isNew && <NewDashboard project={projectId} onClose={() => setNew(false)} />}
    </>
  );
}

function NewDashboard({ project, onClose }: { project: string; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const create = useMutation({
    mutationFn: (name: string) => createDashboard(project, name),
    onSuccess: async (made) => {
      await client.invalidateQueries(dashboardsQuery(project));
      await navigate({
        to: "/p/$projectId/dashboards/$dashboardId",
        params: { projectId: project, dashboardId: made.id },
      });
    },
  });
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    create.mutate(String(new FormData(event.currentTarget).get("name")));
  }
  return (
    <Modal title="New dashboard" onClose={onClose}>
      <form onSubmit={submit} className="space-y-3">
        <Field label="Name" name="name" required maxLength={200} autoFocus error={create.error?.message} />
        <Button look="primary" type="submit" disabled={create.isPending}>
          Create
        </Button>
      </form>
    </Modal>
  );
}
