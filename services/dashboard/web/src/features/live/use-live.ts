import { useQuery } from "@tanstack/react-query";
import { useEffect, useReducer } from "react";
import { type Event, keyOf } from "../events/event";
import { ApiError } from "@/lib/api";
import { surroundingsQuery } from "@/lib/projects";
import { messages } from "@/lib/stream";
import { wait } from "@/lib/wait";

/** What goes on right now. */
export interface Live {
  persons: number;
  sessions: number;
  open_sessions?: number;
  pages: { page: string; persons: number }[];
  events_per_minute?: number;
  /** Events of each of the last minutes, the oldest first. */
  minutes?: { start: string; events: number }[];
}

/** Events that are kept. */
const EVENTS_MAX = 100;
/** Milliseconds between two askings, where nobody tells. */
export const EVERY = 2_000;
/** Milliseconds until a broken stream is opened again, doubled up to the most. */
const PAUSE = 500;
const PAUSE_MAX = 15_000;

/** What was told since one began to listen. */
export interface Told {
  /** `unavailable`: there is no stream to be had, so one has to ask. */
  status: "connecting" | "open" | "unavailable";
  live?: Live;
  /** The latest first. */
  events: Event[];
}

type Message =
  | { type: "event"; event: Event }
  | { type: "live"; live: Live }
  | { type: "begun" }
  | { type: "connected" | "heartbeat" | "gap" | "dropped" | "error" | "closed" | "unavailable" };

const NOTHING: Told = { status: "connecting", events: [] };

function next(state: Told, message: Message): Told {
  switch (message.type) {
    case "event": {
      const others = state.events.filter((one) => keyOf(one) !== keyOf(message.event));
      return { ...state, events: [message.event, ...others].slice(0, EVENTS_MAX) };
    }
    case "live":
      return { ...state, status: "open", live: message.live };
    case "begun":
      return NOTHING;
    case "connected":
      return { ...state, status: "open" };
    case "closed":
      return { ...state, status: "connecting" };
    case "unavailable":
      return { ...state, status: "unavailable" };
    default:
      return state;
  }
}

/** What of a project one wants to hear. */
export interface Wanted {
  /** Whether one listens at all. */
  isOn?: boolean;
  /** Only events of this name, or of this person. */
  event?: string | undefined;
  distinctId?: string | undefined;
  /** Whether the counts of the last minutes are told, too. */
  hasCounts?: boolean;
}

/** What happens in a project as the realtime service tells it, for as long as the page is open. */
export function useLive(project: string, wanted: Wanted): Told {
  const { data: surroundings } = useQuery(surroundingsQuery);
  const [state, tell] = useReducer(next, NOTHING);
  const hasStream = surroundings?.has_realtime;
  const path = pathOf(project, wanted);
  useEffect(() => {
    if (path === null || hasStream === undefined) return;
    tell({ type: "begun" });
    if (!hasStream) return tell({ type: "unavailable" });
    const leaving = new AbortController();
    void follow(path, leaving.signal, tell);
    return () => leaving.abort();
  }, [path, hasStream]);
  return path === null ? NOTHING : state;
}

function pathOf(project: string, { isOn = true, event, distinctId, hasCounts }: Wanted): string | null {
  const asked = new URLSearchParams({ projectId: project, format: "native" });
  if (hasCounts) asked.set("live", "true");
  if (event) asked.set("event", event);
  if (distinctId) asked.set("distinct_id", distinctId);
  return isOn ? `/realtime/api/live-stream?${asked}` : null;
}

/** Reads the stream, and opens it again where it broke; gives up when it is refused. */
async function follow(path: string, signal: AbortSignal, tell: (message: Message) => void): Promise<void> {
  let lastId: string | undefined;
  let pause = PAUSE;
  while (!signal.aborted) {
    try {
      for await (const { id, data } of messages(path, signal, lastId)) {
        lastId = id ?? lastId;
        pause = PAUSE;
        tell(JSON.parse(data) as Message);
      }
    } catch (error) {
      if (signal.aborted) return;
      const isRefused = error instanceof ApiError && error.status >= 400 && error.status < 500;
      if (isRefused || lastId === undefined) tell({ type: "unavailable" });
      if (isRefused) return;
    }
    if (lastId !== undefined) tell({ type: "closed" });
    await wait(pause);
    pause = Math.min(pause * 2, PAUSE_MAX);
  }
}
