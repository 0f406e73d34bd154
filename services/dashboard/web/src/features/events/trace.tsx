import { useQuery } from "@tanstack/react-query";
import { Failure, Loading } from "@/components/states";
import { ask } from "@/lib/api";
import { duration } from "@/lib/format";

interface Traced {
  events: {
    distinct_id: string;
    stages: { stage: string; at: string; ms: number | null }[];
    position: { topic: string; partition: number; offset: number } | null;
    outcome: string;
    first_position?: { topic: string; partition: number; offset: number };
  }[];
}

/** An event's way through every stage, as a time line. */
export function Trace({ project, uuid, distinctId }: { project: string; uuid: string; distinctId: string }) {
  const { data, error, refetch } = useQuery({
    queryKey: ["trace", project, uuid, distinctId],
    queryFn: ({ signal }) => ask<Traced>(project, "trace", { uuid, distinct_id: distinctId }, signal),
  });
  if (error) return <Failure error={error} again={() => void refetch()} />;
  if (!data) return <Loading label="Tracing" height="h-40" />;
  return (
    <div>
      <h3 className="mb-1 text-xs font-semibold text-faint">Trace</h3>
      <p className="text-xs break-all text-soft">{uuid}</p>
      {data.result.events.map((copy) => (
        <div key={`${copy.position?.partition}-${copy.position?.offset}`} className="mt-2">
          <ol className="border-l-2 border-accent pl-4">
            {copy.stages.map((stage) => (
              <li key={stage.stage} className="relative pb-2">
                <span
                  className="absolute top-1.5 -left-[1.32rem] size-2.5 rounded-full bg-accent"
                  aria-hidden
                />
                <span className="font-medium">{stage.stage}</span>{" "}
                <span className="tabular text-xs text-soft">
                  {stage.at}
                  {stage.ms !== null && ` · +${duration(stage.ms / 1000)}`}
                </span>
              </li>
            ))}
          </ol>
          <p className="text-xs text-soft">
            {copy.outcome}
            {copy.position && ` at ${copy.position.topic} ${copy.position.partition}:${copy.position.offset}`}
            {copy.first_position &&
              `, first seen at ${copy.first_position.partition}:${copy.first_position.offset}`}
          </p>
        </div>
      ))}
    </div>
  );
}
