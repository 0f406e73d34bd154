// Clients that are processes of their own: Python's and curl.

import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { expected } from "../lib/expect.mjs";

const PYTHON = fileURLToPath(new URL("../.venv/bin/python", import.meta.url));
const SCRIPT = fileURLToPath(new URL("python_clients.py", import.meta.url));

/** The process in which Python's clients run. */
export class Pythons {
  #waiting = new Map();

  constructor() {
    this.child = spawn(PYTHON, [SCRIPT], { stdio: ["pipe", "pipe", "inherit"] });
    this.child.on("close", () => this.#fail(new Error("the clients of Python ended")));
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      const { id, error } = JSON.parse(line);
      const { resolve, reject } = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) reject(new Error(error));
      else resolve();
    });
  }

  /** One of `python_clients.py`. */
  client(name) {
    return ({ url, key, id, calls }) =>
      new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        this.child.stdin.write(`${JSON.stringify({ client: name, url, key, id, calls })}\n`);
      });
  }

  stop() {
    this.child.kill();
  }

  #fail(error) {
    for (const { reject } of this.#waiting.values()) reject(error);
  }
}

/** The versions of the Python packages. */
export async function pythonVersions() {
  const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, "--versions"]);
  return JSON.parse(stdout);
}

/** curl's version. */
export async function curlVersion() {
  const { stdout } = await promisify(execFile)("curl", ["--version"]);
  return stdout.split(" ")[1];
}

/** Two batches by curl, gzip and plain, with its own retries. */
export async function curl({ url, key, id, calls }) {
  const batch = calls.map((call) => ({ ...expected({}, call), distinct_id: id, uuid: randomUUID() }));
  const middle = Math.ceil(batch.length / 2);
  await post(url, key, batch.slice(0, middle), true);
  await post(url, key, batch.slice(middle), false);
}

async function post(url, key, batch, isGzip) {
  const json = Buffer.from(JSON.stringify({ batch }));
  const encoding = isGzip ? ["-H", "Content-Encoding: gzip"] : [];
  const body = isGzip ? gzipSync(json) : json;
  const retries = ["--retry", "5", "--retry-all-errors", "--max-time", "300"];
  const headers = ["-H", `X-API-Key: ${key}`, "-H", "Content-Type: application/json", ...encoding];
  await run("curl", ["-sS", ...retries, ...headers, "--data-binary", "@-", `${url}/capture`], body);
}

/** Runs to the end; that a client gives up is not our failure. */
function run(program, args, input) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "ignore", "ignore"] });
    child.on("error", reject);
    child.on("close", () => resolve());
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}
