// A small HTTP proxy on loopback between a client and capture: it notes what
// passes, and can put a fault in the way of the first requests with our events.

import http from "node:http";
import { once } from "node:events";
import { gunzipSync } from "node:zlib";
import lz from "lz-string";

const START_UP = /^\/(array|flags|decide|static|array\.js|surveys|s\/)/;
/** What tells events apart, wherever it stands in a request. */
export const CASE = /compat-[a-z0-9-]+-(?:\d{3}|page|identify|group|earlier)(?![a-z0-9])/g;

/** The faults. Each is told what is known of the request and decides. */
export const FAULTS = {
  none: () => null,
  "413": ({ attempt }) => (attempt === 0 ? { status: 413, detail: "The body is too large" } : null),
  "429": ({ attempt }) => (attempt === 0 ? { status: 429, detail: "Rate limit exceeded", retryAfter: 1 } : null),
  "503": ({ attempt }) =>
    attempt === 0 ? { status: 503, detail: "Event ingestion temporarily unavailable", retryAfter: 1 } : null,
  lost: ({ attempt }) => (attempt === 0 ? { loseAnswer: true } : null),
  away: ({ sinceFirstMs }) => (sinceFirstMs < 900 ? { refuse: true } : null),
};

/** Starts a proxy to `target`; `fault` is one of the names above. */
export async function startProxy(target, fault = "none") {
  const proxy = new Proxy(target, FAULTS[fault]);
  await proxy.listen();
  return proxy;
}

class Proxy {
  /** Requests with events, as the client made them. */
  requests = [];
  /** What a client asks before it sends. */
  startUp = [];
  /** Cases in requests whose answer was a success that reached the client. */
  acknowledged = new Set();
  /** Cases seen at all. */
  seen = new Set();
  #firstAt = null;

  constructor(target, fault) {
    this.target = new URL(target);
    this.fault = fault;
    this.server = http.createServer((request, response) => {
      this.#take(request, response).catch(() => response.destroy());
    });
  }

  async listen() {
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    this.url = `http://127.0.0.1:${this.server.address().port}`;
  }

  close() {
    this.server.close();
    this.server.closeAllConnections();
  }

  async #take(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const path = request.url.split("?")[0];
    const hasEvents = request.method !== "OPTIONS" && !START_UP.test(path);
    if (!hasEvents) {
      const status = await this.#forward(request, body, response);
      if (request.method !== "OPTIONS") this.startUp.push({ path, status });
      return;
    }
    const cases = casesIn(request, body);
    if (cases.length > 0) this.#firstAt ??= Date.now();
    cases.forEach((name) => this.seen.add(name));
    const encoding = encodingOf(request, body);
    const note = { path, encoding, cases: cases.length, first: cases[0], status: 0 };
    const attempt = this.requests.filter((earlier) => earlier.cases > 0).length;
    const isTried = cases.length > 0;
    const fault = isTried ? this.fault({ attempt, sinceFirstMs: Date.now() - this.#firstAt }) : null;
    this.requests.push(note);
    if (fault?.refuse) {
      request.socket.destroy();
    } else if (fault?.loseAnswer) {
      await this.#forward(request, body, null);
      request.socket.destroy();
    } else if (fault) {
      note.status = fault.status;
      answer(request, response, fault);
    } else {
      note.status = await this.#forward(request, body, response);
      if (note.status >= 200 && note.status < 300) {
        cases.forEach((name) => this.acknowledged.add(name));
      }
    }
  }

  /** The upstream's status; without a `response` its answer is thrown away. */
  async #forward(request, body, response) {
    const { hostname, port } = this.target;
    const upstream = http.request({
      hostname,
      port,
      method: request.method,
      path: request.url,
      headers: { ...request.headers, host: this.target.host, "content-length": body.length },
      agent: false,
    });
    // Capture may be stopped while it answers.
    upstream.on("error", () => {});
    upstream.end(body);
    const [reply] = await once(upstream, "response");
    const chunks = [];
    for await (const chunk of reply) chunks.push(chunk);
    if (response) {
      const { connection: _, "transfer-encoding": __, ...headers } = reply.headers;
      response.writeHead(reply.statusCode, headers);
      response.end(Buffer.concat(chunks));
      await once(response, "close").catch(() => {});
    }
    return reply.statusCode;
  }
}

/** The answer capture gives in such a case, in the words of all families. */
function answer(request, response, { status, detail, retryAfter }) {
  const headers = {
    "content-type": "application/json",
    "access-control-allow-origin": request.headers.origin ?? "*",
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": "retry-after",
  };
  if (retryAfter) headers["retry-after"] = String(retryAfter);
  response.writeHead(status, headers);
  response.end(JSON.stringify({ detail, code: "fault", message: detail }));
}

function casesIn(request, body) {
  const text = plain(request, body);
  return [...new Set(text.match(CASE) ?? [])];
}

function plain(request, body) {
  const bytes = isGzip(body) ? gunzipSync(body) : body;
  const text = bytes.toString("utf8");
  const query = new URL(request.url, "http://loopback").searchParams.get("data");
  const fields = new URLSearchParams(/^data=/.test(text) ? text : "");
  const form = fields.get("data") ?? query;
  if (!form) return text;
  if (fields.get("compression") === "lz64") return lz.decompressFromBase64(form) ?? "";
  return form.startsWith("{") || form.startsWith("[") ? form : Buffer.from(form, "base64").toString("utf8");
}

function isGzip(body) {
  return body.length > 2 && body[0] === 0x1f && body[1] === 0x8b;
}

function encodingOf(request, body) {
  if (isGzip(body)) return "gzip";
  const text = body.toString("latin1");
  if (!text.startsWith("data=")) return "plain";
  return text.endsWith("compression=lz64") ? "lz64 form" : "base64 form";
}
