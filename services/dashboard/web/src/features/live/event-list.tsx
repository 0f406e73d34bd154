import { Link } from "@tanstack/react-router";
import { Ago } from "@/components/ago";
import { Empty } from "@/components/states";
import { type Event, keyOf } from "../events/event";

/** The latest events, as they come in. */
export function EventList({ project, events }: { project: string; events: Event[] }) {
  if (events.length === 0) return <Empty title="Nothing yet">Events show up as they arrive.</Empty>;
  return (
    <ol className="divide-y divide-line">
      {events.map((one) => (
        <li key={keyOf(one)} className="flex items-center gap-3 py-1.5">
          <span className="min-w-0 flex-1 truncate font-medium">{one.event}</span>
          <Link
            to="/p/$projectId/persons"
            params={{ projectId: project }}
            search={{ distinct_id: one.distinct_id }}
            className="min-w-0 flex-1 truncate text-accent hover:underline"
          >
            {one.distinct_id}
          </Link>
          <Ago at={one.timestamp} className="tabular w-20 shrink-0 text-right text-xs text-faint" />
        </li>
      ))}
    </ol>
  );
}
