import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Fragment, useState } from "react";
import { Button } from "@/components/button";
import { Card, PageHead } from "@/components/card";
import { Empty, Failure, Loading } from "@/components/states";
import { ask } from "@/lib/api";
import { ago } from "@/lib/format";
import { EventPicker } from "../query/pickers";
import { Trace } from "./trace";

export interface StoredEvent {
  uuid: string;
  event: string;
  distinct_id: string;
  timestamp: string;
  received_at: string;
  properties: Record<string, unknown>;
  derived: Record<string, unknown>;
}

/** What arrived, newest first, with everything that was sent. */
export function EventsPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const search = useSearch({ from: "/p/$projectId/events" });
  const navigate = useNavigate({ from: "/p/$projectId/events" });
  const [isFollowing, setFollowing] = useState(false);
  const [open, setOpen] = useState<string | undefined>(search.uuid);
  const params = {
    limit: 50,
    ...(search.event && { event: search.event }),
    ...(search.distinct_id && { distinct_id: search.distinct_id }),
  };
  const { data, error, fetchNextPage, hasNextPage, isFetching, refetch } = useInfiniteQuery({
    queryKey: ["events", projectId, params],
    queryFn: ({ signal, pageParam }) =>
      ask<{ events: StoredEvent[]; next: string | null }>(
        projectId,
        "events",
        { ...params, refresh: true, ...(pageParam && { cursor: pageParam }) },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.result.next,
    refetchInterval: isFollowing ? 2_000 : false,
  });
  const events = data?.pages.flatMap((page) => page.result.events) ?? [];
  return (
    <>
      <PageHead title="Events">
        <EventPicker
          project={projectId}
          value={search.event ?? null}
          onChoose={(event) => navigate({ search: (old) => ({ ...old, event: event ?? undefined }) })}
        />
        <input
          aria-label="Person"
          placeholder="Person (distinct_id)"
          className="h-8 w-52 rounded-md border border-line bg-surface px-2.5 placeholder:text-faint"
          defaultValue={search.distinct_id ?? ""}
          onKeyDown={(event) =>
            event.key === "Enter" &&
            navigate({ search: (old) => ({ ...old, distinct_id: event.currentTarget.value || undefined }) })
          }
        />
        <Button
          look={isFollowing ? "primary" : "plain"}
          aria-pressed={isFollowing}
          onClick={() => setFollowing(!isFollowing)}
        >
          {isFollowing ? "Following" : "Follow"}
        </Button>
      </PageHead>
      <Card>
        {error ? (
          <Failure error={error} again={() => void refetch()} />
        ) : !data ? (
          <Loading />
        ) : events.length === 0 ? (
          <Empty title="No events yet">They show up here as soon as they arrive.</Empty>
        ) : (
          <table className="w-full table-fixed">
            <thead>
              <tr className="text-left text-xs text-faint">
                <th className="w-40 p-2 font-medium">Time</th>
                <th className="p-2 font-medium">Event</th>
                <th className="p-2 font-medium">Person</th>
              </tr>
            </thead>
            <tbody>
              {events.map((event) => (
                <Fragment key={`${event.uuid}${event.distinct_id}`}>
                  <tr className="border-t border-line">
                    <td className="p-2 text-soft" title={event.timestamp}>
                      {ago(event.timestamp)}
                    </td>
                    <td className="truncate p-2 font-medium">
                      <button
                        type="button"
                        aria-expanded={open === event.uuid}
                        className="max-w-full truncate text-left hover:underline"
                        onClick={() => setOpen(open === event.uuid ? undefined : event.uuid)}
                      >
                        {event.event}
                      </button>
                    </td>
                    <td className="truncate p-2 text-soft">{event.distinct_id}</td>
                  </tr>
                  {open === event.uuid && (
                    <tr>
                      <td colSpan={3} className="bg-raised p-4">
                        <Details project={projectId} event={event} />
                      </td>
                    </tr>
                  )}
                </Fragment>
              ))}
            </tbody>
          </table>
        )}
        {hasNextPage && (
          <div className="mt-3 text-center">
            <Button onClick={() => fetchNextPage()} disabled={isFetching}>
              Older events
            </Button>
          </div>
        )}
      </Card>
    </>
  );
}

function Details({ project, event }: { project: string; event: StoredEvent }) {
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <div>
        <h3 className="mb-1 text-xs font-semibold text-faint">Properties, as sent</h3>
        <pre className="max-h-80 overflow-auto text-xs">{JSON.stringify(event.properties, null, 2)}</pre>
        <h3 className="mt-3 mb-1 text-xs font-semibold text-faint">Derived</h3>
        <pre className="max-h-60 overflow-auto text-xs">{JSON.stringify(event.derived, null, 2)}</pre>
      </div>
      <Trace project={project} uuid={event.uuid} distinctId={event.distinct_id} />
    </div>
  );
}
