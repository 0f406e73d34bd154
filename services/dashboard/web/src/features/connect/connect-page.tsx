import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { Button } from "@/components/button";
import { Card, PageHead } from "@/components/card";
import { Empty } from "@/components/states";
import { ask, call } from "@/lib/api";
import { ago } from "@/lib/format";
import { surroundingsQuery } from "@/lib/projects";
import { SNIPPETS } from "./snippets";

interface Seen {
  events: { uuid: string; event: string; distinct_id: string; timestamp: string; properties: object }[];
}

/** From nothing to the first event: a key, a snippet, and the event itself as it arrives. */
export function ConnectPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const { data: surroundings } = useQuery(surroundingsQuery);
  const [key, setKey] = useState<string>();
  const [chosen, setChosen] = useState(0);
  const create = useMutation({
    mutationFn: () =>
      call<{ api_key: string }>(`/auth/api/projects/${projectId}/api-keys`, {
        body: { name: "Connect page", scopes: ["capture"] },
      }),
    onSuccess: (made) => setKey(made.api_key),
  });
  const snippet = SNIPPETS[chosen];
  const code = snippet?.code(surroundings?.capture_url ?? "", key ?? "YOUR_KEY") ?? "";
  return (
    <>
      <PageHead title="Connect" />
      <div className="grid gap-4 xl:grid-cols-2">
        <Card title="1. A key">
          {key ? (
            <p>
              <code className="rounded bg-raised px-2 py-1 break-all">{key}</code>
              <span className="mt-2 block text-soft">
                Keep it now: it is shown this once. It may only send events.
              </span>
            </p>
          ) : (
            <div className="space-y-2">
              <p className="text-soft">A key that may send events to this project, and nothing else.</p>
              <Button look="primary" onClick={() => create.mutate()} disabled={create.isPending}>
                Create a key
              </Button>
              {create.error && <p className="text-bad">{create.error.message}</p>}
            </div>
          )}
        </Card>
        <Waiting project={projectId} />
        <Card title="2. Send an event" className="xl:col-span-2">
          <div role="tablist" aria-label="Ways to send" className="mb-3 flex flex-wrap gap-1">
            {SNIPPETS.map((one, index) => (
              <button
                key={one.name}
                type="button"
                role="tab"
                aria-selected={index === chosen}
                onClick={() => setChosen(index)}
                className={`rounded-md px-2.5 py-1 ${index === chosen ? "bg-accent-wash font-medium text-accent" : "text-soft hover:bg-raised"}`}
              >
                {one.name}
              </button>
            ))}
          </div>
          <pre className="overflow-x-auto rounded-md bg-raised p-3 text-xs leading-relaxed">
            <code>{code}</code>
          </pre>
          <Button className="mt-3" onClick={() => navigator.clipboard?.writeText(code)}>
            Copy
          </Button>
        </Card>
      </div>
    </>
  );
}

/** Looks for the newest event until there is one, and goes on looking. */
function Waiting({ project }: { project: string }) {
  const { data } = useQuery({
    queryKey: ["newest", project],
    queryFn: ({ signal }) => ask<Seen>(project, "events", { limit: 1, refresh: true }, signal),
    refetchInterval: 1_000,
  });
  const event = data?.result.events[0];
  return (
    <Card title="3. See it arrive">
      {event ? (
        <div role="status">
          <p className="font-medium text-good">There it is.</p>
          <p className="mt-1">
            <strong>{event.event}</strong> by <span className="break-all">{event.distinct_id}</span>,{" "}
            {ago(event.timestamp)}
          </p>
          <pre className="mt-2 max-h-40 overflow-auto rounded-md bg-raised p-2 text-xs">
            {JSON.stringify(event.properties, null, 2)}
          </pre>
          <Link
            to="/p/$projectId/trends"
            params={{ projectId: project }}
            className="mt-2 inline-block text-accent underline"
          >
            See it in a trend
          </Link>
        </div>
      ) : (
        <Empty title="Waiting for your first event …">It shows up here a moment after it was sent.</Empty>
      )}
    </Card>
  );
}
