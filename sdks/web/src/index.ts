import { Millrace } from "./client.ts";
import type { Options } from "./options.ts";

export { Millrace } from "./client.ts";
export type { Drop, DropReason, Event, Json, Options, Properties } from "./options.ts";

/** Starts sending with the given project key. */
export function init(key: string, options: Partial<Options> = {}): Millrace {
  return new Millrace(key, options);
}
