import type { Properties } from "./options.ts";

const CAMPAIGN = [
  "utm_source",
  "utm_medium",
  "utm_campaign",
  "utm_term",
  "utm_content",
  "gclid",
  "fbclid",
  "msclkid",
];

/** What the page says about itself and how one came here. */
export function pageProperties(): Properties {
  if (typeof location === "undefined") return {};
  const properties: Properties = {
    $current_url: location.href,
    $host: location.host,
    $pathname: location.pathname,
    $referrer: document.referrer || "$direct",
    $referring_domain: hostOf(document.referrer) || "$direct",
    $title: document.title,
    $raw_user_agent: navigator.userAgent,
    $browser_language: navigator.language,
    $screen_width: screen.width,
    $screen_height: screen.height,
    $viewport_width: innerWidth,
    $viewport_height: innerHeight,
    $timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
  const query = new URLSearchParams(location.search);
  for (const name of CAMPAIGN) {
    const value = query.get(name);
    if (value) properties[name] = value;
  }
  return properties;
}

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return "";
  }
}

/** Calls `seen` now and whenever the address changes without a new page. */
export function onPageview(seen: () => void): void {
  if (typeof history === "undefined") return;
  let last = "";
  const look = () => {
    const here = location.origin + location.pathname + location.search;
    if (here === last) return;
    last = here;
    seen();
  };
  for (const name of ["pushState", "replaceState"] as const) {
    const original = history[name];
    history[name] = function (this: History, ...args: Parameters<History["pushState"]>) {
      original.apply(this, args);
      look();
    };
  }
  addEventListener("popstate", look);
  look();
}

/** Whether a program rather than a person looks at the page. */
export function isBot(): boolean {
  if (typeof navigator === "undefined") return false;
  const agent = /bot\b|crawl|spider|headless|lighthouse|preview|slurp/i;
  return navigator.webdriver === true || agent.test(navigator.userAgent);
}

/** Whether the browser asks not to be tracked. */
export function asksNotToBeTracked(): boolean {
  if (typeof navigator === "undefined") return false;
  const asks = navigator as Navigator & { globalPrivacyControl?: boolean };
  return navigator.doNotTrack === "1" || asks.globalPrivacyControl === true;
}
