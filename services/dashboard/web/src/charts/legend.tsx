import { type ReactNode, useState } from "react";
import { PALETTE } from "./palette";

/**
 * The series of a chart as buttons: a click hides or shows one, a double click leaves it alone.
 * One series needs no legend, unless its name is part of the answer.
 */
export function useLegend(
  names: string[],
  isNeeded = names.length > 1,
): { isShown: (name: string) => boolean; legend: ReactNode } {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const isShown = (name: string) => !hidden.has(name);
  function toggle(name: string) {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    setHidden(next);
  }
  const isAlone = (name: string) => names.every((one) => one === name || hidden.has(one));
  const only = (name: string) => setHidden(new Set(isAlone(name) ? [] : names.filter((one) => one !== name)));
  const legend = isNeeded && (
    <ul
      aria-label="Series"
      className="mb-1 flex max-h-14 shrink-0 flex-wrap gap-x-1 overflow-y-auto text-xs text-soft"
    >
      {names.map((name, at) => (
        <li key={name}>
          <button
            type="button"
            aria-pressed={isShown(name)}
            title={`${name}: click hides or shows, double click leaves it alone`}
            className={`flex max-w-56 items-center gap-1.5 rounded px-1.5 py-0.5 hover:bg-raised ${isShown(name) ? "" : "line-through opacity-50"}`}
            onClick={() => toggle(name)}
            onDoubleClick={() => only(name)}
          >
            <span
              className="size-2.5 shrink-0 rounded-sm"
              style={{ background: PALETTE[at % PALETTE.length] }}
              aria-hidden
            />
            <span className="truncate">{name}</span>
          </button>
        </li>
      ))}
    </ul>
  );
  return { isShown, legend };
}
