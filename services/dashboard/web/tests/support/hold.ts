import type { Page, Route } from "playwright-core";

/** Where questions go. */
export const ANSWERS = "**/query/api/query";

/** Answers as a service that is broken, or that refuses. */
interface Refusal {
  status: number;
  json: { detail: string; code: string };
}

/** Holds back all requests to such addresses until they are let go: on to the service, or with a refusal. */
export async function hold(page: Page, ...addresses: string[]) {
  const held: Route[] = [];
  let refusal: Refusal | undefined;
  let isHolding = true;
  const answer = (route: Route) => (refusal ? route.fulfill(refusal) : route.continue());
  async function onRequest(route: Route) {
    if (isHolding) held.push(route);
    else await answer(route);
  }
  for (const address of addresses) await page.route(address, onRequest);
  return async function letGo(next?: Refusal) {
    refusal = next;
    isHolding = false;
    // A page that has left took its requests with it.
    await Promise.all(held.splice(0).map((route) => answer(route).catch(() => undefined)));
  };
}
