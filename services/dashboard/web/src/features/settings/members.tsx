import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { z } from "zod";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { Confirm } from "@/components/confirm";
import { Choice, Field } from "@/components/field";
import { Failure, Loading } from "@/components/states";
import type { components } from "@/api/auth";
import { call } from "@/lib/api";
import { emailField, useForm } from "@/lib/form";

type Role = "owner" | "admin" | "member" | "viewer";
type Member = components["schemas"]["MemberResponse"] & { role: Role };

const schema = z.object({ email: emailField });

const ROLES = [
  ["viewer", "viewer: looks"],
  ["member", "member: saves"],
  ["admin", "admin: manages"],
] as const;

/** Who belongs to the project, and what they may do. */
export function Members({ project, mayManage }: { project: string; mayManage: boolean }) {
  const client = useQueryClient();
  const path = `/auth/api/projects/${project}/members`;
  const members = useQuery({
    queryKey: ["members", project],
    queryFn: ({ signal }) => call<Member[]>(path, { signal }),
  });
  const [role, setRole] = useState<Exclude<Role, "owner">>("member");
  const [removing, setRemoving] = useState<string>();
  const change = useMutation({
    mutationFn: ({ method, ...body }: { method: string; email: string; role?: Role }) =>
      call(path, { method, body }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["members", project] }),
  });
  const { errors, form } = useForm(schema, ({ email }, element) =>
    change.mutate({ method: "POST", email, role }, { onSuccess: () => element.reset() }),
  );

  return (
    <Card title="Members">
      {members.error ? (
        <Failure error={members.error} again={() => void members.refetch()} />
      ) : !members.data ? (
        <Loading height="h-24" />
      ) : (
        <ul className="divide-y divide-line">
          {members.data.map((member) => (
            <li
              key={member.email}
              className="flex min-h-12 flex-wrap items-center justify-between gap-x-3 gap-y-1 py-2"
            >
              <span className="min-w-32 flex-1 truncate" title={member.email}>
                {member.email}
              </span>
              {!mayManage || member.role === "owner" ? (
                <span className="text-soft">{member.role}</span>
              ) : (
                <span className="flex shrink-0 gap-2">
                  <Choice
                    className="w-40"
                    label={`Role of ${member.email}`}
                    value={member.role}
                    values={ROLES}
                    onChoose={(next) => change.mutate({ method: "PATCH", email: member.email, role: next })}
                  />
                  <Button
                    look="danger"
                    aria-label={`Remove ${member.email}`}
                    onClick={() => setRemoving(member.email)}
                  >
                    Remove
                  </Button>
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {mayManage && (
        <form {...form} className="mt-3 flex flex-wrap items-start gap-3 border-t border-line pt-3">
          <Field label="E-mail" name="email" type="email" className="min-w-48 flex-1" error={errors.email} />
          <Choice label="Role" shown value={role} values={ROLES} onChoose={setRole} />
          <Button look="primary" type="submit" className="mt-[1.2rem]" disabled={change.isPending}>
            Add
          </Button>
        </form>
      )}
      {removing && (
        <Confirm
          title={`Remove ${removing}?`}
          action="Remove"
          error={change.error}
          isBusy={change.isPending}
          onConfirm={() =>
            change.mutate({ method: "DELETE", email: removing }, { onSuccess: () => setRemoving(undefined) })
          }
          onClose={() => setRemoving(undefined)}
        >
          They see nothing of this project any more. Keys that they made stay.
        </Confirm>
      )}
      {change.error && !removing && (
        <p role="alert" className="mt-2 text-bad">
          {change.error.message}
        </p>
      )}
    </Card>
  );
}
