import { expect, test } from "vitest";
import { arranged, placed } from "./grid";
import type { Widget } from "./insight";

const widget = (x: number, y: number, w: number, h: number): Widget => ({
  type: "trends",
  title: "t",
  params: {},
  x,
  y,
  w,
  h,
});
const boxes = (layout: Widget[]) => layout.map(({ x, y, w, h }) => [x, y, w, h]);

test("widgets of other clients get a place below the rest", () => {
  const layout = placed([
    { type: "trend", params: { event: "a" } },
    { type: "funnels", params: {}, x: 6, y: 0 },
  ]);
  expect(boxes(layout)).toEqual([
    [0, 0, 6, 4],
    [6, 0, 6, 5],
  ]);
  expect(layout[0]?.title).toBe("trend");
});

test("what a moved widget meets makes way", () => {
  const layout = [widget(0, 0, 6, 4), widget(6, 0, 6, 4)];
  expect(boxes(arranged(layout, 1, { x: 0 }))).toEqual([
    [0, 4, 6, 4],
    [0, 0, 6, 4],
  ]);
});

test("gaps close upwards, and nothing leaves the grid", () => {
  const layout = [widget(0, 0, 6, 4), widget(0, 4, 6, 4)];
  expect(boxes(arranged(layout, 0, { x: 9, y: 0 }))).toEqual([
    [6, 0, 6, 4],
    [0, 0, 6, 4],
  ]);
  expect(boxes(arranged(layout, 0, { w: 40, h: 0 }))[0]).toEqual([0, 0, 12, 2]);
});

test("no two widgets ever overlap", () => {
  let layout = [widget(0, 0, 6, 4), widget(6, 0, 6, 3), widget(0, 4, 12, 2), widget(0, 6, 3, 5)];
  for (let step = 0; step < 200; step++) {
    layout = arranged(layout, step % 4, {
      x: (step * 7) % 12,
      y: (step * 5) % 9,
      w: 2 + ((step * 3) % 10),
      h: 2 + (step % 4),
    });
    for (const [index, a] of layout.entries()) {
      for (const b of layout.slice(index + 1)) {
        expect(a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h).toBe(false);
      }
    }
  }
});
