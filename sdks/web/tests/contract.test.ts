// Every case of sdks/contract.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { init, type Options } from "../src/index.ts";
import { ScriptedServer } from "./scripted-server.ts";

const folder = new URL("../../contract/", import.meta.url);
const cases = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")));

const NAMES: Record<string, keyof Options> = {
  flush_at: "flushAt",
  flush_interval_ms: "flushInterval",
  queue_max: "queueMax",
  backoff_ms: "backoff",
  retries_max: "retriesMax",
};

test("there are cases", () => expect(cases.length).toBeGreaterThanOrEqual(15));

test.each(cases)("$name: $about", async ({ options, actions, answers, expect: wanted }) => {
  const server = await new ScriptedServer(answers).start();
  const chosen = Object.fromEntries(Object.entries(options).map(([name, value]) => [NAMES[name], value]));
  const client = init("ak_test", { url: server.url, ...chosen });
  for (const action of actions) {
    const [[name, about]] = Object.entries(action) as [[string, any]];
    if (name === "flush" || name === "shutdown") await client.flush();
    else if (name === "capture")
      client.capture(about.event, about.properties, { distinctId: about.distinct_id });
    else if (name === "identify") client.identify(about.distinct_id, about.set);
    else if (name === "alias") client.alias(about.alias, about.distinct_id);
    else if (name === "group") client.group(about.type, about.key, about.set);
    else throw new Error(`unknown action ${name}`);
  }
  await client.flush();
  await server.stop();

  const batches = server.received.map((request) => request.batch);
  if (wanted.requests) {
    expect(batches.map((batch) => batch.map((event) => event.event))).toEqual(
      wanted.requests.map((request: { events: string[] }) => request.events),
    );
    for (const [index, request] of wanted.requests.entries()) {
      if (request.repeats === undefined) continue;
      const ids = (batch: (typeof batches)[number] | undefined) => batch?.map((event) => event.uuid);
      expect(ids(batches[index])).toEqual(ids(batches[request.repeats]));
    }
  }
  for (const [index, least] of wanted.waits_ms ?? []) {
    const [before, after] = [server.received[index - 1], server.received[index]];
    expect((after?.at ?? 0) - (before?.at ?? 0)).toBeGreaterThanOrEqual(least);
  }
  const delivered = server.received.flatMap((request, index) => {
    const answer = server.answerTo(index);
    if (!answer.status || answer.status >= 300) return [];
    const rejected = (answer.body?.rejected ?? []).map((entry: { index: number }) => entry.index);
    return request.batch.filter((_, place) => !rejected.includes(place)).map((event) => event.event);
  });
  expect(delivered).toEqual(wanted.delivered);
  expect(client.dropped).toEqual(wanted.dropped);
  for (const [name, members] of Object.entries(wanted.events ?? {})) {
    expect(batches.flat().find((event) => event.event === name)).toMatchObject(members as object);
  }
  expect(server.received.every((request) => request.path === "/capture" && request.key === "ak_test")).toBe(
    true,
  );
});
