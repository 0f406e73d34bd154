import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Button } from "@/components/button";
import { Card, PageHead } from "@/components/card";
import { Empty, Failure, Loading } from "@/components/states";
import { ask } from "@/lib/api";
import { ago, number } from "@/lib/format";
import type { StoredEvent } from "../events/events-page";

interface Person {
  distinct_id: string;
  first_seen: string;
  last_seen: string;
  events: number;
  properties: Record<string, unknown>;
}

/** Everybody who was seen, and one person's whole story. */
export function PersonsPage() {
  const search = useSearch({ from: "/p/$projectId/persons" });
  return search.distinct_id ? <OnePerson distinctId={search.distinct_id} /> : <Everybody />;
}

function Everybody() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const search = useSearch({ from: "/p/$projectId/persons" });
  const navigate = useNavigate({ from: "/p/$projectId/persons" });
  const { data, error, fetchNextPage, hasNextPage, refetch } = useInfiniteQuery({
    queryKey: ["persons", projectId, search.search],
    queryFn: ({ signal, pageParam }) => {
      const params = {
        limit: 50,
        ...(search.search && { search: search.search }),
        ...(pageParam && { cursor: pageParam }),
      };
      return ask<{ persons: Person[]; next: string | null }>(projectId, "persons", params, signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.result.next,
  });
  const persons = data?.pages.flatMap((page) => page.result.persons);
  return (
    <>
      <PageHead title="Persons">
        <input
          type="search"
          aria-label="Search persons"
          placeholder="Search"
          defaultValue={search.search ?? ""}
          className="h-8 w-60 rounded-md border border-line bg-surface px-2.5 placeholder:text-faint"
          onKeyDown={(event) =>
            event.key === "Enter" && navigate({ search: { search: event.currentTarget.value || undefined } })
          }
        />
      </PageHead>
      <Card>
        {error ? (
          <Failure error={error} again={() => void refetch()} />
        ) : !persons ? (
          <Loading />
        ) : persons.length === 0 ? (
          <Empty title="Nobody yet">Persons show up with their first event.</Empty>
        ) : (
          <table className="w-full table-fixed">
            <thead>
              <tr className="text-left text-xs text-faint">
                <th className="p-2 font-medium">Person</th>
                <th className="w-28 p-2 text-right font-medium">Events</th>
                <th className="w-36 p-2 font-medium">Last seen</th>
              </tr>
            </thead>
            <tbody>
              {persons.map((person) => (
                <tr key={person.distinct_id} className="border-t border-line">
                  <td className="truncate p-2">
                    <Link
                      to="/p/$projectId/persons"
                      params={{ projectId }}
                      search={{ distinct_id: person.distinct_id }}
                      className="text-accent hover:underline"
                    >
                      {person.distinct_id}
                    </Link>
                  </td>
                  <td className="tabular p-2 text-right">{number(person.events)}</td>
                  <td className="p-2 text-soft">{ago(person.last_seen)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {hasNextPage && (
          <Button className="mt-3" onClick={() => fetchNextPage()}>
            More
          </Button>
        )}
      </Card>
    </>
  );
}

function OnePerson({ distinctId }: { distinctId: string }) {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const who = useQuery({
    queryKey: ["person", projectId, distinctId],
    queryFn: ({ signal }) => {
      const filters = [{ property: "distinct_id", op: "exact", value: distinctId }];
      return ask<{ persons: Person[] }>(projectId, "persons", { filters, limit: 1 }, signal);
    },
  });
  const story = useQuery({
    queryKey: ["story", projectId, distinctId],
    queryFn: ({ signal }) =>
      ask<{ events: StoredEvent[] }>(projectId, "events", { distinct_id: distinctId, limit: 200 }, signal),
  });
  const person = who.data?.result.persons[0];
  const error = who.error ?? story.error;
  return (
    <>
      <PageHead title={distinctId}>
        <Link to="/p/$projectId/persons" params={{ projectId }} className="text-accent underline">
          All persons
        </Link>
      </PageHead>
      {error ? (
        <Failure error={error} />
      ) : (
        <div className="grid gap-4 lg:grid-cols-3">
          <Card title="Properties">
            {person ? (
              <dl className="space-y-1">
                {Object.entries({
                  "first seen": ago(person.first_seen),
                  "last seen": ago(person.last_seen),
                  events: number(person.events),
                  ...person.properties,
                }).map(([name, value]) => (
                  <div key={name} className="flex justify-between gap-4">
                    <dt className="text-soft">{name}</dt>
                    <dd className="truncate">{typeof value === "string" ? value : JSON.stringify(value)}</dd>
                  </div>
                ))}
              </dl>
            ) : (
              <Loading height="h-24" />
            )}
          </Card>
          <Card title="Time line" className="lg:col-span-2">
            {story.data ? (
              <ol className="border-l-2 border-line pl-4">
                {story.data.result.events.map((event) => (
                  <li key={event.uuid} className="relative pb-2">
                    <span
                      className="absolute top-1.5 -left-[1.32rem] size-2.5 rounded-full bg-accent"
                      aria-hidden
                    />
                    <span className="font-medium">{event.event}</span>{" "}
                    <time className="text-xs text-faint" title={event.timestamp}>
                      {ago(event.timestamp)}
                    </time>
                  </li>
                ))}
              </ol>
            ) : (
              <Loading />
            )}
          </Card>
        </div>
      )}
    </>
  );
}
