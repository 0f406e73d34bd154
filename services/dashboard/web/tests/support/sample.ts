/** An event as the capture API takes it. */
export interface Sent {
  event: string;
  distinct_id: string;
  timestamp: string;
  uuid: string;
  properties: Record<string, unknown>;
}

const DAY = 86_400_000;
const PAGES = ["/", "/pricing", "/docs", "/docs/funnels", "/blog/launch", "/sign-up"];
const SOURCES: Record<string, string>[] = [
  {},
  {},
  { $referring_domain: "www.google.com", $referrer: "https://www.google.com/" },
  { $referring_domain: "news.ycombinator.com", $referrer: "https://news.ycombinator.com/" },
  { utm_source: "newsletter", utm_medium: "email", utm_campaign: "autumn" },
  { utm_source: "google", utm_medium: "cpc", utm_campaign: "brand" },
];
const BROWSERS = ["Chrome", "Chrome", "Chrome", "Safari", "Safari", "Firefox", "Edge"];
const SYSTEMS = ["Windows", "Mac OS X", "Mac OS X", "Linux", "iOS", "Android"];
const PLANS = ["free", "free", "free", "team", "team", "business"];
const COUNTRIES = ["DE", "US", "US", "GB", "FR", "BR", "IN"];

/** Numbers from 0 to 1 that are the same at every run. */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Some weeks in the life of a small web application, up to a minute ago. */
export function sample(people = 300, days = 45, now = Date.now()): Sent[] {
  const roll = dice(7);
  const pick = <T>(list: T[]): T => list[Math.floor(roll() * list.length)] as T;
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => Math.floor(roll() * 16).toString(16)).join("");
  const uuid = () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
  const events: Sent[] = [];
  for (let person = 0; person < people; person++) {
    const who = {
      $browser: pick(BROWSERS),
      $os: pick(SYSTEMS),
      $geoip_country_code: pick(COUNTRIES),
      plan: pick(PLANS),
    };
    const distinct_id = `${pick(["ada", "grace", "linus", "edsger", "barbara", "alan", "tim"])}-${1000 + person}`;
    // More people come every week, and fewer of them stay.
    let day = Math.floor(days * Math.sqrt(roll()));
    let isSignedUp = false;
    while (day < days) {
      let at = now - (days - day) * DAY + Math.floor((0.3 + 0.5 * roll()) * DAY);
      const source = pick(SOURCES);
      const $session_id = uuid();
      const say = (event: string, properties: Record<string, unknown> = {}) => {
        at += Math.floor(3_000 + roll() * 120_000);
        if (at > now - 60_000) return;
        const timestamp = new Date(at).toISOString();
        const all = { ...who, ...source, $session_id, ...properties };
        events.push({ event, distinct_id, timestamp, uuid: uuid(), properties: all });
      };
      const view = (path: string) =>
        say("$pageview", { $current_url: `https://app.example${path}`, $pathname: path });
      view(pick(PAGES));
      for (let more = Math.floor(roll() * 4); more > 0; more--) view(pick(PAGES));
      if (!isSignedUp && roll() < 0.45) {
        view("/sign-up");
        say("signed up", { method: pick(["e-mail", "google", "github"]) });
        isSignedUp = true;
      }
      if (isSignedUp) {
        if (roll() < 0.7) say("created project", { template: pick(["blank", "shop", "blog"]) });
        if (roll() < 0.5) say("invited member", { seats: 1 + Math.floor(roll() * 5) });
        if (roll() < 0.25) say("upgraded plan", { plan: "team", price: pick([19, 49, 99, 249]) });
      }
      if (roll() < 0.35) break;
      day += 1 + Math.floor(roll() * roll() * 12);
    }
  }
  return events.sort((a, b) => a.timestamp.localeCompare(b.timestamp));
}

/** People who are here right now. */
export function present(people = 12, now = Date.now()): Sent[] {
  const roll = dice(Math.floor(now / 1000));
  return Array.from({ length: people }, (_, index) => {
    const path = PAGES[Math.floor(roll() * PAGES.length)];
    return {
      event: "$pageview",
      distinct_id: `guest-${index}`,
      timestamp: new Date(now - Math.floor(roll() * 240_000)).toISOString(),
      uuid: crypto.randomUUID(),
      properties: { $pathname: path, $current_url: `https://app.example${path}` },
    };
  });
}

/** Sends events in batches; fails when one is not accepted. */
export async function send(capture: string, key: string, events: Sent[]): Promise<void> {
  for (let from = 0; from < events.length; from += 1_000) {
    const answer = await fetch(`${capture}/capture`, {
      method: "POST",
      headers: { "X-API-Key": key, "Content-Type": "application/json" },
      body: JSON.stringify({ batch: events.slice(from, from + 1_000) }),
    });
    const told = (await answer.json()) as { accepted?: number };
    if (answer.status !== 202 || told.accepted !== Math.min(1_000, events.length - from)) {
      throw new Error(`capture answered ${answer.status}: ${JSON.stringify(told).slice(0, 500)}`);
    }
  }
}
