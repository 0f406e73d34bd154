import { PALETTE } from "@/charts/palette";
import { duration, number, percent, valueName } from "@/lib/format";

export interface FunnelStep {
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

/** A bar a step: who arrived, who was lost on the way, how long it took. */
export function FunnelBars({ funnel, onPick }: { funnel: Funnel; onPick?: (step: number) => void }) {
  return (
    <div className="flex h-full flex-col overflow-auto" tabIndex={0} role="region" aria-label="Steps">
      <ol className="flex min-h-56 flex-1 items-stretch gap-3 pt-1">
        {funnel.steps.map((step, index) => (
          <Bar
            key={step.step}
            step={step}
            before={funnel.steps[index - 1]}
            {...(onPick && { onPick: () => onPick(step.step) })}
          />
        ))}
      </ol>
      {funnel.breakdowns && <Breakdowns funnel={funnel} />}
    </div>
  );
}

function Bar({
  step,
  before,
  onPick,
}: {
  step: FunnelStep;
  before: FunnelStep | undefined;
  onPick?: () => void;
}) {
  const lost = before ? before.count - step.count : 0;
  return (
    <li className="flex min-w-32 flex-1 flex-col">
      <div className="relative min-h-24 flex-1 overflow-hidden rounded-md bg-raised">
        <svg
          className="absolute inset-0 size-full"
          preserveAspectRatio="none"
          viewBox="0 0 100 100"
          aria-hidden
        >
          <rect
            x="0"
            y={100 - step.conversion * 100}
            width="100"
            height={step.conversion * 100}
            fill={PALETTE[0]}
          />
        </svg>
        {onPick && (
          <button
            type="button"
            onClick={onPick}
            aria-label={`Persons who reached step ${step.step}, ${step.event ?? "any event"}: ${step.count}`}
            className="absolute inset-0 hover:bg-ink/5"
          />
        )}
      </div>
      <p className="mt-2 truncate font-medium" title={step.event ?? "any event"}>
        {step.step}. {step.event ?? "any event"}
      </p>
      <p className="tabular text-lg font-semibold">
        {number(step.count)} <span className="text-sm font-normal text-soft">{percent(step.conversion)}</span>
      </p>
      {!before && <p className="h-8 text-xs text-soft">started here</p>}
      {before && (
        <p className="tabular h-8 overflow-hidden text-xs text-soft">
          {lost >= 0 ? `${number(lost)} lost` : `${number(-lost)} more`}
          {before.count > 0 && ` (${percent(Math.abs(lost) / before.count)})`}
          {step.median_seconds !== null && <> · median {duration(step.median_seconds)}</>}
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
        {funnel.breakdowns?.map((row) => {
          const name = valueName(row);
          return (
            <tr key={name} className="border-t border-line">
              <th className="p-2 text-left font-medium">{name}</th>
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
