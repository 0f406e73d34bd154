import {
  type Browser,
  type BrowserContextOptions,
  type BrowserServer,
  chromium,
  type Page,
} from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const OPTIONS = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  args: FLAGS,
};

/** The machine's Chromium. */
export const launch = (): Promise<Browser> => chromium.launch(OPTIONS);

/** The same for several test files to connect to. */
export const serve = (): Promise<BrowserServer> => chromium.launchServer(OPTIONS);

/** The Chromium that all tests share. */
export const connect = (endpoint: string): Promise<Browser> => chromium.connect(endpoint);

/** What went wrong in a page: uncaught errors and what the policy refused. */
function faultsOf(page: Page): string[] {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    const text = message.text();
    // Refused and lost requests are what some tests are about; the page says so itself.
    if (message.type() === "error" && !text.startsWith("Failed to load resource")) faults.push(text);
  });
  return faults;
}

/** A page of a profile of its own: nothing is shared with another one. */
export async function profile(browser: Browser, baseURL: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({
    baseURL,
    viewport: { width: 1280, height: 860 },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    reducedMotion: "reduce",
    ...options,
  });
  // A busy machine is slow, not broken.
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  return { context, page, faults: faultsOf(page) };
}

/** Signs the profile in, without the form: what every test but that of the form needs. */
export async function signIn(page: Page, credentials: { email: string; password: string }) {
  const answer = await page.context().request.post("/session/login", {
    headers: { "X-Millrace-Session": "1" },
    data: credentials,
  });
  if (!answer.ok()) throw new Error(`signing in: ${answer.status()} ${await answer.text()}`);
}
