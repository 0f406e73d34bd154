import { Plus, X } from "lucide-react";
import { Button } from "@/components/button";
import { PropertyPicker } from "./pickers";

/** Properties that one breakdown may have. */
export const BREAKDOWNS_MAX = 4;

/** The properties that an answer is broken down by, one within the other. */
export function Breakdown({
  project,
  properties,
  onChange,
}: {
  project: string;
  properties: string[];
  onChange: (properties: string[]) => void;
}) {
  const shown = properties.length ? properties : [""];
  const replace = (index: number, next: string) =>
    onChange(shown.map((one, at) => (at === index ? next : one)).filter(unique));
  return (
    <div className="flex flex-wrap items-center gap-2">
      <span className="text-faint">broken down by</span>
      {shown.map((property, index) => (
        <span key={index} className="flex items-center">
          <PropertyPicker
            project={project}
            label={index === 0 ? "Breakdown" : `Breakdown ${index + 1}`}
            placeholder={index === 0 ? "nothing" : "Property"}
            value={property}
            onChoose={(next) => replace(index, next)}
          />
          {(property || index > 0) && (
            <Button
              look="quiet"
              className="!px-1.5"
              aria-label={`Remove the breakdown by ${property || "nothing yet"}`}
              onClick={() => onChange(properties.filter((_, at) => at !== index))}
            >
              <X className="size-4" aria-hidden />
            </Button>
          )}
        </span>
      ))}
      {properties.length > 0 && properties.length < BREAKDOWNS_MAX && !properties.includes("") && (
        <Button look="quiet" className="!px-2" onClick={() => onChange([...properties, ""])}>
          <Plus className="size-4" aria-hidden /> and by
        </Button>
      )}
    </div>
  );
}

const unique = (property: string, at: number, all: string[]) => all.indexOf(property) === at;

/** A breakdown as the query API takes it, when there is one. */
export function breakdownOf<T extends object>(properties: string[], more?: T) {
  const chosen = properties.filter((one) => one !== "");
  return chosen.length ? { breakdown: { properties: chosen, ...more } } : {};
}
