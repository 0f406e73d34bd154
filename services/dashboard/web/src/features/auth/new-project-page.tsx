import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { Button } from "@/components/button";
import { Field } from "@/components/field";
import { createProject, projectsQuery } from "@/lib/projects";

/** The first project, or one more. */
export function NewProjectPage() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const create = useMutation({
    mutationFn: createProject,
    onSuccess: async (project) => {
      await client.invalidateQueries(projectsQuery);
      await navigate({ to: "/p/$projectId/connect", params: { projectId: project.id } });
    },
  });

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    create.mutate(String(new FormData(event.currentTarget).get("name")));
  }

  return (
    <main className="flex min-h-full items-center justify-center p-4">
      <form
        onSubmit={submit}
        className="w-full max-w-sm space-y-4 rounded-card border border-line bg-surface p-6"
      >
        <h1 className="text-lg font-semibold">Create a project</h1>
        <p className="text-soft">A project holds the events of one product. Its keys reach no other.</p>
        <Field label="Name" name="name" required maxLength={100} autoFocus error={create.error?.message} />
        <Button look="primary" type="submit" className="w-full" disabled={create.isPending}>
          Create project
        </Button>
      </form>
    </main>
  );
}
