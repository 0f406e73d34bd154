// The access token lives here, in memory only; the refresh token in a cookie that no script can read.
import { wait } from "./wait";

export interface Account {
  id: string;
  email: string;
}

let token: string | null = null;
let refreshing: Promise<boolean> | null = null;
const listeners = new Set<() => void>();

/** Told whenever somebody signs in or out. */
export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function isSignedIn(): boolean {
  return token !== null;
}

export function bearer(): string | null {
  return token;
}

function set(next: string | null): void {
  const changed = (next === null) !== (token === null);
  token = next;
  if (changed) for (const listener of listeners) listener();
}

async function ask(path: string, body?: unknown): Promise<Response> {
  return fetch(`/session/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Millrace-Session": "1" },
    body: JSON.stringify(body ?? {}),
  });
}

async function enter(path: "login" | "register", email: string, password: string): Promise<void> {
  const response = await ask(path, { email, password });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.detail ?? "That did not work. Please try again.");
  set(answer.access_token);
}

export const signIn = (email: string, password: string) => enter("login", email, password);
export const signUp = (email: string, password: string) => enter("register", email, password);

/** Pauses before the session is asked for again, in milliseconds. */
const PAUSES = [200, 500, 1_000, 2_000, 4_000];

/** Asks for new tokens until a server says yes or no: one that is busy or starts ends no session. */
async function renew(): Promise<Response> {
  for (const pause of PAUSES) {
    const response = await ask("refresh").catch(() => null);
    if (response && response.status < 500 && response.status !== 429) return response;
    await wait(pause);
  }
  return ask("refresh");
}

/** A new access token from the cookie; `false` when the session is over. Calls at the same time share one request. */
export function refresh(): Promise<boolean> {
  refreshing ??= (async () => {
    try {
      const response = await renew();
      if (response.ok) set((await response.json()).access_token);
      else if (response.status === 401) set(null);
      return response.ok;
    } catch {
      return false;
    } finally {
      refreshing = null;
    }
  })();
  return refreshing;
}

export async function signOut(): Promise<void> {
  await ask("logout").catch(() => undefined);
  set(null);
}
