import { useMemo } from "react";
import { Chart } from "@/charts/chart";
import { bucket, compact, number } from "@/lib/format";

export interface Lifecycle {
  labels: string[];
  new: number[];
  returning: number[];
  resurrecting: number[];
  dormant: number[];
}

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
  const option = useMemo(() => {
    const bar = (name: string, data: number[]) => ({
      name,
      data,
      type: "bar",
      stack: "all",
      barMaxWidth: 32,
    });
    const gone = result.dormant.map((value) => -value);
    return {
      grid: { left: 4, right: 12, top: 34, bottom: 4, containLabel: true },
      legend: {},
      tooltip: { trigger: "axis", valueFormatter: (value: number) => number(Math.abs(value)) },
      xAxis: { type: "category", data: result.labels.map((label) => bucket(label, interval)) },
      yAxis: { type: "value", axisLabel: { formatter: (value: number) => compact(Math.abs(value)) } },
      series: [
        bar("new", result.new),
        bar("returning", result.returning),
        bar("resurrecting", result.resurrecting),
        bar("dormant", gone),
      ],
    };
  }, [result, interval]);
  return (
    <Chart option={option} label="New, returning, resurrecting and dormant persons" className={className} />
  );
}
