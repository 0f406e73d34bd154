import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { TriangleAlert } from "lucide-react";
import { Brand } from "@/components/brand";
import { Freshness } from "@/components/freshness";
import { Empty, Failure, Loading } from "@/components/states";
import { ApiError, call } from "@/lib/api";
import { placed } from "../insights/grid";
import type { Dashboard } from "../insights/insight";
import { InsightView } from "../insights/insight-view";
import { Grid } from "./grid";

interface Shared {
  dashboard: Dashboard;
  widgets: {
    data?: unknown;
    error?: string;
    complete_until?: string | null;
    cached?: boolean;
  }[];
}

/** A dashboard for whoever has its link, again every minute. */
export function SharedPage() {
  const { token } = useParams({ from: "/shared/$token" });
  const { data, error, refetch } = useQuery({
    queryKey: ["shared", token],
    queryFn: ({ signal }) => call<Shared>(`/query/api/shared/${encodeURIComponent(token)}`, { signal }),
    refetchInterval: 60_000,
  });
  return (
    <main className="min-h-full p-4 md:p-6">
      <header className="mb-4 flex items-center justify-between gap-4">
        <h1 className="text-xl font-semibold tracking-tight">{data?.dashboard.name ?? "Dashboard"}</h1>
        <Brand />
      </header>
      {error ? (
        error instanceof ApiError && error.status === 404 ? (
          <Empty title="This link leads nowhere">It was revoked, or it was not copied as a whole.</Empty>
        ) : (
          <Failure error={error} again={() => void refetch()} />
        )
      ) : !data ? (
        <Loading />
      ) : data.widgets.length === 0 ? (
        <Empty title="Nothing on this dashboard yet" />
      ) : (
        <Grid layout={placed(data.dashboard.layout)}>
          {(widget, index) => {
            const answer = data.widgets[index];
            if (!answer || answer.error !== undefined) return <Broken why={answer?.error} />;
            return (
              <div className="flex h-full flex-col">
                <div className="min-h-0 flex-1">
                  <InsightView insight={widget} result={answer.data} />
                </div>
                <div className="mt-2">
                  <Freshness
                    isBrief
                    answer={{ complete_until: answer.complete_until ?? null, cached: !!answer.cached }}
                  />
                </div>
              </div>
            );
          }}
        </Grid>
      )}
    </main>
  );
}

function Broken({ why = "There is no answer." }: { why: string | undefined }) {
  return (
    <p role="alert" className="flex h-full items-center justify-center gap-2 text-center">
      <TriangleAlert className="size-5 shrink-0 text-warn" aria-hidden /> {why}
    </p>
  );
}
