import { useQuery } from "@tanstack/react-query";
import { useEffect, useReducer } from "react";
import { ApiError } from "@/lib/api";
import { surroundingsQuery } from "@/lib/projects";
import { messages } from "@/lib/stream";

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

export interface LiveEvent {
  uuid: string;
  event: string;
  distinct_id: string;
  timestamp: string;
}

/** Events that are kept on the screen. */
const EVENTS_MAX = 20;
/** Milliseconds until a broken stream is opened again, doubled up to the most. */
const PAUSE = 500;
const PAUSE_MAX = 15_000;

interface State {
  /** `unavailable`: there is no stream to be had, so one has to ask. */
  status: "connecting" | "open" | "unavailable";
  live?: Live;
  events: LiveEvent[];
}

type Told =
  | { type: "event"; event: LiveEvent }
  | { type: "live"; live: Live }
  | { type: "connected" | "heartbeat" | "gap" | "dropped" | "error" | "closed" | "unavailable" };

function next(state: State, told: Told): State {
  switch (told.type) {
    case "event": {
      const others = state.events.filter((one) => one.uuid !== told.event.uuid);
      return { ...state, events: [told.event, ...others].slice(0, EVENTS_MAX) };
    }
    case "live":
      return { ...state, status: "open", live: told.live };
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

/** What happens in a project as the realtime service tells it, for as long as the page is open. */
export function useLive(project: string): State {
  const { data: surroundings } = useQuery(surroundingsQuery);
  const [state, tell] = useReducer(next, { status: "connecting", events: [] });
  const hasStream = surroundings?.has_realtime;
  useEffect(() => {
    if (hasStream === undefined) return;
    if (!hasStream) return tell({ type: "unavailable" });
    const leaving = new AbortController();
    void follow(project, leaving.signal, tell);
    return () => leaving.abort();
  }, [project, hasStream]);
  return state;
}

/** Reads the stream, and opens it again where it broke; gives up when it is refused. */
async function follow(project: string, signal: AbortSignal, tell: (told: Told) => void): Promise<void> {
  const path = `/realtime/api/live-stream?projectId=${encodeURIComponent(project)}&format=native&live=true`;
  let lastId: string | undefined;
  let pause = PAUSE;
  while (!signal.aborted) {
    try {
      for await (const { id, data } of messages(path, signal, lastId)) {
        lastId = id ?? lastId;
        pause = PAUSE;
        tell(JSON.parse(data) as Told);
      }
    } catch (error) {
      if (signal.aborted) return;
      const isRefused = error instanceof ApiError && error.status >= 400 && error.status < 500;
      if (isRefused || lastId === undefined) tell({ type: "unavailable" });
      if (isRefused) return;
    }
    if (lastId !== undefined) tell({ type: "closed" });
    await new Promise((done) => setTimeout(done, pause));
    pause = Math.min(pause * 2, PAUSE_MAX);
  }
}
