import { Ago } from "@/components/ago";
import { Card } from "@/components/card";
import { Empty } from "@/components/states";
import { duration, number } from "@/lib/format";
import type { Partition } from "./pipeline";

/** A lag above this, in ms, is worth a look. */
const LATE = 5_000;

/** How far the consumer is in each partition of the log. */
export function Partitions({ lag }: { lag: Partition[] }) {
  return (
    <Card title="Partitions" actions={<span className="text-xs text-faint">how far the consumer is</span>}>
      {lag.length === 0 ? (
        <Empty title="Nothing was consumed yet" />
      ) : (
        <div className="max-h-80 overflow-auto" tabIndex={0} role="region" aria-label="Lag by partition">
          <table className="tabular w-full">
            <thead>
              <tr className="text-left text-xs text-faint">
                <th className="py-1 font-medium">Partition</th>
                <th className="py-1 text-right font-medium">Position</th>
                <th className="py-1 text-right font-medium">Last event</th>
                <th className="py-1 text-right font-medium">Lag</th>
              </tr>
            </thead>
            <tbody>
              {lag.map((one) => (
                <tr key={one.partition} className="border-t border-line">
                  <th className="py-1 text-left font-medium">{one.partition}</th>
                  <td className="py-1 text-right">{number(one.next_offset)}</td>
                  <td className="py-1 text-right text-soft">
                    <Ago at={one.last_appended_at} />
                  </td>
                  <td
                    className={`py-1 text-right ${one.lag_ms === null || one.lag_ms > LATE ? "text-warn" : "text-good"}`}
                  >
                    {one.lag_ms === null ? "unknown" : duration(one.lag_ms / 1000)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
