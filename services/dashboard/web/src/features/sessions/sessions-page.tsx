import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Card, PageHead } from "@/components/card";
import { RangeChoice } from "@/components/range-choice";
import { SaveInsight } from "../insights/save-insight";
import { AnswerCard } from "../query/answer";
import { Filters } from "../query/filters";
import { frameOf } from "../query/frame";
import { type Sessions, SessionsOverview } from "./sessions-overview";

/** Visits: how many, how long, from where, through which pages. */
export function SessionsPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const search = useSearch({ from: "/p/$projectId/sessions" });
  const navigate = useNavigate({ from: "/p/$projectId/sessions" });
  const change = (next: Partial<typeof search>) => navigate({ search: (old) => ({ ...old, ...next }) });
  const params = { interval: "day", ...frameOf(search) };
  return (
    <>
      <PageHead title="Sessions">
        <RangeChoice range={search.range} timezone={search.timezone} onChange={change} />
        <SaveInsight type="sessions" params={params} search={search} name="Sessions" />
      </PageHead>
      <Card className="mb-4">
        <Filters project={projectId} filters={search.filters} onChange={(filters) => change({ filters })} />
      </Card>
      <AnswerCard<Sessions> question={{ project: projectId, type: "sessions", params }} height="h-[32rem]">
        {(result) => <SessionsOverview result={result} />}
      </AnswerCard>
    </>
  );
}
