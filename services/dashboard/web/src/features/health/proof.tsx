import { useQuery } from "@tanstack/react-query";
import { CircleCheck, TriangleAlert } from "lucide-react";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { Failure, Loading } from "@/components/states";
import { moment, number } from "@/lib/format";
import { reconciliationQuery } from "./pipeline";

/** Whether every accepted event is accounted for, position by position. */
export function Proof({ project }: { project: string }) {
  const { data, error, isFetching, refetch } = useQuery(reconciliationQuery(project));
  const again = (
    <Button onClick={() => void refetch()} disabled={isFetching}>
      {isFetching ? "Counting …" : "Count again"}
    </Button>
  );
  if (error && !isFetching) {
    return (
      <Card title="Reconciliation" actions={again}>
        <Failure error={error} />
      </Card>
    );
  }
  if (!data) {
    return (
      <Card title="Reconciliation" actions={again}>
        <Loading label="Counting every event" height="h-48" />
      </Card>
    );
  }
  const parts: [string, number][] = [
    ["stored", data.stored],
    ["duplicate", data.duplicate],
    ["in the dead-letter queue", data.quarantined],
    ["removed on purpose", data.removed],
    ["on their way", data.in_flight],
  ];
  return (
    <Card title="Reconciliation" actions={again}>
      <p className={`flex items-center gap-2 font-medium ${data.exact ? "text-good" : "text-bad"}`}>
        {data.exact ? (
          <CircleCheck className="size-5" aria-hidden />
        ) : (
          <TriangleAlert className="size-5" aria-hidden />
        )}
        {data.exact
          ? "Every accepted event is accounted for."
          : `${number(data.differences.length)} differences were found.`}
      </p>
      <dl className="mt-3 space-y-1">
        <Line name="accepted" value={data.accepted} isTotal />
        {parts.map(([name, value]) => (
          <Line key={name} name={name} value={value} />
        ))}
      </dl>
      {data.differences.length > 0 && (
        <pre className="mt-2 max-h-40 overflow-auto rounded-md bg-raised p-2 text-xs">
          {JSON.stringify(data.differences, null, 2)}
        </pre>
      )}
      <p className="mt-3 text-xs text-faint">checked {moment(data.checked_at)}</p>
    </Card>
  );
}

function Line({ name, value, isTotal = false }: { name: string; value: number; isTotal?: boolean }) {
  return (
    <div className={`flex justify-between gap-4 ${isTotal ? "border-b border-line pb-1 font-semibold" : ""}`}>
      <dt className={isTotal ? "" : "text-soft"}>{name}</dt>
      <dd className="tabular">{number(value)}</dd>
    </div>
  );
}
