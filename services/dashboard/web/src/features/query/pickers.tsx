import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useState } from "react";
import { Suggest } from "@/components/suggest";
import { compact } from "@/lib/format";
import { eventsQuery, propertiesQuery, valuesQuery, whileOpen } from "./catalogue";

const ANY = "Any event";

/** An event by name; `null` means any, or none where that is what no choice means. */
export function EventPicker({
  project,
  value,
  onChoose,
  label = "Event",
  none = ANY,
}: {
  project: string;
  value: string | null;
  onChoose: (event: string | null) => void;
  label?: string;
  /** What stands for no choice. */
  none?: string;
}) {
  const [isOpen, setOpen] = useState(false);
  const { data = [] } = useQuery({ ...eventsQuery(project), ...whileOpen(isOpen) });
  const options = [{ value: none }, ...data.map((one) => ({ value: one.event, note: compact(one.count) }))];
  return (
    <Suggest
      label={label}
      className="w-52 max-sm:w-44"
      value={value ?? none}
      options={options}
      onOpen={setOpen}
      onChoose={(next) => onChoose(next === none || next === "" ? null : next)}
    />
  );
}

/** A property that events carry. */
export function PropertyPicker({
  project,
  event = null,
  value,
  onChoose,
  label = "Property",
  placeholder = "Property",
}: {
  project: string;
  event?: string | null;
  value: string;
  onChoose: (property: string) => void;
  label?: string;
  placeholder?: string;
}) {
  const [isOpen, setOpen] = useState(false);
  const { data = [] } = useQuery({ ...propertiesQuery(project, event), ...whileOpen(isOpen) });
  return (
    <Suggest
      label={label}
      className="w-44"
      value={value}
      placeholder={placeholder}
      options={data.map((one) => ({ value: one.property, note: one.type }))}
      onOpen={setOpen}
      onChoose={onChoose}
    />
  );
}

/** One of the frequent values of a property, or any other text. */
export function ValuePicker({
  project,
  property,
  value,
  onChoose,
}: {
  project: string;
  property: string;
  value: string;
  onChoose: (value: string) => void;
}) {
  const [search, setSearch] = useState("");
  const [isOpen, setOpen] = useState(false);
  const { data = [] } = useQuery({ ...valuesQuery(project, property, search), ...whileOpen(isOpen) });
  return (
    <Suggest
      label={`Value of ${property}`}
      className="w-44"
      value={value}
      placeholder="Value"
      options={data.map((one) => ({ value: one.value, note: compact(one.count) }))}
      onType={setSearch}
      onOpen={setOpen}
      onChoose={onChoose}
    />
  );
}

/** Several of a property's values. */
export function ValuesPicker({
  project,
  property,
  values,
  onChange,
}: {
  project: string;
  property: string;
  values: string[];
  onChange: (values: string[]) => void;
}) {
  return (
    <span className="flex flex-wrap items-center gap-1">
      {values.map((value) => (
        <button
          key={value}
          type="button"
          aria-label={`Remove ${value}`}
          className="inline-flex h-7 items-center gap-1 rounded-md bg-accent-wash px-2 text-accent"
          onClick={() => onChange(values.filter((one) => one !== value))}
        >
          {value} <X className="size-3" aria-hidden />
        </button>
      ))}
      <ValuePicker
        project={project}
        property={property}
        value=""
        onChoose={(value) => value && !values.includes(value) && onChange([...values, value])}
      />
    </span>
  );
}
