import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";

const DIST = resolve(import.meta.dirname, "../../dist");

/** The scripts of the built page. */
export const scripts = (): string[] => readdirSync(`${DIST}/assets`).filter((name) => name.endsWith(".js"));

/** A file of the built page, relative to its scripts. */
export const sourceOf = (name: string): string => readFileSync(`${DIST}/assets/${name}`, "utf8");

const zipped = (names: Iterable<string>) =>
  [...names].reduce((bytes, name) => bytes + gzipSync(sourceOf(name), { level: 9 }).length, 0);

/** A script with everything that it imports before it runs. */
function withImports(name: string, seen: Set<string>): Set<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const [, file] of sourceOf(name).matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) {
    if (file) withImports(file, seen);
  }
  return seen;
}

/** Bytes of script, gzipped: what the sign-in page loads, and everything there is. */
export function sizes(): { signIn: number; signInFiles: number; all: number } {
  const first = new Set<string>();
  const entries = [...sourceOf("../index.html").matchAll(/assets\/([^"]+\.js)/g)].map(([, name]) => name);
  const page = scripts().find((name) => name.startsWith("sign-in-page"));
  for (const name of [...entries, page]) if (name) withImports(name, first);
  return { signIn: zipped(first), signInFiles: first.size, all: zipped(scripts()) };
}
