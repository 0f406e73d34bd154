// Runs published clients against a running stack and writes what works into
// the documentation.
//
//   node run.mjs STATUS.json [--write FILE] [--client ID]… [--scenario ID]… [--stop COMMAND --start COMMAND]
//
// STATUS.json is what `millrace status --json` prints; the COMMANDs stop and start capture.

import { readFile } from "node:fs/promises";
import { exec } from "node:child_process";
import { parseArgs, promisify } from "node:util";
import { Browsers } from "./clients/browser.mjs";
import { clients } from "./clients/index.mjs";
import { write } from "./lib/report.mjs";
import { SCENARIOS, attempt } from "./lib/scenarios.mjs";
import { Stack } from "./lib/store.mjs";

const AT_ONCE = 8;
/** How long capture stays away; the least patient client gives up after about seven seconds. */
const STOPPED_MS = 4_000;

// Some clients report every failed try there; the outcome is what counts.
console.error = () => {};

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: "string" },
    client: { type: "string", multiple: true },
    scenario: { type: "string", multiple: true },
    stop: { type: "string" },
    start: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});

const stack = new Stack(JSON.parse(await readFile(positionals[0], "utf8")));
const run = Date.now().toString(36);
const browsers = await Browsers.start();
let results;
try {
  results = await runAll();
} finally {
  await browsers.stop();
}
if (options.write) await write(options.write, results);
report(results);

/** Every client with its outcomes. */
async function runAll() {
  const all = await clients(browsers);
  const chosen = all.filter((client) => options.client?.includes(client.id) ?? true);
  const results = chosen.map((client) => ({ client, outcomes: new Map() }));
  const scenarios = SCENARIOS.map(({ id }) => id).filter((id) => options.scenario?.includes(id) ?? true);
  // Browsers first: their pauses before a retry are the longest.
  const jobs = results.flatMap((result) =>
    scenarios.filter((scenario) => scenario !== "stopped").map((scenario) => ({ result, scenario })),
  );
  await pool(jobs, AT_ONCE);
  if (options.stop && options.start && scenarios.includes("stopped")) {
    await promisify(exec)(options.stop);
    const sent = pool(results.map((result) => ({ result, scenario: "stopped" })), results.length);
    await new Promise((resolve) => setTimeout(resolve, STOPPED_MS));
    await promisify(exec)(options.start);
    await sent;
  }
  return results;
}

async function pool(jobs, width) {
  const queue = [...jobs];
  const worker = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const { result, scenario } = job;
      const began = Date.now();
      const outcome = await attempt(stack, result.client, scenario, run).catch((error) => ({
        scenario,
        cell: "no",
        faults: [error.stack.slice(0, 2_000)],
      }));
      result.outcomes.set(scenario, outcome);
      const seconds = ((Date.now() - began) / 1_000).toFixed(1);
      const requests = (outcome.requests ?? []).map((request) => request.status || "cut").join(" ");
      console.log(`${result.client.id} ${scenario}: ${outcome.cell} (${seconds} s; ${requests}) ${outcome.how ?? ""}`);
      outcome.faults.slice(0, options.verbose ? 50 : 5).forEach((fault) => console.log(`    ${fault}`));
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
}

function report(results) {
  const failed = results.flatMap(({ outcomes }) => [...outcomes.values()]).filter(({ faults }) => faults.length > 0);
  const count = results.reduce((sum, { outcomes }) => sum + outcomes.size, 0);
  console.log(`${count - failed.length} of ${count} as they should be`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}
