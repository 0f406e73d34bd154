import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Plus, X } from "lucide-react";
import { useCallback, useState } from "react";
import { Button } from "@/components/button";
import { Card, PageHead } from "@/components/card";
import { Choice } from "@/components/field";
import { RangeChoice } from "@/components/range-choice";
import { Empty } from "@/components/states";
import { SaveInsight } from "../insights/save-insight";
import { AnswerCard } from "../query/answer";
import { eventsQuery } from "../query/catalogue";
import { Filters } from "../query/filters";
import { EventPicker, PropertyPicker } from "../query/pickers";
import { behind, DrillDown, type Point } from "./drill-down";
import { isAskable, type Row, seriesName, type Trends, trendsParams } from "./query";
import { INTERVALS, MATH_NAMES, MATHS, PLAIN_MATHS, type Series, type TrendsSearch } from "./search";
import { TrendsResult } from "./trends-result";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/** A name for what is on the screen. */
function titleOf(search: TrendsSearch): string {
  const names = search.series.map(seriesName).join(", ");
  return search.breakdown ? `${names} by ${search.breakdown}` : names;
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
  const question = {
    project: projectId,
    type: "trends",
    params: trendsParams(search),
    enabled: isAskable(search),
  };

  return (
    <>
      <PageHead title="Trends">
        <Choice
          label="Interval"
          value={search.interval}
          values={INTERVALS.map((one) => [one, `by ${one}`] as const)}
          onChoose={(interval) => change({ interval })}
        />
        <Choice
          label="Shown as"
          value={search.look}
          values={[
            ["line", "Lines"],
            ["area", "Areas"],
            ["bar", "Bars"],
            ["number", "Number"],
            ["table", "Table"],
          ]}
          onChoose={(look) => change({ look })}
        />
        <RangeChoice range={search.range} timezone={search.timezone} onChange={change} />
        <SaveInsight type="trends" params={question.params} search={search} name={titleOf(search)} />
      </PageHead>
      <Card className="mb-4">
        <div className="space-y-3">
          {search.series.map((one, index) => (
            <SeriesRow
              key={LETTERS[index]}
              project={projectId}
              letter={LETTERS[index] ?? ""}
              series={one}
              onChange={(next) =>
                change({ series: search.series.map((old, at) => (at === index ? next : old)) })
              }
              onRemove={
                search.series.length > 1
                  ? () => change({ series: search.series.filter((_, at) => at !== index) })
                  : undefined
              }
            />
          ))}
          <div className="flex flex-wrap items-center gap-2 border-t border-line pt-3">
            <Button
              look="quiet"
              disabled={search.series.length >= 26}
              onClick={() =>
                change({ series: [...search.series, { event: null, math: "total", filters: [] }] })
              }
            >
              <Plus className="size-4" aria-hidden /> Series
            </Button>
            <span className="text-faint">broken down by</span>
            <PropertyPicker
              project={projectId}
              label="Breakdown"
              placeholder="nothing"
              value={search.breakdown ?? ""}
              onChoose={(breakdown) => change({ breakdown: breakdown || undefined })}
            />
            {search.breakdown && (
              <Button
                look="quiet"
                aria-label="Remove the breakdown"
                onClick={() => change({ breakdown: undefined })}
              >
                <X className="size-4" aria-hidden />
              </Button>
            )}
            <label className="flex items-center gap-1.5 text-soft">
              <input
                type="checkbox"
                checked={search.compare}
                onChange={(event) => change({ compare: event.target.checked })}
              />
              compare with the time before
            </label>
            <label className="flex items-center gap-1.5 text-soft">
              <input
                type="checkbox"
                checked={search.cumulative}
                onChange={(event) => change({ cumulative: event.target.checked })}
              />
              cumulative
            </label>
            {search.series.length > 1 && (
              <input
                aria-label="Formula"
                placeholder="Formula: A / B * 100"
                className="h-8 w-44 rounded-md border border-line bg-surface px-2.5 placeholder:text-faint"
                defaultValue={search.formula ?? ""}
                onBlur={(event) => change({ formula: event.target.value.trim() || undefined })}
                onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
              />
            )}
          </div>
          <Filters project={projectId} filters={search.filters} onChange={(filters) => change({ filters })} />
        </div>
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
      ) : question.enabled ? (
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

function SeriesRow({
  project,
  letter,
  series,
  onChange,
  onRemove,
}: {
  project: string;
  letter: string;
  series: Series;
  onChange: (series: Series) => void;
  onRemove?: (() => void) | undefined;
}) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <span className="flex size-6 items-center justify-center rounded bg-raised text-xs font-semibold">
        {letter}
      </span>
      <Choice
        label={`Measure of series ${letter}`}
        className="w-44"
        value={series.math}
        values={MATHS.map((one) => [one, MATH_NAMES[one]] as const)}
        onChoose={(math) =>
          onChange({ ...series, math, ...(PLAIN_MATHS.has(math) && { property: undefined }) })
        }
      />
      {!PLAIN_MATHS.has(series.math) && (
        <PropertyPicker
          project={project}
          event={series.event}
          value={series.property ?? ""}
          onChoose={(property) => onChange({ ...series, property })}
        />
      )}
      <span className="text-faint">of</span>
      <EventPicker
        project={project}
        label={`Event of series ${letter}`}
        value={series.event}
        onChoose={(event) => onChange({ ...series, event })}
      />
      <Filters
        project={project}
        event={series.event}
        filters={series.filters}
        onChange={(filters) => onChange({ ...series, filters })}
      />
      {onRemove && (
        <Button look="quiet" aria-label={`Remove series ${letter}`} onClick={onRemove}>
          <X className="size-4" aria-hidden />
        </Button>
      )}
    </div>
  );
}
