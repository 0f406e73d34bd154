import { useSyncExternalStore } from "react";

/** Milliseconds between two ticks: often enough for "5 s ago". */
const TICK = 5_000;

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function listen(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const one of listeners) one();
  }, TICK);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The time, some seconds late: whoever uses it is drawn again as it goes on. One timer serves all. */
export function useNow(): number {
  return useSyncExternalStore(listen, () => now);
}
