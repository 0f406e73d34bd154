/** Properties by name, each with its value as text. */
export function Properties({ of }: { of: Record<string, unknown> }) {
  const entries = Object.entries(of).sort(([a], [b]) => a.localeCompare(b));
  if (entries.length === 0) return <p className="text-faint">none</p>;
  return (
    <dl className="divide-y divide-line text-xs">
      {entries.map(([name, value]) => (
        <div key={name} className="flex gap-4 py-1">
          <dt className="w-2/5 shrink-0 break-all text-soft">{name}</dt>
          <dd className="min-w-0 flex-1 font-mono break-all whitespace-pre-wrap">
            {typeof value === "string" ? value : JSON.stringify(value, null, 1)}
          </dd>
        </div>
      ))}
    </dl>
  );
}
