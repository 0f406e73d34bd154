import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Card, PageHead } from "@/components/card";
import { Empty } from "@/components/states";
import { number } from "@/lib/format";
import { pipelineQuery } from "../health/pipeline";
import { AnswerCard } from "../query/answer";
import { Ranking } from "../sessions/sessions-overview";
import { Stream } from "./stream";

interface Live {
  persons: number;
  sessions: number;
  open_sessions?: number;
  pages: { page: string; persons: number }[];
}

/** Milliseconds between two looks. */
const EVERY = 2_000;

/** The last five minutes, again every two seconds. */
export function LivePage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const { data: pipeline } = useQuery({ ...pipelineQuery(projectId), refetchInterval: EVERY });
  const question = { project: projectId, type: "live", params: { refresh: true }, every: EVERY };
  return (
    <>
      <PageHead title="Live">
        <span className="flex items-center gap-2 text-soft">
          <span className="size-2 animate-pulse rounded-full bg-good" aria-hidden /> looks every two seconds
        </span>
      </PageHead>
      <div className="grid grid-cols-1 gap-4 lg:grid-cols-2">
        <AnswerCard<Live> question={question} height="h-72">
          {(live) => (
            <>
              <dl className="flex flex-wrap gap-x-10 gap-y-4">
                <Figure name="Persons in the last 5 minutes" value={live.persons} />
                <Figure name="Sessions" value={live.sessions} />
                {live.open_sessions !== undefined && (
                  <Figure name="Open right now" value={live.open_sessions} />
                )}
                {pipeline && <Figure name="Events a minute" value={pipeline.events_per_second * 60} />}
              </dl>
              <div className="mt-6">
                {live.pages.length === 0 ? (
                  <Empty title="Nobody is on a page">Page views of the last five minutes show up here.</Empty>
                ) : (
                  <Ranking
                    title="Pages they are on"
                    rows={live.pages.map((one) => [one.page, one.persons])}
                  />
                )}
              </div>
            </>
          )}
        </AnswerCard>
        <Card title="What they do">
          <Stream project={projectId} every={EVERY} />
        </Card>
      </div>
    </>
  );
}

function Figure({ name, value }: { name: string; value: number }) {
  return (
    <div>
      <dt className="text-xs text-faint">{name}</dt>
      <dd className="tabular text-4xl font-semibold tracking-tight">{number(Math.round(value))}</dd>
    </div>
  );
}
