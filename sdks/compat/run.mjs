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
const PAGES_AT_ONCE = 6;
const OTHERS_AT_ONCE = 16;
/**
 * How often a client may send until everything arrived. The patience of published clients is theirs and short, so on
 * a busy machine one gives up now and then; what is doubled, changed or lost after it was acknowledged stays a fault.
 */
const ATTEMPTS = 3;
const TABLE = new URL("../../docs/clients/README.md", import.meta.url);
/** How long capture is stopped; then it has to start. */
const STOPPED_MS = 4_000;

// Some clients report every failed try there, or let one fail with nobody to catch it; the outcome is what counts.
console.error = () => {};
process.on("unhandledRejection", (error) => console.log(`a client left an error behind: ${error}`));

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
  let jobs = scenarios.flatMap(({ id, isBrowsers }) =>
    chosen.filter((client) => (!isBrowsers || client.isBrowser) && (client.only?.includes(id) ?? true)).map((client) => ({ client, scenario: id })),
  );
  const results = chosen.map((client) => ({ client, outcomes: new Map() }));
  for (let attempt = 1; attempt <= ATTEMPTS && jobs.length > 0; attempt += 1) {
    const again = [];
    await pool(OTHERS_AT_ONCE, await sendAll(jobs, `${run}t${attempt}`), async (sent) => {
      const outcome = sent.failed ?? (await judge(stack, sent).catch(failed));
      results.find(({ client }) => client === sent.client).outcomes.set(sent.scenario, outcome);
      tell(sent, outcome);
      if (outcome.isIncomplete) again.push({ client: sent.client, scenario: sent.scenario });
    });
    jobs = again;
  }
  return results;
}

/** Makes every client of `jobs` send; returns once everything that was accepted is readable. */
async function sendAll(jobs, run) {
  const sendOne = (job) => sendAs(run, job);
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
  return tried;
}

/** Really stops or starts it. */
async function capture(command) {
  await promisify(execFile)(MILLRACE_TEST_CLI, ["--home", MILLRACE_TEST_STACK, command, "capture-api"]);
}

/** Never rejects: that a client breaks is an outcome. */
async function sendAs(run, { client, scenario }) {
  const began = Date.now();
  const sent = await send(stack, client, scenario, run).catch((error) => ({ client, scenario, failed: failed(error) }));
  return { ...sent, seconds: (Date.now() - began) / 1_000 };
}

function failed(error) {
  return { cell: "no", faults: [error.stack.slice(0, 2_000)], isIncomplete: true };
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
  const tried = results.flatMap(({ client, outcomes }) => [...outcomes].map(([scenario, outcome]) => ({ client, scenario, ...outcome })));
  const failed = tried.filter(({ faults }) => faults.length > 0);
  const count = tried.length;
  failed.forEach(({ client, scenario, faults }) => console.log(`not as it should be: ${client.id} ${scenario}: ${faults[0]}`));
  console.log(`${count - failed.length} of ${count} as they should be`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}
