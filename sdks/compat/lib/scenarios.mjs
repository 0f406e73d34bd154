// What is tried with every client.

import { differences } from "./expect.mjs";
import { startProxy } from "./proxy.mjs";
import { Sockets } from "./sockets.mjs";
import { calls, tracks } from "./values.mjs";

/** Columns of the table, in order. */
export const SCENARIOS = [
  { id: "values", title: "events arrive once and equal" },
  { id: "key", title: "wrong key" },
  { id: "413", title: "413" },
  { id: "429", title: "429" },
  { id: "503", title: "503" },
  { id: "lost", title: "answer lost" },
  { id: "away", title: "server away" },
  { id: "left", title: "page left at once", isBrowsers: true },
  { id: "stopped", title: "capture stopped, started" },
];

const EVENTS = 40;
const FAULT_EVENTS = 25;
const WRONG_KEY = `ak_${"x".repeat(43)}`;
/** How long a page may take to send anything, and then everything. */
const PATIENCE_MS = 300_000;
/** How long a page is watched when its client is to give up, which no client tells. */
const GIVES_UP_MS = 6_000;
/** The same after the page is gone; browsers send such requests last. */
const GONE_MS = 20_000;
/** The least patient client gives up when its server is away for longer. */
const AWAY_MS_MAX = 7_000;

/** Faults are made by the proxy, except these. */
const WITHOUT_FAULT = ["values", "key", "left", "stopped"];

/** Makes one client send in one scenario; returns what {@link judge} needs. */
export async function send(stack, client, scenario, run) {
  const prefix = `compat-${client.id}-on-${scenario}x-${run}`;
  const isWrongKey = scenario === "key";
  const isLeaving = scenario === "left";
  const made =
    scenario === "values"
      ? [...tracks(prefix, EVENTS), ...callsOf(client, prefix)]
      : tracks(prefix, FAULT_EVENTS, { hasLarge: !isLeaving });
  const isShort = isWrongKey || client.givesUp?.includes(scenario);
  const fault = WITHOUT_FAULT.includes(scenario) ? "none" : scenario;
  const proxy = client.isSocket ? new Sockets(stack.realtimeUrl, fault) : await startProxy(stack.captureUrl, fault);
  try {
    await client.send({
      url: proxy.url,
      sockets: client.isSocket ? proxy : null,
      project: stack.projectId,
      key: isWrongKey ? WRONG_KEY : stack.writeKey,
      id: prefix,
      calls: made,
      isLeaving,
      hasBegun: () => proxy.seen.size > 0 || isLeaving,
      isDone: () => proxy.acknowledged.size >= made.length,
      startMs: PATIENCE_MS,
      patienceMs: !isShort ? PATIENCE_MS : isLeaving ? GONE_MS : GIVES_UP_MS,
    });
  } finally {
    proxy.close();
  }
  return { client, scenario, prefix, made, proxy };
}

/** One of each other call that the client has. */
function callsOf(client, prefix) {
  const view = (call) => ({ ...call, url: `${client.viewsOf}?${call.properties.case}`, properties: {} });
  return calls(prefix)
    .filter(({ kind }) => !client.lacks?.includes(kind))
    .map((call) => (call.kind === "page" && client.viewsOf ? view(call) : call));
}

/**
 * What became of it, once the store has settled. `cell` is what the table says, `faults` is empty when that is
 * what the client is meant to do.
 */
export async function judge(stack, sent) {
  const stored = await stack.events(sent.prefix);
  const how = { key: judgeWrongKey, values: judgeValues }[sent.scenario] ?? judgeFault;
  return how({ ...sent, stored });
}

function judgeValues({ client, made, stored, proxy }) {
  const { faults, missing } = differences(client, made, stored);
  const failed = proxy.startUp.filter(({ status }) => status !== 200);
  faults.push(...failed.map(({ path, status }) => `start-up call ${path}: ${status}`));
  const how = [...new Set(proxy.requests.map((request) => `${request.path} ${request.encoding}`))];
  return { faults, cell: faults.length === 0 ? "yes" : "no", how, isIncomplete: missing > 0 && missing === faults.length };
}

function judgeWrongKey({ client, stored, proxy }) {
  // Without a status: cut off as the page was closed.
  const statuses = proxy.requests.map((request) => request.status).filter((status) => status > 0);
  const faults = stored.map((event) => `stored with a wrong key: ${event.event}`);
  if (statuses.length === 0 || statuses.some((status) => status !== 401)) {
    faults.push(`answers ${statuses.join(" ")}, not 401`);
  }
  const batches = proxy.requests.filter((request) => request.cases > 0);
  const cell = faults.length > 0 ? "no" : tries(client, batches);
  const isBusy = statuses.length === 0 || statuses.includes(503);
  return { faults, cell, isIncomplete: isBusy && stored.length === 0 };
}

function tries(client, requests) {
  const seen = new Set(requests.map((request) => request.first));
  return requests.length > seen.size ? "refused; tries again" : "refused; gives up";
}

function judgeFault({ client, scenario, made, stored, proxy, awayMs = 0 }) {
  const faults = [];
  const counts = new Map();
  for (const event of stored) {
    const name = event.properties.case;
    if (name) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const wanted = made.map((call) => call.properties.case);
  const doubled = wanted.filter((name) => counts.get(name) > 1);
  const missing = wanted.filter((name) => !counts.has(name));
  const lost = missing.filter((name) => proxy.acknowledged.has(name));
  if (doubled.length > 0) faults.push(`${doubled.length} events doubled`);
  if (lost.length > 0) faults.push(`${lost.length} acknowledged events lost`);
  const mayGiveUp = client.givesUp?.includes(scenario) || awayMs > AWAY_MS_MAX;
  const isShort = missing.length > 0 && !mayGiveUp;
  const isIncomplete = isShort && faults.length === 0;
  if (isShort) faults.push(`${missing.length} of ${wanted.length} events missing`);
  const partly = scenario === "left" ? "not all" : "gives up";
  const cell = faults.length > 0 ? "no" : missing.length > 0 ? partly : "all, once";
  return { faults, cell, isIncomplete };
}
