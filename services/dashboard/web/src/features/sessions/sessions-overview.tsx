import { useMemo } from "react";
import { Chart } from "@/charts/chart";
import { Empty } from "@/components/states";
import { bucket, compact, duration, number, percent } from "@/lib/format";

export interface Sessions {
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
  labels?: string[];
  series?: { sessions: number[]; bounce_rate: number[]; median_seconds: number[] };
}

/** The figures of all visits, their number a day, and where they came from. */
export function SessionsOverview({ result, isBrief = false }: { result: Sessions; isBrief?: boolean }) {
  if (result.sessions === 0)
    return <Empty title="No sessions in this range">Choose a longer range or fewer filters.</Empty>;
  const figures: [string, string][] = [
    ["Sessions", number(result.sessions)],
    ["Persons", number(result.persons)],
    ["Bounce rate", percent(result.bounce_rate)],
    ["Median duration", duration(result.median_seconds)],
    ["Mean duration", duration(result.average_seconds && Math.round(result.average_seconds))],
    ["Page views a session", result.pageviews_per_session.toFixed(1)],
  ];
  return (
    <div className={isBrief ? "flex h-full flex-col overflow-auto" : ""}>
      <dl className="mb-4 grid grid-cols-2 gap-4 sm:grid-cols-3 xl:grid-cols-6">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt className="text-xs text-faint">{name}</dt>
            <dd className="tabular text-xl font-semibold tracking-tight">{value}</dd>
          </div>
        ))}
      </dl>
      {result.labels && <Days result={result} className={isBrief ? "min-h-32 flex-1" : "h-60"} />}
      {!isBrief && (
        <div className="mt-6 grid grid-cols-1 gap-6 md:grid-cols-2 xl:grid-cols-4">
          <Ranking title="Channels" rows={result.channels.map((one) => [one.channel, one.sessions])} />
          <Ranking title="Sources" rows={result.sources.map((one) => [one.source, one.sessions])} />
          <Ranking title="Entry pages" rows={result.entry_pages.map((one) => [one.page, one.sessions])} />
          <Ranking title="Exit pages" rows={result.exit_pages.map((one) => [one.page, one.sessions])} />
        </div>
      )}
    </div>
  );
}

function Days({ result, className }: { result: Sessions; className: string }) {
  const option = useMemo(
    () => ({
      grid: { left: 4, right: 12, top: 12, bottom: 4, containLabel: true },
      tooltip: { trigger: "axis", valueFormatter: (value: number) => number(value) },
      xAxis: {
        type: "category",
        boundaryGap: false,
        data: (result.labels ?? []).map((label) => bucket(label, "day")),
      },
      yAxis: { type: "value", minInterval: 1, axisLabel: { formatter: compact } },
      series: [
        {
          name: "sessions",
          type: "line",
          symbol: "none",
          data: result.series?.sessions,
          areaStyle: { opacity: 0.12 },
        },
      ],
    }),
    [result],
  );
  return <Chart option={option} label="Sessions a day" className={className} />;
}

/** The longest ten, with a bar behind each that shows its share of the first. */
export function Ranking({ title, rows }: { title: string; rows: [string, number][] }) {
  const most = Math.max(1, ...rows.map(([, count]) => count));
  return (
    <section>
      <h3 className="mb-2 text-xs font-semibold text-faint">{title}</h3>
      {rows.length === 0 && <p className="text-faint">none</p>}
      <ol className="space-y-1">
        {rows.slice(0, 10).map(([name, count]) => (
          <li key={name} className="relative flex justify-between gap-3 overflow-hidden rounded px-2 py-1">
            <span
              className="absolute inset-y-0 left-0 rounded bg-accent-wash"
              style={{ width: `${(count / most) * 100}%` }}
              aria-hidden
            />
            <span className="relative truncate" title={name}>
              {name}
            </span>
            <span className="tabular relative text-soft">{number(count)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
