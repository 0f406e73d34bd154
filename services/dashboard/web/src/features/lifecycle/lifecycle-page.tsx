import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { Chart } from "@/charts/chart";
import { PageHead } from "@/components/card";
import { Choice } from "@/components/field";
import { RangeChoice } from "@/components/range-choice";
import { ask } from "@/lib/api";
import { bucket, compact } from "@/lib/format";
import { datesOf, localZone } from "@/lib/ranges";
import { AnswerCard } from "../query/answer";
import { EventPicker } from "../query/pickers";
import { INTERVALS, type Search } from "./search";

interface Lifecycle {
  labels: string[];
  new: number[];
  returning: number[];
  resurrecting: number[];
  dormant: number[];
}

/** Who is new, who stays, who comes back, who is gone. */
export function LifecyclePage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const search = useSearch({ from: "/p/$projectId/lifecycle" });
  const navigate = useNavigate({ from: "/p/$projectId/lifecycle" });
  const change = (next: Partial<Search>) => navigate({ search: (old) => ({ ...old, ...next }) });
  const query = useQuery({
    queryKey: ["lifecycle", projectId, search],
    queryFn: ({ signal }) =>
      ask<Lifecycle>(
        projectId,
        "lifecycle",
        { event: search.event, interval: search.interval, timezone: localZone, ...datesOf(search.range) },
        signal,
      ),
  });
  return (
    <>
      <PageHead title="Lifecycle">
        <EventPicker project={projectId} value={search.event} onChoose={(event) => change({ event })} />
        <Choice
          label="Interval"
          value={search.interval}
          values={INTERVALS.map((one) => [one, `by ${one}`] as const)}
          onChoose={(interval) => change({ interval })}
        />
        <RangeChoice range={search.range} onChoose={(range) => change({ range })} />
      </PageHead>
      <AnswerCard query={query}>{(result) => <Bars result={result} interval={search.interval} />}</AnswerCard>
    </>
  );
}

function Bars({ result, interval }: { result: Lifecycle; interval: string }) {
  const option = useMemo(() => {
    const bar = (name: string, data: number[]) => ({
      name,
      data,
      type: "bar",
      stack: "all",
      barMaxWidth: 32,
    });
    return {
      grid: { left: 8, right: 16, top: 36, bottom: 8, containLabel: true },
      legend: { top: 0, left: 0, icon: "roundRect" },
      tooltip: { trigger: "axis", confine: true, valueFormatter: (value: number) => String(Math.abs(value)) },
      xAxis: { type: "category", data: result.labels.map((label) => bucket(label, interval)) },
      yAxis: { type: "value", axisLabel: { formatter: (value: number) => compact(Math.abs(value)) } },
      series: [
        bar("new", result.new),
        bar("returning", result.returning),
        bar("resurrecting", result.resurrecting),
        bar(
          "dormant",
          result.dormant.map((value) => -value),
        ),
      ],
    };
  }, [result, interval]);
  return <Chart option={option} label="New, returning, resurrecting and dormant persons" className="h-96" />;
}
