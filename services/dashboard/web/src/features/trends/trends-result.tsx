import { useMemo } from "react";
import { Chart } from "@/charts/chart";
import { bucket, compact, number } from "@/lib/format";
import { type Row, rowName, type Trends } from "./query";
import type { TrendsSearch } from "./search";

/** The answer in the chosen look. */
export function TrendsResult({ result, search }: { result: Trends; search: TrendsSearch }) {
  const rows = result.series.map((row) => ({
    row,
    name: rowName(row, !!search.breakdown, search.series.length > 1 && !search.formula),
  }));
  if (search.look === "number") return <Numbers rows={rows} />;
  if (search.look === "table") return <Table labels={result.labels} rows={rows} interval={search.interval} />;
  return <Lines labels={result.labels} rows={rows} search={search} />;
}

type Named = { row: Row; name: string };

function Lines({ labels, rows, search }: { labels: string[]; rows: Named[]; search: TrendsSearch }) {
  const option = useMemo(() => {
    const shape = (name: string, data: unknown, isBefore = false) => ({
      name,
      data,
      type: search.look === "bar" ? "bar" : "line",
      symbol: labels.length > 60 ? "none" : "circle",
      symbolSize: 5,
      barMaxWidth: 28,
      ...(search.look === "area" && { areaStyle: { opacity: 0.15 }, stack: isBefore ? "before" : "now" }),
      ...(isBefore && { lineStyle: { type: "dashed", opacity: 0.6 }, itemStyle: { opacity: 0.45 } }),
    });
    return {
      grid: { left: 8, right: 16, top: 36, bottom: 8, containLabel: true },
      legend: { type: "scroll", top: 0, left: 0, icon: "roundRect", itemHeight: 8, itemWidth: 12 },
      tooltip: {
        trigger: "axis",
        confine: true,
        valueFormatter: (value: number) => (value == null ? "–" : number(value)),
      },
      xAxis: {
        type: "category",
        data: labels.map((label) => bucket(label, search.interval)),
        boundaryGap: search.look === "bar",
        axisTick: { show: false },
      },
      yAxis: {
        type: "value",
        axisLabel: { formatter: compact },
        splitLine: { lineStyle: { opacity: 0.25 } },
      },
      series: rows.flatMap(({ row, name }) => [
        shape(name, row.data),
        ...(row.compare ? [shape(`${name}, before`, row.compare, true)] : []),
      ]),
    };
  }, [labels, rows, search.look, search.interval]);
  return (
    <Chart option={option} label={`Trends of ${rows.map((one) => one.name).join(", ")}`} className="h-96" />
  );
}

function Numbers({ rows }: { rows: Named[] }) {
  return (
    <dl className="flex min-h-48 flex-wrap items-center gap-10 p-4">
      {rows.map(({ row, name }) => (
        <div key={name}>
          <dt className="text-soft">{name}</dt>
          <dd className="tabular text-4xl font-semibold tracking-tight">{number(Number(row.data))}</dd>
        </div>
      ))}
    </dl>
  );
}

function Table({ labels, rows, interval }: { labels: string[]; rows: Named[]; interval: string }) {
  return (
    <div className="max-h-[32rem] overflow-auto" tabIndex={0} role="region" aria-label="Table of the answer">
      <table className="tabular w-full border-collapse">
        <thead>
          <tr className="text-left text-xs text-faint">
            <th className="sticky left-0 bg-surface p-2">Series</th>
            {labels.map((label) => (
              <th key={label} className="p-2 text-right font-medium whitespace-nowrap">
                {bucket(label, interval)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ row, name }) => (
            <tr key={name} className="border-t border-line">
              <th className="sticky left-0 bg-surface p-2 text-left font-medium">{name}</th>
              {(Array.isArray(row.data) ? row.data : [row.data]).map((value, index) => (
                <td key={labels[index]} className="p-2 text-right">
                  {number(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
