import {
  Activity,
  Bookmark,
  HeartPulse,
  LayoutDashboard,
  type LucideIcon,
  Plug,
  Radio,
  Settings,
  Users,
} from "lucide-react";
import { ICONS } from "../insights/icons";

/** A page of a project. */
export interface Page {
  to: string;
  name: string;
  icon: LucideIcon | undefined;
}

const asked = (to: string): Page => ({
  to,
  name: to.charAt(0).toUpperCase() + to.slice(1),
  icon: ICONS[to],
});

/** Every page of a project by what one wants of it: to keep, to ask, to look, to run. */
export const GROUPS: { name: string; pages: Page[] }[] = [
  {
    name: "Kept",
    pages: [
      { to: "dashboards", name: "Dashboards", icon: LayoutDashboard },
      { to: "insights", name: "Insights", icon: Bookmark },
    ],
  },
  { name: "Questions", pages: Object.keys(ICONS).map(asked) },
  {
    name: "People and events",
    pages: [
      { to: "live", name: "Live", icon: Radio },
      { to: "events", name: "Events", icon: Activity },
      { to: "persons", name: "Persons", icon: Users },
    ],
  },
  {
    name: "Project",
    pages: [
      { to: "connect", name: "Connect", icon: Plug },
      { to: "health", name: "Health", icon: HeartPulse },
      { to: "settings", name: "Settings", icon: Settings },
    ],
  },
];
