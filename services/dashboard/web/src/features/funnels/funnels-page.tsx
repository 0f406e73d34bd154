import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/button";
import { Card, PageHead } from "@/components/card";
import { Choice } from "@/components/field";
import { RangeChoice } from "@/components/range-choice";
import { Empty } from "@/components/states";
import { ask } from "@/lib/api";
import { datesOf, localZone } from "@/lib/ranges";
import { AnswerCard } from "../query/answer";
import { complete, Filters } from "../query/filters";
import { EventPicker, PropertyPicker } from "../query/pickers";
import { type Funnel, FunnelBars } from "./funnel-bars";
import { FunnelPersons } from "./funnel-persons";
import { type FunnelSearch, ORDERS, type Step } from "./search";

const WINDOWS = [
  ["3600", "within 1 hour"],
  ["86400", "within 1 day"],
  ["604800", "within 7 days"],
  ["1209600", "within 14 days"],
  ["2592000", "within 30 days"],
  ["7776000", "within 90 days"],
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
    ...(search.breakdown && { breakdown: { properties: [search.breakdown], attribution: "first_touch" } }),
    ...(complete(search.filters).length && { filters: complete(search.filters) }),
    ...datesOf(search.range),
    timezone: localZone,
  };
}

/** How many get from step to step. */
export function FunnelsPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const search = useSearch({ from: "/p/$projectId/funnels" });
  const navigate = useNavigate({ from: "/p/$projectId/funnels" });
  const change = (next: Partial<FunnelSearch>) => navigate({ search: (old) => ({ ...old, ...next }) });
  const [picked, setPicked] = useState<number>();
  const query = useQuery({
    queryKey: ["funnels", projectId, search],
    queryFn: ({ signal }) => ask<Funnel>(projectId, "funnels", funnelParams(search), signal),
    enabled: search.steps.length >= 2,
  });
  return (
    <>
      <PageHead title="Funnels">
        <RangeChoice range={search.range} onChoose={(range) => change({ range })} />
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
                value={search.exclusion ?? "nothing excluded"}
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
          <Filters project={projectId} filters={search.filters} onChange={(filters) => change({ filters })} />
        </div>
      </Card>
      {search.steps.length < 2 ? (
        <Card>
          <Empty title="A funnel needs two steps">Choose the events that lead from one to the next.</Empty>
        </Card>
      ) : (
        <AnswerCard query={query}>{(funnel) => <FunnelBars funnel={funnel} onPick={setPicked} />}</AnswerCard>
      )}
      {picked !== undefined && (
        <FunnelPersons
          project={projectId}
          params={funnelParams(search)}
          step={picked}
          onClose={() => setPicked(undefined)}
        />
      )}
    </>
  );
}

function Steps({
  project,
  steps,
  onChange,
}: {
  project: string;
  steps: Step[];
  onChange: (steps: Step[]) => void;
}) {
  const replace = (index: number, next: Partial<Step>) =>
    onChange(steps.map((one, at) => (at === index ? { ...one, ...next } : one)));
  const move = (from: number, to: number) => {
    const next = [...steps];
    const [taken] = next.splice(from, 1);
    if (taken) next.splice(to, 0, taken);
    onChange(next);
  };
  return (
    <ol className="space-y-2">
      {steps.map((one, index) => (
        <li
          key={`${index}-${one.event}`}
          draggable
          onDragStart={(event) => event.dataTransfer.setData("text/plain", String(index))}
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => move(Number(event.dataTransfer.getData("text/plain")), index)}
          className="flex flex-wrap items-center gap-2"
        >
          <span className="flex size-6 cursor-grab items-center justify-center rounded bg-raised text-xs font-semibold">
            {index + 1}
          </span>
          <EventPicker
            project={project}
            label={`Event of step ${index + 1}`}
            value={one.event}
            onChoose={(event) => replace(index, { event })}
          />
          <Filters
            project={project}
            event={one.event}
            filters={one.filters}
            onChange={(filters) => replace(index, { filters })}
          />
          <Button
            look="quiet"
            className="!px-1.5"
            disabled={index === 0}
            aria-label={`Move step ${index + 1} up`}
            onClick={() => move(index, index - 1)}
          >
            <ArrowUp className="size-4" aria-hidden />
          </Button>
          <Button
            look="quiet"
            className="!px-1.5"
            disabled={index === steps.length - 1}
            aria-label={`Move step ${index + 1} down`}
            onClick={() => move(index, index + 1)}
          >
            <ArrowDown className="size-4" aria-hidden />
          </Button>
          <Button
            look="quiet"
            className="!px-1.5"
            aria-label={`Remove step ${index + 1}`}
            onClick={() => onChange(steps.filter((_, at) => at !== index))}
          >
            <X className="size-4" aria-hidden />
          </Button>
        </li>
      ))}
      <li>
        <Button
          look="quiet"
          disabled={steps.length >= 20}
          onClick={() => onChange([...steps, { event: null, filters: [] }])}
        >
          <Plus className="size-4" aria-hidden /> Step
        </Button>
      </li>
    </ol>
  );
}
