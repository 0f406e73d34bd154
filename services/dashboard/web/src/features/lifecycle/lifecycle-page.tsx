import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Card, PageHead } from "@/components/card";
import { Choice } from "@/components/field";
import { RangeChoice } from "@/components/range-choice";
import { SaveInsight } from "../insights/save-insight";
import { AnswerCard } from "../query/answer";
import { Filters } from "../query/filters";
import { frameOf } from "../query/frame";
import { EventPicker } from "../query/pickers";
import { type Lifecycle, LifecycleBars } from "./lifecycle-bars";
import { INTERVALS, type Search } from "./search";

/** Who is new, who stays, who comes back, who is gone. */
export function LifecyclePage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const search = useSearch({ from: "/p/$projectId/lifecycle" });
  const navigate = useNavigate({ from: "/p/$projectId/lifecycle" });
  const change = (next: Partial<Search>) => navigate({ search: (old) => ({ ...old, ...next }) });
  const params = { event: search.event, interval: search.interval, ...frameOf(search) };
  return (
    <>
      <PageHead title="Lifecycle">
        <Choice
          label="Interval"
          value={search.interval}
          values={INTERVALS.map((one) => [one, `by ${one}`] as const)}
          onChoose={(interval) => change({ interval })}
        />
        <RangeChoice range={search.range} timezone={search.timezone} onChange={change} />
        <SaveInsight
          type="lifecycle"
          params={params}
          search={search}
          name={`Lifecycle of ${search.event ?? "any event"}`}
        />
      </PageHead>
      <Card className="mb-4">
        <div className="flex flex-wrap items-center gap-2">
          <span className="text-faint">Persons who do</span>
          <EventPicker project={projectId} value={search.event} onChoose={(event) => change({ event })} />
          <Filters project={projectId} filters={search.filters} onChange={(filters) => change({ filters })} />
        </div>
      </Card>
      <AnswerCard<Lifecycle> question={{ project: projectId, type: "lifecycle", params }}>
        {(result) => <LifecycleBars result={result} interval={search.interval} />}
      </AnswerCard>
    </>
  );
}
