// The table in the documentation, between two markers.

import { readFile, writeFile } from "node:fs/promises";
import { SCENARIOS } from "./scenarios.mjs";

const BEGIN = "<!-- clients: written by sdks/compat -->";
const END = "<!-- /clients -->";

/** Replaces what stands between the markers of `file`. */
export async function write(file, results) {
  const text = await readFile(file, "utf8");
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${file} has no markers`);
  await writeFile(file, `${before}${BEGIN}\n${table(results)}${END}${after}`);
}

function table(results) {
  const row = (cells) => `| ${cells.join(" | ")} |\n`;
  const head = ["client", "version", "sends to", ...SCENARIOS.map(({ title }) => title)];
  const lines = results.map(({ client, outcomes }) => {
    const how = outcomes.get("values")?.how ?? [];
    const cells = SCENARIOS.map(({ id }) => outcomes.get(id)?.cell ?? "");
    return row([client.name, client.version, how.map((way) => `\`${way}\``).join(", "), ...cells]);
  });
  return row(head) + row(head.map(() => "---")) + lines.join("");
}
