/** A value that JSON can hold. */
export type Json = string | number | boolean | null | undefined | Json[] | { [name: string]: Json };

/** Properties of an event. */
export type Properties = { [name: string]: Json };

/** An event as it goes on the wire. */
export interface Event {
  event: string;
  distinct_id: string;
  /** With project and `distinct_id` its identity: a retry never counts twice. */
  uuid: string;
  /** When it happened, by this device's clock. */
  timestamp: string;
  properties: Properties;
}

/** Why events will not arrive. */
export type DropReason = "queue_full" | "rejected" | "too_large" | "unauthorized" | "gave_up" | "invalid";

/** Events that will not arrive. */
export interface Drop {
  reason: DropReason;
  count: number;
  /** What the server said, or what went wrong. */
  detail: string;
}

/** What can be chosen. Durations are milliseconds. */
export interface Options {
  /** Where the capture API is. */
  url: string;
  /** Events that make a batch go out at once. */
  flushAt: number;
  /** How long an event waits for company. */
  flushInterval: number;
  /** Events held at most; further ones are dropped and counted. */
  queueMax: number;
  /** Most events in one request. */
  batchMax: number;
  /** How long one request may take. */
  timeout: number;
  /** Tries after the first before a batch is dropped; being offline is no try. */
  retriesMax: number;
  /** First pause before a retry; doubles each time, with jitter. */
  backoff: number;
  /** Longest pause that is not the server's wish. */
  backoffMax: number;
  /** Sends `$pageview` at start and whenever the address changes. */
  pageviews: boolean;
  /** Inactivity after which a session ends. */
  sessionTimeout: number;
  /** Sends nothing from browsers that ask not to be tracked. */
  respectDoNotTrack: boolean;
  /** Sends nothing from automated browsers. */
  ignoreBots: boolean;
  /** Sees each event first; `null` withholds it. */
  beforeSend: ((event: Event) => Event | null) | undefined;
  /** Told of every loss. */
  onDrop: ((drop: Drop) => void) | undefined;
}

export const DEFAULTS: Options = {
  url: "http://127.0.0.1:8000",
  flushAt: 20,
  flushInterval: 500,
  queueMax: 1_000,
  batchMax: 100,
  timeout: 10_000,
  retriesMax: 10,
  backoff: 500,
  backoffMax: 30_000,
  pageviews: true,
  sessionTimeout: 30 * 60_000,
  respectDoNotTrack: false,
  ignoreBots: true,
  beforeSend: undefined,
  onDrop: undefined,
};
