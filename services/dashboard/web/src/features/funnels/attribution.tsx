import { Choice } from "@/components/field";
import type { FunnelSearch } from "./search";

/** Whose value a person is counted under when the steps carry different ones. */
export function Attribution({
  search,
  change,
}: {
  search: FunnelSearch;
  change: (next: Partial<FunnelSearch>) => void;
}) {
  const value = search.attribution === "step" ? String(search.attributed) : search.attribution;
  const steps = search.steps.map((_, at) => [String(at + 1), `value at step ${at + 1}`] as const);
  return (
    <Choice
      label="Which value counts"
      value={value}
      values={[["first_touch", "first value"], ["last_touch", "last value"], ...steps]}
      onChoose={(next) =>
        next === "first_touch" || next === "last_touch"
          ? change({ attribution: next })
          : change({ attribution: "step", attributed: Number(next) })
      }
    />
  );
}
