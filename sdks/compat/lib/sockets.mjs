// What the proxy is for HTTP, for clients that send over a WebSocket: the page's sockets go through here.

import { CASE } from "./proxy.mjs";

/** How long a server that is away stays away, from the first message on. */
const AWAY_MS = 900;

/** Notes what passes between a page and the realtime service at `url`; the same members as a proxy has. */
export class Sockets {
  requests = [];
  startUp = [];
  acknowledged = new Set();
  seen = new Set();
  #awayUntil = null;

  constructor(url, fault) {
    this.url = url.replace(/^http/, "ws");
    this.isAway = fault === "away";
  }

  /** Takes over the sockets that `page` opens. */
  async attach(page) {
    await page.routeWebSocket(`${this.url}/**`, (client) => {
      if (this.#refuses()) {
        client.close({ code: 1001 });
        return;
      }
      const server = client.connectToServer();
      // Answers come in the order of the messages.
      const waiting = [];
      client.onMessage((text) => {
        waiting.push(this.#note(text));
        server.send(text);
      });
      server.onMessage((text) => {
        const answer = JSON.parse(text);
        if (answer.type !== "connected") this.#answered(waiting.shift(), answer);
        client.send(text);
      });
    });
  }

  close() {}

  #refuses() {
    if (!this.isAway) return false;
    this.#awayUntil ??= Date.now() + AWAY_MS;
    return Date.now() < this.#awayUntil;
  }

  #note(text) {
    const cases = [...new Set(text.match(CASE) ?? [])];
    cases.forEach((name) => this.seen.add(name));
    const note = { path: "/", encoding: "socket", names: cases, cases: cases.length, first: cases[0], status: 0 };
    this.requests.push(note);
    return note;
  }

  #answered(note, { type, code }) {
    note.status = type === "error" ? (code === "invalid_api_key" ? 401 : 400) : 200;
    if (type === "ack") note.names.forEach((name) => this.acknowledged.add(name));
  }
}
