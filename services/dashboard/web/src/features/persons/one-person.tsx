import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import { Button } from "@/components/button";
import { Card, PageHead } from "@/components/card";
import { Empty, Failure, Loading } from "@/components/states";
import { ask } from "@/lib/api";
import { day, moment, number } from "@/lib/format";
import { ALL_TIME } from "@/lib/ranges";
import type { Event } from "../events/event";
import { Properties } from "../events/properties";
import type { Person } from "./everybody";

/** One person: properties, and everything they did. */
export function OnePerson({ distinctId }: { distinctId: string }) {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const who = useQuery({
    queryKey: ["person", projectId, distinctId],
    queryFn: ({ signal }) => {
      const filters = [{ property: "distinct_id", op: "exact", value: distinctId }];
      return ask<{ persons: Person[] }>(projectId, "persons", { ...ALL_TIME, filters, limit: 1 }, signal);
    },
  });
  const person = who.data?.result.persons[0];
  return (
    <>
      <PageHead title={<span className="break-all">{distinctId}</span>}>
        <Link
          to="/p/$projectId/persons"
          params={{ projectId }}
          className="inline-flex items-center gap-1 text-accent hover:underline"
        >
          <ChevronLeft className="size-4" aria-hidden /> All persons
        </Link>
      </PageHead>
      <div className="grid items-start grid-cols-1 gap-4 lg:grid-cols-3">
        <Card title="Who it is">
          {who.error ? (
            <Failure error={who.error} again={() => void who.refetch()} />
          ) : person ? (
            <>
              <dl className="mb-4 space-y-1">
                <Fact name="first seen" value={moment(person.first_seen)} />
                <Fact name="last seen" value={moment(person.last_seen)} />
                <Fact name="events" value={number(person.events)} />
              </dl>
              <h3 className="mb-1 text-xs font-semibold text-faint">Properties</h3>
              <Properties of={person.properties} />
            </>
          ) : who.data ? (
            <Empty title="Nobody by this name" />
          ) : (
            <Loading height="h-24" />
          )}
        </Card>
        <Card title="Time line" className="lg:col-span-2">
          <Story project={projectId} distinctId={distinctId} />
        </Card>
      </div>
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div className="flex justify-between gap-4">
      <dt className="text-soft">{name}</dt>
      <dd className="tabular text-right">{value}</dd>
    </div>
  );
}

function Story({ project, distinctId }: { project: string; distinctId: string }) {
  const { data, error, fetchNextPage, hasNextPage, refetch } = useInfiniteQuery({
    queryKey: ["story", project, distinctId],
    queryFn: ({ signal, pageParam }) =>
      ask<{ events: Event[]; next: string | null }>(
        project,
        "events",
        { ...ALL_TIME, distinct_id: distinctId, limit: 100, ...(pageParam && { cursor: pageParam }) },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.result.next,
  });
  if (error) return <Failure error={error} again={() => void refetch()} />;
  if (!data) return <Loading />;
  const events = data.pages.flatMap((page) => page.result.events);
  if (events.length === 0) return <Empty title="Nothing happened yet" />;
  const days = grouped(events);
  return (
    <>
      {[...days].map(([name, those]) => (
        <section key={name} className="mb-4">
          <h3 className="mb-2 text-xs font-semibold text-faint">{name}</h3>
          <ol className="ml-1.5 border-l-2 border-line pl-4">
            {those.map((event) => (
              <li key={event.uuid} className="relative flex justify-between gap-4 pb-1.5">
                <span
                  className="absolute top-1.5 -left-[1.36rem] size-2.5 rounded-full bg-accent"
                  aria-hidden
                />
                <Link
                  to="/p/$projectId/events"
                  params={{ projectId: project }}
                  search={{ distinct_id: distinctId, uuid: event.uuid }}
                  className="min-w-0 truncate hover:underline"
                >
                  <span className="font-medium">{event.event}</span>{" "}
                  <span className="text-soft">{String(event.properties.$pathname ?? "")}</span>
                </Link>
                <time className="tabular shrink-0 text-xs text-faint" title={moment(event.timestamp)}>
                  {new Date(event.timestamp).toLocaleTimeString()}
                </time>
              </li>
            ))}
          </ol>
        </section>
      ))}
      {hasNextPage && <Button onClick={() => fetchNextPage()}>Earlier</Button>}
    </>
  );
}

function grouped(events: Event[]): Map<string, Event[]> {
  const days = new Map<string, Event[]>();
  for (const event of events) {
    const name = day(event.timestamp);
    days.set(name, [...(days.get(name) ?? []), event]);
  }
  return days;
}
