// Runs in the page: makes every call with one of the clients.

async function posthog({ name, url, key, id, calls }) {
  const { default: client } = await import(`/${name}.js`);
  // It prefers gzip, which our start-up answer offers: here it is not to see that.
  if (name === "posthog-lz64") Object.defineProperty(client, "compression", { get: () => ({ lz64: true }), set() {} });
  await new Promise((resolve) => {
    client.init(key, {
      api_host: url,
      autocapture: false,
      capture_pageview: false,
      capture_pageleave: false,
      disable_session_recording: true,
      loaded: resolve,
    });
  });
  client.identify(id, calls.find((call) => call.kind === "identify")?.traits);
  for (const call of calls) {
    if (call.kind === "track") client.capture(call.name, call.properties);
    if (call.kind === "page") client.capture("$pageview", { ...call.properties, $current_url: call.url });
    if (call.kind === "group") client.group(call.type, call.key, call.traits);
    if (call.kind === "alias") client.alias(call.alias);
  }
}

async function segment({ url, key, id, calls }) {
  const { host, protocol } = new URL(url);
  const settings = { apiKey: key, apiHost: `${host}/v1`, protocol: protocol.replace(":", "") };
  const [client] = await window.AnalyticsNext.AnalyticsBrowser.load({
    writeKey: key,
    cdnSettings: { integrations: { "Segment.io": settings } },
  });
  client.identify(id, calls.find((call) => call.kind === "identify")?.traits);
  for (const call of calls) {
    if (call.kind === "track") client.track(call.name, call.properties);
    if (call.kind === "page") client.page(undefined, undefined, { ...call.properties, url: call.url });
    if (call.kind === "group") client.group(call.key, call.traits);
    if (call.kind === "alias") client.alias(id, call.alias);
  }
}

async function rudder({ url, key, id, calls }) {
  const { RudderAnalytics } = await import("/rudder.js");
  const client = new RudderAnalytics();
  // What RudderStack's own servers would answer: a source without destinations.
  const source = { id: "shop", name: "shop", writeKey: key, enabled: true, workspaceId: "shop", config: {}, destinations: [] };
  await new Promise((resolve) => {
    client.load(key, url, { getSourceConfig: () => ({ source }), onLoaded: resolve, logLevel: "NONE" });
  });
  client.identify(id, calls.find((call) => call.kind === "identify")?.traits);
  for (const call of calls) {
    if (call.kind === "track") client.track(call.name, call.properties);
    if (call.kind === "page") client.page(undefined, undefined, { ...call.properties, url: call.url });
    if (call.kind === "group") client.group(call.key, call.traits);
    if (call.kind === "alias") client.alias(id, call.alias);
  }
}

async function millrace({ url, key, id, calls }) {
  const { Millrace } = await import("/millrace.js");
  const client = new Millrace(key, { url, pageviews: false });
  client.identify(id, calls.find((call) => call.kind === "identify")?.traits);
  for (const call of calls) {
    if (call.kind === "track") client.capture(call.name, call.properties);
    if (call.kind === "page") client.capture("$pageview", { ...call.properties, $current_url: call.url });
    if (call.kind === "group") client.group(call.type, call.key, call.traits);
    if (call.kind === "alias") client.alias(call.alias);
  }
}

// It has page views and events only, and takes who one is from the session.
async function bklit({ url, project, key, id, calls }) {
  sessionStorage.setItem("bklit_session_id", JSON.stringify({ id, timestamp: Date.now() }));
  const { initBklit, trackEvent } = await import("/bklit/index.mjs");
  // Its first page view is of the address as it is.
  history.replaceState(null, "", calls.find((call) => call.kind === "page")?.url ?? location.href);
  initBklit({ wsHost: url, projectId: project, apiKey: key });
  for (const call of calls) {
    if (call.kind === "track") trackEvent(call.name, "custom", call.properties);
  }
}

const DRIVERS = {
  "posthog-new": posthog,
  "posthog-old": posthog,
  "posthog-lz64": posthog,
  segment,
  rudder,
  bklit,
  millrace,
};
window.drive = (run) => DRIVERS[run.name](run);
