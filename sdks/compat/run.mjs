// Runs published clients against a running stack and writes what works into
// the documentation.
//
//   node run.mjs [--write] [--client ID]… [--scenario ID]… [--verbose]
//
// `infrastructure/with-stack.sh` tells the stack in the environment. With --write the table in the documentation is
// made from the outcome.

import { readFile } from "node:fs/promises";
import { execFile } from "node:child_process";
import { parseArgs, promisify } from "node:util";
import { Browsers } from "./clients/browser.mjs";
import { clients } from "./clients/index.mjs";
import { Pythons } from "./clients/process.mjs";
import { write } from "./lib/report.mjs";
import { SCENARIOS, judge, send } from "./lib/scenarios.mjs";
import { Stack } from "./lib/store.mjs";

/** Clients that send at the same time; most of them wait most of the time. A page is heavier. */
const PAGES_AT_ONCE = 12;
const OTHERS_AT_ONCE = 16;
const TABLE = new URL("../../docs/clients/README.md", import.meta.url);
/** How long capture is stopped; then it has to start. */
const STOPPED_MS = 4_000;

// Some clients report every failed try there; the outcome is what counts.
console.error = () => {};

const { values: options } = parseArgs({
  options: {
    write: { type: "boolean", default: false },
    client: { type: "string", multiple: true },
    scenario: { type: "string", multiple: true },
    verbose: { type: "boolean", default: false },
  },
});

const { MILLRACE_TEST_CLI, MILLRACE_TEST_STACK, MILLRACE_TEST_STATUS } = process.env;
const stack = new Stack(JSON.parse(await readFile(MILLRACE_TEST_STATUS, "utf8")));
const run = Date.now().toString(36);
const browsers = await Browsers.start();
const pythons = new Pythons();
let results;
try {
  results = await runAll();
} finally {
  pythons.stop();
  await browsers.stop();
}
if (options.write) await write(TABLE, results);
report(results);

/** Every client with its outcomes. */
async function runAll() {
  const all = await clients(browsers, pythons);
  const chosen = all.filter((client) => options.client?.includes(client.id) ?? true);
  const scenarios = SCENARIOS.filter(({ id }) => options.scenario?.includes(id) ?? true);
  const jobs = scenarios.flatMap(({ id, isBrowsers }) =>
    chosen.filter((client) => (!isBrowsers || client.isBrowser) && (client.only?.includes(id) ?? true)).map((client) => ({ client, scenario: id })),
  );
  const whileRunning = jobs.filter(({ scenario }) => scenario !== "stopped");
  const lanes = await Promise.all([
    pool(PAGES_AT_ONCE, whileRunning.filter(({ client }) => client.isBrowser), sendOne),
    pool(OTHERS_AT_ONCE, whileRunning.filter(({ client }) => !client.isBrowser), sendOne),
  ]);
  const tried = lanes.flat();
  const whileStopped = jobs.filter(({ scenario }) => scenario === "stopped");
  if (whileStopped.length > 0) {
    await capture("stop");
    const began = Date.now();
    const sending = pool(whileStopped.length, whileStopped, sendOne);
    await new Promise((resolve) => setTimeout(resolve, STOPPED_MS));
    await capture("start");
    const awayMs = Date.now() - began;
    tried.push(...(await sending).map((sent) => ({ ...sent, awayMs })));
  }
  await stack.settle();
  const results = chosen.map((client) => ({ client, outcomes: new Map() }));
  await pool(OTHERS_AT_ONCE, tried, async (sent) => {
    const outcome = sent.failed ?? (await judge(stack, sent).catch(failed));
    results.find(({ client }) => client === sent.client).outcomes.set(sent.scenario, outcome);
    tell(sent, outcome);
  });
  return results;
}

/** Really stops or starts it. */
async function capture(command) {
  await promisify(execFile)(MILLRACE_TEST_CLI, ["--home", MILLRACE_TEST_STACK, command, "capture-api"]);
}

/** Never rejects: that a client breaks is an outcome. */
async function sendOne({ client, scenario }) {
  const began = Date.now();
  const sent = await send(stack, client, scenario, run).catch((error) => ({ client, scenario, failed: failed(error) }));
  return { ...sent, seconds: (Date.now() - began) / 1_000 };
}

function failed(error) {
  return { cell: "no", faults: [error.stack.slice(0, 2_000)] };
}

/** Does `work` with every job, at most `width` at a time; the answers in any order. */
async function pool(width, jobs, work) {
  const queue = [...jobs];
  const done = [];
  const worker = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) done.push(await work(job));
  };
  await Promise.all(Array.from({ length: width }, worker));
  return done;
}

function tell({ client, scenario, proxy, seconds }, { cell, faults, how }) {
  const requests = (proxy?.requests ?? []).map((request) => request.status || "cut").join(" ");
  console.log(`${client.id} ${scenario}: ${cell} (${seconds.toFixed(1)} s; ${requests}) ${how ?? ""}`);
  faults.slice(0, options.verbose ? 50 : 5).forEach((fault) => console.log(`    ${fault}`));
}

function report(results) {
  const failed = results.flatMap(({ outcomes }) => [...outcomes.values()]).filter(({ faults }) => faults.length > 0);
  const count = results.reduce((sum, { outcomes }) => sum + outcomes.size, 0);
  console.log(`${count - failed.length} of ${count} as they should be`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}
