import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Modal } from "@/components/modal";
import { Empty } from "@/components/states";
import { moment, number, valueName } from "@/lib/format";
import { calendarOf, datesOf, localZone } from "@/lib/ranges";
import { AnswerBody } from "../query/answer";
import { breakdownOf } from "../query/breakdown";
import { complete, type Filter } from "../query/filter";
import { bucketRange } from "./bucket-range";
import type { Row, Trends } from "./query";
import type { TrendsSearch } from "./search";

/** A point of a chart: a row, and a bucket unless it is the whole range. */
export interface Point {
  row: Row;
  label: string | undefined;
}

/** What the events of a point have in common; `null` for points that no single series makes. */
export function behind({ row, label }: Point, search: TrendsSearch) {
  const series = search.series[row.series.charCodeAt(0) - 65];
  if (!series || row.series === "formula" || row.other) return null;
  const properties = breakdownOf(search.breakdown).breakdown?.properties ?? [];
  const broken = properties.map((property, at): Filter => {
    const value = row.breakdown?.[at];
    return value == null ? { property, op: "is_not_set" } : { property, op: "exact", value };
  });
  const timezone = search.timezone ?? localZone;
  const days = calendarOf(search.range, timezone);
  const dates = label ? bucketRange(label, search.interval, days) : datesOf(search.range);
  return {
    event: series.event,
    filters: [...complete(search.filters), ...complete(series.filters), ...broken],
    ...dates,
    timezone,
  };
}

interface Events {
  events: { uuid: string; event: string; distinct_id: string; timestamp: string }[];
}

/** The persons and the events behind a point. */
export function DrillDown({
  project,
  point,
  search,
  onClose,
}: {
  project: string;
  point: Point;
  search: TrendsSearch;
  onClose: () => void;
}) {
  const [tab, setTab] = useState<"persons" | "events">("persons");
  const asked = behind(point, search);
  const value = valueName(point.row);
  const title = [point.label ?? "The whole range", point.row.label, value].filter(Boolean).join(" · ");
  if (!asked) return null;
  const { event, ...frame } = asked;
  return (
    <Modal title={title} onClose={onClose}>
      <div role="tablist" aria-label="What is behind it" className="mb-3 flex gap-1">
        {(["persons", "events"] as const).map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            aria-selected={tab === one}
            className={`rounded-md px-2.5 py-1 capitalize ${tab === one ? "bg-accent-wash font-medium text-accent" : "text-soft hover:bg-raised"}`}
            onClick={() => setTab(one)}
          >
            {one}
          </button>
        ))}
      </div>
      {tab === "persons" ? (
        <AnswerBody<Trends>
          key="persons"
          question={{
            project,
            type: "trends",
            params: {
              ...frame,
              series: [{ event, math: "total" }],
              breakdown: { properties: ["distinct_id"], limit: 100 },
              display: "total_value",
            },
          }}
          height="h-48"
        >
          {(result) => <Persons project={project} rows={result.series} />}
        </AnswerBody>
      ) : (
        <AnswerBody<Events>
          key="events"
          question={{ project, type: "events", params: { ...frame, ...(event && { event }), limit: 100 } }}
          height="h-48"
        >
          {(result) => (
            <ul className="divide-y divide-line">
              {result.events.map((one) => (
                <li key={`${one.uuid}${one.distinct_id}`} className="flex justify-between gap-4 py-1.5">
                  <Link
                    to="/p/$projectId/events"
                    params={{ projectId: project }}
                    search={{ distinct_id: one.distinct_id, uuid: one.uuid }}
                    className="truncate text-accent hover:underline"
                  >
                    {one.event}
                  </Link>
                  <span className="tabular shrink-0 text-xs text-faint">{moment(one.timestamp)}</span>
                </li>
              ))}
            </ul>
          )}
        </AnswerBody>
      )}
    </Modal>
  );
}

function Persons({ project, rows }: { project: string; rows: Row[] }) {
  if (rows.length === 0) return <Empty title="Nobody" />;
  return (
    <ul className="divide-y divide-line">
      {rows.map((row) => {
        const who = row.breakdown?.[0];
        return (
          <li key={row.other ? "other" : who} className="flex justify-between gap-4 py-1.5">
            {row.other || who == null ? (
              <span className="text-soft">everybody else</span>
            ) : (
              <Link
                to="/p/$projectId/persons"
                params={{ projectId: project }}
                search={{ distinct_id: who }}
                className="truncate text-accent hover:underline"
              >
                {who}
              </Link>
            )}
            <span className="tabular shrink-0 text-soft">{number(Number(row.data))} events</span>
          </li>
        );
      })}
    </ul>
  );
}
