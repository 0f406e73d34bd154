import type { Widget } from "./insight";

/** Columns of a dashboard. */
export const COLUMNS = 12;

/** How large a new widget is, in columns and rows. */
const SIZES: Record<string, { w: number; h: number }> = {
  trends: { w: 6, h: 4 },
  funnels: { w: 6, h: 5 },
  retention: { w: 6, h: 5 },
  paths: { w: 12, h: 6 },
  sessions: { w: 12, h: 5 },
  lifecycle: { w: 6, h: 4 },
  stickiness: { w: 6, h: 4 },
};
const SIZE = { w: 6, h: 4 };
export const sizeOf = (type: string) => SIZES[type] ?? SIZE;
const LEAST = { w: 2, h: 2 };

type Box = Pick<Widget, "x" | "y" | "w" | "h">;

/** The first row below all widgets. */
export function bottomOf(layout: Partial<Box>[]): number {
  return Math.max(0, ...layout.map((one) => (one.y ?? 0) + (one.h ?? SIZE.h)));
}

/** A layout in which everything has a place: widgets that other clients made get one below the rest. */
export function placed(layout: Partial<Widget>[]): Widget[] {
  const widgets: Widget[] = [];
  for (const one of layout) {
    const type = one.type ?? "trends";
    const whole = { type, title: "", params: {}, ...sizeOf(type), x: 0, y: bottomOf(widgets), ...one };
    widgets.push({ ...whole, title: whole.title || type });
  }
  return widgets;
}

const meet = (a: Box, b: Box) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** The layout with one widget moved or resized: what it meets makes way downwards, and gaps close upwards. */
export function arranged(layout: Widget[], index: number, next: Partial<Box>): Widget[] {
  const old = layout[index];
  if (!old) return layout;
  const w = clamp(next.w ?? old.w, LEAST.w, COLUMNS);
  const moved = {
    ...old,
    w,
    h: Math.max(LEAST.h, next.h ?? old.h),
    x: clamp(next.x ?? old.x, 0, COLUMNS - w),
    y: Math.max(0, next.y ?? old.y),
  };
  const order = layout
    .map((box, at) => ({ box: at === index ? moved : box, at }))
    .sort((a, b) => a.box.y - b.box.y || (a.at === index ? -1 : b.at === index ? 1 : a.box.x - b.box.x));
  const settled: { box: Widget; at: number }[] = [];
  for (const { box, at } of order) {
    let y = at === index ? box.y : 0;
    // The highest place at which it meets nothing that stands already.
    while (settled.some((other) => meet({ ...box, y }, other.box))) y += 1;
    while (y > 0 && !settled.some((other) => meet({ ...box, y: y - 1 }, other.box))) y -= 1;
    settled.push({ box: { ...box, y }, at });
  }
  return settled.sort((a, b) => a.at - b.at).map((one) => one.box);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
