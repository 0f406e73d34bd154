import { Delivery } from "./delivery.ts";
import type { Drop, DropReason, Event, Options } from "./options.ts";
import type { Storage } from "./storage.ts";
import { type Answer, beacon, post } from "./transport.ts";
import { uuid } from "./uuid.ts";

const PREFIX = "queue.";
/** A queue that its tab has not touched for so long belongs to nobody. */
const ORPHANED_AFTER = 60_000;

/**
 * Events on their way: in memory, and in storage so that a page that goes away, or is offline, loses none.
 * Each tab keeps its own; the next page adopts what a closed tab left. Should two adopt the same, the uuids
 * make it count once.
 */
export class Queue {
  private events: Event[] = [];
  private readonly delivery: Delivery;
  private readonly name = PREFIX + uuid();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sending: Promise<void> | undefined;
  private wake: (() => void) | undefined;
  private isLeaving = false;
  /** Events that will not arrive, by reason. */
  readonly dropped: { [reason in DropReason]?: number } = {};

  constructor(
    private readonly key: string,
    private readonly options: Options,
    private readonly storage: Storage,
  ) {
    this.delivery = new Delivery(options, (...drop) => this.drop(...drop));
    this.adopt();
    globalThis.addEventListener?.("online", () => this.wake?.());
  }

  add(event: Event): boolean {
    if (this.events.length + this.delivery.waiting().length >= this.options.queueMax) {
      this.drop("queue_full", 1, "");
      return false;
    }
    this.events.push(event);
    this.persist();
    // The page is on its way out: there may be no later moment.
    if (this.isLeaving) this.leave();
    this.schedule();
    return true;
  }

  /** Sends everything; resolved when all was answered or given up. */
  async flush(): Promise<void> {
    while (this.events.length || this.sending) {
      this.sending ??= this.send();
      await this.sending;
    }
  }

  /**
   * The page may go away for good: hands over what is there, first what was never sent. Nobody tells whether
   * a beacon arrived, so the events stay queued and stored: should they go out again, their uuids make them
   * count once.
   */
  leave(): void {
    this.isLeaving = true;
    for (const left of [this.events, this.delivery.waiting()]) {
      for (let first = 0; first < left.length; first += this.options.batchMax) {
        this.handOver(left.slice(first, first + this.options.batchMax));
      }
    }
  }

  /** What is too much for the browser in one piece may pass in two. */
  private handOver(events: Event[]): void {
    const middle = events.length >> 1;
    if (beacon(this.options.url, this.key, events) || !middle) return;
    this.handOver(events.slice(0, middle));
    this.handOver(events.slice(middle));
  }

  /** The page is shown again after all. */
  stay(): void {
    this.isLeaving = false;
  }

  drop(reason: DropReason, count: number, detail: string): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + count;
    const drop: Drop = { reason, count, detail };
    try {
      this.options.onDrop?.(drop);
    } catch {
      // The application's own callback must not stop the queue.
    }
  }

  private schedule(): void {
    if (this.sending) return;
    if (this.events.length >= this.options.flushAt) {
      this.sending = this.send();
    } else {
      this.timer ??= setTimeout(() => {
        this.sending ??= this.send();
      }, this.options.flushInterval);
    }
  }

  private async send(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.delivery.add(this.events.splice(0));
    for (let batch = this.delivery.next(); batch; batch = this.delivery.next()) {
      const answer = await post(this.options.url, this.key, batch, this.options.timeout);
      await this.rest(answer);
      this.persist();
    }
    this.sending = undefined;
    if (this.events.length) this.schedule();
  }

  private async rest(answer: Answer): Promise<void> {
    if (answer.status === 0 && globalThis.navigator?.onLine === false) {
      await this.pause(this.options.backoffMax);
      return;
    }
    const wait = this.delivery.answered(answer);
    if (wait) await this.pause(wait);
  }

  private pause(wait: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private persist(): void {
    const left = [...this.delivery.waiting(), ...this.events];
    if (left.length)
      this.storage.set(this.name, JSON.stringify({ at: Date.now(), key: this.key, events: left }));
    else this.storage.remove(this.name);
  }

  /** Takes over what closed tabs left behind. */
  private adopt(): void {
    for (const name of this.storage.names()) {
      if (!name.startsWith(PREFIX)) continue;
      try {
        const left = JSON.parse(this.storage.get(name) ?? "{}");
        if (left.key !== this.key || Date.now() - left.at < ORPHANED_AFTER) continue;
        this.events.push(...left.events.slice(0, this.options.queueMax - this.events.length));
      } catch {
        // Not ours, or cut off: of no use to anybody.
      }
      this.storage.remove(name);
    }
    if (this.events.length) {
      this.persist();
      this.schedule();
    }
  }
}
