import { useMemo } from "react";
import { FewRows } from "@/charts/few-rows";
import { useLegend } from "@/charts/legend";
import { ManyRows } from "@/charts/many-rows";
import { PALETTE } from "@/charts/palette";
import type { Look as Drawable } from "@/charts/rows";
import { bucket, number, percent } from "@/lib/format";
import { named, type Row, type Trends } from "./query";

export type Look = Drawable | "number" | "table";
type Named = { row: Row; name: string };

/** More points in all than this are drawn as pixels. */
const SHAPES_MAX = 3_000;

/** The answer in the chosen look; `onPick` hears which row and bucket were clicked. */
export function TrendsResult({
  result,
  look = "line",
  interval = "day",
  className = "h-96",
  onPick,
}: {
  result: Trends;
  look?: Look;
  interval?: string;
  className?: string;
  onPick?: ((row: Row, label: string | undefined) => void) | undefined;
}) {
  const rows = useMemo(() => named(result.series), [result]);
  if (look === "number" || rows.some(({ row }) => !Array.isArray(row.data)))
    return <Numbers rows={rows} onPick={onPick} />;
  if (look === "table")
    return <Table labels={result.labels} rows={rows} interval={interval} onPick={onPick} />;
  return (
    <Lines
      labels={result.labels}
      rows={rows}
      look={look}
      interval={interval}
      className={className}
      onPick={onPick}
    />
  );
}

function Lines({
  labels,
  rows,
  look,
  interval,
  className,
  onPick,
}: {
  labels: string[];
  rows: Named[];
  look: Drawable;
  interval: string;
  className: string;
  onPick?: ((row: Row, label: string | undefined) => void) | undefined;
}) {
  const isLarge = rows.length * labels.length > SHAPES_MAX;
  const names = useMemo(() => rows.map((one) => one.name), [rows]);
  const isBrokenDown = rows.some(({ row }) => row.breakdown !== null);
  const { isShown, legend } = useLegend(names, names.length > 1 || isBrokenDown);
  const shown = names.filter(isShown).join("\n");
  const buckets = useMemo(() => labels.map((label) => bucket(label, interval)), [labels, interval]);
  const drawn = useMemo(() => {
    const visible = new Set(shown.split("\n"));
    return rows.flatMap(({ row, name }, at) => {
      if (!visible.has(name)) return [];
      const color = PALETTE[at % PALETTE.length] ?? "";
      const now = { row, name, color, data: row.data as number[], isBefore: false };
      if (!Array.isArray(row.compare)) return [now];
      return [now, { row, name: `${name}, before`, color, data: row.compare, isBefore: true }];
    });
  }, [rows, shown]);
  const pick = useMemo(
    () =>
      onPick &&
      ((series: number, index: number) => {
        const row = drawn[series]?.row;
        if (row) onPick(row, labels[index]);
      }),
    [onPick, drawn, labels],
  );
  const frame = {
    buckets,
    look,
    label: `Trends of ${names.slice(0, 5).join(", ")}`,
    className: "min-h-0 flex-1",
    ...(pick && { onPick: pick }),
  };
  return (
    <div className={`flex flex-col ${className}`}>
      {legend}
      {isLarge ? <ManyRows rows={drawn} {...frame} /> : <FewRows rows={drawn} {...frame} />}
    </div>
  );
}

function Numbers({
  rows,
  onPick,
}: {
  rows: Named[];
  onPick?: ((row: Row, label: string | undefined) => void) | undefined;
}) {
  return (
    <dl className="flex min-h-full flex-wrap items-center gap-x-10 gap-y-4 overflow-auto p-2">
      {rows.map(({ row, name }) => {
        const value = Number(row.data);
        const before = typeof row.compare === "number" ? row.compare : undefined;
        return (
          <div key={name}>
            <dt className="text-soft">{name}</dt>
            <dd className="tabular text-4xl font-semibold tracking-tight">
              {onPick ? (
                <button type="button" className="hover:text-accent" onClick={() => onPick(row, undefined)}>
                  {number(value)}
                </button>
              ) : (
                number(value)
              )}
            </dd>
            {before !== undefined && (
              <dd className="tabular text-xs text-soft">
                {number(before)} before
                {before > 0 && ` (${value >= before ? "+" : ""}${percent((value - before) / before)})`}
              </dd>
            )}
          </div>
        );
      })}
    </dl>
  );
}

function Table({
  labels,
  rows,
  interval,
  onPick,
}: {
  labels: string[];
  rows: Named[];
  interval: string;
  onPick?: ((row: Row, label: string | undefined) => void) | undefined;
}) {
  return (
    <div className="max-h-[32rem] overflow-auto" tabIndex={0} role="region" aria-label="Table of the answer">
      <table className="tabular w-full border-collapse">
        <thead>
          <tr className="text-left text-xs text-faint">
            <th className="sticky top-0 left-0 bg-surface p-2 font-medium">Series</th>
            {labels.map((label) => (
              <th
                key={label}
                className="sticky top-0 bg-surface p-2 text-right font-medium whitespace-nowrap"
              >
                {bucket(label, interval)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ row, name }) => (
            <tr key={name} className="border-t border-line">
              <th className="sticky left-0 bg-surface p-2 text-left font-medium whitespace-nowrap">{name}</th>
              {(Array.isArray(row.data) ? row.data : [row.data]).map((value, index) => (
                <td key={labels[index]} className="p-2 text-right">
                  {onPick && !row.other && value !== 0 ? (
                    <button
                      type="button"
                      aria-label={`${name}, ${bucket(labels[index] ?? "", interval)}: ${number(value)}`}
                      className="hover:text-accent hover:underline"
                      onClick={() => onPick(row, labels[index])}
                    >
                      {number(value)}
                    </button>
                  ) : (
                    number(value)
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
