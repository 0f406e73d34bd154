import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

test("the one-file script stays under 6 KB", () => {
  const script = readFileSync(new URL("../dist/millrace.min.js", import.meta.url));
  expect(gzipSync(script).length).toBeLessThan(6 * 1024);
});
