import { Empty } from "@/components/states";
import { bucket, number, percent } from "@/lib/format";

export interface Retention {
  cohorts: { start: string; values: number[] }[];
}

/** Washes of the accent, from nobody to everybody; the last two need light letters. */
const WASHES = [
  "",
  "bg-accent/10",
  "bg-accent/20",
  "bg-accent/30",
  "bg-accent/40",
  "bg-accent/50",
  "bg-accent text-accent-ink",
];

const wash = (share: number) => WASHES[share === 0 ? 0 : Math.min(6, Math.ceil(share * 6))];

/** Cohorts down, periods across, the darker the more. */
export function Triangle({ result, period }: { result: Retention; period: string }) {
  if (result.cohorts.every(({ values }) => !values[0]))
    return <Empty title="Nobody did it in this range">Choose more periods or another event.</Empty>;
  const columns = Math.max(...result.cohorts.map((cohort) => cohort.values.length), 1);
  return (
    <div className="h-full overflow-auto" tabIndex={0} role="region" aria-label="Retention by cohort">
      <table className="tabular w-full border-separate border-spacing-0.5 text-center">
        <thead>
          <tr className="text-xs text-faint">
            <th className="p-2 text-left font-medium">Cohort</th>
            <th className="p-2 font-medium">Persons</th>
            {Array.from({ length: columns - 1 }, (_, index) => (
              <th key={`+${index + 1}`} className="p-2 font-medium whitespace-nowrap">
                {period} {index + 1}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {result.cohorts.map(({ start, values: [size = 0, ...rest] }) => (
            <tr key={start}>
              <th className="p-2 text-left font-medium whitespace-nowrap">{bucket(start, period)}</th>
              <td className="p-2 font-semibold">{number(size)}</td>
              {rest.map((value, index) => {
                const share = size ? value / size : 0;
                return (
                  <td
                    key={`+${index + 1}`}
                    className={`rounded p-2 ${wash(share)}`}
                    title={`${number(value)} of ${number(size)}`}
                  >
                    {size ? percent(share) : "–"}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
