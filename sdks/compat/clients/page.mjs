// Runs in the page: makes every call with one of the clients.

async function posthog({ name, url, key, id, calls }) {
  const { default: client } = await import(`/${name}.js`);
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

const DRIVERS = { "posthog-new": posthog, "posthog-old": posthog, segment, millrace };
window.drive = (run) => DRIVERS[run.name](run);
