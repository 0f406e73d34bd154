import { RotateCw } from "lucide-react";
import type { Answer } from "@/lib/api";
import { number } from "@/lib/format";
import { Ago } from "./ago";

/** How complete an answer is, how old, what it cost, and what is missing from it. */
export function Freshness({
  answer,
  askedAt,
  isBrief = false,
  onRefresh,
}: {
  answer: Pick<Answer<unknown>, "complete_until" | "cached"> & Partial<Answer<unknown>>;
  /** When it came, in ms since 1970. */
  askedAt?: number | undefined;
  isBrief?: boolean;
  /** Counts again, past the cache. */
  onRefresh?: (() => void) | undefined;
}) {
  return (
    <p className="flex flex-wrap items-center gap-x-1.5 text-xs text-faint">
      {onRefresh && (
        <button
          type="button"
          aria-label="Count again"
          title="Count again"
          className="-ml-1 rounded p-1 hover:bg-raised hover:text-ink"
          onClick={onRefresh}
        >
          <RotateCw className="size-3" aria-hidden />
        </button>
      )}
      {answer.complete_until ? (
        <span>
          Complete up to <Ago at={answer.complete_until} />
        </span>
      ) : (
        "Completeness unknown"
      )}
      {askedAt !== undefined && isBrief && (
        <span>
          · asked <Ago at={new Date(askedAt).toISOString()} />
        </span>
      )}
      {!isBrief && answer.rows_read !== undefined && answer.elapsed_ms !== undefined && (
        <span>
          · {number(answer.rows_read)} rows in {number(Math.round(answer.elapsed_ms))} ms
        </span>
      )}
      {answer.cached && <span>· from the cache</span>}
      {answer.approximate && (
        <span>· approximate (±{(answer.approximate.relative_error * 100).toFixed(1)} %)</span>
      )}
      {!!answer.quarantined && (
        <span className="text-warn">· {number(answer.quarantined)} in the dead-letter queue</span>
      )}
    </p>
  );
}
