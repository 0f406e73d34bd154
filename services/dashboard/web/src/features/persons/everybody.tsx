import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Ago } from "@/components/ago";
import { Button } from "@/components/button";
import { Card, PageHead } from "@/components/card";
import { Search } from "@/components/search";
import { Empty, Failure, Loading } from "@/components/states";
import { ask } from "@/lib/api";
import { number } from "@/lib/format";
import { ALL_TIME } from "@/lib/ranges";
import { complete } from "../query/filter";
import { Filters } from "../query/filters";

export interface Person {
  distinct_id: string;
  first_seen: string;
  last_seen: string;
  events: number;
  properties: Record<string, unknown>;
}

/** Everybody who was seen, those seen last first. */
export function Everybody() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const search = useSearch({ from: "/p/$projectId/persons" });
  const navigate = useNavigate({ from: "/p/$projectId/persons" });
  const filters = complete(search.filters);
  const params = {
    ...ALL_TIME,
    limit: 50,
    ...(search.search && { search: search.search }),
    ...(filters.length && { filters }),
  };
  const { data, error, fetchNextPage, hasNextPage, refetch } = useInfiniteQuery({
    queryKey: ["persons", projectId, params],
    queryFn: ({ signal, pageParam }) =>
      ask<{ persons: Person[]; next: string | null }>(
        projectId,
        "persons",
        { ...params, ...(pageParam && { cursor: pageParam }) },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.result.next,
  });
  const persons = data?.pages.flatMap((page) => page.result.persons);
  return (
    <>
      <PageHead title="Persons">
        <Search
          label="Search persons"
          placeholder="Id, name or e-mail"
          value={search.search ?? ""}
          onSearch={(text) => navigate({ search: (old) => ({ ...old, search: text || undefined }) })}
        />
      </PageHead>
      <Card className="mb-4">
        <Filters
          project={projectId}
          filters={search.filters}
          onChange={(next) => navigate({ search: (old) => ({ ...old, filters: next }) })}
        />
      </Card>
      <Card>
        {error ? (
          <Failure error={error} again={() => void refetch()} />
        ) : !persons ? (
          <Loading />
        ) : persons.length === 0 ? (
          <Empty title={search.search || filters.length ? "Nobody like that" : "Nobody yet"}>
            Persons show up with their first event.
          </Empty>
        ) : (
          <Table project={projectId} persons={persons} />
        )}
        {hasNextPage && (
          <div className="mt-3 text-center">
            <Button onClick={() => fetchNextPage()}>More persons</Button>
          </div>
        )}
      </Card>
    </>
  );
}

function Table({ project, persons }: { project: string; persons: Person[] }) {
  return (
    <table className="w-full table-fixed">
      <thead>
        <tr className="text-left text-xs text-faint">
          <th className="px-2 pb-2 font-medium">Person</th>
          <th className="w-20 px-2 pb-2 text-right font-medium">Events</th>
          <th className="hidden w-36 px-2 pb-2 text-right font-medium sm:table-cell">First seen</th>
          <th className="w-28 px-2 pb-2 text-right font-medium">Last seen</th>
        </tr>
      </thead>
      <tbody>
        {persons.map((person) => (
          <tr key={person.distinct_id} className="border-t border-line hover:bg-raised/60">
            <td className="truncate p-2">
              <Link
                to="/p/$projectId/persons"
                params={{ projectId: project }}
                search={{ distinct_id: person.distinct_id }}
                className="font-medium text-accent hover:underline"
              >
                {person.distinct_id}
              </Link>
            </td>
            <td className="tabular p-2 text-right">{number(person.events)}</td>
            <td className="hidden p-2 text-right text-soft sm:table-cell">
              <Ago at={person.first_seen} />
            </td>
            <td className="p-2 text-right text-soft">
              <Ago at={person.last_seen} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
