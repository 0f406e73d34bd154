import { ApiError } from "./api";
import { bearer, refresh } from "./session";

/** A message of a stream of server-sent events. */
export interface Message {
  /** Where to go on after it, when it says so. */
  id?: string;
  data: string;
}

/**
 * The messages of a stream, as they come. Unlike `EventSource` it sends the
 * access token as a header, so that no credential stands in an address.
 *
 * @throws ApiError when the stream is refused
 */
export async function* messages(path: string, signal: AbortSignal, lastId?: string): AsyncGenerator<Message> {
  let response = await open(path, signal, lastId);
  if (response.status === 401 && (await refresh())) response = await open(path, signal, lastId);
  if (!response.ok || !response.body) {
    throw new ApiError(response.status, "no_stream", `The stream answered ${response.status}.`);
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = `${rest}${value}`.replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const message = parsed(block);
      if (message) yield message;
    }
  }
}

async function open(path: string, signal: AbortSignal, lastId: string | undefined): Promise<Response> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  const token = bearer();
  if (token) headers.Authorization = `Bearer ${token}`;
  if (lastId) headers["Last-Event-ID"] = lastId;
  return fetch(path, { headers, signal });
}

/** One block of lines; comments and blocks without data are none. */
export function parsed(block: string): Message | null {
  const data: string[] = [];
  let id: string | undefined;
  for (const line of block.split("\n")) {
    const [, name, value] = /^(data|id): ?(.*)$/.exec(line) ?? [];
    if (name === "data") data.push(value ?? "");
    if (name === "id") id = value;
  }
  return data.length ? { data: data.join("\n"), ...(id !== undefined && { id }) } : null;
}
