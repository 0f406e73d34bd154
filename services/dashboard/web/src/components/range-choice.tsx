import { Choice } from "./field";
import { datesOf, RANGES } from "@/lib/ranges";

/** A range by name, or two days on the calendar. */
export function RangeChoice({ range, onChoose }: { range: string; onChoose: (range: string) => void }) {
  const isCustom = range.includes("_");
  const { date_from, date_to } = datesOf(range);
  const [from, to] = [date_from.slice(0, 10), date_to.slice(0, 10)];
  const box = "h-8 rounded-md border border-line bg-surface px-2";
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Choice
        label="Range"
        value={isCustom ? "custom" : range}
        values={RANGES}
        onChoose={(next) => onChoose(next === "custom" ? `${from}_${to}` : next)}
      />
      {isCustom && (
        <>
          <input
            type="date"
            aria-label="From"
            className={box}
            value={from}
            max={to}
            onChange={(event) => event.target.value && onChoose(`${event.target.value}_${to}`)}
          />
          <input
            type="date"
            aria-label="To"
            className={box}
            value={to}
            min={from}
            onChange={(event) => event.target.value && onChoose(`${from}_${event.target.value}`)}
          />
        </>
      )}
    </div>
  );
}
