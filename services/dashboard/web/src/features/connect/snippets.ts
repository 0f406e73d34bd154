/** What a snippet is filled in with. */
export interface Surroundings {
  /** Where events are sent to. */
  url: string;
  key: string;
  /** Where this dashboard is: it gives out our SDK for web pages. */
  dashboard: string;
}

/** A way to send events: where the package comes from, and the code with address and key filled in. */
interface Snippet {
  name: string;
  /** The command that installs what the code needs. */
  install?: string;
  /** More about where the package is. */
  note?: string;
  code: (to: Surroundings) => string;
}

const OURS = "Our packages are in the folder sdks of Millrace's own repository; install them from there.";

export const SNIPPETS: Snippet[] = [
  {
    name: "curl",
    code: ({ url, key }) =>
      `curl -X POST ${url}/capture \\
  -H 'X-API-Key: ${key}' \\
  -d '{"event": "signed up", "distinct_id": "ada", "properties": {"plan": "team"}}'`,
  },
  {
    name: "Web",
    note: "The script is served by this dashboard. In production put a copy of it beside your own scripts.",
    code: ({ url, key, dashboard }) =>
      `<script src="${dashboard}/sdk/millrace.min.js"></script>
<script>
  const mr = millrace.init("${key}", { url: "${url}" });
  mr.capture("signed up", { plan: "team" });
</script>`,
  },
  {
    name: "Web, bundled",
    install: "npm install ./sdks/web",
    note: OURS,
    code: ({ url, key }) =>
      `import { init } from "millrace";

const mr = init("${key}", { url: "${url}" });
mr.capture("signed up", { plan: "team" });`,
  },
  {
    name: "Python",
    install: "pip install ./sdks/python",
    note: OURS,
    code: ({ url, key }) =>
      `import millrace

client = millrace.Client("${key}", url="${url}")
client.capture("ada", "signed up", {"plan": "team"})`,
  },
  {
    name: "posthog-js",
    install: "npm install posthog-js",
    code: ({ url, key }) =>
      `import posthog from "posthog-js";

posthog.init("${key}", { api_host: "${url}" });
posthog.capture("signed up", { plan: "team" });`,
  },
  {
    name: "posthog-node",
    install: "npm install posthog-node",
    code: ({ url, key }) =>
      `import { PostHog } from "posthog-node";

const posthog = new PostHog("${key}", { host: "${url}" });
posthog.capture({ distinctId: "ada", event: "signed up", properties: { plan: "team" } });`,
  },
  {
    name: "posthog-python",
    install: "pip install posthog",
    code: ({ url, key }) =>
      `from posthog import Posthog

posthog = Posthog("${key}", host="${url}")
posthog.capture("signed up", distinct_id="ada", properties={"plan": "team"})`,
  },
  {
    name: "Segment (web)",
    install: "npm install @segment/analytics-next",
    code: ({ url, key }) =>
      `import { AnalyticsBrowser } from "@segment/analytics-next";

const analytics = AnalyticsBrowser.load({
  writeKey: "${key}",
  cdnSettings: {
    integrations: { "Segment.io": { apiKey: "${key}", apiHost: "${url.replace(/^https?:\/\//, "")}/v1"${url.startsWith("http:") ? ', protocol: "http"' : ""} } },
  },
});
analytics.track("signed up", { plan: "team" });`,
  },
  {
    name: "Segment (Node)",
    install: "npm install @segment/analytics-node",
    code: ({ url, key }) =>
      `import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: "${key}", host: "${url}" });
analytics.track({ userId: "ada", event: "signed up", properties: { plan: "team" } });`,
  },
  {
    name: "Segment (Python)",
    install: "pip install segment-analytics-python",
    code: ({ url, key }) =>
      `import segment.analytics as analytics

analytics.write_key = "${key}"
analytics.host = "${url}"
analytics.track("ada", "signed up", {"plan": "team"})`,
  },
  {
    name: "Bklit",
    note: "Give Bklit's tracker this address and this key in place of its own.",
    code: ({ url, key }) =>
      `curl -X POST ${url}/track-event \\
  -H 'Authorization: Bearer ${key}' \\
  -d '{"trackingId": "signed up", "eventType": "click", "sessionId": "ada", "projectId": "default"}'`,
  },
];
