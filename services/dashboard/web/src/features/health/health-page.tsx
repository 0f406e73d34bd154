import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Ago } from "@/components/ago";
import { Card, PageHead } from "@/components/card";
import { Failure, Loading } from "@/components/states";
import { duration, number } from "@/lib/format";
import { Partitions } from "./partitions";
import { type Pipeline, pipelineQuery, type Told } from "./pipeline";
import { Proof } from "./proof";

/** The pipeline as its operator sees it. */
export function HealthPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const { data, error, refetch } = useQuery({ ...pipelineQuery(projectId), refetchInterval: 3_000 });
  return (
    <>
      <PageHead title="Health">
        {data && (
          <span className="text-soft">
            checked <Ago at={data.checked_at} />
          </span>
        )}
      </PageHead>
      {error && !data ? (
        <Card>
          <Failure error={error} again={() => void refetch()} />
        </Card>
      ) : !data ? (
        <Card>
          <Loading />
        </Card>
      ) : (
        <div className="space-y-4">
          <Figures pipeline={data} />
          <div className="grid grid-cols-1 gap-4 xl:grid-cols-2">
            <Proof project={projectId} />
            <Partitions lag={data.lag} />
            <Reasons
              title="Refused at the door"
              note="in 24 hours"
              told={data.refused}
              none="Nothing was refused in the last 24 hours."
            />
            <Reasons
              title="Dead letters"
              note="kept until they are dealt with"
              told={data.dead_letters}
              none="The dead-letter queue is empty."
            />
          </div>
        </div>
      )}
    </>
  );
}

const milliseconds = (ms: number | null) => (ms === null ? "–" : duration(ms / 1000));

function Figures({ pipeline }: { pipeline: Pipeline }) {
  const lags = pipeline.lag.map((one) => one.lag_ms);
  const worst = lags.some((one) => one === null) ? null : Math.max(0, ...(lags as number[]));
  const { freshness, last_hour } = pipeline;
  const figures: [string, string, string][] = [
    ["Events a second", number(Math.round(pipeline.events_per_second * 10) / 10), "over the last minute"],
    ["Freshness", milliseconds(freshness.p50_ms), "median, from capture to queryable"],
    ["Freshness, 95 %", milliseconds(freshness.p95_ms), `99 %: ${milliseconds(freshness.p99_ms)}`],
    ["Lag", milliseconds(worst), "of the slowest partition"],
    ["Stored", number(last_hour.stored), `in the last hour, ${number(last_hour.duplicate)} came twice`],
  ];
  return (
    <dl className="grid grid-cols-2 gap-4 md:grid-cols-3 xl:grid-cols-5">
      {figures.map(([name, value, note]) => (
        <div key={name} className="rounded-card border border-line bg-surface p-4">
          <dt className="text-xs text-faint">{name}</dt>
          <dd className="tabular text-xl font-semibold tracking-tight">{value}</dd>
          <dd className="text-xs text-faint">{note}</dd>
        </div>
      ))}
    </dl>
  );
}

function Reasons({ title, note, told, none }: { title: string; note: string; told: Told[]; none: string }) {
  return (
    <Card title={title} actions={<span className="text-xs text-faint">{note}</span>}>
      {told.length === 0 ? (
        <p className="py-6 text-center text-soft">{none}</p>
      ) : (
        <ul className="divide-y divide-line">
          {told.map((one) => (
            <li key={one.reason} className="py-2">
              <details>
                <summary className="flex cursor-pointer items-baseline justify-between gap-3">
                  <span>
                    <code className="font-medium">{one.reason}</code>
                    <span className="block text-xs text-soft">{one.detail}</span>
                  </span>
                  <span className="tabular shrink-0 text-right">
                    <span className="font-semibold text-warn">{number(one.count)}</span>
                    <span className="block text-xs text-faint">
                      <Ago at={one.last_at} />
                    </span>
                  </span>
                </summary>
                <pre className="mt-2 max-h-48 overflow-auto rounded-md bg-raised p-2 text-xs break-all whitespace-pre-wrap">
                  {one.example ?? "no example was kept"}
                </pre>
              </details>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
