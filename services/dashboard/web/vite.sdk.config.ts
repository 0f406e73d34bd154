import { defineConfig } from "vite";

// Our SDK for web pages as one script, given out by the dashboard under /sdk.
export default defineConfig({
  publicDir: false,
  build: {
    target: "es2020",
    outDir: "dist/sdk",
    lib: {
      entry: new URL("../../../sdks/web/src/index.ts", import.meta.url).pathname,
      name: "millrace",
      formats: ["iife"],
      fileName: () => "millrace.min.js",
    },
  },
});
