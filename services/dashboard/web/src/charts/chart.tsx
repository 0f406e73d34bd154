import { BarChart, LineChart, SankeyChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { type ECharts, type EChartsCoreOption, getInstanceByDom, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { useTheme } from "@/lib/theme";
import { PALETTE } from "./palette";

use([
  BarChart,
  LineChart,
  SankeyChart,
  AriaComponent,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  SVGRenderer,
]);

type Part = Record<string, unknown>;

/** Where a chart with buckets below and values at the left puts them, in pixels of its box. */
export interface Scale {
  x: (index: number) => number;
  y: (value: number) => number;
  /** The bucket nearest to a place. */
  index: (x: number) => number;
  /** From one bucket to the next. */
  step: number;
  /** The box's own. */
  width: number;
}

function scaleOf(chart: ECharts): Scale {
  // Both axes are linear, so two places tell all.
  const [left = 0, next = 0] = [0, 1].map((index) => chart.convertToPixel({ xAxisIndex: 0 }, index));
  const [zero = 0, one = 0] = [0, 1].map((value) => chart.convertToPixel({ yAxisIndex: 0 }, value));
  const step = next - left;
  return {
    x: (index) => left + index * step,
    y: (value) => zero + value * (one - zero),
    index: (x) => (step > 0 ? Math.round((x - left) / step) : 0),
    step,
    width: chart.getWidth(),
  };
}

/** The option in the colours of the theme. */
function dressed(option: EChartsCoreOption, tone: (name: string) => string): EChartsCoreOption {
  const line = { lineStyle: { color: tone("line") } };
  const axis = (one: unknown) =>
    one
      ? {
          splitLine: line,
          axisLine: { lineStyle: { color: tone("line") } },
          axisTick: { show: false },
          ...(one as Part),
          axisLabel: { color: tone("faint"), hideOverlap: true, ...((one as Part).axisLabel as Part) },
        }
      : undefined;
  return {
    ...option,
    series: ((option.series ?? []) as Part[]).map((one) =>
      one.label ? { ...one, label: { color: tone("ink"), textBorderWidth: 0, ...(one.label as Part) } } : one,
    ),
    ...(option.xAxis ? { xAxis: axis(option.xAxis) } : {}),
    ...(option.yAxis ? { yAxis: axis(option.yAxis) } : {}),
    ...(option.legend
      ? {
          legend: {
            type: "scroll",
            top: 0,
            left: 0,
            icon: "roundRect",
            itemHeight: 8,
            itemWidth: 12,
            itemGap: 14,
            pageIconColor: tone("soft"),
            pageTextStyle: { color: tone("faint") },
            ...(option.legend as Part),
            textStyle: { color: tone("soft") },
          },
        }
      : {}),
    tooltip: {
      confine: true,
      backgroundColor: tone("surface"),
      borderColor: tone("line"),
      textStyle: { color: tone("ink"), fontSize: 12 },
      ...(option.tooltip as Part),
    },
  };
}

/** The one place that knows the charting library. Size it by its box. */
export function Chart({
  option,
  label,
  className = "h-80",
  onPick,
  onScale,
}: {
  option: EChartsCoreOption;
  label: string;
  className?: string;
  onPick?: (series: number, index: number) => void;
  /** Hears where things are whenever that changes, to draw over them. */
  onScale?: (scale: Scale) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const theme = useTheme();

  useEffect(() => {
    const node = box.current;
    if (!node) return;
    const chart = init(node, null, { renderer: "svg" });
    const observer = new ResizeObserver(() => {
      // It also tells of the size that a chart begins with.
      if (chart.getWidth() === node.clientWidth && chart.getHeight() === node.clientHeight) return;
      chart.resize();
      onScale?.(scaleOf(chart));
    });
    observer.observe(node);
    return () => {
      observer.disconnect();
      chart.dispose();
    };
  }, [onScale]);

  useEffect(() => {
    const chart = box.current && getInstanceByDom(box.current);
    if (!chart) return;
    const style = getComputedStyle(document.documentElement);
    const tone = (name: string) => style.getPropertyValue(`--${name}`).trim();
    chart.setOption(
      {
        color: PALETTE,
        animationDuration: 200,
        textStyle: { color: tone("soft"), fontFamily: getComputedStyle(document.body).fontFamily },
        ...dressed(option, tone),
        aria: { enabled: true, label: { description: label } },
      },
      { notMerge: true },
    );
    chart.off("click");
    if (onPick) chart.on("click", (event) => onPick(event.seriesIndex ?? 0, event.dataIndex ?? 0));
    if (onPick) chart.getZr().setCursorStyle("pointer");
    onScale?.(scaleOf(chart));
    void theme;
  }, [option, label, onPick, onScale, theme]);

  return <div ref={box} role="img" aria-label={label} className={className} />;
}
