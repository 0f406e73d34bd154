import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { Ago } from "@/components/ago";
import type { Event } from "./event";
import { Properties } from "./properties";
import { Trace } from "./trace";

/** An event in one line; open, all of it and the way it came. */
export function EventRow({
  project,
  event,
  isOpen,
  onToggle,
}: {
  project: string;
  event: Event;
  isOpen: boolean;
  onToggle: () => void;
}) {
  return (
    <>
      <tr className={`border-t border-line ${isOpen ? "bg-raised" : "hover:bg-raised/60"}`}>
        <td className="p-0">
          <button
            type="button"
            aria-expanded={isOpen}
            className="flex w-full items-center gap-1.5 p-2 text-left font-medium"
            onClick={onToggle}
          >
            <ChevronRight
              className={`size-3.5 shrink-0 text-faint transition-transform ${isOpen ? "rotate-90" : ""}`}
              aria-hidden
            />
            <span className="truncate">{event.event}</span>
          </button>
        </td>
        <td className="truncate p-2">
          <Link
            to="/p/$projectId/persons"
            params={{ projectId: project }}
            search={{ distinct_id: event.distinct_id }}
            className="text-accent hover:underline"
          >
            {event.distinct_id}
          </Link>
        </td>
        <td className="hidden truncate p-2 text-soft lg:table-cell">{pageOf(event)}</td>
        <td className="tabular p-2 text-right whitespace-nowrap text-soft">
          <Ago at={event.timestamp} />
        </td>
      </tr>
      {isOpen && (
        <tr>
          <td colSpan={4} className="bg-raised p-3">
            <div className="grid grid-cols-1 gap-4 lg:grid-cols-2">
              <div>
                <h3 className="mb-1 text-xs font-semibold text-soft">Properties, as sent</h3>
                <Properties of={event.properties} />
                <h3 className="mt-3 mb-1 text-xs font-semibold text-soft">Derived by Millrace</h3>
                {event.derived ? (
                  <Properties of={event.derived} />
                ) : (
                  <p className="text-faint">not stored yet</p>
                )}
              </div>
              <Trace project={project} uuid={event.uuid} distinctId={event.distinct_id} />
            </div>
          </td>
        </tr>
      )}
    </>
  );
}

/** The page that an event was on, when it says so. */
function pageOf({ properties }: Event): string {
  const page = properties.$pathname ?? properties.$current_url ?? properties.$screen_name;
  return typeof page === "string" ? page : "";
}
