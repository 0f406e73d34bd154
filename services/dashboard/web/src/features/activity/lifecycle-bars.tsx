import { useMemo } from "react";
import { Chart } from "@/charts/chart";
import { useLegend } from "@/charts/legend";
import { PALETTE } from "@/charts/palette";
import { Empty } from "@/components/states";
import { bucket, compact, number } from "@/lib/format";

export interface Lifecycle {
  labels: string[];
  new: number[];
  returning: number[];
  resurrecting: number[];
  dormant: number[];
}

const NAMES = ["new", "returning", "resurrecting", "dormant"] as const;

/** Who came above the line, who went below it. */
export function LifecycleBars({
  result,
  interval,
  className = "h-96",
}: {
  result: Lifecycle;
  interval: string;
  className?: string;
}) {
  const { isShown, legend } = useLegend([...NAMES]);
  const shown = NAMES.filter(isShown).join();
  const option = useMemo(() => {
    const bars = NAMES.map((name, at) => ({
      name,
      data: name === "dormant" ? result.dormant.map((value) => -value) : result[name],
      type: "bar",
      stack: "all",
      barMaxWidth: 32,
      color: PALETTE[at],
    }));
    return {
      grid: { left: 4, right: 12, top: 12, bottom: 4, containLabel: true },
      tooltip: { trigger: "axis", valueFormatter: (value: number) => number(Math.abs(value)) },
      xAxis: { type: "category", data: result.labels.map((label) => bucket(label, interval)) },
      yAxis: {
        type: "value",
        minInterval: 1,
        axisLabel: { formatter: (value: number) => compact(Math.abs(value)) },
      },
      series: bars.filter((one) => shown.split(",").includes(one.name)),
    };
  }, [result, interval, shown]);
  if (NAMES.every((name) => result[name].every((value) => value === 0)))
    return <Empty title="Nobody did it in this range">Choose a longer range or another event.</Empty>;
  return (
    <div className={`flex flex-col ${className}`}>
      {legend}
      <Chart
        option={option}
        label="New, returning, resurrecting and dormant persons"
        className="min-h-0 flex-1"
      />
    </div>
  );
}
