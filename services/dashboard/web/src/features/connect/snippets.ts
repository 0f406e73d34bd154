/** A way to send events, with the address and the key filled in. */
export interface Snippet {
  name: string;
  code: (url: string, key: string) => string;
}

export const SNIPPETS: Snippet[] = [
  {
    name: "curl",
    code: (url, key) =>
      `curl -X POST ${url}/capture \\
  -H 'X-API-Key: ${key}' \\
  -d '{"event": "signed up", "distinct_id": "ada", "properties": {"plan": "team"}}'`,
  },
  {
    name: "Web",
    code: (url, key) =>
      `<script src="/millrace.min.js"></script>
<script>
  const mr = millrace.init("${key}", { url: "${url}" });
  mr.capture("signed up", { plan: "team" });
</script>`,
  },
  {
    name: "Python",
    code: (url, key) =>
      `import millrace

client = millrace.Client("${key}", url="${url}")
client.capture("ada", "signed up", {"plan": "team"})`,
  },
  {
    name: "posthog-js",
    code: (url, key) =>
      `import posthog from "posthog-js";

posthog.init("${key}", { api_host: "${url}" });
posthog.capture("signed up", { plan: "team" });`,
  },
  {
    name: "posthog-python",
    code: (url, key) =>
      `from posthog import Posthog

posthog = Posthog("${key}", host="${url}")
posthog.capture("signed up", distinct_id="ada", properties={"plan": "team"})`,
  },
  {
    name: "Segment (Node)",
    code: (url, key) =>
      `import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: "${key}", host: "${url}" });
analytics.track({ userId: "ada", event: "signed up", properties: { plan: "team" } });`,
  },
  {
    name: "Bklit",
    code: (url, key) =>
      `curl -X POST ${url}/track-event \\
  -H 'Authorization: Bearer ${key}' \\
  -d '{"trackingId": "signed up", "eventType": "click", "sessionId": "ada", "projectId": "default"}'`,
  },
];
