import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { BookmarkPlus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Choice, Field } from "@/components/field";
import { Modal } from "@/components/modal";
import { useRole } from "@/lib/projects";
import { changeDashboard, createDashboard, dashboardsQuery } from "./dashboards";
import { bottomOf, SIZES } from "./grid";
import type { Dashboard, Widget } from "./insight";

const NEW = "new";

/** Saves the question of a page, under a name, on a dashboard. */
export function SaveInsight({
  type,
  params,
  search,
  name,
}: {
  type: string;
  params: object;
  search: object;
  name: string;
}) {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const role = useRole(projectId);
  const [isOpen, setOpen] = useState(false);
  if (role === "viewer") return null;
  return (
    <>
      <Button look="primary" onClick={() => setOpen(true)}>
        <BookmarkPlus className="size-4" aria-hidden /> Save
      </Button>
      {isOpen && (
        <Modal title="Save this insight" onClose={() => setOpen(false)}>
          <SaveForm
            project={projectId}
            insight={{ type, params, search: search as Record<string, unknown>, title: name }}
          />
        </Modal>
      )}
    </>
  );
}

function SaveForm({ project, insight }: { project: string; insight: Omit<Widget, "x" | "y" | "w" | "h"> }) {
  const client = useQueryClient();
  const { data: dashboards } = useQuery(dashboardsQuery(project));
  const [chosen, setChosen] = useState<string>();
  const target = chosen ?? dashboards?.at(-1)?.id ?? NEW;
  const save = useMutation({
    mutationFn: async ({ title, dashboard }: { title: string; dashboard: string }) => {
      const old = dashboards?.find((one) => one.id === target);
      const layout = old?.layout ?? [];
      const widget = { ...insight, title, x: 0, y: bottomOf(layout), ...SIZES[insight.type] };
      return old
        ? changeDashboard(project, old.id, { layout: [...layout, widget] })
        : createDashboard(project, dashboard || "My dashboard", [widget]);
    },
    onSuccess: (saved: Dashboard) => {
      client.setQueryData(["dashboards", project, saved.id], saved);
      return client.invalidateQueries({ queryKey: ["dashboards", project], exact: true });
    },
  });

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    save.mutate({ title: String(form.get("title")), dashboard: String(form.get("dashboard") ?? "") });
  }

  if (save.data) {
    return (
      <p role="status">
        Saved on{" "}
        <Link
          to="/p/$projectId/dashboards/$dashboardId"
          params={{ projectId: project, dashboardId: save.data.id }}
          className="font-medium text-accent underline"
        >
          {save.data.name}
        </Link>
        .
      </p>
    );
  }
  return (
    <form onSubmit={submit} className="space-y-3">
      <Field label="Name" name="title" required maxLength={200} defaultValue={insight.title} autoFocus />
      <Choice
        label="Dashboard"
        shown
        value={target}
        values={[
          ...(dashboards ?? []).map((one) => [one.id, one.name] as const),
          [NEW, "A new dashboard"] as const,
        ]}
        onChoose={setChosen}
      />
      {target === NEW && (
        <Field
          label="Name of the dashboard"
          name="dashboard"
          required
          maxLength={200}
          defaultValue="My dashboard"
        />
      )}
      {save.error && (
        <p role="alert" className="text-bad">
          {save.error.message}
        </p>
      )}
      <Button look="primary" type="submit" disabled={save.isPending || !dashboards}>
        Save
      </Button>
    </form>
  );
}
