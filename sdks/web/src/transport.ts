import type { Event } from "./options.ts";

/** What came back: a status, or 0 when nothing did. */
export interface Answer {
  status: number;
  /** Milliseconds the server asked us to wait. */
  retryAfter: number;
  detail: string;
  /** How many events of the batch were refused. */
  rejected: number;
}

/** Browsers refuse to keep more than this alive while a page goes away. */
const KEEPALIVE_BYTES_MAX = 60_000;

function encode(key: string, events: Event[]): string {
  return JSON.stringify({ api_key: key, sent_at: new Date().toISOString(), batch: events });
}

/** Posts one batch; never throws. */
export async function post(url: string, key: string, events: Event[], timeout: number): Promise<Answer> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeout);
  // As bytes: what browsers limit is not characters.
  const body = new TextEncoder().encode(encode(key, events));
  try {
    const response = await fetch(`${url}/capture`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-API-Key": key },
      body,
      keepalive: body.length < KEEPALIVE_BYTES_MAX,
      credentials: "omit",
      signal: controller.signal,
    });
    const answer = await response.json().catch(() => ({}));
    return {
      status: response.status,
      retryAfter: Math.max(0, Number(response.headers.get("Retry-After")) || 0) * 1000,
      detail: String(answer?.detail ?? answer?.rejected?.[0]?.detail ?? ""),
      rejected: Array.isArray(answer?.rejected) ? answer.rejected.length : 0,
    };
  } catch (error) {
    return { status: 0, retryAfter: 0, detail: String(error), rejected: 0 };
  } finally {
    clearTimeout(timer);
  }
}

/** Hands a batch to the browser as the page goes away. The key travels in the body: a beacon has no headers. */
export function beacon(url: string, key: string, events: Event[]): boolean {
  return (
    navigator.sendBeacon?.(`${url}/capture`, new Blob([encode(key, events)], { type: "text/plain" })) ?? false
  );
}
