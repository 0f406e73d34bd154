import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Card, PageHead } from "@/components/card";
import { Choice } from "@/components/field";
import { RangeChoice } from "@/components/range-choice";
import { SaveInsight } from "../insights/save-insight";
import { AnswerCard } from "../query/answer";
import { Filters } from "../query/filters";
import { frameOf } from "../query/frame";
import { EventPicker } from "../query/pickers";
import { StickinessBars } from "./stickiness-bars";
import { INTERVALS, type Search } from "./search";

/** On how many days people do it. */
export function StickinessPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const search = useSearch({ from: "/p/$projectId/stickiness" });
  const navigate = useNavigate({ from: "/p/$projectId/stickiness" });
  const change = (next: Partial<Search>) => navigate({ search: (old) => ({ ...old, ...next }) });
  const params = { event: search.event, interval: search.interval, ...frameOf(search) };
  return (
    <>
      <PageHead title="Stickiness">
        <Choice
          label="Interval"
          value={search.interval}
          values={INTERVALS.map((one) => [one, `by ${one}`] as const)}
          onChoose={(interval) => change({ interval })}
        />
        <RangeChoice range={search.range} timezone={search.timezone} onChange={change} />
        <SaveInsight
          type="stickiness"
          params={params}
          search={search}
          name={`Stickiness of ${search.event ?? "any event"}`}
        />
      </PageHead>
      <Card className="mb-4">
        <div className="flex flex-wrap items-center gap-2">
          <span className="text-faint">Persons who do</span>
          <EventPicker project={projectId} value={search.event} onChoose={(event) => change({ event })} />
          <Filters project={projectId} filters={search.filters} onChange={(filters) => change({ filters })} />
        </div>
      </Card>
      <AnswerCard<{ counts: number[] }> question={{ project: projectId, type: "stickiness", params }}>
        {(result) => <StickinessBars counts={result.counts} interval={search.interval} />}
      </AnswerCard>
    </>
  );
}
