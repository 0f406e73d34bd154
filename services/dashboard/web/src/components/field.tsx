import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, useId } from "react";

const BOX = "h-8 w-full rounded-md border border-line bg-surface px-2.5 text-ink placeholder:text-faint";

/** A labelled text input; `error` is read out with it. */
export function Field({
  label,
  error,
  hint,
  className = "",
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & { label: string; error?: string | undefined; hint?: ReactNode }) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block text-xs font-medium text-soft">
        {label}
      </label>
      <input
        id={id}
        className={BOX}
        aria-invalid={!!error}
        aria-describedby={error || hint ? `${id}-more` : undefined}
        {...rest}
      />
      {(error || hint) && (
        <p id={`${id}-more`} className={`mt-1 text-xs ${error ? "text-bad" : "text-faint"}`}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}

/** A choice among few values; the label is for screen readers unless `shown`. */
export function Choice<T extends string>({
  label,
  value,
  values,
  onChoose,
  shown = false,
  className = "",
  ...rest
}: Omit<SelectHTMLAttributes<HTMLSelectElement>, "value" | "onChange"> & {
  label: string;
  value: T;
  values: readonly (readonly [T, string])[];
  onChoose: (value: T) => void;
  shown?: boolean;
}) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className={shown ? "mb-1 block text-xs font-medium text-soft" : "sr-only"}>
        {label}
      </label>
      <select
        id={id}
        className={`${BOX} pr-7 hover:bg-raised`}
        value={value}
        onChange={(event) => onChoose(event.target.value as T)}
        {...rest}
      >
        {values.map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
