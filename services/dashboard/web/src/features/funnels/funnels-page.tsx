import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { Card, PageHead } from "@/components/card";
import { Choice } from "@/components/field";
import { RangeChoice } from "@/components/range-choice";
import { Empty } from "@/components/states";
import { SaveInsight } from "../insights/save-insight";
import { AnswerCard } from "../query/answer";
import { complete, Filters } from "../query/filters";
import { frameOf } from "../query/frame";
import { EventPicker, PropertyPicker } from "../query/pickers";
import type { Funnel } from "./funnel-bars";
import { FunnelPersons } from "./funnel-persons";
import { FunnelView } from "./funnel-view";
import { type FunnelSearch, ORDERS } from "./search";
import { Steps } from "./steps";

const WINDOWS = [
  ["3600", "within 1 hour"],
  ["86400", "within 1 day"],
  ["604800", "within 7 days"],
  ["1209600", "within 14 days"],
  ["2592000", "within 30 days"],
  ["7776000", "within 90 days"],
] as const;

const VIEWS = [
  ["steps", "Steps"],
  ["times", "Time to convert"],
  ["over_time", "Over time"],
] as const;

const ORDER_NAMES: Record<(typeof ORDERS)[number], string> = {
  ordered: "in this order",
  strict: "in this order, nothing between",
  unordered: "in any order",
  simple: "each step by itself",
};

/** The question that the page's state asks. */
export function funnelParams(search: FunnelSearch) {
  const last = search.steps.length;
  return {
    steps: search.steps.map(({ event, filters }) => ({
      event,
      ...(complete(filters).length && { filters: complete(filters) }),
    })),
    order: search.order,
    ...(search.order !== "simple" && { window_seconds: search.window }),
    ...(search.exclusion &&
      search.order !== "simple" && {
        exclusions: [{ event: search.exclusion, from_step: 1, to_step: last }],
      }),
    ...(search.breakdown && {
      breakdown: { properties: [search.breakdown], attribution: search.attribution },
    }),
    ...(search.view === "times" && search.order !== "simple" && { histogram: true }),
    ...(search.view === "over_time" && { over_time: search.interval }),
    ...frameOf(search),
  };
}

/** The same question without what only concerns its look. */
const personsParams = (search: FunnelSearch) =>
  funnelParams({ ...search, view: "steps", breakdown: undefined });

/** How many get from step to step. */
export function FunnelsPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const search = useSearch({ from: "/p/$projectId/funnels" });
  const navigate = useNavigate({ from: "/p/$projectId/funnels" });
  const change = (next: Partial<FunnelSearch>) => navigate({ search: (old) => ({ ...old, ...next }) });
  const [picked, setPicked] = useState<number>();
  const params = funnelParams(search);
  return (
    <>
      <PageHead title="Funnels">
        <Choice label="Shown as" value={search.view} values={VIEWS} onChoose={(view) => change({ view })} />
        {search.view === "over_time" && (
          <Choice
            label="Interval"
            value={search.interval}
            values={(["day", "week", "month"] as const).map((one) => [one, `by ${one}`] as const)}
            onChoose={(interval) => change({ interval })}
          />
        )}
        <RangeChoice range={search.range} timezone={search.timezone} onChange={change} />
        {search.steps.length >= 2 && (
          <SaveInsight
            type="funnels"
            params={params}
            search={search}
            name={search.steps.map((one) => one.event ?? "any event").join(" → ")}
          />
        )}
      </PageHead>
      <Card className="mb-4">
        <Steps project={projectId} steps={search.steps} onChange={(steps) => change({ steps })} />
        <div className="mt-3 flex flex-wrap items-center gap-2 border-t border-line pt-3">
          <Choice
            label="Order"
            value={search.order}
            values={ORDERS.map((one) => [one, ORDER_NAMES[one]] as const)}
            onChoose={(order) => change({ order })}
          />
          {search.order !== "simple" && (
            <>
              <Choice
                label="Window"
                value={String(search.window) as (typeof WINDOWS)[number][0]}
                values={WINDOWS}
                onChoose={(window) => change({ window: Number(window) })}
              />
              <span className="text-faint">without</span>
              <EventPicker
                project={projectId}
                label="Excluded event"
                value={search.exclusion ?? null}
                none="nothing"
                onChoose={(event) => change({ exclusion: event ?? undefined })}
              />
            </>
          )}
          <span className="text-faint">broken down by</span>
          <PropertyPicker
            project={projectId}
            label="Breakdown"
            placeholder="nothing"
            value={search.breakdown ?? ""}
            onChoose={(breakdown) => change({ breakdown: breakdown || undefined })}
          />
          {search.breakdown && (
            <Choice
              label="Which value counts"
              value={search.attribution}
              values={[
                ["first_touch", "first value"],
                ["last_touch", "last value"],
              ]}
              onChoose={(attribution) => change({ attribution })}
            />
          )}
          <Filters project={projectId} filters={search.filters} onChange={(filters) => change({ filters })} />
        </div>
      </Card>
      {search.steps.length < 2 ? (
        <Card>
          <Empty title="A funnel needs two steps">Choose the events that lead from one to the next.</Empty>
        </Card>
      ) : (
        <AnswerCard<Funnel> question={{ project: projectId, type: "funnels", params }}>
          {(funnel) => <FunnelView funnel={funnel} interval={search.interval} onPick={setPicked} />}
        </AnswerCard>
      )}
      {picked !== undefined && (
        <FunnelPersons
          project={projectId}
          params={personsParams(search)}
          step={picked}
          onClose={() => setPicked(undefined)}
        />
      )}
    </>
  );
}
