import type { components } from "@/api/query";
import { bearer, refresh } from "./session";

type Fault = NonNullable<components["schemas"]["Error"]["errors"]>[number];

/** An answer that is not success. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly faults: Fault[] = [],
    readonly body: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

/** Calls a service through the dashboard's own origin; renews the session once when it has run out. */
export async function call<T>(
  path: string,
  options: { method?: string; body?: unknown; signal?: AbortSignal } = {},
): Promise<T> {
  let response = await send(path, options);
  if (response.status === 401 && (await refresh())) response = await send(path, options);
  const answer = response.status === 204 ? undefined : await response.json().catch(() => undefined);
  if (!response.ok) {
    const body = (answer ?? {}) as Record<string, unknown>;
    throw new ApiError(
      response.status,
      String(body.code ?? "unknown"),
      String(body.detail ?? `The server answered ${response.status}.`),
      (body.errors as Fault[]) ?? [],
      body,
    );
  }
  return answer as T;
}

async function send(path: string, { method, body, signal }: Parameters<typeof call>[1] & object) {
  const headers: Record<string, string> = {};
  const token = bearer();
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(path, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ?? null,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "offline", "The server cannot be reached. Trying again helps once it is back.");
  }
}

/** What every answer of the query API carries beside its result. */
export type Answer<T> = Omit<components["schemas"]["QueryAnswer"], "result"> & { result: T };

/** Asks one question. */
export function ask<T>(
  project: string,
  type: string,
  params: object,
  signal?: AbortSignal,
): Promise<Answer<T>> {
  return call<Answer<T>>("/query/api/query", {
    body: { project_id: project, type, params },
    ...(signal && { signal }),
  });
}
