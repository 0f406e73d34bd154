import { ChevronLeft, ChevronRight } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { dateOf, day, monthOf, weeksOf } from "@/lib/calendar";

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/** Days that a key moves the focus by. */
const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

/** A month of days: the first one chosen begins a range, the second ends it. Arrows and Page keys move. */
export function Calendar({
  from,
  to,
  onChoose,
}: {
  /** Days as `2026-01-31`. */
  from: string;
  to: string;
  onChoose: (from: string, to: string) => void;
}) {
  const [focus, setFocus] = useState(to);
  const [begin, setBegin] = useState<string>();
  const hasMoved = useRef(false);
  const cell = useRef<HTMLButtonElement>(null);
  const today = day(new Date());
  const [first, last] = begin ? [begin, begin] : [from, to];

  useEffect(() => {
    if (hasMoved.current) cell.current?.focus();
    hasMoved.current = false;
  }, [focus]);

  function move(days: number, months = 0) {
    const date = dateOf(focus);
    if (months) date.setMonth(date.getMonth() + months, Math.min(date.getDate(), 28));
    date.setDate(date.getDate() + days);
    const next = day(date);
    setFocus(next > today ? today : next);
  }

  function onKey(event: KeyboardEvent) {
    const months = { PageUp: -1, PageDown: 1 }[event.key];
    const days = STEPS[event.key];
    if (days === undefined && months === undefined) return;
    event.preventDefault();
    hasMoved.current = true;
    move(days ?? 0, months);
  }

  function choose(date: string) {
    setFocus(date);
    if (!begin) return setBegin(date);
    setBegin(undefined);
    onChoose(begin < date ? begin : date, begin < date ? date : begin);
  }

  return (
    <div className="select-none">
      <div className="mb-1 flex items-center justify-between">
        <Arrow label="Month before" onClick={() => move(0, -1)}>
          <ChevronLeft className="size-4" aria-hidden />
        </Arrow>
        <p aria-live="polite" className="font-medium">
          {monthOf(focus)}
        </p>
        <Arrow label="Month after" onClick={() => move(0, 1)} isOff={focus.slice(0, 7) >= today.slice(0, 7)}>
          <ChevronRight className="size-4" aria-hidden />
        </Arrow>
      </div>
      <table className="tabular w-full border-separate border-spacing-y-0.5 text-center" onKeyDown={onKey}>
        <thead>
          <tr className="text-xs text-faint">
            {WEEKDAYS.map((name) => (
              <th key={name} className="w-9 font-normal">
                {name.slice(0, 2)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeksOf(focus).map((week) => (
            <tr key={week[0]}>
              {week.map((date) => {
                const isIn = date >= first && date <= last;
                const isEnd = date === first || date === last;
                const look = isEnd
                  ? "bg-accent text-accent-ink"
                  : isIn
                    ? "bg-accent-wash text-accent"
                    : date.slice(0, 7) === focus.slice(0, 7)
                      ? "hover:bg-raised"
                      : "text-faint hover:bg-raised";
                return (
                  <td key={date} className="p-0">
                    <button
                      ref={date === focus ? cell : undefined}
                      type="button"
                      tabIndex={date === focus ? 0 : -1}
                      disabled={date > today}
                      aria-pressed={isIn}
                      aria-label={dateOf(date).toLocaleDateString(undefined, { dateStyle: "long" })}
                      className={`size-8 rounded-md disabled:opacity-30 ${look} ${date === today ? "font-semibold underline" : ""}`}
                      onClick={() => choose(date)}
                    >
                      {Number(date.slice(8))}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="mt-1 text-xs text-faint" role="status">
        {begin ? "Choose the last day." : "Choose the first day."}
      </p>
    </div>
  );
}

function Arrow({
  label,
  isOff = false,
  onClick,
  children,
}: {
  label: string;
  isOff?: boolean;
  onClick: () => void;
  children: React.ReactNode;
}) {
  return (
    <button
      type="button"
      aria-label={label}
      disabled={isOff}
      className="rounded-md p-1.5 text-soft hover:bg-raised disabled:opacity-30"
      onClick={onClick}
    >
      {children}
    </button>
  );
}
