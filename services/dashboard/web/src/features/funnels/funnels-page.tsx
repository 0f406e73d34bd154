import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { Card, PageHead } from "@/components/card";
import { Choice } from "@/components/field";
import { RangeChoice } from "@/components/range-choice";
import { Empty } from "@/components/states";
import { SaveInsight } from "../insights/save-insight";
import { AnswerCard } from "../query/answer";
import { Breakdown } from "../query/breakdown";
import { Filters } from "../query/filters";
import { Attribution } from "./attribution";
import { Exclusions } from "./exclusions";
import type { Funnel } from "./funnel-bars";
import { FunnelPersons } from "./funnel-persons";
import { FunnelView } from "./funnel-view";
import { funnelParams, personsParams } from "./query";
import { type FunnelSearch, ORDERS } from "./search";
import { Steps } from "./steps";

const WINDOWS = [
  ["60", "within 1 minute"],
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
        <Settings project={projectId} search={search} change={change} />
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

/** What holds for all steps together. */
function Settings({
  project,
  search,
  change,
}: {
  project: string;
  search: FunnelSearch;
  change: (next: Partial<FunnelSearch>) => void;
}) {
  const isSimple = search.order === "simple";
  return (
    <div className="mt-3 space-y-2 border-t border-line pt-3">
      <div className="flex flex-wrap items-center gap-2">
        <Choice
          label="Order"
          value={search.order}
          values={ORDERS.map((one) => [one, ORDER_NAMES[one]] as const)}
          onChoose={(order) => change({ order })}
        />
        {!isSimple && (
          <>
            <Choice
              label="Window"
              value={String(search.window) as (typeof WINDOWS)[number][0]}
              values={WINDOWS}
              onChoose={(window) => change({ window: Number(window) })}
            />
            <Exclusions
              project={project}
              steps={search.steps.length}
              exclusions={search.exclusions}
              onChange={(exclusions) => change({ exclusions })}
            />
          </>
        )}
      </div>
      <div className="flex flex-wrap items-center gap-2">
        <Breakdown
          project={project}
          properties={search.breakdown}
          onChange={(breakdown) => change({ breakdown })}
        />
        {search.breakdown.length > 0 && <Attribution search={search} change={change} />}
      </div>
      <Filters project={project} filters={search.filters} onChange={(filters) => change({ filters })} />
    </div>
  );
}
