// The published clients for Node.js. Each `send` makes every call, and returns
// when the client has nothing left to do: delivered or given up.

import { Analytics as SegmentAnalytics } from "@segment/analytics-node";
import RudderAnalytics from "@rudderstack/rudder-sdk-node";
import { PostHog } from "posthog-node";

/** How long a client may take to end in order. */
const PATIENCE_MS = 300_000;

/** posthog-node, by the endpoint of that generation: `v0` is `/batch/`, `v1` answers event by event. */
export function posthogNode(mode) {
  return ({ url, key, id, calls }) => {
    // It reads this once, as it is made.
    process.env.POSTHOG_CAPTURE_MODE = mode;
    const client = new PostHog(key, { host: url, flushAt: 20, flushInterval: 200, fetchRetryCount: 6 });
    delete process.env.POSTHOG_CAPTURE_MODE;
    return posthogCalls(client, id, calls);
  };
}

async function posthogCalls(client, id, calls) {
  client.on("error", () => {});
  for (const call of calls) {
    switch (call.kind) {
      case "track":
        client.capture({ distinctId: id, event: call.name, properties: call.properties });
        break;
      case "page":
        client.capture({
          distinctId: id,
          event: "$pageview",
          properties: { ...call.properties, $current_url: call.url },
        });
        break;
      case "identify":
        client.identify({ distinctId: id, properties: call.traits });
        break;
      case "group":
        client.groupIdentify({ groupType: call.type, groupKey: call.key, properties: call.traits, distinctId: id });
        break;
      default:
        client.alias({ distinctId: id, alias: call.alias });
    }
  }
  await client.shutdown(PATIENCE_MS);
}

function segmentCalls(client, id, calls, done) {
  for (const call of calls) {
    switch (call.kind) {
      case "track":
        client.track({ userId: id, event: call.name, properties: call.properties }, done);
        break;
      case "page":
        client.page({ userId: id, properties: { ...call.properties, url: call.url } }, done);
        break;
      case "identify":
        client.identify({ userId: id, traits: call.traits }, done);
        break;
      case "group":
        client.group({ userId: id, groupId: call.key, traits: call.traits }, done);
        break;
      default:
        client.alias({ userId: id, previousId: call.alias }, done);
    }
  }
}

export async function segmentNode({ url, key, id, calls }) {
  const client = new SegmentAnalytics({ writeKey: key, host: url, flushAt: 20, flushInterval: 200 });
  client.on("error", () => {});
  segmentCalls(client, id, calls);
  await client.closeAndFlush({ timeout: PATIENCE_MS });
}

export async function rudderNode({ url, key, id, calls }) {
  const client = new RudderAnalytics(key, {
    dataPlaneUrl: url,
    flushAt: 20,
    flushInterval: 200,
    retryCount: 6,
    logLevel: "none",
    errorHandler: () => {},
  });
  let left = calls.length;
  await new Promise((resolve) => {
    segmentCalls(client, id, calls, () => {
      left -= 1;
      if (left === 0) resolve();
    });
    setTimeout(resolve, PATIENCE_MS).unref();
  });
}
