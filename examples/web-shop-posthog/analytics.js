// posthog-js as it is published, pointed at Millrace.

import { captureUrl, writeKey } from "/config.js";
import posthog from "/sdk.js";

posthog.init(writeKey, {
  api_host: captureUrl,
  autocapture: false,
  capture_pageview: "history_change",
  capture_pageleave: false,
});

export const track = (event, properties) => posthog.capture(event, properties);
export const identify = (person, traits) => posthog.identify(person, traits);
