import { Group as GroupIcon, Plus, X } from "lucide-react";
import { Button } from "@/components/button";
import { Choice } from "@/components/field";
import {
  type Condition,
  type Filter,
  type Group,
  isBare,
  isGroup,
  isList,
  membersOf,
  type Operator,
} from "./filter";
import { PropertyPicker, ValuePicker, ValuesPicker } from "./pickers";

const NAMES: Record<Operator, string> = {
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
const CHOICES = Object.entries(NAMES) as [Operator, string][];

/** Groups within groups are offered to this depth. */
const DEPTH_MAX = 3;

const NEW: Condition = { property: "", op: "exact", value: "" };

/** Filters that all have to hold; groups of them may hold for any or for all of their members. */
export function Filters({
  project,
  event = null,
  filters,
  onChange,
  depth = 0,
}: {
  project: string;
  event?: string | null;
  filters: Filter[];
  onChange: (filters: Filter[]) => void;
  /** How many groups these stand in. */
  depth?: number;
}) {
  const replace = (index: number, next: Filter) =>
    onChange(filters.map((one, at) => (at === index ? next : one)));
  const remove = (index: number) => onChange(filters.filter((_, at) => at !== index));
  return (
    <div className="flex flex-wrap items-center gap-2">
      {filters.map((one, index) =>
        isGroup(one) ? (
          <GroupBox
            key={index}
            project={project}
            event={event}
            group={one}
            depth={depth + 1}
            onChange={(next) => replace(index, next)}
            onRemove={() => remove(index)}
          />
        ) : (
          <ConditionRow
            key={index}
            project={project}
            event={event}
            condition={one}
            onChange={(next) => replace(index, next)}
            onRemove={() => remove(index)}
          />
        ),
      )}
      <Button look="quiet" className="!px-2" onClick={() => onChange([...filters, NEW])}>
        <Plus className="size-4" aria-hidden /> Filter
      </Button>
      {filters.length > 0 && depth < DEPTH_MAX && (
        <Button look="quiet" className="!px-2" onClick={() => onChange([...filters, { any: [NEW, NEW] }])}>
          <GroupIcon className="size-4" aria-hidden /> Group
        </Button>
      )}
    </div>
  );
}

function GroupBox({
  project,
  event,
  group,
  depth,
  onChange,
  onRemove,
}: {
  project: string;
  event: string | null;
  group: Group;
  depth: number;
  onChange: (group: Group) => void;
  onRemove: () => void;
}) {
  const kind = "any" in group ? "any" : "all";
  const made = (which: "any" | "all", members: Filter[]): Group =>
    which === "any" ? { any: members } : { all: members };
  return (
    <div
      role="group"
      aria-label={kind === "any" ? "Any of these filters" : "All of these filters"}
      className="w-full space-y-1.5 border-l-2 border-accent/40 pl-2.5"
    >
      <div className="flex items-center gap-1">
        <Choice
          label="What has to hold"
          className="w-24"
          value={kind}
          values={[
            ["any", "any of"],
            ["all", "all of"],
          ]}
          onChoose={(next) => onChange(made(next, membersOf(group)))}
        />
        <Remove label="Remove the group" onClick={onRemove} />
      </div>
      <Filters
        project={project}
        event={event}
        filters={membersOf(group)}
        depth={depth}
        onChange={(members) => onChange(made(kind, members))}
      />
    </div>
  );
}

function ConditionRow({
  project,
  event,
  condition,
  onChange,
  onRemove,
}: {
  project: string;
  event: string | null;
  condition: Condition;
  onChange: (condition: Condition) => void;
  onRemove: () => void;
}) {
  const { property, op, value } = condition;
  return (
    <div className="flex max-w-full flex-wrap items-center gap-1 rounded-md bg-raised p-1">
      <PropertyPicker
        project={project}
        event={event}
        value={property}
        onChoose={(next) => onChange({ ...condition, property: next, value: "" })}
      />
      <Choice
        label="Operator"
        className="w-28"
        value={op}
        values={CHOICES}
        onChoose={(next) => onChange({ ...condition, op: next })}
      />
      {isList(op) && (
        <ValuesPicker
          project={project}
          property={property}
          values={Array.isArray(value) ? value : value ? [String(value)] : []}
          onChange={(next) => onChange({ ...condition, value: next })}
        />
      )}
      {!isBare(op) && !isList(op) && (
        <ValuePicker
          project={project}
          property={property}
          value={Array.isArray(value) ? (value[0] ?? "") : String(value ?? "")}
          onChoose={(next) => onChange({ ...condition, value: next })}
        />
      )}
      <Remove label={`Remove the filter on ${property || "nothing yet"}`} onClick={onRemove} />
    </div>
  );
}

function Remove({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Button look="quiet" className="!px-1.5" aria-label={label} onClick={onClick}>
      <X className="size-4" aria-hidden />
    </Button>
  );
}
