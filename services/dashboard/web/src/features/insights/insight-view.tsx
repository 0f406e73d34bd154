import { type Retention, Triangle } from "../retention/triangle";
import { type Funnel, FunnelBars } from "../funnels/funnel-bars";
import { FunnelView } from "../funnels/funnel-view";
import { type Lifecycle, LifecycleBars } from "../activity/lifecycle-bars";
import { StickinessBars } from "../activity/stickiness-bars";
import { type Edges, Flow } from "../paths/flow";
import { type Sessions, SessionsOverview } from "../sessions/sessions-overview";
import type { Trends } from "../trends/query";
import { type Look, TrendsResult } from "../trends/trends-result";
import type { Insight } from "./insight";

/** The answer to an insight, as large as the box it stands in. */
export function InsightView({ insight, result }: { insight: Insight; result: unknown }) {
  const params = insight.params as { interval?: string; period?: string; event?: string };
  const look = insight.search?.look as Look | undefined;
  switch (insight.type) {
    case "trends":
      return (
        <TrendsResult
          result={result as Trends}
          {...(look && { look })}
          {...(params.interval && { interval: params.interval })}
          className="h-full"
        />
      );
    case "trend":
      return <TrendsResult result={oldTrend(result as OldTrend, params.event)} className="h-full" />;
    case "funnels":
      if ((result as Funnel).over_time || (result as Funnel).histogram)
        return <FunnelView funnel={result as Funnel} interval="day" />;
      return <FunnelBars funnel={result as Funnel} />;
    case "funnel":
      return <FunnelBars funnel={result as Funnel} />;
    case "retention":
      return <Triangle result={result as Retention} period={params.period ?? "week"} />;
    case "paths":
      return <Flow edges={(result as Edges).edges} className="h-full" />;
    case "sessions":
      return <SessionsOverview result={result as Sessions} isBrief />;
    case "lifecycle":
      return (
        <LifecycleBars result={result as Lifecycle} interval={params.interval ?? "day"} className="h-full" />
      );
    case "stickiness":
      return (
        <StickinessBars
          counts={(result as { counts: number[] }).counts}
          interval={params.interval ?? "day"}
          className="h-full"
        />
      );
    default:
      return <pre className="h-full overflow-auto text-xs">{JSON.stringify(result, null, 2)}</pre>;
  }
}

interface OldTrend {
  labels: string[];
  series?: number[];
  results?: { label: string; data: number[] }[];
}

/** The shape of the older endpoint, as one of ours. */
function oldTrend({ labels, series, results }: OldTrend, event = "events"): Trends {
  const rows = results ?? [{ label: event, data: series ?? [] }];
  return { labels, series: rows.map((row, index) => ({ ...row, series: String(index) })) };
}
