import { useMemo } from "react";
import { Chart } from "@/charts/chart";
import { Empty } from "@/components/states";
import { bucket, compact, duration, number, percent } from "@/lib/format";
import { type Funnel, FunnelBars } from "./funnel-bars";

/** A funnel in the way it was asked for: its steps, the times between them, or how it changes. */
export function FunnelView({
  funnel,
  interval,
  onPick,
}: {
  funnel: Funnel;
  interval: string;
  onPick?: (step: number) => void;
}) {
  if (funnel.over_time) return <OverTime over={funnel.over_time} interval={interval} />;
  if (funnel.histogram) return <Times funnel={funnel} histogram={funnel.histogram} />;
  return (
    <div className="min-h-96 [&>div]:min-h-96">
      <FunnelBars funnel={funnel} {...(onPick && { onPick })} />
    </div>
  );
}

function OverTime({ over, interval }: { over: NonNullable<Funnel["over_time"]>; interval: string }) {
  const option = useMemo(
    () => ({
      grid: { left: 4, right: 12, top: 34, bottom: 4, containLabel: true },
      legend: {},
      tooltip: { trigger: "axis", valueFormatter: (value: number) => percent(value) },
      xAxis: {
        type: "category",
        boundaryGap: false,
        data: over.labels.map((label) => bucket(label, interval)),
      },
      yAxis: { type: "value", max: 1, axisLabel: { formatter: percent } },
      series: [
        {
          name: "conversion",
          type: "line",
          areaStyle: { opacity: 0.12 },
          data: over.entered.map((entered, at) => (entered ? (over.converted[at] ?? 0) / entered : 0)),
        },
      ],
    }),
    [over, interval],
  );
  return <Chart option={option} label="Conversion over time" className="h-96" />;
}

function Times({ funnel, histogram }: { funnel: Funnel; histogram: NonNullable<Funnel["histogram"]> }) {
  if (histogram.every((one) => one.bins.length === 0))
    return <Empty title="Nobody converted">There are no times to show.</Empty>;
  return (
    <div className="grid grid-cols-1 gap-6 lg:grid-cols-2">
      {histogram.map((one) => {
        const name = (step: number) => funnel.steps[step - 1]?.event ?? "any event";
        return (
          <section key={one.from_step}>
            <h3 className="mb-1 font-medium">
              {name(one.from_step)} → {name(one.to_step)}
            </h3>
            <Bins bins={one.bins} />
          </section>
        );
      })}
    </div>
  );
}

function Bins({ bins }: { bins: { from_seconds: number; to_seconds: number; count: number }[] }) {
  const option = useMemo(
    () => ({
      grid: { left: 4, right: 12, top: 12, bottom: 4, containLabel: true },
      tooltip: { trigger: "axis", valueFormatter: (value: number) => `${number(value)} persons` },
      xAxis: { type: "category", data: bins.map((one) => `< ${duration(one.to_seconds)}`) },
      yAxis: { type: "value", minInterval: 1, axisLabel: { formatter: compact } },
      series: [{ name: "persons", type: "bar", barMaxWidth: 40, data: bins.map((one) => one.count) }],
    }),
    [bins],
  );
  return <Chart option={option} label="Persons by time to convert" className="h-64" />;
}
