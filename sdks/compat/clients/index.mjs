// Every client of the table: where it comes from, how it is driven, and what
// it does when something is in its way.

import { readFile } from "node:fs/promises";
import { posthogNode, rudderNode, segmentNode } from "./node.mjs";
import { curl, curlVersion, pythonVersions } from "./process.mjs";

/**
 * All clients. `givesUp` lists where a client drops a batch instead of retrying, or does not hand it to the browser;
 * `names` where its event for a call has another name; `own` the events it
 * sends unasked; `changes` what it does to values before it sends them; `lacks` calls that it does not have; `viewsOf` the
 * page whose views it sends by itself; `only` the scenarios that apply to it.
 */
export async function clients(browsers, pythons) {
  const versions = await pythonVersions();
  const npm = async (folder) => {
    const manifest = new URL(`../node_modules/${folder}/package.json`, import.meta.url);
    return JSON.parse(await readFile(manifest, "utf8")).version;
  };
  const own = async (file, pattern) => pattern.exec(await readFile(new URL(file, import.meta.url), "utf8"))[1];
  return [
    {
      id: "posthog-js",
      name: "posthog-js",
      version: await npm("posthog-js"),
      send: browsers.client("posthog-new"),
      givesUp: ["413", "429", "left"],
      isBrowser: true,
      own: ["$identify"],
    },
    {
      id: "posthog-js-old",
      name: "posthog-js (2023)",
      version: await npm("posthog-js-old"),
      send: browsers.client("posthog-old"),
      givesUp: ["left"],
      isBrowser: true,
      own: ["$identify"],
    },
    {
      id: "posthog-js-lz64",
      name: "posthog-js (2022), lz64",
      version: await npm("posthog-js-lz64"),
      send: browsers.client("posthog-lz64"),
      givesUp: ["left"],
      isBrowser: true,
      own: ["$identify"],
    },
    {
      id: "analytics-js",
      name: "@segment/analytics-next (analytics.js)",
      version: await npm("@segment/analytics-next"),
      send: browsers.client("segment"),
      givesUp: ["413", "left"],
      isBrowser: true,
      own: ["$identify"],
    },
    {
      id: "rudder-js",
      name: "@rudderstack/analytics-js",
      version: await npm("@rudderstack/analytics-js"),
      send: browsers.client("rudder"),
      givesUp: ["413", "left"],
      changes: ({ properties }) => withoutNulls(properties),
      isBrowser: true,
      own: ["$identify"],
    },
    {
      id: "bklit",
      name: "@bklit/sdk",
      version: await npm("@bklit/sdk"),
      send: browsers.client("bklit"),
      isBrowser: true,
      isSocket: true,
      viewsOf: browsers.page,
      lacks: ["identify", "group", "alias"],
      own: ["$session_end"],
      only: ["values", "key", "away", "stopped"],
    },
    {
      id: "millrace-web",
      name: "millrace (web)",
      version: await own("../../web/package.json", /"version": "([^"]+)"/),
      send: browsers.client("millrace"),
      isBrowser: true,
      own: ["$identify"],
    },
    { id: "posthog-node", name: "posthog-node", version: await npm("posthog-node"), send: posthogNode("v0") },
    {
      id: "posthog-node-v1",
      name: "posthog-node, newest endpoint",
      version: await npm("posthog-node"),
      send: posthogNode("v1"),
      givesUp: ["413"],
    },
    {
      id: "segment-node",
      name: "@segment/analytics-node",
      version: await npm("@segment/analytics-node"),
      send: segmentNode,
      givesUp: ["413"],
    },
    {
      id: "rudder-node",
      name: "@rudderstack/rudder-sdk-node",
      version: await npm("@rudderstack/rudder-sdk-node"),
      send: rudderNode,
      givesUp: ["413"],
    },
    {
      id: "posthog-python",
      name: "posthog (Python)",
      version: versions.posthog,
      send: pythons.client("posthog"),
      names: { identify: "$set" },
      givesUp: ["413"],
    },
    {
      id: "posthog-python-v1",
      name: "posthog (Python), newest endpoint",
      version: versions.posthog,
      send: pythons.client("posthog-v1"),
      names: { identify: "$set" },
      givesUp: ["413"],
    },
    {
      id: "segment-python",
      name: "segment-analytics-python",
      version: versions["segment-analytics-python"],
      send: pythons.client("segment"),
      givesUp: ["413"],
    },
    {
      id: "millrace-python",
      name: "millrace (Python)",
      version: await own("../../python/pyproject.toml", /^version = "([^"]+)"/m),
      send: pythons.client("millrace"),
    },
    { id: "curl", name: "curl", version: await curlVersion(), send: curl, givesUp: ["413"] },
  ];
}

/** What is left for a client that sends no `null`. */
function withoutNulls(properties) {
  const nulls = Object.entries(properties ?? {}).filter(([, value]) => value === null);
  return Object.fromEntries(nulls.map(([name]) => [name, undefined]));
}
