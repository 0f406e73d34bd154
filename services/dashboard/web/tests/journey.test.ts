import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { profile } from "./support/browser";
import { SNIPPETS } from "../src/features/connect/snippets";
import { choose } from "./support/choose";
import { visits } from "./support/visit";

const { stack, browser } = visits();
let shop: Server;

beforeAll(() => {
  // Another site, which takes the script from where the snippet says.
  shop = createServer((_, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end(
      `<!doctype html><title>Shop</title><script src="${stack.dashboard}/sdk/millrace.min.js"></script>`,
    );
  }).listen(0, "127.0.0.1");
});

afterAll(() => {
  shop.close();
});

test("from nothing to a dashboard that somebody else looks at", async () => {
  const { page, context, faults } = await profile(browser(), stack.dashboard);
  await page.goto("/");

  // Sign up, first project.
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByLabel("E-mail").fill(`ada-${Date.now()}@example.com`);
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByLabel("Name").fill("Corner shop");
  await page.getByRole("button", { name: "Create project" }).click();

  // A key and a snippet that can be pasted as it is.
  await page.getByText("Waiting for your first event").waitFor();
  await page.getByRole("button", { name: "Create a key" }).click();
  const key = await page.getByText(/^ak_[\w-]{43}$/).innerText();
  const snippet = page.getByRole("tabpanel");
  const ways = await page.getByRole("tab").allInnerTexts();
  expect(ways).toEqual(SNIPPETS.map((one) => one.name));
  for (const name of ways) {
    await page.getByRole("tab", { name, exact: true }).click();
    const code = await snippet.innerText();
    expect(code, name).toContain(key);
    expect(code, name).toContain(new URL(stack.capture).host);
  }

  // The web SDK in a real page sends; the event shows up by itself.
  const visitor = await profile(browser(), `http://127.0.0.1:${(shop.address() as AddressInfo).port}`);
  await visitor.page.goto("/basket");
  await visitor.page.evaluate(
    async ([key, url]) => {
      type Sdk = {
        init: (
          key: string,
          options: object,
        ) => {
          capture: (event: string, properties?: object) => void;
          flush: () => Promise<void>;
        };
      };
      const { millrace } = window as unknown as { millrace: Sdk };
      const client = millrace.init(key as string, { url, ignoreBots: false });
      client.capture("added to cart", { price: 19.9 });
      client.capture("bought", { price: 19.9 });
      await client.flush();
    },
    [key, stack.capture],
  );
  await page.getByText("There it is.").waitFor();
  await page.getByRole("link", { name: "See it in a trend" }).click();

  // A trend of it.
  await choose(page, "Event of series A", "bought");
  await page.getByRole("img", { name: "Trends of bought" }).waitFor();
  await page.getByText(/Complete(ness unknown| up to)/).waitFor();
  await page.getByLabel("Shown as").selectOption("number");
  await expect.poll(() => page.locator("main dd").first().innerText()).toBe("1");
  const address = page.url();
  await page.reload();
  expect(page.url()).toBe(address);
  await expect.poll(() => page.locator("main dd").first().innerText()).toBe("1");

  // A funnel, and who stands behind a bar.
  await page.getByRole("link", { name: "Funnels" }).click();
  await page.getByText("A funnel needs two steps").waitFor();
  for (const [at, event] of ["$pageview", "added to cart", "bought"].entries()) {
    await page.getByRole("button", { name: "Step", exact: true }).click();
    await choose(page, `Event of step ${at + 1}`, event);
  }
  await page.getByRole("button", { name: /Persons who reached step 3, bought: 1/ }).click();
  await page.getByRole("dialog").getByRole("link").first().waitFor();
  await page.keyboard.press("Escape");

  // Saved on a dashboard, which draws it.
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByLabel("Name", { exact: true }).fill("From page to purchase");
  await page.getByLabel("Put it on a dashboard").selectOption("a new dashboard");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByRole("dialog").getByRole("link", { name: "My dashboard" }).click();
  const widget = page.getByRole("region", { name: "From page to purchase" });
  await widget.getByText("3. bought").waitFor();
  await widget.getByText(/Complete(ness unknown| up to)/).waitFor();

  // A link that a stranger's browser opens, and that opens nothing else.
  await page.getByRole("button", { name: "Share" }).click();
  await page.getByRole("button", { name: "Create a link" }).click();
  const link = await page.getByLabel("Link").inputValue();
  const stranger = await profile(browser(), stack.dashboard);
  await stranger.page.goto(link);
  await stranger.page.getByText("3. bought").waitFor();
  await stranger.page.goto(address);
  await stranger.page.getByText("Sign in to Millrace").waitFor();
  await page.getByRole("button", { name: "Revoke all links" }).click();
  await page.getByText("1 links no longer work.").waitFor();
  await stranger.page.goto(link);
  await stranger.page.getByText("This link leads nowhere").waitFor();

  expect([...faults, ...stranger.faults, ...visitor.faults]).toEqual([]);
  await Promise.all([context.close(), visitor.context.close(), stranger.context.close()]);
});
