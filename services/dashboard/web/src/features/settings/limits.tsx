import { useQuery } from "@tanstack/react-query";
import { Card } from "@/components/card";
import { Failure, Loading } from "@/components/states";
import type { components } from "@/api/auth";
import { call } from "@/lib/api";
import { number } from "@/lib/format";

const bytes = (count: number) => `${number(count / 1024 / 1024)} MiB`;

/** What the project may send and how long it is kept. */
export function Limits({ project }: { project: string }) {
  const { data, error, refetch } = useQuery({
    queryKey: ["limits", project],
    queryFn: ({ signal }) =>
      call<components["schemas"]["LimitsResponse"]>(`/auth/api/projects/${project}/limits`, { signal }),
  });
  const rows: [string, string][] = data
    ? [
        [
          "Events a month",
          data.events_per_month_max == null ? "no limit" : number(data.events_per_month_max),
        ],
        ["Events a second and key", number(data.events_per_second_per_key_max)],
        ["Events a batch", number(data.batch_events_max)],
        ["Size of an event", bytes(data.event_bytes_max)],
        ["Size of a request", bytes(data.body_bytes_max)],
        ["Events are kept", data.retention_days == null ? "for ever" : `${number(data.retention_days)} days`],
      ]
    : [];
  return (
    <Card title="Limits">
      {error ? (
        <Failure error={error} again={() => void refetch()} />
      ) : !data ? (
        <Loading height="h-24" />
      ) : (
        <dl className="space-y-1">
          {rows.map(([name, value]) => (
            <div key={name} className="flex justify-between gap-4">
              <dt className="text-soft">{name}</dt>
              <dd className="tabular">{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  );
}
