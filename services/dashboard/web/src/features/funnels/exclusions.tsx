import { Ban, X } from "lucide-react";
import { Button } from "@/components/button";
import { Choice } from "@/components/field";
import { EventPicker } from "../query/pickers";
import { type Exclusion, EXCLUSIONS_MAX } from "./search";

/** Events that must not happen on the way, each between two steps. */
export function Exclusions({
  project,
  steps,
  exclusions,
  onChange,
}: {
  project: string;
  /** How many steps the funnel has. */
  steps: number;
  exclusions: Exclusion[];
  onChange: (exclusions: Exclusion[]) => void;
}) {
  const replace = (index: number, next: Partial<Exclusion>) =>
    onChange(exclusions.map((one, at) => (at === index ? { ...one, ...next } : one)));
  const named = (from: number, to: number) =>
    Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => {
      const step = String(from + at);
      return [step, `step ${step}`] as const;
    });
  return (
    <>
      {exclusions.map((one, index) => {
        const to = Math.min(one.to ?? steps, steps);
        return (
          <div key={index} className="flex flex-wrap items-center gap-1 rounded-md bg-raised p-1">
            <span className="px-1 text-faint">without</span>
            <EventPicker
              project={project}
              label={`Excluded event ${index + 1}`}
              value={one.event}
              none="Event …"
              onChoose={(event) => replace(index, { event })}
            />
            <span className="px-1 text-faint">between</span>
            <Choice
              label={`Exclusion ${index + 1} begins at`}
              value={String(Math.min(one.from, Math.max(1, steps - 1)))}
              values={named(1, steps - 1)}
              onChoose={(from) =>
                replace(index, { from: Number(from), ...(Number(from) >= to && { to: undefined }) })
              }
            />
            <span className="px-1 text-faint">and</span>
            <Choice
              label={`Exclusion ${index + 1} ends at`}
              value={String(to)}
              values={named(one.from + 1, steps)}
              onChoose={(next) => replace(index, { to: Number(next) === steps ? undefined : Number(next) })}
            />
            <Button
              look="quiet"
              className="!px-1.5"
              aria-label={`Remove exclusion ${index + 1}`}
              onClick={() => onChange(exclusions.filter((_, at) => at !== index))}
            >
              <X className="size-4" aria-hidden />
            </Button>
          </div>
        );
      })}
      {exclusions.length < EXCLUSIONS_MAX && steps >= 2 && (
        <Button
          look="quiet"
          className="!px-2"
          onClick={() => onChange([...exclusions, { event: null, from: 1 }])}
        >
          <Ban className="size-4" aria-hidden /> Exclusion
        </Button>
      )}
    </>
  );
}
