import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Card, PageHead } from "@/components/card";
import { Choice } from "@/components/field";
import { localZone } from "@/lib/ranges";
import { SaveInsight } from "../insights/save-insight";
import { AnswerCard } from "../query/answer";
import { complete } from "../query/filter";
import { Filters } from "../query/filters";
import { EventPicker } from "../query/pickers";
import { PERIODS, type Search } from "./search";
import { type Retention, Triangle } from "./triangle";

/** The question that the page's state asks. */
function retentionParams(search: Search) {
  const filters = complete(search.filters);
  return {
    period: search.period,
    intervals: search.intervals,
    retention_type: search.type,
    target: { event: search.target },
    returning: { event: search.returning },
    timezone: search.timezone ?? localZone,
    ...(filters.length && { filters }),
  };
}

/** Who comes back. */
export function RetentionPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const search = useSearch({ from: "/p/$projectId/retention" });
  const navigate = useNavigate({ from: "/p/$projectId/retention" });
  const change = (next: Partial<Search>) => navigate({ search: (old) => ({ ...old, ...next }) });
  const params = retentionParams(search);
  return (
    <>
      <PageHead title="Retention">
        <Choice
          label="Period"
          value={search.period}
          values={PERIODS.map((one) => [one, `by ${one}`] as const)}
          onChoose={(period) => change({ period })}
        />
        <Choice
          label="Periods"
          value={String(search.intervals)}
          values={["4", "6", "8", "12", "24"].map((one) => [one, `${one} periods`] as const)}
          onChoose={(intervals) => change({ intervals: Number(intervals) })}
        />
        <SaveInsight
          type="retention"
          params={params}
          search={search}
          name={`Retention: ${search.target ?? "any event"} → ${search.returning ?? "any event"}`}
        />
      </PageHead>
      <Card className="mb-4">
        <div className="flex flex-wrap items-center gap-2">
          <span className="text-faint">Persons who did</span>
          <EventPicker
            project={projectId}
            label="Did"
            value={search.target}
            onChoose={(target) => change({ target })}
          />
          <Choice
            label="Cohorts"
            value={search.type}
            values={[
              ["first_time", "for the first time"],
              ["recurring", "in the period"],
            ]}
            onChoose={(type) => change({ type })}
          />
          <span className="text-faint">and came back to do</span>
          <EventPicker
            project={projectId}
            label="Came back and did"
            value={search.returning}
            onChoose={(returning) => change({ returning })}
          />
          <Filters project={projectId} filters={search.filters} onChange={(filters) => change({ filters })} />
        </div>
      </Card>
      <AnswerCard<Retention> question={{ project: projectId, type: "retention", params }}>
        {(result) => <Triangle result={result} period={search.period} />}
      </AnswerCard>
    </>
  );
}
