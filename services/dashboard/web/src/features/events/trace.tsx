import { useQuery } from "@tanstack/react-query";
import { Empty, Failure, Loading } from "@/components/states";
import { ask } from "@/lib/api";
import { duration, moment } from "@/lib/format";

/** Milliseconds between two looks for an event that is on its way. */
const EVERY = 2_000;

interface Place {
  topic: string;
  partition: number;
  offset: number;
}

interface Traced {
  events: {
    distinct_id: string;
    stages: { stage: string; at: string; ms: number | null }[];
    position: Place | null;
    outcome: string;
    first_position?: Place;
  }[];
}

/** An event that was told a moment ago may not be known yet, or not be accounted for. */
const isOnItsWay = ({ events }: Traced) =>
  events.length === 0 || events.some((one) => one.outcome === "pending");

/** An event's way through every stage, as a time line. */
export function Trace({ project, uuid, distinctId }: { project: string; uuid: string; distinctId: string }) {
  const { data, error, refetch } = useQuery({
    queryKey: ["trace", project, uuid, distinctId],
    queryFn: ({ signal }) => ask<Traced>(project, "trace", { uuid, distinct_id: distinctId }, signal),
    refetchInterval: ({ state }) => (state.data && isOnItsWay(state.data.result) ? EVERY : false),
  });
  return (
    <section aria-label="Trace">
      <h3 className="mb-1 text-xs font-semibold text-soft">Trace</h3>
      <p className="mb-2 font-mono text-xs break-all text-soft">{uuid}</p>
      {error ? (
        <Failure error={error} again={() => void refetch()} />
      ) : !data ? (
        <Loading label="Tracing" height="h-40" />
      ) : data.result.events.length === 0 ? (
        <Empty title="Nothing is known of its way" />
      ) : (
        data.result.events.map((copy, index) => <Way key={index} copy={copy} />)
      )}
    </section>
  );
}

function Way({ copy }: { copy: Traced["events"][number] }) {
  const { position, first_position: first } = copy;
  return (
    <div className="mb-3">
      <ol className="ml-1.5 border-l-2 border-line pl-4">
        {copy.stages.map((stage) => (
          <li key={stage.stage} className="relative pb-2 last:pb-0">
            <span
              className="absolute top-1.5 -left-[1.36rem] size-2.5 rounded-full border-2 border-accent bg-surface"
              aria-hidden
            />
            <span className="font-medium">{stage.stage}</span>{" "}
            <span className="tabular text-xs text-soft" title={stage.at}>
              {moment(stage.at)}
              {stage.ms !== null && ` · +${duration(stage.ms / 1000)}`}
            </span>
          </li>
        ))}
      </ol>
      <p className="mt-2 text-xs text-soft">
        <strong className={copy.outcome === "stored" ? "text-good" : "text-warn"}>{copy.outcome}</strong>
        {position && ` at ${position.topic}, partition ${position.partition}, offset ${position.offset}`}
        {first && `; first seen at partition ${first.partition}, offset ${first.offset}`}
      </p>
    </div>
  );
}
