import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Ago } from "@/components/ago";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { Confirm } from "@/components/confirm";
import { Copied } from "@/components/copied";
import { Empty, Failure, Loading } from "@/components/states";
import type { components } from "@/api/auth";
import { call } from "@/lib/api";
import { moment } from "@/lib/format";
import { NewKey, type Wanted } from "./new-key";

type Key = components["schemas"]["KeyResponse"];

const MAY: Record<string, string> = { capture: "send events", read: "ask questions" };

/** The keys that programs use: made, shown once, revoked. */
export function Keys({ project, mayManage }: { project: string; mayManage: boolean }) {
  const client = useQueryClient();
  const path = `/auth/api/projects/${project}/api-keys`;
  const keys = useQuery({
    queryKey: ["keys", project],
    queryFn: ({ signal }) => call<Key[]>(path, { signal }),
  });
  const reload = () => client.invalidateQueries({ queryKey: ["keys", project] });
  const [made, setMade] = useState<string>();
  const [revoking, setRevoking] = useState<Key>();
  const create = useMutation({
    mutationFn: (body: Wanted) => call<{ api_key: string }>(path, { body }),
    onSuccess: (key) => {
      setMade(key.api_key);
      return reload();
    },
  });
  const revoke = useMutation({
    mutationFn: (id: string) => call(`${path}/${id}`, { method: "DELETE" }),
    onSuccess: () => {
      setRevoking(undefined);
      return reload();
    },
  });
  return (
    <Card title="API keys">
      {made && (
        <div role="status" className="mb-3 space-y-2 rounded-md bg-accent-wash p-3">
          <code className="block break-all">{made}</code>
          <p className="text-xs text-soft">Keep it now: it is shown this once.</p>
          <Copied text={made}>Copy the key</Copied>
        </div>
      )}
      {keys.error ? (
        <Failure error={keys.error} again={() => void keys.refetch()} />
      ) : !keys.data ? (
        <Loading height="h-24" />
      ) : keys.data.length === 0 ? (
        <Empty title="No keys yet">Programs need one to send events or to ask questions.</Empty>
      ) : (
        <ul className="divide-y divide-line">
          {keys.data.map((key) => (
            <li key={key.id} className="flex items-center justify-between gap-3 py-2">
              <span className="min-w-0">
                <span className="font-medium">{key.name || "unnamed"}</span>{" "}
                <code className="text-xs text-faint">{key.key_prefix}…</code>
                <span className="block text-xs text-soft">
                  may {key.scopes.map((scope) => MAY[scope] ?? scope).join(" and ")}
                  {key.allowed_domains.length > 0 && ` from ${key.allowed_domains.join(", ")}`}
                  {" · "}
                  {key.last_used_at ? (
                    <>
                      used <Ago at={key.last_used_at} />
                    </>
                  ) : (
                    "never used"
                  )}
                  {key.expires_at && ` · expires ${moment(key.expires_at)}`}
                </span>
              </span>
              {mayManage && (
                <Button
                  look="danger"
                  aria-label={`Revoke ${key.name || key.key_prefix}`}
                  onClick={() => setRevoking(key)}
                >
                  Revoke
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {mayManage ? (
        <NewKey isBusy={create.isPending} onCreate={(wanted) => create.mutate(wanted)} />
      ) : (
        <p className="mt-3 border-t border-line pt-3 text-soft">
          Only owners and admins create and revoke keys.
        </p>
      )}
      {create.error && (
        <p role="alert" className="mt-2 text-bad">
          {create.error.message}
        </p>
      )}
      {revoking && (
        <Confirm
          title={`Revoke “${revoking.name || revoking.key_prefix}”?`}
          action="Revoke"
          error={revoke.error}
          isBusy={revoke.isPending}
          onConfirm={() => revoke.mutate(revoking.id)}
          onClose={() => setRevoking(undefined)}
        >
          Whoever uses it is refused at once. It cannot be taken back.
        </Confirm>
      )}
    </Card>
  );
}
