import type { CSSProperties } from "react";
import { PALETTE } from "@/charts/palette";
import { duration, number, percent, valueName } from "@/lib/format";

interface FunnelStep {
  step: number;
  event: string | null;
  count: number;
  conversion: number;
  average_seconds: number | null;
  median_seconds: number | null;
}

export interface Funnel {
  steps: FunnelStep[];
  histogram?: {
    from_step: number;
    to_step: number;
    bins: { from_seconds: number; to_seconds: number; count: number }[];
  }[];
  over_time?: { labels: string[]; entered: number[]; converted: number[] };
  breakdowns?: { breakdown: (string | null)[] | null; other?: boolean; steps: FunnelStep[] }[];
}

/** Values of a breakdown that have a bar of their own; the table below has all. */
const BARS_MAX = 8;

/** A bar a step (upright, or lying on a phone): who arrived, who was lost on the way, how long it took. */
export function FunnelBars({ funnel, onPick }: { funnel: Funnel; onPick?: (step: number) => void }) {
  return (
    <div className="flex h-full flex-col overflow-auto" tabIndex={0} role="region" aria-label="Steps">
      <ol className="flex flex-1 flex-col gap-3 pt-1 sm:min-h-56 sm:flex-row sm:items-stretch">
        {funnel.steps.map((step, index) => (
          <Bar
            key={step.step}
            step={step}
            before={funnel.steps[index - 1]}
            shares={sharesOf(funnel, index)}
            {...(onPick && { onPick: () => onPick(step.step) })}
          />
        ))}
      </ol>
      {funnel.breakdowns && <Breakdowns funnel={funnel} />}
    </div>
  );
}

/** How full the bars of a step are: one bar for all, or one a value of the breakdown. */
function sharesOf({ steps, breakdowns }: Funnel, index: number): number[] {
  if (!breakdowns?.length) return [steps[index]?.conversion ?? 0];
  return breakdowns.slice(0, BARS_MAX).map((row) => row.steps[index]?.conversion ?? 0);
}

function Bar({
  step,
  before,
  shares,
  onPick,
}: {
  step: FunnelStep;
  before: FunnelStep | undefined;
  shares: number[];
  onPick?: () => void;
}) {
  const lost = before ? before.count - step.count : 0;
  const name = step.event ?? "any event";
  return (
    <li className="flex min-w-32 flex-1 flex-col">
      <div className="relative flex min-h-6 flex-col gap-0.5 overflow-hidden rounded-md sm:min-h-24 sm:flex-1 sm:flex-row sm:gap-1">
        {shares.map((share, at) => (
          <span key={at} className="relative min-h-3 flex-1 overflow-hidden rounded bg-raised" aria-hidden>
            <span
              className="absolute bottom-0 left-0 h-full w-[var(--share)] rounded transition-[height,width] duration-200 sm:h-[var(--share)] sm:w-full"
              style={
                {
                  "--share": `${Math.min(1, share) * 100}%`,
                  background: PALETTE[at % PALETTE.length],
                } as CSSProperties
              }
            />
          </span>
        ))}
        {onPick && (
          <button
            type="button"
            onClick={onPick}
            aria-label={`Persons who reached step ${step.step}, ${name}: ${step.count}`}
            className="absolute inset-0 rounded-md hover:bg-ink/5"
          />
        )}
      </div>
      <p className="mt-2 truncate font-medium" title={name}>
        {step.step}. {name}
      </p>
      <p className="tabular text-lg font-semibold">
        {number(step.count)} <span className="text-sm font-normal text-soft">{percent(step.conversion)}</span>
      </p>
      {!before && <p className="text-xs text-soft sm:h-8">started here</p>}
      {before && (
        <p className="tabular overflow-hidden text-xs text-soft sm:h-8">
          {lost >= 0 ? `${number(lost)} lost` : `${number(-lost)} more`}
          {before.count > 0 && ` (${percent(Math.abs(lost) / before.count)})`}
          {step.median_seconds !== null && (
            <span title={`mean ${duration(step.average_seconds)}`}>
              {" "}
              · median {duration(step.median_seconds)}
            </span>
          )}
        </p>
      )}
    </li>
  );
}

function Breakdowns({ funnel }: { funnel: Funnel }) {
  return (
    <table className="tabular mt-6 w-full">
      <thead>
        <tr className="text-left text-xs text-faint">
          <th className="p-2 font-medium">Value</th>
          {funnel.steps.map((step) => (
            <th key={step.step} className="p-2 text-right font-medium">
              {step.event ?? "any event"}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {funnel.breakdowns?.map((row, at) => {
          const name = valueName(row);
          return (
            <tr key={name} className="border-t border-line">
              <th className="p-2 text-left font-medium">
                <span
                  className="mr-2 inline-block size-2.5 rounded-sm"
                  style={{ background: at < BARS_MAX ? PALETTE[at % PALETTE.length] : "transparent" }}
                  aria-hidden
                />
                {name}
              </th>
              {row.steps.map((step) => (
                <td key={step.step} className="p-2 text-right">
                  {number(step.count)} <span className="text-xs text-faint">{percent(step.conversion)}</span>
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
