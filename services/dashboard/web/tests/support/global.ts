import type { TestProject } from "vitest/node";
import { furnish, type Room } from "./pages";
import { present, sample, send } from "./sample";
import { type Stack, start } from "./stack";

declare module "vitest" {
  interface ProvidedContext {
    stack: Stack;
    room: Room;
  }
}

/** One stack for all tests, with a project that has a history. */
export default async function setup(project: TestProject) {
  const { stack, stop } = await start();
  try {
    const room = await furnish(stack);
    if (room.isNew) await send(stack.capture, room.writeKey, sample());
    await send(stack.capture, room.writeKey, present());
    project.provide("stack", stack);
    project.provide("room", room);
  } catch (error) {
    stop();
    throw error;
  }
  return stop;
}
