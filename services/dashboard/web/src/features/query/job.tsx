import { useEffect } from "react";
import { Button } from "@/components/button";
import { Failure } from "@/components/states";
import type { Answer } from "@/lib/api";
import { percent } from "@/lib/format";
import { useJob } from "./use-answer";

/** A job's progress, until its answer is there. */
export function Job<T>({
  project,
  id,
  onDone,
  onLeave,
}: {
  project: string;
  id: string;
  onDone: (answer: Answer<T>) => void;
  onLeave: () => void;
}) {
  const { data, error, cancel } = useJob(project, id);
  useEffect(() => {
    if (data?.status === "completed") onDone(data as unknown as Answer<T>);
  });
  if (error) return <Failure error={error} again={onLeave} />;
  if (data?.status === "failed") {
    const { error: why } = data.result as { error: string };
    const words = why === "cancelled" ? "The job was cancelled." : why;
    return <Failure error={new Error(words)} again={onLeave} />;
  }
  const progress = data?.progress ?? 0;
  return (
    <div role="status" className="flex h-72 flex-col items-center justify-center gap-3">
      <p className="font-medium">
        {data?.status === "running" ? "The job runs" : "The job waits for its turn"}
      </p>
      <progress className="h-2 w-64" value={progress} max={1} aria-label="Progress of the job" />
      <p className="tabular text-xs text-soft">{percent(progress)}</p>
      <p className="text-soft">You may leave this page; the job goes on.</p>
      <Button
        onClick={async () => {
          await cancel();
          onLeave();
        }}
      >
        Cancel
      </Button>
    </div>
  );
}
