import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { z } from "zod";
import { AskName } from "@/components/ask-name";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { Copied } from "@/components/copied";
import { Field } from "@/components/field";
import { Modal } from "@/components/modal";
import { useForm } from "@/lib/form";
import { type Project, projectsQuery, removeProject, renameProject } from "@/lib/projects";

/** What the project is called and known by; renamed here, and removed. */
export function ProjectCard({ project, mayManage }: { project: Project; mayManage: boolean }) {
  const client = useQueryClient();
  const [asked, setAsked] = useState<"rename" | "remove">();
  const rename = useMutation({
    mutationFn: (name: string) => renameProject(project.id, name),
    onSuccess: async () => {
      await client.invalidateQueries(projectsQuery);
      setAsked(undefined);
    },
  });
  return (
    <Card>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="min-w-0">
          <span className="font-semibold">{project.name}</span>{" "}
          <span className="text-soft">· you are {project.role}</span>
          <code className="block text-xs break-all text-faint">
            {project.slug} · {project.id}
          </code>
        </p>
        <div className="flex flex-wrap gap-2">
          <Copied text={project.id}>Copy the id</Copied>
          {mayManage && <Button onClick={() => setAsked("rename")}>Rename</Button>}
          {project.role === "owner" && (
            <Button look="danger" onClick={() => setAsked("remove")}>
              Remove project
            </Button>
          )}
        </div>
      </div>
      {asked === "rename" && (
        <AskName
          title="Rename this project"
          action="Rename"
          name={project.name}
          error={rename.error}
          isBusy={rename.isPending}
          onName={(name) => rename.mutate(name)}
          onClose={() => setAsked(undefined)}
        />
      )}
      {asked === "remove" && <Removal project={project} onClose={() => setAsked(undefined)} />}
    </Card>
  );
}

/** Asks for the project's name, so that nobody removes one by a slip. */
function Removal({ project, onClose }: { project: Project; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => removeProject(project.id),
    onSuccess: async () => {
      client.setQueryData(projectsQuery.queryKey, (old) => old?.filter((one) => one.id !== project.id));
      await navigate({ to: "/" });
    },
  });
  const schema = z.object({ name: z.literal(project.name, `Type ${project.name} to go on.`) });
  const { errors, form } = useForm(schema, () => remove.mutate());
  return (
    <Modal title={`Remove “${project.name}”?`} onClose={onClose} isNarrow>
      <form {...form} className="space-y-4">
        <p className="text-soft">
          Its keys are refused within a second, and nobody sees its events, dashboards and insights any more.
          This cannot be taken back.
        </p>
        <Field
          label={`Type ${project.name} to go on`}
          name="name"
          autoComplete="off"
          autoFocus
          error={errors.name ?? remove.error?.message}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="destructive" type="submit" disabled={remove.isPending}>
            Remove project
          </Button>
        </div>
      </form>
    </Modal>
  );
}
