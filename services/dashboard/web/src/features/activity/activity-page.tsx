import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Card, PageHead } from "@/components/card";
import { Choice } from "@/components/field";
import { RangeChoice } from "@/components/range-choice";
import { SaveInsight } from "../insights/save-insight";
import { AnswerCard } from "../query/answer";
import { Filters } from "../query/filters";
import { frameOf } from "../query/frame";
import { EventPicker } from "../query/pickers";
import { type Lifecycle, LifecycleBars } from "./lifecycle-bars";
import { type ActivitySearch, INTERVALS } from "./search";
import { StickinessBars } from "./stickiness-bars";

/** Who is new, who stays, who comes back, who is gone. */
export function LifecyclePage() {
  return (
    <ActivityPage<Lifecycle> type="lifecycle" title="Lifecycle">
      {(result, interval) => <LifecycleBars result={result} interval={interval} />}
    </ActivityPage>
  );
}

/** On how many days people do it. */
export function StickinessPage() {
  return (
    <ActivityPage<{ counts: number[] }> type="stickiness" title="Stickiness">
      {(result, interval) => <StickinessBars counts={result.counts} interval={interval} />}
    </ActivityPage>
  );
}

/** A question that is made of an event, an interval and a range. */
function ActivityPage<T>({
  type,
  title,
  children,
}: {
  type: "lifecycle" | "stickiness";
  title: string;
  children: (result: T, interval: string) => ReactNode;
}) {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const search: ActivitySearch = useSearch({ from: `/p/$projectId/${type}` });
  const navigate = useNavigate({ from: "/p/$projectId/lifecycle" });
  const change = (next: Partial<ActivitySearch>) =>
    navigate({ to: ".", search: (old) => ({ ...old, ...next }) });
  const params = { event: search.event, interval: search.interval, ...frameOf(search) };
  return (
    <>
      <PageHead title={title}>
        <Choice
          label="Interval"
          value={search.interval}
          values={INTERVALS.map((one) => [one, `by ${one}`] as const)}
          onChoose={(interval) => change({ interval })}
        />
        <RangeChoice range={search.range} timezone={search.timezone} onChange={change} />
        <SaveInsight
          type={type}
          params={params}
          search={search}
          name={`${title} of ${search.event ?? "any event"}`}
        />
      </PageHead>
      <Card className="mb-4">
        <div className="flex flex-wrap items-center gap-2">
          <span className="text-faint">Persons who do</span>
          <EventPicker project={projectId} value={search.event} onChoose={(event) => change({ event })} />
          <Filters project={projectId} filters={search.filters} onChange={(filters) => change({ filters })} />
        </div>
      </Card>
      <AnswerCard<T> question={{ project: projectId, type, params }}>
        {(result) => children(result, search.interval)}
      </AnswerCard>
    </>
  );
}
