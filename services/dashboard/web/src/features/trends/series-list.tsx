import { Plus, X } from "lucide-react";
import { Button } from "@/components/button";
import { Choice } from "@/components/field";
import { Filters } from "../query/filters";
import { EventPicker, PropertyPicker } from "../query/pickers";
import { MATH_NAMES, MATHS, PLAIN_MATHS, type Series } from "./search";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** The series of a question, each under a letter that formulas use. */
export function SeriesList({
  project,
  series,
  onChange,
}: {
  project: string;
  series: Series[];
  onChange: (series: Series[]) => void;
}) {
  return (
    <div className="space-y-2">
      {series.map((one, index) => (
        <SeriesRow
          key={LETTERS[index]}
          project={project}
          letter={LETTERS[index] ?? ""}
          series={one}
          onChange={(next) => onChange(series.map((old, at) => (at === index ? next : old)))}
          onRemove={series.length > 1 ? () => onChange(series.filter((_, at) => at !== index)) : undefined}
        />
      ))}
      <Button
        look="quiet"
        className="!px-2"
        disabled={series.length >= LETTERS.length}
        onClick={() => onChange([...series, { event: null, math: "total", filters: [] }])}
      >
        <Plus className="size-4" aria-hidden /> Series
      </Button>
    </div>
  );
}

function SeriesRow({
  project,
  letter,
  series,
  onChange,
  onRemove,
}: {
  project: string;
  letter: string;
  series: Series;
  onChange: (series: Series) => void;
  onRemove?: (() => void) | undefined;
}) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <span className="flex size-6 items-center justify-center rounded bg-raised text-xs font-semibold">
        {letter}
      </span>
      <Choice
        label={`Measure of series ${letter}`}
        className="w-44"
        value={series.math}
        values={MATHS.map((one) => [one, MATH_NAMES[one]] as const)}
        onChoose={(math) =>
          onChange({ ...series, math, ...(PLAIN_MATHS.has(math) && { property: undefined }) })
        }
      />
      {!PLAIN_MATHS.has(series.math) && (
        <PropertyPicker
          project={project}
          event={series.event}
          value={series.property ?? ""}
          onChoose={(property) => onChange({ ...series, property })}
        />
      )}
      <span className="text-faint">of</span>
      <EventPicker
        project={project}
        label={`Event of series ${letter}`}
        value={series.event}
        onChoose={(event) => onChange({ ...series, event })}
      />
      <Filters
        project={project}
        event={series.event}
        filters={series.filters}
        onChange={(filters) => onChange({ ...series, filters })}
      />
      {onRemove && (
        <Button look="quiet" className="!px-1.5" aria-label={`Remove series ${letter}`} onClick={onRemove}>
          <X className="size-4" aria-hidden />
        </Button>
      )}
    </div>
  );
}
