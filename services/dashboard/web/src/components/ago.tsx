import { ago, moment } from "@/lib/format";
import { useNow } from "@/lib/now";

/** How long ago, kept up to date; the exact instant on hover. */
export function Ago({ at, className = "" }: { at: string; className?: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={moment(at)} className={className}>
      {ago(at, Math.max(now, Date.now()))}
    </time>
  );
}
