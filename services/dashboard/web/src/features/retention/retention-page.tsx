import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { PageHead } from "@/components/card";
import { Choice } from "@/components/field";
import { ask } from "@/lib/api";
import { bucket, number, percent } from "@/lib/format";
import { localZone } from "@/lib/ranges";
import { AnswerCard } from "../query/answer";
import { EventPicker } from "../query/pickers";
import { PERIODS, type Search } from "./search";

interface Retention {
  cohorts: { start: string; values: number[] }[];
}

/** Who comes back: cohorts down, periods across, the darker the more. */
export function RetentionPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const search = useSearch({ from: "/p/$projectId/retention" });
  const navigate = useNavigate({ from: "/p/$projectId/retention" });
  const change = (next: Partial<Search>) => navigate({ search: (old) => ({ ...old, ...next }) });
  const query = useQuery({
    queryKey: ["retention", projectId, search],
    queryFn: ({ signal }) =>
      ask<Retention>(
        projectId,
        "retention",
        {
          period: search.period,
          intervals: search.intervals,
          retention_type: search.type,
          target: { event: search.target },
          returning: { event: search.returning },
          timezone: localZone,
        },
        signal,
      ),
  });
  return (
    <>
      <PageHead title="Retention">
        <EventPicker
          project={projectId}
          label="Did"
          value={search.target}
          onChoose={(target) => change({ target })}
        />
        <Choice
          label="Cohorts"
          value={search.type}
          values={[
            ["first_time", "for the first time"],
            ["recurring", "in any period"],
          ]}
          onChoose={(type) => change({ type })}
        />
        <span className="text-faint">came back and did</span>
        <EventPicker
          project={projectId}
          label="Came back and did"
          value={search.returning}
          onChoose={(returning) => change({ returning })}
        />
        <Choice
          label="Period"
          value={search.period}
          values={PERIODS.map((one) => [one, `by ${one}`] as const)}
          onChoose={(period) => change({ period })}
        />
        <Choice
          label="Periods"
          value={String(search.intervals)}
          values={["4", "8", "12", "24"].map((one) => [one, `${one} periods`] as const)}
          onChoose={(intervals) => change({ intervals: Number(intervals) })}
        />
      </PageHead>
      <AnswerCard query={query}>{(result) => <Triangle result={result} period={search.period} />}</AnswerCard>
    </>
  );
}

/** Five washes of the accent, from nobody to everybody. */
const WASHES = [
  "",
  "bg-accent/15",
  "bg-accent/30",
  "bg-accent/50",
  "bg-accent/70 text-accent-ink",
  "bg-accent text-accent-ink",
];

function Triangle({ result, period }: { result: Retention; period: string }) {
  const columns = Math.max(...result.cohorts.map((cohort) => cohort.values.length), 1);
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Retention by cohort">
      <table className="tabular w-full border-separate border-spacing-0.5 text-center">
        <thead>
          <tr className="text-xs text-faint">
            <th className="p-2 text-left font-medium">Cohort</th>
            <th className="p-2 font-medium">Persons</th>
            {Array.from({ length: columns - 1 }, (_, index) => (
              <th key={`+${index + 1}`} className="p-2 font-medium">
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
                const wash = WASHES[share === 0 ? 0 : Math.min(5, Math.ceil(share * 5))];
                return (
                  <td
                    key={`+${index + 1}`}
                    className={`rounded p-2 ${wash}`}
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
