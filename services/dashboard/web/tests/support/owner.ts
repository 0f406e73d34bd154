import { type Sent, send } from "./sample";
import type { Stack } from "./stack";

/** Asks a service through the dashboard: by GET, or by POST when there is a body, unless said otherwise. */
export type Call = <T>(path: string, body?: unknown, method?: string) => Promise<T>;

/** A project, and a key that may send to it. */
export interface Project {
  project: string;
  key: string;
}

/** Talks to the services as the owner does, through the dashboard. */
export async function asOwner({ dashboard, owner }: Stack): Promise<Call> {
  const token = async () => {
    const login = await fetch(`${dashboard}/session/login`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Millrace-Session": "1" },
      body: JSON.stringify(owner),
    });
    return ((await login.json()) as { access_token: string }).access_token;
  };
  let current = await token();
  const ask = (path: string, method: string, body: unknown) =>
    fetch(dashboard + path, {
      method,
      headers: { Authorization: `Bearer ${current}`, "Content-Type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return async <T>(
    path: string,
    body?: unknown,
    method = body === undefined ? "GET" : "POST",
  ): Promise<T> => {
    let answer = await ask(path, method, body);
    if (answer.status === 401) {
      // A token lasts for minutes, and so may a test.
      current = await token();
      answer = await ask(path, method, body);
    }
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
}

/** A new project of the owner's. */
export async function newProject(call: Call, name: string): Promise<Project> {
  const { id } = await call<{ id: string }>("/auth/api/projects", { name });
  return { project: id, key: await keyOf(call, id) };
}

/** A new key that may send to the project. */
export async function keyOf(call: Call, project: string): Promise<string> {
  const body = { name: "Web site", scopes: ["capture"] };
  return (await call<{ api_key: string }>(`/auth/api/projects/${project}/api-keys`, body)).api_key;
}

/** Seconds that events may take until questions find them, on the slowest machine. */
const STORED_WITHIN = 500;

/** Sends events to a project, and waits until questions find all of them. */
export async function store(stack: Stack, call: Call, { project, key }: Project, events: Sent[]) {
  type Pipeline = { last_hour: { stored: number } };
  const stored = async () =>
    (await call<Pipeline>(`/query/api/pipeline?project_id=${project}`)).last_hour.stored;
  const wanted = (await stored()) + events.length;
  await send(stack.capture, key, events);
  for (const end = Date.now() + STORED_WITHIN * 1_000; (await stored()) < wanted;) {
    if (Date.now() > end) throw new Error(`of ${wanted} events ${await stored()} were stored`);
    await new Promise((done) => setTimeout(done, 300));
  }
}
