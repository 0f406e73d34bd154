import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { z } from "zod";
import { Button } from "@/components/button";
import { Field } from "@/components/field";
import { nameField, useForm } from "@/lib/form";
import { createProject, projectsQuery } from "@/lib/projects";

const schema = z.object({ name: nameField(100) });

/** The first project, or one more. */
export function NewProjectPage() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const { data: projects } = useQuery(projectsQuery);
  const create = useMutation({
    mutationFn: createProject,
    onSuccess: async (project) => {
      await client.invalidateQueries(projectsQuery);
      await navigate({ to: "/p/$projectId/connect", params: { projectId: project.id } });
    },
  });
  const { errors, form } = useForm(schema, ({ name }) => create.mutate(name));

  return (
    <main className="flex min-h-full items-center justify-center p-4">
      <form
        {...form}
        className="w-full max-w-sm space-y-4 rounded-card border border-line bg-surface p-6 shadow-sm"
      >
        <h1 className="text-lg font-semibold">Create a project</h1>
        <p className="text-soft">A project holds the events of one product. Its keys reach no other.</p>
        <Field label="Name" name="name" autoFocus error={errors.name ?? create.error?.message} />
        <Button look="primary" type="submit" className="w-full" disabled={create.isPending}>
          Create project
        </Button>
        {!!projects?.length && (
          <p className="text-center">
            <Link to="/" className="text-accent underline">
              Back
            </Link>
          </p>
        )}
      </form>
    </main>
  );
}
