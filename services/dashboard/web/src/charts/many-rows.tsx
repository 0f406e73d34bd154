import { type MouseEvent, useEffect, useMemo, useRef, useState } from "react";
import { number } from "@/lib/format";
import { Chart, type Scale } from "./chart";
import { axes, BAR_MAX, type Look, type Row, type RowsChart } from "./rows";

/** Where a row is drawn, in the axis' units: from where it begins to where it ends in each bucket. */
interface Drawn {
  row: Row;
  /** Absent where all begin at zero. */
  begins?: number[];
  ends: (number | null)[];
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

/** Rows of too many points to be shapes: pixels over the axes of a chart, some rows in every frame. */
export function ManyRows({ rows, buckets, look, label, className, onPick }: RowsChart) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [scale, setScale] = useState<Scale>();
  const [spot, setSpot] = useState<Spot>();
  const [isRoomy, setRoomy] = useState(false);
  const drawn = useMemo(() => placed(rows, look !== "line"), [rows, look]);
  const option = useMemo(() => {
    const [low, high] = extremes(drawn);
    return {
      ...axes(rows, buckets, look),
      tooltip: { show: false },
      animation: false,
      // All that the axes need to know of the rows.
      series: [
        {
          type: "line",
          symbol: "none",
          silent: true,
          lineStyle: { opacity: 0 },
          data: [
            [0, low],
            [0, high],
          ],
        },
      ],
    };
  }, [rows, drawn, buckets, look]);

  // The axes take a frame of their own: what is around them has come in this one.
  useEffect(() => {
    const frame = requestAnimationFrame(() => setRoomy(true));
    return () => cancelAnimationFrame(frame);
  }, []);

  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !scale) return;
    const { canvas: surface } = context;
    const ratio = devicePixelRatio;
    surface.width = surface.clientWidth * ratio;
    surface.height = surface.clientHeight * ratio;
    context.scale(ratio, ratio);
    const isCompared = drawn.some(({ row }) => row.isBefore);
    let done = 0;
    let frame = requestAnimationFrame(function next() {
      for (const one of drawn.slice(done, done + ROWS_A_FRAME)) draw(context, scale, one, look, isCompared);
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
      {isRoomy && <Chart option={option} label={label} className="h-full" onScale={setScale} />}
      <canvas ref={canvas} aria-hidden className="pointer-events-none absolute inset-0 size-full" />
      {spot && found && scale && (
        <>
          <svg aria-hidden className="pointer-events-none absolute inset-0 size-full">
            {look !== "bar" && (
              <path d={outline(scale, found)} fill="none" stroke={found.row.color} strokeWidth={2.5} />
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

/** Rows at their values, or stacked on those before them of the same sign and range. */
function placed(rows: Row[], isStacked: boolean): Drawn[] {
  if (!isStacked) return rows.map((row) => ({ row, ends: row.data }));
  const count = rows[0]?.data.length ?? 0;
  const piles = Array.from({ length: 4 }, () => new Array<number>(count).fill(0));
  return rows.map((row) => {
    const begins = new Array<number>(count).fill(0);
    const ends = row.data.map((value, index) => {
      const pile = piles[(row.isBefore ? 2 : 0) + ((value ?? 0) < 0 ? 1 : 0)] ?? [];
      const begin = (begins[index] = pile[index] ?? 0);
      if (value !== null) pile[index] = begin + value;
      return value === null ? null : begin + value;
    });
    return { row, begins, ends };
  });
}

/** The lowest and the highest end. */
function extremes(drawn: Drawn[]): [number, number] {
  let [low, high] = [0, 0];
  for (const { ends } of drawn) {
    for (const end of ends) {
      low = Math.min(low, end ?? 0);
      high = Math.max(high, end ?? 0);
    }
  }
  return [low, high];
}

function draw(
  context: CanvasRenderingContext2D,
  scale: Scale,
  one: Drawn,
  look: Look,
  isCompared: boolean,
): void {
  const { row, begins, ends } = one;
  context.save();
  context.strokeStyle = context.fillStyle = row.color;
  const faint = row.isBefore ? 0.5 : 1;
  if (look === "bar") {
    const width = Math.min(BAR_MAX, scale.step * (isCompared ? 0.4 : 0.7));
    const left = row.isBefore ? 0 : isCompared ? -width : -width / 2;
    context.globalAlpha = faint;
    ends.forEach((end, index) => {
      if (end === null) return;
      const [from, to] = [scale.y(begins?.[index] ?? 0), scale.y(end)];
      context.fillRect(scale.x(index) + left, Math.min(from, to), width, Math.abs(from - to));
    });
  } else {
    if (look === "area") {
      context.globalAlpha = 0.15 * faint;
      context.fill(new Path2D(outline(scale, one, true)));
    }
    context.globalAlpha = faint;
    if (row.isBefore) context.setLineDash([4, 3]);
    context.stroke(new Path2D(outline(scale, one)));
  }
  context.restore();
}

/** The ends of a row as one path, with gaps; closed along where it begins on request. */
function outline(scale: Scale, { begins, ends }: Drawn, isClosed = false): string {
  const point = (index: number, value: number) => `${scale.x(index).toFixed(1)} ${scale.y(value).toFixed(1)}`;
  const isGap = (index: number) => (ends[index] ?? null) === null;
  let path = "";
  let first = 0;
  ends.forEach((end, index) => {
    if (end === null) return;
    const isFirst = isGap(index - 1);
    if (isFirst) first = index;
    path += `${isFirst ? "M" : "L"}${point(index, end)}`;
    if (!isClosed || !isGap(index + 1)) return;
    for (let back = index; back >= first; back--) path += `L${point(back, begins?.[back] ?? 0)}`;
    path += "Z";
  });
  return path;
}

/** The row and bucket at a place: the nearest line, or what is stacked there. */
function nearest(drawn: Drawn[], look: Look, scale: Scale, x: number, y: number): Spot | undefined {
  const index = scale.index(x);
  let best: (Spot & { distance: number }) | undefined;
  drawn.forEach(({ begins, ends }, series) => {
    const end = ends[index] ?? null;
    if (end === null) return;
    const [from, to] = [scale.y(begins?.[index] ?? 0), scale.y(end)];
    const isInside = look !== "line" && y >= Math.min(from, to) && y <= Math.max(from, to);
    const distance = isInside ? 0 : Math.abs(to - y);
    if (distance <= REACH && (!best || distance < best.distance)) {
      best = { series, index, x: scale.x(index), y: to, distance };
    }
  });
  return best;
}
