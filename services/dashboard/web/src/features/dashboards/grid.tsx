import {
  type CSSProperties,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useRef,
  useState,
} from "react";
import { arranged, COLUMNS } from "../insights/grid";
import type { Widget } from "../insights/insight";

/** Height of a row and the gap between rows, in px. */
const ROW = 72;
const GAP = 16;

type Drag = { index: number; kind: "move" | "size"; x: number; y: number; from: Widget; layout: Widget[] };

/** Widgets on a grid of twelve columns; by handle or keyboard they are moved and sized. One column on a phone. */
export function Grid({
  layout,
  onArrange,
  actions,
  children,
}: {
  layout: Widget[];
  onArrange?: ((layout: Widget[]) => void) | undefined;
  actions?: (widget: Widget, index: number) => ReactNode;
  children: (widget: Widget, index: number) => ReactNode;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<Drag>();
  const shown = drag?.layout ?? layout;

  function start(event: PointerEvent<HTMLElement>, index: number, kind: Drag["kind"]) {
    const from = layout[index];
    if (!from || event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDrag({ index, kind, x: event.clientX, y: event.clientY, from, layout });
  }

  function move(event: PointerEvent<HTMLElement>) {
    const width = box.current?.clientWidth;
    if (!drag || !width) return;
    const columns = Math.round((event.clientX - drag.x) / ((width + GAP) / COLUMNS));
    const rows = Math.round((event.clientY - drag.y) / (ROW + GAP));
    const { from } = drag;
    const next =
      drag.kind === "move"
        ? { x: from.x + columns, y: from.y + rows }
        : { w: from.w + columns, h: from.h + rows };
    setDrag({ ...drag, layout: arranged(layout, drag.index, next) });
  }

  function end() {
    if (drag && JSON.stringify(drag.layout) !== JSON.stringify(layout)) onArrange?.(drag.layout);
    setDrag(undefined);
  }

  function press(event: KeyboardEvent, index: number) {
    const one = layout[index];
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!one || !by) return;
    event.preventDefault();
    const [columns = 0, rows = 0] = by;
    const next = event.shiftKey
      ? { w: one.w + columns, h: one.h + rows }
      : { x: one.x + columns, y: one.y + rows };
    onArrange?.(arranged(layout, index, next));
  }

  return (
    <div ref={box} className="grid gap-4 max-md:!grid-cols-1 md:grid-cols-12" style={{ gridAutoRows: ROW }}>
      {shown.map((widget, index) => (
        <section
          key={index}
          aria-label={widget.title}
          className={`group relative flex min-w-0 flex-col rounded-card border bg-surface max-md:!col-auto max-md:!row-[span_var(--rows)] ${drag?.index === index ? "z-10 border-accent shadow-lg" : "border-line"}`}
          style={place(widget)}
        >
          <header className="flex min-h-10 items-center gap-2 border-b border-line px-3 py-1">
            <h2 className="min-w-0 flex-1 truncate font-semibold">
              {onArrange ? (
                <button
                  type="button"
                  aria-label={`${widget.title}: drag or arrow keys move it, with Shift they size it`}
                  className="max-w-full cursor-grab touch-none truncate active:cursor-grabbing max-md:pointer-events-none"
                  onPointerDown={(event) => start(event, index, "move")}
                  onPointerMove={move}
                  onPointerUp={end}
                  onPointerCancel={end}
                  onKeyDown={(event) => press(event, index)}
                >
                  {widget.title}
                </button>
              ) : (
                widget.title
              )}
            </h2>
            {actions?.(widget, index)}
          </header>
          <div className="min-h-0 flex-1 overflow-hidden p-3">{children(widget, index)}</div>
          {onArrange && (
            <span
              aria-hidden
              data-resize
              className="absolute right-1 bottom-1 size-4 cursor-se-resize touch-none rounded-br-md border-r-2 border-b-2 border-faint opacity-0 group-hover:opacity-100 max-md:hidden"
              onPointerDown={(event) => start(event, index, "size")}
              onPointerMove={move}
              onPointerUp={end}
              onPointerCancel={end}
            />
          )}
        </section>
      ))}
    </div>
  );
}

function place({ x, y, w, h }: Widget): CSSProperties {
  const area = { gridColumn: `${x + 1} / span ${w}`, gridRow: `${y + 1} / span ${h}` };
  return { ...area, "--rows": h } as CSSProperties;
}
