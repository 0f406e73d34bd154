import { BarChart, HeatmapChart, LineChart, SankeyChart } from "echarts/charts";
import {
  AriaComponent,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import { type EChartsCoreOption, getInstanceByDom, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { useTheme } from "@/lib/theme";

use([
  BarChart,
  HeatmapChart,
  LineChart,
  SankeyChart,
  AriaComponent,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  VisualMapComponent,
  SVGRenderer,
]);

/** Colours of series, told apart by people who see colours differently too. */
export const PALETTE = [
  "#0f9488",
  "#7c6cf0",
  "#e0803a",
  "#3b82c4",
  "#c2518f",
  "#7c8a1e",
  "#b4503c",
  "#5b6b8c",
];

/** The one place that knows the charting library. Size it by its box. */
export function Chart({
  option,
  label,
  className = "h-80",
  onPick,
}: {
  option: EChartsCoreOption;
  label: string;
  className?: string;
  onPick?: (series: number, index: number) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const theme = useTheme();

  useEffect(() => {
    const node = box.current;
    if (!node) return;
    const chart = init(node, null, { renderer: "svg" });
    const observer = new ResizeObserver(() => chart.resize());
    observer.observe(node);
    return () => {
      observer.disconnect();
      chart.dispose();
    };
  }, []);

  useEffect(() => {
    const chart = box.current && getInstanceByDom(box.current);
    if (!chart) return;
    const style = getComputedStyle(document.documentElement);
    const tone = (name: string) => style.getPropertyValue(`--${name}`).trim();
    chart.setOption(
      {
        color: PALETTE,
        animationDuration: 200,
        textStyle: { color: tone("soft"), fontFamily: "inherit" },
        ...option,
        aria: { enabled: true, label: { description: label } },
      },
      { notMerge: true },
    );
    chart.off("click");
    if (onPick) chart.on("click", (event) => onPick(event.seriesIndex ?? 0, event.dataIndex ?? 0));
    void theme;
  }, [option, label, onPick, theme]);

  return <div ref={box} role="img" aria-label={label} className={className} />;
}
