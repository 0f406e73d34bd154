import type { Told } from "./use-live";

const WORDS = {
  connecting: "connecting …",
  open: "as it happens",
  unavailable: "looks every two seconds",
};

/** How one learns of what happens. */
export function Sign({ status }: { status: Told["status"] }) {
  return (
    <span role="status" className="flex items-center gap-2 text-soft">
      <span
        className={`size-2 rounded-full ${status === "connecting" ? "bg-warn" : "animate-pulse bg-good"}`}
        aria-hidden
      />
      {WORDS[status]}
    </span>
  );
}
