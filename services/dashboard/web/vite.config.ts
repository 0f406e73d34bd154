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
          // pages of profiles of their own side by side.
          fileParallelism: false,
          isolate: false,
          maxConcurrency: 4,
          // A busy machine is slow, not broken.
          expect: { poll: { timeout: 30_000 } },
          testTimeout: 300_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
