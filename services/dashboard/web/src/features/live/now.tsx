import { useMemo } from "react";
import { Chart } from "@/charts/chart";
import { Empty } from "@/components/states";
import { number } from "@/lib/format";
import { Ranking } from "../sessions/sessions-overview";
import type { Live } from "./use-live";

/** Who is here, on which pages, and how much comes in. */
export function Now({ live, rate }: { live: Live; rate: number | undefined }) {
  return (
    <>
      <dl className="grid grid-cols-2 gap-4">
        <Figure name="Persons in the last 5 minutes" value={live.persons} />
        <Figure name="Sessions" value={live.sessions} />
        <Figure name="Events a minute" value={rate} />
        <Figure name="Open right now" value={live.open_sessions} />
      </dl>
      {live.minutes && <Minutes minutes={live.minutes} />}
      <div className="mt-6 min-h-48">
        {live.pages.length === 0 ? (
          <Empty title="Nobody is on a page">Page views of the last five minutes show up here.</Empty>
        ) : (
          <Ranking title="Pages they are on" rows={live.pages.map((one) => [one.page, one.persons])} />
        )}
      </div>
    </>
  );
}

function Figure({ name, value }: { name: string; value: number | undefined }) {
  if (value === undefined) return null;
  return (
    <div>
      <dt className="text-xs text-faint">{name}</dt>
      <dd className="tabular text-4xl font-semibold tracking-tight">{number(Math.round(value))}</dd>
    </div>
  );
}

function Minutes({ minutes }: { minutes: NonNullable<Live["minutes"]> }) {
  const option = useMemo(
    () => ({
      animation: false,
      grid: { left: 4, right: 4, top: 8, bottom: 4, containLabel: true },
      tooltip: { trigger: "axis", valueFormatter: (value: number) => `${number(value)} events` },
      xAxis: {
        type: "category",
        data: minutes.map((one) =>
          new Date(one.start).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" }),
        ),
      },
      yAxis: { type: "value", minInterval: 1, splitNumber: 2 },
      series: [{ name: "events", type: "bar", data: minutes.map((one) => one.events) }],
    }),
    [minutes],
  );
  return (
    <section className="mt-6">
      <h3 className="mb-1 text-xs font-semibold text-faint">Events in the last {minutes.length} minutes</h3>
      <Chart option={option} label="Events a minute" className="h-28" />
    </section>
  );
}
