import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { Card, PageHead } from "@/components/card";
import { Choice } from "@/components/field";
import { RangeChoice } from "@/components/range-choice";
import { Empty } from "@/components/states";
import { SaveInsight } from "../insights/save-insight";
import { AnswerCard } from "../query/answer";
import { Breakdown } from "../query/breakdown";
import { eventsQuery } from "../query/catalogue";
import { Filters } from "../query/filters";
import { behind, DrillDown, type Point } from "./drill-down";
import { isAskable, type Row, seriesName, type Trends, trendsParams } from "./query";
import { INTERVALS, type TrendsSearch } from "./search";
import { SeriesList } from "./series-list";
import { TrendsResult } from "./trends-result";

const LOOKS = [
  ["line", "Lines"],
  ["area", "Areas"],
  ["bar", "Bars"],
  ["number", "Number"],
  ["table", "Table"],
] as const;

/** A name for what is on the screen. */
function titleOf(search: TrendsSearch): string {
  const names = search.series.map(seriesName).join(", ");
  const by = search.breakdown.filter((one) => one !== "");
  return by.length ? `${names} by ${by.join(", ")}` : names;
}

/** How often things happen, over time. */
export function TrendsPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const search = useSearch({ from: "/p/$projectId/trends" });
  const navigate = useNavigate({ from: "/p/$projectId/trends" });
  const change = (next: Partial<TrendsSearch>) => navigate({ search: (old) => ({ ...old, ...next }) });
  const [point, setPoint] = useState<Point>();
  const pick = useCallback(
    (row: Row, label: string | undefined) => behind({ row, label }, search) && setPoint({ row, label }),
    [search],
  );
  const { data: known } = useQuery(eventsQuery(projectId));
  const question = { project: projectId, type: "trends", params: trendsParams(search) };

  return (
    <>
      <PageHead title="Trends">
        <Choice
          label="Interval"
          value={search.interval}
          values={INTERVALS.map((one) => [one, `by ${one}`] as const)}
          onChoose={(interval) => change({ interval })}
        />
        <Choice label="Shown as" value={search.look} values={LOOKS} onChoose={(look) => change({ look })} />
        <RangeChoice range={search.range} timezone={search.timezone} onChange={change} />
        <SaveInsight type="trends" params={question.params} search={search} name={titleOf(search)} />
      </PageHead>
      <Card className="mb-4">
        <SeriesList project={projectId} series={search.series} onChange={(series) => change({ series })} />
        <Settings project={projectId} search={search} change={change} />
      </Card>
      {known?.length === 0 ? (
        <Card>
          <Empty title="No events yet">
            <Link to="/p/$projectId/connect" params={{ projectId }} className="text-accent underline">
              Connect your product
            </Link>{" "}
            and see the first one arrive.
          </Empty>
        </Card>
      ) : isAskable(search) ? (
        <AnswerCard<Trends> question={question} height="h-96">
          {(result) =>
            result.series.length === 0 ? (
              <Empty title="Nothing in this range">Choose a longer range or other events.</Empty>
            ) : (
              <TrendsResult result={result} look={search.look} interval={search.interval} onPick={pick} />
            )
          }
        </AnswerCard>
      ) : (
        <Card>
          <Empty title="A property is missing">Choose what is to be measured.</Empty>
        </Card>
      )}
      {point && (
        <DrillDown project={projectId} point={point} search={search} onClose={() => setPoint(undefined)} />
      )}
    </>
  );
}

/** What holds for all series together. */
function Settings({
  project,
  search,
  change,
}: {
  project: string;
  search: TrendsSearch;
  change: (next: Partial<TrendsSearch>) => void;
}) {
  return (
    <div className="mt-3 space-y-2 border-t border-line pt-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Breakdown
          project={project}
          properties={search.breakdown}
          onChange={(breakdown) => change({ breakdown })}
        />
        <Check
          label="compare with the time before"
          isOn={search.compare}
          onChange={(compare) => change({ compare })}
        />
        <Check
          label="cumulative"
          isOn={search.cumulative}
          onChange={(cumulative) => change({ cumulative })}
        />
        {search.series.length > 1 && (
          <input
            key={search.formula ?? ""}
            aria-label="Formula"
            placeholder="Formula: A / B * 100"
            className="h-8 w-44 rounded-md border border-line bg-surface px-2.5 placeholder:text-faint"
            defaultValue={search.formula ?? ""}
            onBlur={(event) => change({ formula: event.target.value.trim() || undefined })}
            onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
          />
        )}
      </div>
      <Filters project={project} filters={search.filters} onChange={(filters) => change({ filters })} />
    </div>
  );
}

function Check({
  label,
  isOn,
  onChange,
}: {
  label: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}) {
  return (
    <label className="flex items-center gap-1.5 text-soft">
      <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.target.checked)} />
      {label}
    </label>
  );
}
