import type { DropReason, Event, Options } from "./options.ts";
import type { Answer } from "./transport.ts";

type Limits = Pick<Options, "batchMax" | "retriesMax" | "backoff" | "backoffMax">;

/**
 * What follows from an answer: the rules of retrying, without any I/O. It holds the batches that still have
 * to go, in order.
 */
export class Delivery {
  private batches: Event[][] = [];
  private failures = 0;

  constructor(
    private readonly limits: Limits,
    private readonly dropped: (reason: DropReason, count: number, detail: string) => void,
  ) {}

  add(events: Event[]): void {
    for (let first = 0; first < events.length; first += this.limits.batchMax) {
      this.batches.push(events.slice(first, first + this.limits.batchMax));
    }
  }

  /** The batch to post now. */
  next(): Event[] | undefined {
    return this.batches[0];
  }

  /** Every event that still has to go. */
  waiting(): Event[] {
    return this.batches.flat();
  }

  /** Takes the answer to the last post; returns how many milliseconds to wait before the next. */
  answered(answer: Answer): number {
    const { status } = answer;
    const batch = this.batches[0] ?? [];
    if (status === 0 || status === 408 || status === 425 || status === 429 || status >= 500) {
      return this.retry(batch, answer);
    }
    this.batches.shift();
    this.failures = 0;
    if (status >= 200 && status < 300) {
      if (answer.rejected) this.dropped("rejected", answer.rejected, answer.detail);
    } else if (status === 413 && batch.length > 1) {
      const middle = batch.length >> 1;
      this.batches.unshift(batch.slice(0, middle), batch.slice(middle));
    } else {
      const reason =
        status === 413 ? "too_large" : status === 401 || status === 403 ? "unauthorized" : "rejected";
      this.dropped(reason, batch.length, answer.detail || `status ${status}`);
    }
    return 0;
  }

  private retry(batch: Event[], answer: Answer): number {
    this.failures += 1;
    if (this.failures > this.limits.retriesMax) {
      this.batches.shift();
      this.failures = 0;
      this.dropped("gave_up", batch.length, answer.detail || `status ${answer.status}`);
      return 0;
    }
    const pause = Math.min(this.limits.backoffMax, this.limits.backoff * 2 ** (this.failures - 1));
    // Jitter, so that pages that failed together do not return together.
    return Math.max(answer.retryAfter, pause * (0.5 + Math.random() / 2));
  }
}
