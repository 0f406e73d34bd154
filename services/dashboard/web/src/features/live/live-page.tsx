import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Card, PageHead } from "@/components/card";
import { Failure, Loading } from "@/components/states";
import { ask } from "@/lib/api";
import { type Event, merged } from "../events/event";
import { pipelineQuery } from "../health/pipeline";
import { Now } from "./now";
import { EventList } from "./event-list";
import { Sign } from "./sign";
import { EVERY, type Live, useLive } from "./use-live";

/** Events on the screen. */
const SHOWN_MAX = 20;

/** The last five minutes, told as it happens, or asked for every two seconds. */
export function LivePage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const told = useLive(projectId, { hasCounts: true });
  const isAsking = told.status === "unavailable";
  const asked = useQuery({
    queryKey: ["live", projectId],
    queryFn: ({ signal }) => ask<Live>(projectId, "live", { refresh: true }, signal),
    enabled: isAsking,
    refetchInterval: EVERY,
  });
  const { data: pipeline } = useQuery({
    ...pipelineQuery(projectId),
    enabled: isAsking,
    refetchInterval: EVERY,
  });
  // What came before the page was opened; from then on the stream tells.
  const latest = useQuery({
    queryKey: ["latest", projectId],
    queryFn: ({ signal }) =>
      ask<{ events: Event[] }>(projectId, "events", { limit: SHOWN_MAX, refresh: true }, signal),
    refetchInterval: isAsking ? EVERY : false,
    staleTime: 0,
  });
  const live = told.live ?? asked.data?.result;
  const rate = live?.events_per_minute ?? (pipeline && Math.round(pipeline.events_per_second * 60));
  const error = asked.error ?? latest.error;
  return (
    <>
      <PageHead title="Live">
        <Sign status={told.status} />
      </PageHead>
      <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-2">
        <Card>
          {live ? (
            <Now live={live} rate={rate} />
          ) : error ? (
            <Failure error={error} again={() => void asked.refetch()} />
          ) : (
            <Loading label="Counting" height="h-72" />
          )}
        </Card>
        <Card title="What they do">
          {latest.data || told.events.length > 0 ? (
            <EventList
              project={projectId}
              events={merged(told.events, latest.data?.result.events ?? []).slice(0, SHOWN_MAX)}
            />
          ) : error ? (
            <Failure error={error} again={() => void latest.refetch()} />
          ) : (
            <Loading height="h-72" />
          )}
        </Card>
      </div>
    </>
  );
}
