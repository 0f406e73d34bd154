import { CalendarDays, Check } from "lucide-react";
import { Popover } from "radix-ui";
import { useState } from "react";
import { calendarOf, calendarRanges, localZone, rangeName, RANGES, zones } from "@/lib/ranges";
import { Button } from "./button";
import { Calendar } from "./calendar";
import { Choice } from "./field";

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
  const [from, to] = calendarOf(range, zone);
  function choose(next: string) {
    onChange({ range: next });
    setOpen(false);
  }
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
          collisionPadding={8}
          aria-label="Range"
          className="z-40 flex max-h-[var(--radix-popover-content-available-height)] w-72 flex-col gap-3 overflow-y-auto rounded-card border border-line bg-surface p-3 shadow-lg sm:w-[30rem] sm:flex-row"
        >
          <ul className="grid grid-cols-2 content-start sm:w-40 sm:grid-cols-1">
            {[...RANGES, ...calendarRanges().map(([name, value]) => [value, name] as const)].map(
              ([value, name]) => (
                <li key={name}>
                  <button
                    type="button"
                    aria-pressed={value === range}
                    className={`flex w-full items-center justify-between rounded-md px-2 py-1 text-left hover:bg-raised ${value === range ? "font-medium text-accent" : ""}`}
                    onClick={() => choose(value)}
                  >
                    {name} {value === range && <Check className="size-4" aria-hidden />}
                  </button>
                </li>
              ),
            )}
          </ul>
          <div className="flex-1 space-y-3 border-line max-sm:border-t max-sm:pt-3 sm:border-l sm:pl-3">
            <Calendar from={from} to={to} onChoose={(first, last) => choose(`${first}_${last}`)} />
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
