import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Card, PageHead } from "@/components/card";
import { Choice, Field } from "@/components/field";
import { Failure, Loading } from "@/components/states";
import { call } from "@/lib/api";
import { ago } from "@/lib/format";
import { projectsQuery } from "@/lib/projects";

interface Key {
  id: string;
  key_prefix: string;
  name: string | null;
  scopes: string[];
  allowed_domains: string[] | null;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
}

interface Member {
  email: string;
  role: Role;
}

type Role = "owner" | "admin" | "member" | "viewer";

/** Keys and members of the project. */
export function SettingsPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const project = projects.find((one) => one.id === projectId);
  return (
    <>
      <PageHead title="Settings" />
      <p className="mb-4 text-soft">
        {project?.name} · <code>{project?.slug}</code> · you are {project?.role}
      </p>
      <div className="grid gap-4 xl:grid-cols-2">
        <Keys project={projectId} />
        <Members project={projectId} />
      </div>
    </>
  );
}

function Keys({ project }: { project: string }) {
  const client = useQueryClient();
  const path = `/auth/api/projects/${project}/api-keys`;
  const keys = useQuery({
    queryKey: ["keys", project],
    queryFn: ({ signal }) => call<Key[]>(path, { signal }),
  });
  const reload = () => client.invalidateQueries({ queryKey: ["keys", project] });
  const [made, setMade] = useState<string>();
  const [scope, setScope] = useState<"capture" | "read">("capture");
  const create = useMutation({
    mutationFn: (body: object) => call<{ api_key: string }>(path, { body }),
    onSuccess: (key) => {
      setMade(key.api_key);
      void reload();
    },
  });
  const revoke = useMutation({
    mutationFn: (id: string) => call(`${path}/${id}`, { method: "DELETE" }),
    onSuccess: reload,
  });

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const domains = String(form.get("domains") ?? "")
      .split(/[\s,]+/)
      .filter(Boolean);
    create.mutate({
      name: String(form.get("name")),
      scopes: [scope],
      ...(domains.length && { allowed_domains: domains }),
    });
    event.currentTarget.reset();
  }

  return (
    <Card title="API keys">
      {made && (
        <p role="status" className="mb-3 rounded-md bg-accent-wash p-3">
          <code className="break-all">{made}</code>
          <span className="block text-xs text-soft">Keep it now: it is shown this once.</span>
        </p>
      )}
      {keys.error ? (
        <Failure error={keys.error} again={() => void keys.refetch()} />
      ) : !keys.data ? (
        <Loading height="h-24" />
      ) : (
        <ul className="mb-4 divide-y divide-line">
          {keys.data.map((key) => (
            <li key={key.id} className="flex items-center justify-between gap-3 py-2">
              <span>
                <span className="font-medium">{key.name ?? "unnamed"}</span>{" "}
                <code className="text-xs text-faint">{key.key_prefix}…</code>
                <span className="block text-xs text-soft">
                  may {key.scopes.join(", ")}
                  {key.allowed_domains?.length ? ` from ${key.allowed_domains.join(", ")}` : ""} ·{" "}
                  {key.last_used_at ? `used ${ago(key.last_used_at)}` : "never used"}
                </span>
              </span>
              <Button
                look="danger"
                onClick={() =>
                  confirm("Revoke this key? Whoever uses it is refused at once.") && revoke.mutate(key.id)
                }
              >
                Revoke
              </Button>
            </li>
          ))}
        </ul>
      )}
      {revoke.error && <p className="text-bad">{revoke.error.message}</p>}
      <form onSubmit={submit} className="flex flex-wrap items-end gap-2 border-t border-line pt-3">
        <Field label="Name" name="name" required className="w-40" />
        <Choice
          label="May"
          shown
          value={scope}
          values={[
            ["capture", "send events"],
            ["read", "ask questions"],
          ]}
          onChoose={setScope}
        />
        <Field label="Only from these domains" name="domains" placeholder="any" className="w-48" />
        <Button look="primary" type="submit" disabled={create.isPending}>
          Create key
        </Button>
      </form>
      {create.error && <p className="mt-2 text-bad">{create.error.message}</p>}
    </Card>
  );
}

function Members({ project }: { project: string }) {
  const client = useQueryClient();
  const path = `/auth/api/projects/${project}/members`;
  const members = useQuery({
    queryKey: ["members", project],
    queryFn: ({ signal }) => call<Member[]>(path, { signal }),
  });
  const [role, setRole] = useState<Exclude<Role, "owner">>("member");
  const change = useMutation({
    mutationFn: ({ method, ...body }: { method: string; email: string; role?: Role }) =>
      call(path, { method, body }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["members", project] }),
  });

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    change.mutate({ method: "POST", email: String(new FormData(event.currentTarget).get("email")), role });
    event.currentTarget.reset();
  }

  return (
    <Card title="Members">
      {members.error ? (
        <Failure error={members.error} again={() => void members.refetch()} />
      ) : !members.data ? (
        <Loading height="h-24" />
      ) : (
        <ul className="mb-4 divide-y divide-line">
          {members.data.map((member) => (
            <li key={member.email} className="flex items-center justify-between gap-3 py-2">
              <span className="truncate">
                {member.email} <span className="text-xs text-soft">{member.role}</span>
              </span>
              {member.role !== "owner" && (
                <Button
                  look="danger"
                  onClick={() => change.mutate({ method: "DELETE", email: member.email })}
                >
                  Remove
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      <form onSubmit={submit} className="flex flex-wrap items-end gap-2 border-t border-line pt-3">
        <Field label="E-mail of an account" name="email" type="email" required className="w-60" />
        <Choice
          label="Role"
          shown
          value={role}
          values={[
            ["viewer", "viewer"],
            ["member", "member"],
            ["admin", "admin"],
          ]}
          onChoose={setRole}
        />
        <Button look="primary" type="submit" disabled={change.isPending}>
          Add
        </Button>
      </form>
      {change.error && <p className="mt-2 text-bad">{change.error.message}</p>}
    </Card>
  );
}
