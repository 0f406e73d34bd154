import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";
import { Card } from "@/components/card";
import { Copied } from "@/components/copied";
import { surroundingsQuery } from "@/lib/projects";
import { SNIPPETS } from "./snippets";

/** The ways to send an event, each to be pasted as it is. */
export function SnippetCard({ apiKey }: { apiKey: string | undefined }) {
  const { data: surroundings } = useQuery(surroundingsQuery);
  const [chosen, setChosen] = useState(0);
  const snippet = SNIPPETS[chosen];
  const code =
    snippet?.code({
      url: surroundings?.capture_url ?? "",
      key: apiKey ?? "YOUR_KEY",
      dashboard: location.origin,
    }) ?? "";

  function onKey(event: KeyboardEvent<HTMLElement>) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = (chosen + step + SNIPPETS.length) % SNIPPETS.length;
    setChosen(next);
    (event.currentTarget.children[next] as HTMLElement | undefined)?.focus();
  }

  return (
    <Card title="2. Send an event" actions={<Copied text={code} />}>
      <div role="tablist" aria-label="Ways to send" className="mb-3 flex flex-wrap gap-1" onKeyDown={onKey}>
        {SNIPPETS.map((one, index) => (
          <button
            key={one.name}
            type="button"
            role="tab"
            aria-selected={index === chosen}
            aria-controls="snippet"
            tabIndex={index === chosen ? 0 : -1}
            onClick={() => setChosen(index)}
            className={`rounded-md px-2.5 py-1 ${index === chosen ? "bg-accent-wash font-medium text-accent" : "text-soft hover:bg-raised"}`}
          >
            {one.name}
          </button>
        ))}
      </div>
      <div id="snippet" role="tabpanel" aria-label={snippet?.name} className="min-h-56 space-y-2">
        {snippet?.install && (
          <pre className="overflow-x-auto rounded-md border border-line px-3 py-2 text-xs" tabIndex={0}>
            <code>{snippet.install}</code>
          </pre>
        )}
        <pre
          className="min-h-28 overflow-x-auto rounded-md bg-raised p-3 text-xs leading-relaxed"
          tabIndex={0}
        >
          <code>{code}</code>
        </pre>
        {snippet?.note && <p className="text-xs text-soft">{snippet.note}</p>}
      </div>
    </Card>
  );
}
