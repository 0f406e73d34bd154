import type { TestProject } from "vitest/node";
import { serve } from "./browser";
import { asOwner } from "./owner";
import { furnish, type Room } from "./room";
import { type Stack, start } from "./stack";

declare module "vitest" {
  interface ProvidedContext {
    stack: Stack;
    room: Room;
    /** Where the shared browser is reached. */
    browser: string;
  }
}

/** One stack and one browser for all tests, with a project that has a history. */
export default async function setup(project: TestProject) {
  const [{ stack, stop }, browser] = await Promise.all([start(), serve()]);
  async function end() {
    await browser.close();
    await stop();
  }
  try {
    const room = await furnish(stack, await asOwner(stack));
    project.provide("stack", stack);
    project.provide("room", room);
    project.provide("browser", browser.wsEndpoint());
  } catch (error) {
    await end();
    throw error;
  }
  return end;
}
