import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { BookmarkPlus } from "lucide-react";
import { useState } from "react";
import { z } from "zod";
import { Button } from "@/components/button";
import { Choice, Field } from "@/components/field";
import { Modal } from "@/components/modal";
import { nameField, useForm } from "@/lib/form";
import { useRights } from "@/lib/projects";
import { addToDashboard, createDashboard, dashboardsQuery } from "./dashboards";
import type { Insight } from "./insight";
import { changeInsight, savedQuery, saveInsight } from "./saved";

const NOWHERE = "nowhere";
const NEW = "new";

const schema = z.object({ title: nameField(200), dashboard: nameField(200).optional() });

/** Saves the question of a page under a name, and puts it on a dashboard if asked. */
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
  const { mayWrite } = useRights(projectId);
  const [isOpen, setOpen] = useState(false);
  if (!mayWrite) return null;
  return (
    <>
      <Button look="primary" onClick={() => setOpen(true)}>
        <BookmarkPlus className="size-4" aria-hidden /> Save
      </Button>
      {isOpen && (
        <Modal title="Save this insight" onClose={() => setOpen(false)}>
          <SaveForm
            project={projectId}
            insight={{ type, params, search: search as Record<string, unknown>, title: name.slice(0, 200) }}
          />
        </Modal>
      )}
    </>
  );
}

function SaveForm({ project, insight }: { project: string; insight: Insight }) {
  const client = useQueryClient();
  const { data: dashboards } = useQuery(dashboardsQuery(project));
  const { data: saved } = useQuery(savedQuery(project));
  const [title, setTitle] = useState(insight.title);
  const [target, setTarget] = useState(NOWHERE);
  // Saving under a name that is there already replaces what stands under it.
  const old = saved?.find((one) => one.name === title.trim() && one.widget.type === insight.type);
  const save = useMutation({
    mutationFn: async (wanted: z.output<typeof schema>) => {
      const widget = { ...insight, title: wanted.title };
      await (old ? changeInsight(project, old.id, { widget }) : saveInsight(project, wanted.title, widget));
      if (target === NOWHERE) return null;
      const chosen = dashboards?.find((one) => one.id === target);
      return addToDashboard(
        project,
        chosen ?? (await createDashboard(project, wanted.dashboard ?? "My dashboard")),
        widget,
      );
    },
    onSuccess: async (dashboard) => {
      if (dashboard) client.setQueryData(["dashboards", project, dashboard.id], dashboard);
      await client.invalidateQueries({ queryKey: ["dashboards", project], exact: true });
      await client.invalidateQueries(savedQuery(project));
    },
  });
  const { errors, form } = useForm(schema, (values) => save.mutate(values));

  if (save.isSuccess) return <Saved project={project} name={title} dashboard={save.data} />;
  return (
    <form {...form} className="space-y-3">
      <Field
        label="Name"
        name="title"
        value={title}
        onChange={(event) => setTitle(event.target.value)}
        error={errors.title}
        hint={old && "Replaces what is saved under this name."}
        autoFocus
      />
      <Choice
        label="Put it on a dashboard"
        shown
        value={target}
        values={[
          [NOWHERE, "no dashboard"] as const,
          ...(dashboards ?? []).map((one) => [one.id, one.name] as const),
          [NEW, "a new dashboard"] as const,
        ]}
        onChoose={setTarget}
      />
      {target === NEW && (
        <Field
          label="Name of the dashboard"
          name="dashboard"
          defaultValue="My dashboard"
          error={errors.dashboard}
        />
      )}
      {save.error && (
        <p role="alert" className="text-bad">
          {save.error.message}
        </p>
      )}
      <Button look="primary" type="submit" disabled={save.isPending || !dashboards || !saved}>
        {old ? "Replace" : "Save"}
      </Button>
    </form>
  );
}

function Saved({
  project,
  name,
  dashboard,
}: {
  project: string;
  name: string;
  dashboard: { id: string; name: string } | null;
}) {
  const link = "font-medium text-accent underline";
  return (
    <p role="status">
      “{name}” is among your{" "}
      <Link to="/p/$projectId/insights" params={{ projectId: project }} className={link}>
        saved insights
      </Link>
      {dashboard && (
        <>
          {" "}
          and on{" "}
          <Link
            to="/p/$projectId/dashboards/$dashboardId"
            params={{ projectId: project, dashboardId: dashboard.id }}
            className={link}
          >
            {dashboard.name}
          </Link>
        </>
      )}
      .
    </p>
  );
}
