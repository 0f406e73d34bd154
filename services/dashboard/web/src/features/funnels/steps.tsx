import { ArrowDown, ArrowUp, GripVertical, Plus, X } from "lucide-react";
import { Button } from "@/components/button";
import { Filters } from "../query/filters";
import { EventPicker } from "../query/pickers";
import { type Step, STEPS_MAX } from "./search";

/** The steps of a funnel, to be put in order by drag or by the arrows. */
export function Steps({
  project,
  steps,
  onChange,
}: {
  project: string;
  steps: Step[];
  onChange: (steps: Step[]) => void;
}) {
  const replace = (index: number, next: Partial<Step>) =>
    onChange(steps.map((one, at) => (at === index ? { ...one, ...next } : one)));
  const move = (from: number, to: number) => {
    const next = [...steps];
    const [taken] = next.splice(from, 1);
    if (taken) next.splice(to, 0, taken);
    onChange(next);
  };
  return (
    <ol className="space-y-2">
      {steps.map((one, index) => (
        <li
          key={`${index}-${one.event}`}
          draggable
          onDragStart={(event) => event.dataTransfer.setData("text/plain", String(index))}
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => move(Number(event.dataTransfer.getData("text/plain")), index)}
          className="flex flex-wrap items-center gap-2"
        >
          <span className="flex cursor-grab items-center gap-1 text-faint">
            <GripVertical className="size-4" aria-hidden />
            <span className="flex size-6 items-center justify-center rounded bg-raised text-xs font-semibold text-ink">
              {index + 1}
            </span>
          </span>
          <EventPicker
            project={project}
            label={`Event of step ${index + 1}`}
            value={one.event}
            onChoose={(event) => replace(index, { event })}
          />
          <Filters
            project={project}
            event={one.event}
            filters={one.filters}
            onChange={(filters) => replace(index, { filters })}
          />
          <Button
            look="quiet"
            className="!px-1.5"
            disabled={index === 0}
            aria-label={`Move step ${index + 1} up`}
            onClick={() => move(index, index - 1)}
          >
            <ArrowUp className="size-4" aria-hidden />
          </Button>
          <Button
            look="quiet"
            className="!px-1.5"
            disabled={index === steps.length - 1}
            aria-label={`Move step ${index + 1} down`}
            onClick={() => move(index, index + 1)}
          >
            <ArrowDown className="size-4" aria-hidden />
          </Button>
          <Button
            look="quiet"
            className="!px-1.5"
            aria-label={`Remove step ${index + 1}`}
            onClick={() => onChange(steps.filter((_, at) => at !== index))}
          >
            <X className="size-4" aria-hidden />
          </Button>
        </li>
      ))}
      <li>
        <Button
          look="quiet"
          className="!px-2"
          disabled={steps.length >= STEPS_MAX}
          onClick={() => onChange([...steps, { event: null, filters: [] }])}
        >
          <Plus className="size-4" aria-hidden /> Step
        </Button>
      </li>
    </ol>
  );
}
