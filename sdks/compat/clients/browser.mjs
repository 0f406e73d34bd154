// The published clients for browsers, in Chromium, on a page of another origin
// than capture.

import http from "node:http";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
// The clients send nothing for robots.
const PERSON = "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

const FILES = {
  "/posthog-new.js": "../node_modules/posthog-js/dist/module.mjs",
  "/posthog-old.js": "../node_modules/posthog-js-old/dist/es.js",
  "/posthog-lz64.js": "../node_modules/posthog-js-lz64/dist/es.js",
  "/rudder.js": "../node_modules/@rudderstack/analytics-js/dist/npm/modern/bundled/esm/index.mjs",
  "/millrace.js": "../../web/dist/millrace.js",
  "/drive.js": "page.mjs",
};
/** Packages of several files. */
const FOLDERS = {
  segment: "../node_modules/@segment/analytics-next/dist/umd/",
  bklit: "../node_modules/@bklit/sdk/dist/",
};
const START_MS = 300_000;

/** Chromium and the server of the page. */
export class Browsers {
  static async start() {
    const self = new Browsers();
    self.server = http.createServer((request, response) => {
      serve(request, response).catch(() => response.writeHead(404).end());
    });
    self.server.listen(0, "127.0.0.1");
    await once(self.server, "listening");
    self.page = `http://127.0.0.1:${self.server.address().port}/`;
    self.browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: FLAGS,
      timeout: START_MS,
    });
    return self;
  }

  async stop() {
    await this.browser?.close();
    this.server.close();
    this.server.closeAllConnections();
  }

  /** A client of `page.mjs`; it is done when `isDone` says so, or never. `isLeaving` closes the page at once. */
  client(name) {
    return async ({ url, sockets, project, key, id, calls, isLeaving, hasBegun, isDone, startMs, patienceMs }) => {
      const context = await this.browser.newContext({ userAgent: PERSON });
      try {
        await context.addInitScript(() => Object.defineProperty(navigator, "webdriver", { get: () => false }));
        context.setDefaultTimeout(START_MS);
        const page = await context.newPage();
        await sockets?.attach(page);
        const errors = [];
        page.on("pageerror", (error) => errors.push(error));
        await page.goto(this.page);
        await page.evaluate((run) => window.drive(run), { name, url, project, key, id, calls });
        if (isLeaving) await page.close({ runBeforeUnload: true });
        if (await until(hasBegun, startMs)) await until(isDone, patienceMs);
        if (errors.length > 0) throw errors[0];
      } finally {
        await context.close();
      }
    };
  }
}

/** Whether `condition` came true in time. */
async function until(condition, patienceMs) {
  const deadline = Date.now() + patienceMs;
  while (!condition()) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return true;
}

async function serve(request, response) {
  const path = request.url.split("?")[0];
  if (path === "/") {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.end('<!doctype html><title>Shop</title><script src="/segment/index.js"></script><script type="module" src="/drive.js"></script>');
    return;
  }
  const [, folder, name] = /^\/(\w+)\/([\w.-]+\.m?js)$/.exec(path) ?? [];
  const file = folder ? FOLDERS[folder] + name : FILES[path];
  const body = await readFile(fileURLToPath(new URL(file, import.meta.url)));
  response.writeHead(200, { "content-type": "text/javascript; charset=utf-8" }).end(body);
}
