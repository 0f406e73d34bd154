import { Link } from "@tanstack/react-router";
import { Ellipsis } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { AskName } from "@/components/ask-name";
import { Button } from "@/components/button";
import { type Insight, PAGE_OF } from "../insights/insight";

const ITEM = "block w-full rounded-md px-2.5 py-1.5 text-left outline-none data-highlighted:bg-raised";

/** What one can do with a widget. */
export function WidgetMenu({
  project,
  widget,
  mayWrite,
  onRename,
  onRemove,
}: {
  project: string;
  widget: Insight;
  mayWrite: boolean;
  onRename: (title: string) => void;
  onRemove: () => void;
}) {
  const [isRenaming, setRenaming] = useState(false);
  const page = widget.search && PAGE_OF[widget.type];
  if (!page && !mayWrite) return null;
  return (
    <>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger asChild>
          <Button look="quiet" className="!h-7 !px-1.5" aria-label={`More about ${widget.title}`}>
            <Ellipsis className="size-4" aria-hidden />
          </Button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content
            align="end"
            className="z-40 min-w-36 rounded-card border border-line bg-surface p-1 shadow-lg"
          >
            {page && (
              <DropdownMenu.Item asChild>
                <Link
                  to={`/p/$projectId/${page}` as "/p/$projectId/trends"}
                  params={{ projectId: project }}
                  search={widget.search as never}
                  className={ITEM}
                >
                  Open
                </Link>
              </DropdownMenu.Item>
            )}
            {mayWrite && (
              <>
                <DropdownMenu.Item className={ITEM} onSelect={() => setRenaming(true)}>
                  Rename
                </DropdownMenu.Item>
                <DropdownMenu.Item className={`${ITEM} text-bad`} onSelect={onRemove}>
                  Remove
                </DropdownMenu.Item>
              </>
            )}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {isRenaming && (
        <AskName
          title="Rename this insight"
          action="Rename"
          name={widget.title}
          onName={(title) => {
            setRenaming(false);
            onRename(title);
          }}
          onClose={() => setRenaming(false)}
        />
      )}
    </>
  );
}
