import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    target: "es2020",
    lib: {
      entry: "src/index.ts",
      name: "millrace",
      formats: ["es", "cjs", "iife"],
      fileName: (format) =>
        ({ es: "millrace.js", cjs: "millrace.cjs" })[format as string] ?? "millrace.min.js",
    },
    minify: true,
  },
  test: {
    // Long for a slow machine; what is awaited comes in a moment.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    include: ["tests/**/*.test.ts"],
  },
});
