// Every client of the table: where it comes from, how it is driven, and what
// it does when something is in its way.

import { readFile } from "node:fs/promises";
import { posthogNode, rudderNode, segmentNode } from "./node.mjs";
import { curl, curlVersion, python, pythonVersions } from "./process.mjs";

/**
 * All clients. `givesUp` lists where a client drops a batch instead of retrying;
 * `names` where its event for a call has another name; `own` the events it
 * sends unasked; `changes` what it does to values before it sends them.
 */
export async function clients(browsers) {
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
      givesUp: ["413", "429"],
      isBrowser: true,
      own: ["$identify"],
    },
    {
      id: "posthog-js-old",
      name: "posthog-js (2023)",
      version: await npm("posthog-js-old"),
      send: browsers.client("posthog-old"),
      isBrowser: true,
      own: ["$identify"],
    },
    {
      id: "analytics-js",
      name: "@segment/analytics-next (analytics.js)",
      version: await npm("@segment/analytics-next"),
      send: browsers.client("segment"),
      givesUp: ["413"],
      isBrowser: true,
      own: ["$identify"],
    },
    {
      id: "millrace-web",
      name: "millrace (web)",
      version: await own("../../web/package.json", /"version": "([^"]+)"/),
      send: browsers.client("millrace"),
      isBrowser: true,
      own: ["$identify"],
    },
    { id: "posthog-node", name: "posthog-node", version: await npm("posthog-node"), send: posthogNode },
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
      send: python("posthog"),
      names: { identify: "$set" },
      givesUp: ["413"],
    },
    {
      id: "segment-python",
      name: "segment-analytics-python",
      version: versions["segment-analytics-python"],
      send: python("segment"),
      givesUp: ["413"],
    },
    {
      id: "millrace-python",
      name: "millrace (Python)",
      version: await own("../../python/pyproject.toml", /^version = "([^"]+)"/m),
      send: python("millrace"),
    },
    { id: "curl", name: "curl", version: await curlVersion(), send: curl, givesUp: ["413"] },
  ];
}
