// Millrace's own SDK: page views go out by themselves.

import { captureUrl, writeKey } from "/config.js";
import { init } from "/sdk.js";

const client = init(writeKey, { url: captureUrl, ignoreBots: false });

export const track = (event, properties) => client.capture(event, properties);
export const identify = (person, traits) => client.identify(person, traits);
