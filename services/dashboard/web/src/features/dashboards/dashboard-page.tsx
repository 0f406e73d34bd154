import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Maximize, Share2 } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "@/components/button";
import { Card, PageHead } from "@/components/card";
import { Choice } from "@/components/field";
import { Empty, Failure, Loading } from "@/components/states";
import { useRights } from "@/lib/projects";
import { changeDashboard, dashboardQuery, dashboardsQuery } from "../insights/dashboards";
import { bottomOf, placed, sizeOf } from "../insights/grid";
import type { Widget } from "../insights/insight";
import { AnswerBody } from "../query/answer";
import { InsightView } from "../insights/insight-view";
import { AddInsight } from "./add-insight";
import { Grid } from "./grid";
import { Rename } from "./rename";
import { Share } from "./share";
import { WidgetMenu } from "./widget-menu";

const PACES = [
  ["0", "no refresh"],
  ["10000", "every 10 s"],
  ["60000", "every minute"],
  ["300000", "every 5 minutes"],
] as const;

/** One dashboard: every widget loads by itself. */
export function DashboardPage() {
  const { projectId, dashboardId } = useParams({ from: "/p/$projectId/dashboards/$dashboardId" });
  const client = useQueryClient();
  const { mayWrite } = useRights(projectId);
  const options = dashboardQuery(projectId, dashboardId);
  const { data, error, refetch } = useQuery(options);
  const [pace, setPace] = useState<(typeof PACES)[number][0]>("0");
  const [isSharing, setSharing] = useState(false);
  const stage = useRef<HTMLDivElement>(null);
  const change = useMutation({
    mutationFn: (next: { name?: string; layout?: Widget[] }) => changeDashboard(projectId, dashboardId, next),
    onMutate: (next) => client.setQueryData(options.queryKey, (old) => old && { ...old, ...next }),
    onError: () => client.invalidateQueries(options),
    onSuccess: () => client.invalidateQueries({ ...dashboardsQuery(projectId), exact: true }),
  });
  if (error) {
    return (
      <Card>
        <Failure error={error} again={() => void refetch()} />
        <Link to="/p/$projectId/dashboards" params={{ projectId }} className="text-accent underline">
          All dashboards
        </Link>
      </Card>
    );
  }
  if (!data) return <Loading />;
  const layout = placed(data.layout);
  const setLayout = (next: Widget[]) => change.mutate({ layout: next });
  const every = Number(pace) || undefined;
  return (
    <div ref={stage} className="min-h-full bg-canvas [&:fullscreen]:overflow-auto [&:fullscreen]:p-6">
      <PageHead
        title={
          mayWrite ? <Rename name={data.name} onRename={(name) => change.mutate({ name })} /> : data.name
        }
      >
        <Choice label="Refresh" value={pace} values={PACES} onChoose={setPace} />
        <Button onClick={() => void stage.current?.requestFullscreen()}>
          <Maximize className="size-4" aria-hidden /> Full screen
        </Button>
        {mayWrite && (
          <>
            <Button onClick={() => setSharing(true)}>
              <Share2 className="size-4" aria-hidden /> Share
            </Button>
            <AddInsight
              project={projectId}
              onAdd={(insight) =>
                setLayout([...layout, { x: 0, y: bottomOf(layout), ...sizeOf(insight.type), ...insight }])
              }
            />
          </>
        )}
      </PageHead>
      {change.error && (
        <p role="alert" className="mb-2 text-bad">
          {change.error.message}
        </p>
      )}
      {layout.length === 0 ? (
        <Card>
          <Empty title="Nothing on this dashboard yet">
            Add an insight: ask on its page, then save the answer here.
          </Empty>
        </Card>
      ) : (
        <Grid
          layout={layout}
          onArrange={mayWrite ? setLayout : undefined}
          actions={(widget, index) => (
            <WidgetMenu
              project={projectId}
              widget={widget}
              mayWrite={mayWrite}
              onRename={(title) =>
                setLayout(layout.map((one, at) => (at === index ? { ...one, title } : one)))
              }
              onRemove={() => setLayout(layout.filter((_, at) => at !== index))}
            />
          )}
        >
          {(widget) => (
            <AnswerBody<unknown>
              question={{ project: projectId, type: widget.type, params: widget.params, every }}
              height="h-full"
              isBrief
            >
              {(result) => <InsightView insight={widget} result={result} />}
            </AnswerBody>
          )}
        </Grid>
      )}
      {isSharing && <Share project={projectId} dashboard={dashboardId} onClose={() => setSharing(false)} />}
    </div>
  );
}
