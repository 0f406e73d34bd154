import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Button } from "@/components/button";
import { Card, PageHead } from "@/components/card";
import { Search } from "@/components/search";
import { Empty, Failure, Loading } from "@/components/states";
import { ask } from "@/lib/api";
import { ALL_TIME } from "@/lib/ranges";
import { complete } from "../query/filter";
import { Filters } from "../query/filters";
import { EventPicker } from "../query/pickers";
import { Sign } from "../live/sign";
import { EVERY, useLive } from "../live/use-live";
import { type Event, keyOf, merged } from "./event";
import { EventRow } from "./event-row";
import type { EventsSearch } from "./search";

/** Milliseconds between two looks at what is stored, while one is told what happens. */
const TOLD_EVERY = 15_000;

/** What arrived, newest first, with everything that was sent. */
export function EventsPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const search = useSearch({ from: "/p/$projectId/events" });
  const navigate = useNavigate({ from: "/p/$projectId/events" });
  const change = (next: Partial<EventsSearch>) => navigate({ search: (old) => ({ ...old, ...next }) });
  const filters = complete(search.filters);
  const params = {
    ...ALL_TIME,
    limit: 50,
    ...(search.event && { event: search.event }),
    ...(search.distinct_id && { distinct_id: search.distinct_id }),
    ...(filters.length && { filters }),
  };
  // The stream is asked for names (with commas between) and persons; what properties say the query API judges.
  const isListening = search.follow && filters.length === 0 && !search.event?.includes(",");
  const told = useLive(projectId, {
    isOn: isListening,
    event: search.event,
    distinctId: search.distinct_id,
  });
  const status = isListening ? told.status : "unavailable";
  const { data, error, fetchNextPage, hasNextPage, isFetching, refetch } = useInfiniteQuery({
    queryKey: ["events", projectId, params],
    queryFn: ({ signal, pageParam }) =>
      ask<{ events: Event[]; next: string | null }>(
        projectId,
        "events",
        { ...params, refresh: true, ...(pageParam && { cursor: pageParam }) },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.result.next,
    refetchInterval: search.follow && (status === "unavailable" ? EVERY : TOLD_EVERY),
  });
  const stored = data?.pages.flatMap((page) => page.result.events) ?? [];
  const events = isListening ? merged(told.events, stored) : stored;

  function toggle(event: Event) {
    const isOpen = search.uuid === event.uuid;
    change({ uuid: isOpen ? undefined : event.uuid });
    if (!isOpen && !event.derived) void refetch();
  }

  return (
    <>
      <PageHead title="Events">
        {search.follow && <Sign status={status} />}
        <Button
          look={search.follow ? "primary" : "plain"}
          aria-pressed={search.follow}
          onClick={() => change({ follow: !search.follow })}
        >
          <span
            className={`size-2 rounded-full ${search.follow ? "animate-pulse bg-accent-ink" : "bg-faint"}`}
            aria-hidden
          />
          {search.follow ? "Following" : "Follow"}
        </Button>
      </PageHead>
      <Card className="mb-4">
        <div className="flex flex-wrap items-center gap-2">
          <EventPicker
            project={projectId}
            value={search.event ?? null}
            onChoose={(event) => change({ event: event ?? undefined })}
          />
          <Search
            label="Person"
            placeholder="Person (distinct_id)"
            value={search.distinct_id ?? ""}
            onSearch={(distinct_id) => change({ distinct_id: distinct_id || undefined })}
          />
          <Filters
            project={projectId}
            filters={search.filters}
            onChange={(next) => change({ filters: next })}
          />
        </div>
      </Card>
      <Card>
        {error ? (
          <Failure error={error} again={() => void refetch()} />
        ) : !data ? (
          <Loading />
        ) : events.length === 0 ? (
          <Empty
            title={filters.length || search.event || search.distinct_id ? "No such events" : "No events yet"}
          >
            They show up here as soon as they arrive.
          </Empty>
        ) : (
          <table className="w-full table-fixed">
            <thead>
              <tr className="text-left text-xs text-faint">
                <th className="px-2 pb-2 font-medium">Event</th>
                <th className="px-2 pb-2 font-medium">Person</th>
                <th className="hidden px-2 pb-2 font-medium lg:table-cell">Page</th>
                <th className="w-24 px-2 pb-2 text-right font-medium">Time</th>
              </tr>
            </thead>
            <tbody>
              {events.map((event) => (
                <EventRow
                  key={keyOf(event)}
                  project={projectId}
                  event={event}
                  isOpen={search.uuid === event.uuid}
                  onToggle={() => toggle(event)}
                />
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
