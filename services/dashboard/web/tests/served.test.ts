import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, inject, test } from "vitest";

const stack = inject("stack");
const room = inject("room");
const DIST = resolve(import.meta.dirname, "../dist");
const scripts = readdirSync(`${DIST}/assets`).filter((name) => name.endsWith(".js"));
const sourceOf = (name: string) => readFileSync(`${DIST}/assets/${name}`, "utf8");
const zipped = (names: Iterable<string>) =>
  [...names].reduce((bytes, name) => bytes + gzipSync(sourceOf(name), { level: 9 }).length, 0);

/** A script with everything that it imports before it runs. */
function withImports(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const [, file] of sourceOf(name).matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) {
    if (file) withImports(file, seen);
  }
  return seen;
}

test("the sign-in page loads under 250 KB of script, all pages under 500 KB", () => {
  const index = readFileSync(`${DIST}/index.html`, "utf8");
  const first = new Set([...index.matchAll(/assets\/([^"]+\.js)/g)].map((match) => match[1] as string));
  const signIn = scripts.find((name) => name.startsWith("sign-in-page")) as string;
  for (const name of [...first, signIn]) withImports(name, first);
  expect(first.size).toBeGreaterThan(1);
  expect(zipped(first)).toBeLessThan(250 * 1024);
  expect(zipped(scripts)).toBeLessThan(500 * 1024);
});

test("the bundle holds no secret", () => {
  for (const name of [...scripts, "../index.html"]) {
    expect(sourceOf(name), name).not.toMatch(/ak_[\w-]{43}|bk_live_[0-9a-f]{64}|-----BEGIN|postgres:\/\//);
  }
});

test("no script runs that is not ours", async () => {
  for (const path of ["/", "/sign-in", `/p/${room.project}/trends`, "/session/surroundings"]) {
    const answer = await fetch(stack.dashboard + path);
    const policy = answer.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline/);
  }
  const index = await (await fetch(stack.dashboard)).text();
  expect(index).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|style=/);
});
