import { useMemo } from "react";
import { Chart } from "@/charts/chart";
import { Empty } from "@/components/states";
import { compact, number } from "@/lib/format";

/** How many persons were active on exactly one, two, … intervals. */
export function StickinessBars({
  counts,
  interval,
  className = "h-96",
}: {
  counts: number[];
  interval: string;
  className?: string;
}) {
  const option = useMemo(
    () => ({
      grid: { left: 4, right: 12, top: 12, bottom: 24, containLabel: true },
      tooltip: { trigger: "axis", valueFormatter: (value: number) => number(value) },
      xAxis: {
        type: "category",
        data: counts.map((_, index) => String(index + 1)),
        name: `active ${interval}s`,
        nameLocation: "middle",
        nameGap: 26,
      },
      yAxis: { type: "value", minInterval: 1, axisLabel: { formatter: compact } },
      series: [{ name: "persons", type: "bar", data: counts, barMaxWidth: 32 }],
    }),
    [counts, interval],
  );
  if (counts.every((count) => count === 0))
    return <Empty title="Nobody did it in this range">Choose a longer range or another event.</Empty>;
  return <Chart option={option} label={`Persons by number of active ${interval}s`} className={className} />;
}
