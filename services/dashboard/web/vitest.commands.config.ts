import { defineConfig } from "vitest/config";

// What is run by hand: pictures of every page, and how fast it is.
export default defineConfig({
  test: { include: ["tests/commands/*.ts"], testTimeout: 600_000, hookTimeout: 120_000 },
});
