import {
  ChartLine,
  Filter,
  Footprints,
  type LucideIcon,
  Repeat,
  Route,
  Timer,
  TrendingUpDown,
} from "lucide-react";

/** The sign of each page on which insights are asked. */
export const ICONS: Record<string, LucideIcon> = {
  trends: ChartLine,
  funnels: Filter,
  retention: Repeat,
  paths: Route,
  sessions: Timer,
  lifecycle: TrendingUpDown,
  stickiness: Footprints,
};
