import { Plus, X } from "lucide-react";
import { Button } from "@/components/button";
import { Choice } from "@/components/field";
import type { Filter, OPERATORS } from "../trends/search";
import { PropertyPicker, ValuePicker, ValuesPicker } from "./pickers";

const NAMES: Record<(typeof OPERATORS)[number], string> = {
  exact: "is",
  is_not: "is not",
  icontains: "contains",
  not_icontains: "does not contain",
  regex: "matches",
  not_regex: "does not match",
  is_set: "is set",
  is_not_set: "is not set",
  gt: ">",
  gte: "≥",
  lt: "<",
  lte: "≤",
  in: "is one of",
  not_in: "is none of",
};
const CHOICES = Object.entries(NAMES) as [Filter["op"], string][];

/** Conditions that all have to hold. */
export function Filters({
  project,
  event = null,
  filters,
  onChange,
}: {
  project: string;
  event?: string | null;
  filters: Filter[];
  onChange: (filters: Filter[]) => void;
}) {
  const replace = (index: number, next: Partial<Filter>) =>
    onChange(filters.map((one, at) => (at === index ? { ...one, ...next } : one)));
  return (
    <div className="flex flex-wrap items-center gap-2">
      {filters.map((filter, index) => (
        <div key={index} className="flex flex-wrap items-center gap-1 rounded-md bg-raised p-1">
          <PropertyPicker
            project={project}
            event={event}
            value={filter.property}
            onChoose={(property) => replace(index, { property, value: "" })}
          />
          <Choice
            label="Operator"
            className="w-28"
            value={filter.op}
            values={CHOICES}
            onChoose={(op) => replace(index, { op })}
          />
          {isList(filter.op) && (
            <ValuesPicker
              project={project}
              property={filter.property}
              values={Array.isArray(filter.value) ? filter.value : filter.value ? [String(filter.value)] : []}
              onChange={(value) => replace(index, { value })}
            />
          )}
          {!filter.op.endsWith("_set") && !isList(filter.op) && (
            <ValuePicker
              project={project}
              property={filter.property}
              value={Array.isArray(filter.value) ? (filter.value[0] ?? "") : String(filter.value ?? "")}
              onChoose={(value) => replace(index, { value })}
            />
          )}
          <Button
            look="quiet"
            className="!px-1.5"
            aria-label={`Remove the filter on ${filter.property || "nothing yet"}`}
            onClick={() => onChange(filters.filter((_, at) => at !== index))}
          >
            <X className="size-4" aria-hidden />
          </Button>
        </div>
      ))}
      <Button look="quiet" onClick={() => onChange([...filters, { property: "", op: "exact", value: "" }])}>
        <Plus className="size-4" aria-hidden /> Filter
      </Button>
    </div>
  );
}

const isList = (op: Filter["op"]) => op === "in" || op === "not_in";

/** The conditions that are filled in, as the query API takes them. */
export function complete(filters: Filter[]): Filter[] {
  return filters
    .filter((one) => one.property !== "")
    .filter((one) => one.op.endsWith("_set") || (one.value !== undefined && one.value.toString() !== ""))
    .map(({ property, op, value }) => {
      if (op.endsWith("_set")) return { property, op };
      if (isList(op)) return { property, op, value: Array.isArray(value) ? value : [String(value)] };
      return { property, op, value: Array.isArray(value) ? (value[0] ?? "") : value };
    });
}
