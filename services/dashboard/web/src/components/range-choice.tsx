import { CalendarDays, Check } from "lucide-react";
import { Popover } from "radix-ui";
import { useState } from "react";
import { calendarOf, localZone, rangeName, RANGES, zones } from "@/lib/ranges";
import { Button } from "./button";
import { Choice } from "./field";

const BOX = "h-8 w-full rounded-md border border-line bg-surface px-2";

/** A range by name or on the calendar, and the zone that its days are counted in. */
export function RangeChoice({
  range,
  timezone,
  onChange,
}: {
  range: string;
  timezone: string | undefined;
  onChange: (next: { range?: string; timezone?: string | undefined }) => void;
}) {
  const [isOpen, setOpen] = useState(false);
  const zone = timezone ?? localZone;
  const [from, to] = calendarOf(range);
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button aria-label={`Range: ${rangeName(range)}, ${zone}`}>
          <CalendarDays className="size-4 text-soft" aria-hidden /> {rangeName(range)}
          <span className="hidden font-normal text-faint sm:inline">{zone}</span>
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={6}
          className="z-40 w-72 rounded-card border border-line bg-surface p-2 shadow-lg"
        >
          <ul className="mb-2 border-b border-line pb-2">
            {RANGES.map(([value, name]) => (
              <li key={value}>
                <button
                  type="button"
                  aria-pressed={value === range}
                  className="flex w-full items-center justify-between rounded-md px-2 py-1 text-left hover:bg-raised"
                  onClick={() => {
                    onChange({ range: value });
                    setOpen(false);
                  }}
                >
                  {name} {value === range && <Check className="size-4 text-accent" aria-hidden />}
                </button>
              </li>
            ))}
          </ul>
          <div className="mb-2 grid grid-cols-2 gap-2 px-2">
            <label className="text-xs text-soft">
              From
              <input
                type="date"
                className={BOX}
                value={from}
                max={to}
                onChange={({ target }) => target.value && onChange({ range: `${target.value}_${to}` })}
              />
            </label>
            <label className="text-xs text-soft">
              To
              <input
                type="date"
                className={BOX}
                value={to}
                min={from}
                onChange={({ target }) => target.value && onChange({ range: `${from}_${target.value}` })}
              />
            </label>
          </div>
          <div className="px-2 pb-1">
            <Choice
              label="Time zone"
              shown
              value={zone}
              values={zones.map((one) => [one, one === localZone ? `${one} (here)` : one] as const)}
              onChoose={(next) => onChange({ timezone: next === localZone ? undefined : next })}
            />
          </div>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
