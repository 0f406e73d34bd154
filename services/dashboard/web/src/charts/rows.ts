import { compact } from "@/lib/format";

export type Look = "line" | "area" | "bar";

/** One row of values over the buckets of the axis. */
export interface Row {
  name: string;
  /** The value of each bucket; null leaves a gap. */
  data: (number | null)[];
  color: string;
  /** Of the earlier range: drawn fainter, and stacked apart. */
  isBefore: boolean;
}

/** What charts of rows over buckets take. */
export interface RowsChart {
  rows: Row[];
  /** The names of the buckets, as people read them. */
  buckets: string[];
  look: Look;
  label: string;
  className: string;
  onPick?: (series: number, index: number) => void;
}

/** Pixels that a bar is wide at most. */
export const BAR_MAX = 28;

/** The axes of such charts. Between whole numbers there is nothing to mark. */
export const axes = (rows: Row[], buckets: string[], look: Look) => ({
  grid: { left: 4, right: 12, top: 12, bottom: 4, containLabel: true },
  xAxis: { type: "category", data: buckets, boundaryGap: look === "bar" },
  yAxis: {
    type: "value",
    minInterval: rows.every((row) => row.data.every((value) => Number.isInteger(value ?? 0))) ? 1 : 0,
    axisLabel: { formatter: compact },
  },
});
