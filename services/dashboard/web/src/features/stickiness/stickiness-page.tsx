import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { Chart } from "@/charts/chart";
import { PageHead } from "@/components/card";
import { Choice } from "@/components/field";
import { RangeChoice } from "@/components/range-choice";
import { ask } from "@/lib/api";
import { compact } from "@/lib/format";
import { datesOf, localZone } from "@/lib/ranges";
import { AnswerCard } from "../query/answer";
import { EventPicker } from "../query/pickers";
import { INTERVALS, type Search } from "./search";

/** On how many days people do it. */
export function StickinessPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const search = useSearch({ from: "/p/$projectId/stickiness" });
  const navigate = useNavigate({ from: "/p/$projectId/stickiness" });
  const change = (next: Partial<Search>) => navigate({ search: (old) => ({ ...old, ...next }) });
  const query = useQuery({
    queryKey: ["stickiness", projectId, search],
    queryFn: ({ signal }) =>
      ask<{ counts: number[] }>(
        projectId,
        "stickiness",
        { event: search.event, interval: search.interval, timezone: localZone, ...datesOf(search.range) },
        signal,
      ),
  });
  return (
    <>
      <PageHead title="Stickiness">
        <EventPicker project={projectId} value={search.event} onChoose={(event) => change({ event })} />
        <Choice
          label="Interval"
          value={search.interval}
          values={INTERVALS.map((one) => [one, `by ${one}`] as const)}
          onChoose={(interval) => change({ interval })}
        />
        <RangeChoice range={search.range} onChoose={(range) => change({ range })} />
      </PageHead>
      <AnswerCard query={query}>
        {(result) => <Bars counts={result.counts} interval={search.interval} />}
      </AnswerCard>
    </>
  );
}

function Bars({ counts, interval }: { counts: number[]; interval: string }) {
  const option = useMemo(
    () => ({
      grid: { left: 8, right: 16, top: 16, bottom: 28, containLabel: true },
      tooltip: { trigger: "axis", confine: true },
      xAxis: {
        type: "category",
        data: counts.map((_, index) => index + 1),
        name: `active ${interval}s`,
        nameLocation: "middle",
        nameGap: 28,
      },
      yAxis: { type: "value", axisLabel: { formatter: compact } },
      series: [{ name: "persons", type: "bar", data: counts, barMaxWidth: 32 }],
    }),
    [counts, interval],
  );
  return <Chart option={option} label={`Persons by number of active ${interval}s`} className="h-96" />;
}
