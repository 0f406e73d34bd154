import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { LoaderCircle } from "lucide-react";
import { useState } from "react";
import { Ago } from "@/components/ago";
import { Button } from "@/components/button";
import { Card, PageHead } from "@/components/card";
import { Copied } from "@/components/copied";
import { Failure } from "@/components/states";
import { ask, call } from "@/lib/api";
import { useRights } from "@/lib/projects";
import { ALL_TIME } from "@/lib/ranges";
import type { Event } from "../events/event";
import { Properties } from "../events/properties";
import { SnippetCard } from "./snippet-card";

/** From nothing to the first event: a key, a snippet, and the event itself as it arrives. */
export function ConnectPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const [key, setKey] = useState<string>();
  return (
    <>
      <PageHead title="Connect" />
      <div className="grid items-start grid-cols-1 gap-4 xl:grid-cols-[3fr_2fr]">
        <div className="min-w-0 space-y-4">
          <KeyCard project={projectId} value={key} onMade={setKey} />
          <SnippetCard apiKey={key} />
        </div>
        <Waiting project={projectId} />
      </div>
    </>
  );
}

function KeyCard({
  project,
  value,
  onMade,
}: {
  project: string;
  value: string | undefined;
  onMade: (key: string) => void;
}) {
  const { mayManage } = useRights(project);
  const create = useMutation({
    mutationFn: () =>
      call<{ api_key: string }>(`/auth/api/projects/${project}/api-keys`, {
        body: { name: "Connect page", scopes: ["capture"] },
      }),
    onSuccess: (made) => onMade(made.api_key),
  });
  return (
    <Card title="1. A key">
      {value ? (
        <div className="flex flex-wrap items-center gap-3">
          <code className="rounded bg-raised px-2 py-1 break-all">{value}</code>
          <Copied text={value}>Copy the key</Copied>
          <p className="w-full text-soft">Keep it now: it is shown this once. It may only send events.</p>
        </div>
      ) : (
        <div className="flex flex-wrap items-center gap-3">
          <Button look="primary" onClick={() => create.mutate()} disabled={create.isPending || !mayManage}>
            Create a key
          </Button>
          <p className="text-soft">
            {mayManage
              ? "It may send events to this project, and nothing else."
              : "Only owners and admins create keys: ask one of them."}
          </p>
        </div>
      )}
      {create.error && (
        <p role="alert" className="mt-2 text-bad">
          {create.error.message}
        </p>
      )}
    </Card>
  );
}

/** Looks for the newest event until there is one, and goes on looking. */
function Waiting({ project }: { project: string }) {
  const { data, error, refetch } = useQuery({
    queryKey: ["newest", project],
    queryFn: ({ signal }) =>
      ask<{ events: Event[] }>(project, "events", { ...ALL_TIME, limit: 1, refresh: true }, signal),
    refetchInterval: 1_000,
  });
  const event = data?.result.events[0];
  if (!event && error) {
    return (
      <Card title="3. See it arrive">
        <Failure error={error} again={() => void refetch()} />
      </Card>
    );
  }
  if (!event) {
    return (
      <Card title="3. See it arrive">
        <div className="flex min-h-48 flex-col items-center justify-center gap-2 text-center" role="status">
          <LoaderCircle className="size-6 animate-spin text-accent" aria-hidden />
          <p className="font-medium">Waiting for your first event …</p>
          <p className="text-soft">It shows up here a moment after it was sent.</p>
        </div>
      </Card>
    );
  }
  return (
    <Card title="3. See it arrive">
      <p role="status" className="mb-3">
        <span className="block font-medium text-good">There it is.</span>
        <strong>{event.event}</strong> by <span className="break-all">{event.distinct_id}</span>,{" "}
        <Ago at={event.timestamp} />
      </p>
      <Properties of={event.properties} />
      <div className="mt-4 flex flex-wrap gap-4">
        <Link
          to="/p/$projectId/trends"
          params={{ projectId: project }}
          search={{ series: [{ event: event.event }] }}
          className="font-medium text-accent underline"
        >
          See it in a trend
        </Link>
        <Link
          to="/p/$projectId/events"
          params={{ projectId: project }}
          search={{ uuid: event.uuid, follow: true }}
          className="font-medium text-accent underline"
        >
          Watch more arrive
        </Link>
      </div>
    </Card>
  );
}
