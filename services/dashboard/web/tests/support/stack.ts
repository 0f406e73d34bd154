import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

/** A running stack, as `millrace status --json` tells it. */
export interface Stack {
  home: string;
  dashboard: string;
  capture: string;
  query: string;
  auth: string;
  project: string;
  writeKey: string;
  owner: { email: string; password: string };
}

const REPOSITORY = resolve(import.meta.dirname, "../../../../..");
const BINARY = join(process.env.MILLRACE_TEST_BIN_DIR ?? join(REPOSITORY, "target/debug"), "millrace");

/** Rows that a question may read unless it is a job. */
export const ROWS_MAX = 40_000;

/** Longer than the slowest machine takes: how soon a busy one gives up is not what these tests are about. */
const PATIENCE = "8m";

/** Tokens so short that every longer test renews its session, and a limit that a large question meets. */
const SETTINGS = {
  MILLRACE_AUTH__ACCESS_TOKEN_LIFETIME: "15s",
  MILLRACE_QUERY__INTERACTIVE__ROWS: String(ROWS_MAX),
  MILLRACE_QUERY__INTERACTIVE__TIME: PATIENCE,
  MILLRACE_QUERY__INTERACTIVE__WAIT: PATIENCE,
  MILLRACE_QUERY__HTTP__REQUEST_TIMEOUT: PATIENCE,
  MILLRACE_AUTH__HTTP__REQUEST_TIMEOUT: PATIENCE,
  MILLRACE_DASHBOARD__HTTP__REQUEST_TIMEOUT: PATIENCE,
  MILLRACE_ENGINE__QUEUE_TIMEOUT: PATIENCE,
  MILLRACE_POSTGRES__ACQUIRE_TIMEOUT: PATIENCE,
};

/** The environment without settings of another stack. */
function plain(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("MILLRACE_")));
}

/** Runs the launcher; what it says on stdout. */
export async function millrace(home: string, ...args: string[]): Promise<string> {
  const told = await promisify(execFile)(BINARY, ["--home", home, ...args], {
    cwd: REPOSITORY,
    env: plain(),
  });
  return told.stdout;
}

/** The process of a service or server of the stack. */
export async function processOf(home: string, name: string): Promise<number> {
  const status = JSON.parse(await millrace(home, "status", "--json")) as {
    services: { name: string; pid: number }[];
  };
  const found = status.services.find((one) => one.name === name);
  if (!found) throw new Error(`${name} does not run`);
  return found.pid;
}

/** The stack of that state folder. */
async function described(home: string): Promise<Stack> {
  const status = JSON.parse(await millrace(home, "status", "--json"));
  return {
    home,
    dashboard: status.dashboard_url,
    capture: status.capture_url,
    query: status.query_url,
    auth: status.auth_url,
    project: status.project_id,
    writeKey: status.write_key,
    owner: {
      email: "owner@localhost.localdomain",
      password: readFileSync(join(home, "secrets/owner-password"), "utf8").trim(),
    },
  };
}

/**
 * A stack of one's own on free ports. `E2E_HOME` names one that runs
 * already and is left running.
 */
export async function start(): Promise<{ stack: Stack; stop: () => Promise<void> }> {
  const running = process.env.E2E_HOME;
  if (running) return { stack: await described(running), stop: async () => undefined };
  if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing: cargo build --workspace --bins`);
  const home = mkdtempSync(join(tmpdir(), "millrace-e2e-"));
  const stop = async () => {
    await millrace(home, "down");
    rmSync(home, { recursive: true, force: true });
  };
  const offset = process.env.E2E_PORT_OFFSET ?? "8950";
  try {
    await promisify(execFile)(BINARY, ["--home", home, "up", "--detach", "--port-offset", offset], {
      cwd: REPOSITORY,
      env: { ...plain(), ...SETTINGS },
    });
    return { stack: await described(home), stop };
  } catch (error) {
    await stop();
    throw new Error(`the stack did not start: ${error instanceof Error ? error.message : error}`);
  }
}
