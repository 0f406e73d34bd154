import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

export interface ScriptedAnswer {
  status?: number;
  headers?: Record<string, string>;
  body?: any;
  hang_up?: boolean;
}

export interface Received {
  path: string;
  key: string | undefined;
  batch: { event: string; distinct_id: string; uuid: string; properties: Record<string, unknown> }[];
  at: number;
}

/** A capture API that answers by a script, remembers what it was sent, and serves pages to browsers. */
export class ScriptedServer {
  readonly received: Received[] = [];
  readonly pages = new Map<string, { body: string; headers?: Record<string, string> }>();
  url = "";
  private readonly server: Server;
  private changed: (() => void)[] = [];

  constructor(public answers: ScriptedAnswer[]) {
    this.server = createServer((request, response) => {
      const origin = request.headers.origin;
      if (origin) {
        response.setHeader("Access-Control-Allow-Origin", origin);
        response.setHeader(
          "Access-Control-Allow-Headers",
          request.headers["access-control-request-headers"] ?? "",
        );
        response.setHeader("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
      }
      if (request.method === "OPTIONS") return response.writeHead(204).end();
      const page = this.pages.get(request.url?.split("?")[0] ?? "");
      if (request.method === "GET" && page) {
        return response.writeHead(200, { "Content-Type": "text/html", ...page.headers }).end(page.body);
      }
      const chunks: Buffer[] = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        let bytes = Buffer.concat(chunks);
        if (bytes[0] === 0x1f) bytes = gunzipSync(bytes);
        if (request.method !== "POST") return response.writeHead(404).end();
        const body = JSON.parse(bytes.toString());
        const answer = this.answerTo(this.received.length);
        const key = (request.headers["x-api-key"] as string | undefined) ?? body.api_key;
        this.received.push({ path: request.url ?? "", key, batch: body.batch, at: performance.now() });
        for (const wake of this.changed.splice(0)) wake();
        if (answer.hang_up) return request.socket.destroy();
        response.writeHead(answer.status ?? 202, { "Content-Type": "application/json", ...answer.headers });
        return response.end(JSON.stringify(answer.body ?? {}));
      });
    });
  }

  async start(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  answerTo(index: number): ScriptedAnswer {
    return this.answers[Math.min(index, this.answers.length - 1)] ?? {};
  }

  /** Names of all events received, without repeats of the same uuid. */
  names(): string[] {
    const seen = new Map(this.received.flatMap((one) => one.batch).map((event) => [event.uuid, event.event]));
    return [...seen.values()];
  }

  /** Resolves when `condition` holds; asked again at every request. */
  async until(condition: () => boolean, deadline = 90_000): Promise<void> {
    const end = performance.now() + deadline;
    while (!condition()) {
      const left = end - performance.now();
      if (left <= 0) throw new Error(`not within ${deadline} ms; received ${JSON.stringify(this.names())}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.changed.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
