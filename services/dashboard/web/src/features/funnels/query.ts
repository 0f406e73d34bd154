import { breakdownOf } from "../query/breakdown";
import { filtersOf, frameOf } from "../query/frame";
import type { FunnelSearch } from "./search";

/** The question that the page's state asks. */
export function funnelParams(search: FunnelSearch) {
  const last = search.steps.length;
  const isSimple = search.order === "simple";
  const exclusions = search.exclusions.flatMap(({ event, from, to = last }) =>
    // One that has lost its steps, or has no event yet, excludes nothing.
    event !== null && from < Math.min(to, last)
      ? [{ event, from_step: from, to_step: Math.min(to, last) }]
      : [],
  );
  const attribution = {
    attribution: search.attribution,
    ...(search.attribution === "step" && { attribution_step: Math.min(search.attributed, last) }),
  };
  return {
    steps: search.steps.map(({ event, filters }) => ({ event, ...filtersOf(filters) })),
    order: search.order,
    ...(!isSimple && { window_seconds: search.window }),
    ...(!isSimple && exclusions.length > 0 && { exclusions }),
    ...breakdownOf(search.breakdown, attribution),
    ...(search.view === "times" && !isSimple && { histogram: true }),
    ...(search.view === "over_time" && { over_time: search.interval }),
    ...frameOf(search),
  };
}

/** The same question without what only concerns its look. */
export const personsParams = (search: FunnelSearch) =>
  funnelParams({ ...search, view: "steps", breakdown: [] });
