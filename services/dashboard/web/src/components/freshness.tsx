import type { Answer } from "@/lib/api";
import { ago, moment, number } from "@/lib/format";

/** How complete an answer is, what it cost, and what is missing from it. */
export function Freshness({
  answer,
  isBrief = false,
}: {
  answer: Pick<Answer<unknown>, "complete_until" | "cached"> & Partial<Answer<unknown>>;
  isBrief?: boolean;
}) {
  return (
    <p className="text-xs text-faint">
      {answer.complete_until ? (
        <time dateTime={answer.complete_until} title={moment(answer.complete_until)}>
          Complete up to {ago(answer.complete_until)}
        </time>
      ) : (
        "Completeness unknown"
      )}
      {!isBrief && answer.rows_read !== undefined && answer.elapsed_ms !== undefined && (
        <>
          {" · "}
          {number(answer.rows_read)} rows in {number(Math.round(answer.elapsed_ms))} ms
        </>
      )}
      {answer.cached && " · from the cache"}
      {answer.approximate && ` · approximate (±${(answer.approximate.relative_error * 100).toFixed(1)} %)`}
      {!!answer.quarantined && (
        <span className="text-warn"> · {number(answer.quarantined)} in the dead-letter queue</span>
      )}
    </p>
  );
}
