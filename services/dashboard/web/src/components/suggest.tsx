import { type KeyboardEvent, useId, useRef, useState } from "react";

/** A text field with suggestions that are fetched as one types. */
export function Suggest({
  label,
  value,
  placeholder,
  options,
  onType,
  onChoose,
  onOpen,
  className = "",
}: {
  label: string;
  value: string;
  placeholder?: string;
  options: { value: string; note?: string }[];
  onType?: (text: string) => void;
  onChoose: (value: string) => void;
  /** Hears when the suggestions are shown, and when no longer. */
  onOpen?: (isOpen: boolean) => void;
  className?: string;
}) {
  const id = useId();
  const [text, setText] = useState<string | null>(null);
  const [active, setActive] = useState(0);
  const [hasMoved, setMoved] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const isOpen = text !== null;
  const shown = options
    .filter((one) => !text || one.value.toLowerCase().includes(text.toLowerCase()))
    .slice(0, 30);

  function choose(next: string) {
    setText(null);
    onChoose(next);
  }

  function onKey(event: KeyboardEvent) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setMoved(true);
      setActive((shown.length + active + step) % Math.max(1, shown.length));
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      choose((hasMoved || text ? shown[active]?.value : undefined) ?? (text || value));
      input.current?.blur();
    } else if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      setText(null);
      input.current?.blur();
    }
  }

  return (
    <div className={`relative ${className}`}>
      <input
        ref={input}
        role="combobox"
        aria-label={label}
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-activedescendant={isOpen && shown[active] ? `${id}-${active}` : undefined}
        aria-autocomplete="list"
        className="h-8 w-full rounded-md border border-line bg-surface px-2.5 placeholder:text-faint"
        placeholder={isOpen && value ? value : placeholder}
        value={text ?? value}
        onFocus={() => {
          setText("");
          setActive(0);
          setMoved(false);
          onType?.("");
          onOpen?.(true);
        }}
        onBlur={() => {
          setText(null);
          onOpen?.(false);
        }}
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
          onType?.(event.target.value);
        }}
        onKeyDown={onKey}
      />
      {isOpen && shown.length > 0 && (
        <ul
          id={`${id}-list`}
          role="listbox"
          aria-label={label}
          className="absolute z-30 mt-1 max-h-64 min-w-full overflow-y-auto rounded-md border border-line bg-surface py-1 shadow-lg"
        >
          {shown.map((one, index) => (
            <li
              key={one.value}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === active}
              className={`flex cursor-pointer justify-between gap-6 px-2.5 py-1 ${index === active ? "bg-accent-wash" : ""}`}
              onPointerDown={(event) => {
                event.preventDefault();
                choose(one.value);
                input.current?.blur();
              }}
            >
              <span className="max-w-72 truncate">{one.value}</span>
              <span className="tabular text-faint">{one.note}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
