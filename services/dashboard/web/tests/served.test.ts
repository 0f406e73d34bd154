import { expect, inject, test } from "vitest";
import { scripts, sizes, sourceOf } from "./support/bundle";

const stack = inject("stack");
const room = inject("room");

test("the sign-in page loads under 250 KB of script, all pages under 500 KB", () => {
  const { signIn, signInFiles, all } = sizes();
  expect(signInFiles).toBeGreaterThan(1);
  expect(signIn).toBeLessThan(250 * 1024);
  expect(all).toBeLessThan(500 * 1024);
});

test("the bundle holds no secret", () => {
  for (const name of [...scripts(), "../index.html", "../sdk/millrace.min.js"]) {
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

test("our SDK for web pages is given out as a script", async () => {
  const answer = await fetch(`${stack.dashboard}/sdk/millrace.min.js`);
  expect(answer.headers.get("content-type")).toMatch(/javascript/);
  expect(await answer.text()).toContain("millrace");
});
