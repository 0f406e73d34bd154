import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { PageHead } from "@/components/card";
import { Empty } from "@/components/states";
import { ask } from "@/lib/api";
import { number } from "@/lib/format";
import { AnswerCard } from "../query/answer";

interface Live {
  persons: number;
  sessions: number;
  open_sessions?: number;
  pages: { page: string; persons: number }[];
}

/** The last five minutes, again every two seconds. */
export function LivePage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const query = useQuery({
    queryKey: ["live", projectId],
    queryFn: ({ signal }) => ask<Live>(projectId, "live", { refresh: true }, signal),
    refetchInterval: 2_000,
  });
  return (
    <>
      <PageHead title="Live" />
      <AnswerCard query={query}>
        {(live) => (
          <>
            <dl className="flex flex-wrap gap-10 p-2" aria-live="polite">
              <Figure name="Persons in the last 5 minutes" value={live.persons} />
              <Figure name="Sessions" value={live.sessions} />
              {live.open_sessions !== undefined && (
                <Figure name="Open right now" value={live.open_sessions} />
              )}
            </dl>
            <h2 className="mt-4 mb-1 text-xs font-semibold text-faint">Pages they are on</h2>
            {live.pages.length === 0 ? (
              <Empty title="Nobody is on a page">Page views of the last five minutes show up here.</Empty>
            ) : (
              <ol>
                {live.pages.map((one) => (
                  <li key={one.page} className="flex justify-between border-b border-line py-1.5">
                    <span className="truncate">{one.page}</span>
                    <span className="tabular text-soft">{number(one.persons)}</span>
                  </li>
                ))}
              </ol>
            )}
          </>
        )}
      </AnswerCard>
    </>
  );
}

function Figure({ name, value }: { name: string; value: number }) {
  return (
    <div>
      <dt className="text-soft">{name}</dt>
      <dd className="tabular text-5xl font-semibold tracking-tight">{number(value)}</dd>
    </div>
  );
}
