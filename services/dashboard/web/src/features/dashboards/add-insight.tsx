import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { Button } from "@/components/button";

const KINDS = ["trends", "funnels", "retention", "paths", "sessions", "lifecycle", "stickiness"] as const;

/** Leads to the page where an insight is asked; its Save button leads back. */
export function AddInsight({ project }: { project: string }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button look="primary">
          <Plus className="size-4" aria-hidden /> Add insight
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={6}
          className="z-40 min-w-40 rounded-card border border-line bg-surface p-1 shadow-lg"
        >
          {KINDS.map((kind) => (
            <DropdownMenu.Item key={kind} asChild>
              <Link
                to={`/p/$projectId/${kind}` as "/p/$projectId/trends"}
                params={{ projectId: project }}
                className="block rounded-md px-2.5 py-1.5 capitalize outline-none data-highlighted:bg-raised"
              >
                {kind}
              </Link>
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
