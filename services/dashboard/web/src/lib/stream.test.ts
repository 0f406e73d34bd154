import { expect, test } from "vitest";
import { parsed } from "./stream";

test("a block of lines is one message", () => {
  expect(parsed('id: 7-1\ndata: {"type":\ndata: "event"}')).toEqual({
    id: "7-1",
    data: '{"type":\n"event"}',
  });
  expect(parsed("data:tight")).toEqual({ data: "tight" });
});

test("comments and what carries no data are no messages", () => {
  expect(parsed(": heartbeat")).toBeNull();
  expect(parsed("event: nothing\nid: 4")).toBeNull();
});
