import { useMemo } from "react";
import { number } from "@/lib/format";
import { Chart } from "./chart";
import { axes, BAR_MAX, type RowsChart } from "./rows";

/** More points a row than this are drawn without marks. */
const MARKS_MAX = 60;

/** Rows over buckets as shapes: each can be pointed at. */
export function FewRows({ rows, buckets, look, ...rest }: RowsChart) {
  const option = useMemo(
    () => ({
      ...axes(rows, buckets, look),
      tooltip: {
        trigger: rows.length > 15 ? "item" : "axis",
        order: "valueDesc",
        valueFormatter: (value: number | null) => (value == null ? "–" : number(value)),
      },
      series: rows.map(({ name, data, color, isBefore }) => ({
        name,
        data,
        type: look === "bar" ? "bar" : "line",
        symbol: buckets.length > MARKS_MAX ? "none" : "circle",
        symbolSize: 6,
        barMaxWidth: BAR_MAX,
        color,
        animation: rows.length <= 10,
        triggerLineEvent: true,
        ...(look === "area" && { areaStyle: { opacity: 0.15 } }),
        ...(look !== "line" && { stack: isBefore ? "before" : "now" }),
        ...(isBefore && { lineStyle: { type: "dashed", opacity: 0.6 }, itemStyle: { opacity: 0.45 } }),
      })),
    }),
    [rows, buckets, look],
  );
  return <Chart option={option} {...rest} />;
}
