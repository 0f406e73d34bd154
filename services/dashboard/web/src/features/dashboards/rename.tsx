import { Pencil } from "lucide-react";
import { useState } from "react";

/** A name that becomes a text field when one clicks it. */
export function Rename({ name, onRename }: { name: string; onRename: (name: string) => void }) {
  const [isOpen, setOpen] = useState(false);
  if (!isOpen) {
    return (
      <button
        type="button"
        aria-label={`Rename ${name}`}
        className="group inline-flex items-center gap-2 text-left"
        onClick={() => setOpen(true)}
      >
        {name}
        <Pencil
          className="size-4 text-faint opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100"
          aria-hidden
        />
      </button>
    );
  }
  function done(value: string) {
    setOpen(false);
    if (value.trim() && value.trim() !== name) onRename(value.trim());
  }
  return (
    <input
      aria-label="Name of the dashboard"
      className="h-8 rounded-md border border-line bg-surface px-2"
      defaultValue={name}
      maxLength={200}
      autoFocus
      onBlur={(event) => done(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key === "Escape") setOpen(false);
      }}
    />
  );
}
