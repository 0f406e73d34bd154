import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Button } from "@/components/button";
import { duration } from "@/lib/format";
import { costQuery } from "./cost";
import type { Question } from "./use-answer";

/** How long a question may take before it says how far it is and how to stop it, in ms. */
const PATIENCE = 2_000;

/** How far a question that takes long is, as far as one can tell, and what can be done about it. */
export function Patience({
  question,
  onStop,
  onJob,
}: {
  question: Question;
  onStop: () => void;
  onJob: () => void;
}) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const begin = Date.now();
    const timer = setInterval(() => setSeconds((Date.now() - begin) / 1_000), 500);
    return () => clearInterval(timer);
  }, []);
  const isLong = seconds * 1_000 >= PATIENCE;
  const { data: cost } = useQuery({ ...costQuery(question), enabled: isLong });
  if (!isLong) return null;
  const expected = cost?.seconds;
  function stop(next?: () => void) {
    onStop();
    next?.();
  }
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <progress
        className="h-1.5 w-32"
        aria-label="Progress of this query"
        {...(expected && expected > seconds && { value: seconds / expected, max: 1 })}
      />
      <span className="tabular text-xs text-soft">
        {duration(Math.floor(seconds))}
        {expected !== undefined && expected >= 1 && ` of about ${duration(Math.ceil(expected))}`}
      </span>
      <Button look="quiet" className="!h-6 !px-2 text-xs" onClick={() => stop()}>
        Stop this query
      </Button>
      <Button look="quiet" className="!h-6 !px-2 text-xs" onClick={() => stop(onJob)}>
        Run as a job
      </Button>
    </div>
  );
}
