import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/button";
import { Modal } from "@/components/modal";
import { Empty, Failure, Loading } from "@/components/states";
import { ICONS } from "../insights/icons";
import { type Insight, PAGE_OF } from "../insights/insight";
import { savedQuery } from "../insights/saved";

/** Offers what was saved, and the pages on which something new is asked. */
export function AddInsight({ project, onAdd }: { project: string; onAdd: (insight: Insight) => void }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button look="primary" onClick={() => setOpen(true)}>
        <Plus className="size-4" aria-hidden /> Add insight
      </Button>
      {isOpen && (
        <Modal title="Add an insight" onClose={() => setOpen(false)}>
          <Saved
            project={project}
            onAdd={(insight) => {
              onAdd(insight);
              setOpen(false);
            }}
          />
          <h3 className="mt-5 mb-2 text-xs font-semibold text-soft">
            Or ask something new; Save leads back here
          </h3>
          <ul className="grid grid-cols-2 gap-2 sm:grid-cols-4">
            {Object.entries(ICONS).map(([kind, Icon]) => (
              <li key={kind}>
                <Link
                  to={`/p/$projectId/${kind}` as "/p/$projectId/trends"}
                  params={{ projectId: project }}
                  className="flex items-center gap-2 rounded-md border border-line px-2.5 py-2 capitalize hover:bg-raised"
                >
                  <Icon className="size-4 text-soft" aria-hidden /> {kind}
                </Link>
              </li>
            ))}
          </ul>
        </Modal>
      )}
    </>
  );
}

function Saved({ project, onAdd }: { project: string; onAdd: (insight: Insight) => void }) {
  const { data, error, refetch } = useQuery(savedQuery(project));
  const [text, setText] = useState("");
  if (error) return <Failure error={error} again={() => void refetch()} />;
  if (!data) return <Loading height="h-32" />;
  const found = data.filter((one) => one.name.toLowerCase().includes(text.toLowerCase()));
  return (
    <>
      <input
        type="search"
        aria-label="Search saved insights"
        placeholder="Search saved insights"
        autoFocus
        className="mb-2 h-8 w-full rounded-md border border-line bg-surface px-2.5 placeholder:text-faint"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {found.length === 0 ? (
        <Empty title={data.length ? "Nothing like that was saved" : "Nothing was saved yet"} />
      ) : (
        <ul className="max-h-64 overflow-y-auto">
          {found.map((one) => {
            const Icon = ICONS[PAGE_OF[one.widget.type] ?? ""];
            return (
              <li key={one.id}>
                <button
                  type="button"
                  className="flex w-full items-center gap-2 rounded-md px-2 py-1.5 text-left hover:bg-raised"
                  onClick={() => onAdd({ ...one.widget, title: one.name })}
                >
                  {Icon && <Icon className="size-4 shrink-0 text-faint" aria-hidden />}
                  <span className="min-w-0 flex-1 truncate">{one.name}</span>
                  <span className="text-xs text-faint">{one.widget.type}</span>
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </>
  );
}
