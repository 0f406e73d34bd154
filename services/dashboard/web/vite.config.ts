import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react(), tailwind()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: { target: "es2022", assetsInlineLimit: 0, chunkSizeWarningLimit: 700 },
  server: {
    proxy: {
      "/session": "http://127.0.0.1:3000",
      "/auth": "http://127.0.0.1:3000",
      "/query": "http://127.0.0.1:3000",
      "/realtime": "http://127.0.0.1:3000",
    },
  },
  test: {
    projects: [
      { extends: true, test: { name: "unit", include: ["src/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["tests/**/*.test.ts"],
          globalSetup: "tests/support/global.ts",
          // One file after the other, for some stop the servers; within a file
          // two pages, of profiles of their own, side by side: one waits while
          // the other is drawn, and more would only make each of them late.
          fileParallelism: false,
          isolate: false,
          maxConcurrency: 2,
          // A busy machine is slow, not broken.
          expect: { poll: { timeout: 120_000 } },
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
