import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { Chart } from "@/charts/chart";
import { PageHead } from "@/components/card";
import { RangeChoice } from "@/components/range-choice";
import { ask } from "@/lib/api";
import { bucket, compact, duration, number, percent } from "@/lib/format";
import { datesOf, localZone } from "@/lib/ranges";
import { AnswerCard } from "../query/answer";
import { complete, Filters } from "../query/filters";

interface Sessions {
  sessions: number;
  persons: number;
  bounce_rate: number;
  average_seconds: number | null;
  median_seconds: number | null;
  pageviews_per_session: number;
  events_per_session: number;
  entry_pages: { page: string; sessions: number }[];
  exit_pages: { page: string; sessions: number }[];
  channels: { channel: string; sessions: number; persons: number }[];
  sources: { source: string; sessions: number }[];
  labels: string[];
  series: { sessions: number[]; bounce_rate: number[]; median_seconds: number[] };
}

/** Visits: how many, how long, from where, through which pages. */
export function SessionsPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const search = useSearch({ from: "/p/$projectId/sessions" });
  const navigate = useNavigate({ from: "/p/$projectId/sessions" });
  const query = useQuery({
    queryKey: ["sessions", projectId, search],
    queryFn: ({ signal }) =>
      ask<Sessions>(
        projectId,
        "sessions",
        {
          interval: "day",
          timezone: localZone,
          ...datesOf(search.range),
          ...(complete(search.filters).length && { filters: complete(search.filters) }),
        },
        signal,
      ),
  });
  return (
    <>
      <PageHead title="Sessions">
        <Filters
          project={projectId}
          filters={search.filters}
          onChange={(filters) => navigate({ search: (old) => ({ ...old, filters }) })}
        />
        <RangeChoice
          range={search.range}
          onChoose={(range) => navigate({ search: (old) => ({ ...old, range }) })}
        />
      </PageHead>
      <AnswerCard query={query}>{(result) => <Overview result={result} />}</AnswerCard>
    </>
  );
}

function Overview({ result }: { result: Sessions }) {
  const option = useMemo(
    () => ({
      grid: { left: 8, right: 16, top: 16, bottom: 8, containLabel: true },
      tooltip: { trigger: "axis", confine: true },
      xAxis: { type: "category", data: result.labels.map((label) => bucket(label, "day")) },
      yAxis: { type: "value", axisLabel: { formatter: compact } },
      series: [
        { name: "sessions", type: "line", data: result.series.sessions, areaStyle: { opacity: 0.12 } },
      ],
    }),
    [result],
  );
  const figures: [string, string][] = [
    ["Sessions", number(result.sessions)],
    ["Persons", number(result.persons)],
    ["Bounce rate", percent(result.bounce_rate)],
    ["Median duration", duration(result.median_seconds)],
    ["Mean duration", duration(result.average_seconds)],
    ["Page views a session", result.pageviews_per_session.toFixed(1)],
  ];
  return (
    <>
      <dl className="mb-4 grid grid-cols-2 gap-4 md:grid-cols-6">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt className="text-xs text-faint">{name}</dt>
            <dd className="tabular text-2xl font-semibold tracking-tight">{value}</dd>
          </div>
        ))}
      </dl>
      <Chart option={option} label="Sessions a day" className="h-60" />
      <div className="mt-4 grid gap-6 md:grid-cols-2 xl:grid-cols-4">
        <Ranking title="Channels" rows={result.channels.map((one) => [one.channel, one.sessions])} />
        <Ranking title="Sources" rows={result.sources.map((one) => [one.source, one.sessions])} />
        <Ranking title="Entry pages" rows={result.entry_pages.map((one) => [one.page, one.sessions])} />
        <Ranking title="Exit pages" rows={result.exit_pages.map((one) => [one.page, one.sessions])} />
      </div>
    </>
  );
}

function Ranking({ title, rows }: { title: string; rows: [string, number][] }) {
  return (
    <section>
      <h3 className="mb-1 text-xs font-semibold text-faint">{title}</h3>
      {rows.length === 0 && <p className="text-faint">none</p>}
      <ol>
        {rows.slice(0, 10).map(([name, count]) => (
          <li key={name} className="flex justify-between gap-3 border-b border-line py-1">
            <span className="truncate" title={name}>
              {name}
            </span>
            <span className="tabular text-soft">{number(count)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
