import { type MouseEvent, useEffect, useMemo, useRef, useState } from "react";
import { number } from "@/lib/format";
import { Chart, type Scale } from "./chart";
import { axes, type Look, type Row, type RowsChart } from "./rows";

/** What a row covers in each bucket, in the axis' units: a line is where it ends. */
type Span = [from: number, to: number] | null;

interface Drawn {
  row: Row;
  spans: Span[];
}

interface Spot {
  series: number;
  index: number;
  x: number;
  y: number;
}

/** So many rows are drawn in one frame, so that no frame takes long. */
const ROWS_A_FRAME = 8;
/** The pointer finds a line within so many pixels. */
const REACH = 32;
const BAR_MAX = 28;

/** Rows of too many points to be shapes: pixels over the axes of a chart, some rows in every frame. */
export function ManyRows({ rows, buckets, look, label, className, onPick }: RowsChart) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [scale, setScale] = useState<Scale>();
  const [spot, setSpot] = useState<Spot>();
  const drawn = useMemo(() => spansOf(rows, look !== "line"), [rows, look]);
  const option = useMemo(
    () => ({
      ...axes(buckets, look),
      tooltip: { show: false },
      animation: false,
      series: extremes(drawn, buckets.length).map((data) => ({
        type: "line",
        data,
        silent: true,
        symbol: "none",
        lineStyle: { opacity: 0 },
      })),
    }),
    [drawn, buckets, look],
  );

  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !scale) return;
    const { canvas: surface } = context;
    const ratio = devicePixelRatio;
    surface.width = surface.clientWidth * ratio;
    surface.height = surface.clientHeight * ratio;
    context.scale(ratio, ratio);
    let done = 0;
    let frame = requestAnimationFrame(function next() {
      for (const one of drawn.slice(done, done + ROWS_A_FRAME)) draw(context, scale, one, look);
      done = Math.min(done + ROWS_A_FRAME, drawn.length);
      surface.dataset.rows = `${done}`;
      if (done < drawn.length) frame = requestAnimationFrame(next);
    });
    return () => cancelAnimationFrame(frame);
  }, [drawn, look, scale]);

  function find({ currentTarget, clientX, clientY }: MouseEvent): Spot | undefined {
    const box = currentTarget.getBoundingClientRect();
    return scale && nearest(drawn, look, scale, clientX - box.left, clientY - box.top);
  }

  const found = spot && drawn[spot.series];
  return (
    <div
      className={`relative ${spot && onPick ? "cursor-pointer" : ""} ${className}`}
      onMouseMove={(event) => setSpot(find(event))}
      onMouseLeave={() => setSpot(undefined)}
      onClick={(event) => {
        const picked = find(event);
        if (picked) onPick?.(picked.series, picked.index);
      }}
    >
      <Chart option={option} label={label} className="h-full" onScale={setScale} />
      <canvas ref={canvas} aria-hidden className="pointer-events-none absolute inset-0 size-full" />
      {spot && found && scale && (
        <>
          <svg aria-hidden className="pointer-events-none absolute inset-0 size-full">
            {look !== "bar" && (
              <path d={outline(scale, found.spans)} fill="none" stroke={found.row.color} strokeWidth={2.5} />
            )}
            <circle cx={spot.x} cy={spot.y} r={4} fill={found.row.color} />
          </svg>
          <div
            role="tooltip"
            className="pointer-events-none absolute z-10 max-w-72 rounded-md border border-line bg-surface px-2.5 py-1.5 text-xs shadow-lg"
            style={{
              top: Math.max(0, spot.y - 56),
              ...(spot.x < scale.width / 2 ? { left: spot.x + 12 } : { right: scale.width - spot.x + 12 }),
            }}
          >
            <div className="text-soft">{buckets[spot.index]}</div>
            <div className="flex items-center gap-1.5">
              <span className="size-2.5 shrink-0 rounded-full" style={{ background: found.row.color }} />
              <span className="truncate">{found.row.name}</span>
              <span className="tabular ml-2 font-semibold">{number(found.row.data[spot.index] ?? 0)}</span>
            </div>
          </div>
        </>
      )}
    </div>
  );
}

/** Where each row begins and ends: stacked on those before it of the same sign and range, or from zero. */
function spansOf(rows: Row[], isStacked: boolean): Drawn[] {
  const count = rows[0]?.data.length ?? 0;
  const piles = Array.from({ length: 4 }, () => new Array<number>(count).fill(0));
  return rows.map((row) => ({
    row,
    spans: row.data.map((value, index) => {
      if (value === null) return null;
      const pile = isStacked && piles[(row.isBefore ? 2 : 0) + (value < 0 ? 1 : 0)];
      if (!pile) return [0, value];
      const from = pile[index] ?? 0;
      pile[index] = from + value;
      return [from, from + value];
    }),
  }));
}

/** The lowest and the highest value of each bucket: all that the axes need to know. */
function extremes(drawn: Drawn[], count: number): number[][] {
  const low = new Array<number>(count).fill(0);
  const high = new Array<number>(count).fill(0);
  for (const { spans } of drawn) {
    spans.forEach((span, index) => {
      low[index] = Math.min(low[index] ?? 0, span?.[1] ?? 0);
      high[index] = Math.max(high[index] ?? 0, span?.[1] ?? 0);
    });
  }
  return [low, high];
}

function draw(context: CanvasRenderingContext2D, scale: Scale, { row, spans }: Drawn, look: Look): void {
  context.save();
  context.strokeStyle = context.fillStyle = row.color;
  const faint = row.isBefore ? 0.5 : 1;
  if (look === "bar") {
    const width = Math.min(BAR_MAX, scale.step * 0.4);
    const left = row.isBefore ? 0 : -width;
    context.globalAlpha = faint;
    spans.forEach((span, index) => {
      if (!span) return;
      const [from, to] = [scale.y(span[0]), scale.y(span[1])];
      context.fillRect(scale.x(index) + left, Math.min(from, to), width, Math.abs(from - to));
    });
  } else {
    if (look === "area") {
      context.globalAlpha = 0.15 * faint;
      context.fill(new Path2D(outline(scale, spans, true)));
    }
    context.globalAlpha = faint;
    if (row.isBefore) context.setLineDash([4, 3]);
    context.stroke(new Path2D(outline(scale, spans)));
  }
  context.restore();
}

/** The ends of the spans as one path, with gaps; closed along their beginnings on request. */
function outline(scale: Scale, spans: Span[], isClosed = false): string {
  const point = (index: number, value: number) => `${scale.x(index).toFixed(1)} ${scale.y(value).toFixed(1)}`;
  let path = "";
  let first = 0;
  spans.forEach((span, index) => {
    if (!span) return;
    const isFirst = !spans[index - 1];
    if (isFirst) first = index;
    path += `${isFirst ? "M" : "L"}${point(index, span[1])}`;
    if (!isClosed || spans[index + 1]) return;
    for (let back = index; back >= first; back--) path += `L${point(back, spans[back]?.[0] ?? 0)}`;
    path += "Z";
  });
  return path;
}

/** The row and bucket at a place: the nearest line, or what is stacked there. */
function nearest(drawn: Drawn[], look: Look, scale: Scale, x: number, y: number): Spot | undefined {
  const index = scale.index(x);
  let best: (Spot & { distance: number }) | undefined;
  drawn.forEach(({ spans }, series) => {
    const span = spans[index];
    if (!span) return;
    const [from, to] = [scale.y(span[0]), scale.y(span[1])];
    const isInside = look !== "line" && y >= Math.min(from, to) && y <= Math.max(from, to);
    const distance = isInside ? 0 : Math.abs(to - y);
    if (distance <= REACH && (!best || distance < best.distance)) {
      best = { series, index, x: scale.x(index), y: to, distance };
    }
  });
  return best;
}
