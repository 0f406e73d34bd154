import { Link } from "@tanstack/react-router";
import { Empty } from "@/components/states";
import { ago } from "@/lib/format";
import { AnswerBody } from "../query/answer";

interface Events {
  events: { uuid: string; event: string; distinct_id: string; timestamp: string }[];
}

/** The latest events, as they come in. */
export function Stream({ project, every }: { project: string; every: number }) {
  const question = { project, type: "events", params: { limit: 15, refresh: true }, every };
  return (
    <AnswerBody<Events> question={question} height="h-72">
      {({ events }) =>
        events.length === 0 ? (
          <Empty title="Nothing yet" />
        ) : (
          <ol className="divide-y divide-line">
            {events.map((one) => (
              <li key={`${one.uuid}${one.distinct_id}`} className="flex items-center gap-3 py-1.5">
                <span className="min-w-0 flex-1 truncate font-medium">{one.event}</span>
                <Link
                  to="/p/$projectId/persons"
                  params={{ projectId: project }}
                  search={{ distinct_id: one.distinct_id }}
                  className="min-w-0 flex-1 truncate text-accent hover:underline"
                >
                  {one.distinct_id}
                </Link>
                <span className="tabular w-20 shrink-0 text-right text-xs text-faint">
                  {ago(one.timestamp)}
                </span>
              </li>
            ))}
          </ol>
        )
      }
    </AnswerBody>
  );
}
