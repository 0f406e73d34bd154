import { Search as Glass } from "lucide-react";

/** A text to look for; Enter looks. */
export function Search({
  label,
  placeholder = label,
  value,
  onSearch,
}: {
  label: string;
  placeholder?: string;
  value: string;
  onSearch: (text: string) => void;
}) {
  return (
    <form
      role="search"
      className="relative"
      onSubmit={(event) => {
        event.preventDefault();
        onSearch(String(new FormData(event.currentTarget).get("text") ?? "").trim());
      }}
    >
      <Glass className="pointer-events-none absolute top-2 left-2.5 size-4 text-faint" aria-hidden />
      <input
        key={value}
        type="search"
        name="text"
        aria-label={label}
        placeholder={placeholder}
        defaultValue={value}
        className="h-8 w-56 rounded-md border border-line bg-surface pr-2 pl-8 placeholder:text-faint"
      />
    </form>
  );
}
