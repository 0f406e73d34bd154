import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type LucideIcon, LayoutDashboard } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { Modal } from "@/components/modal";
import { dashboardsQuery } from "../insights/dashboards";
import { ICONS } from "../insights/icons";
import { PAGE_OF } from "../insights/insight";
import { savedQuery } from "../insights/saved";
import { GROUPS } from "./pages";

interface Place {
  name: string;
  kind: string;
  icon: LucideIcon | undefined;
  href: string;
  search?: Record<string, unknown> | undefined;
}

/** Places that are shown at once. */
const SHOWN_MAX = 12;

/** Any page, dashboard or saved insight by a few letters of its name. */
export function GoTo({ project, onClose }: { project: string; onClose: () => void }) {
  const navigate = useNavigate();
  const places = usePlaces(project);
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const words = text.toLowerCase();
  const found = places.filter((one) => one.name.toLowerCase().includes(words)).slice(0, SHOWN_MAX);

  function go(place: Place | undefined) {
    if (!place) return;
    onClose();
    void navigate({ to: place.href, search: (place.search ?? {}) as never });
  }

  function onKey(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setActive((active + step + found.length) % Math.max(1, found.length));
    }
    if (event.key === "Enter") go(found[active]);
  }

  return (
    <Modal title="Go to" onClose={onClose}>
      <input
        role="combobox"
        aria-label="Go to"
        aria-expanded
        aria-controls="places"
        aria-activedescendant={found[active] ? `place-${active}` : undefined}
        autoFocus
        placeholder="A page, a dashboard, a saved insight"
        className="mb-2 h-9 w-full rounded-md border border-line bg-surface px-2.5 placeholder:text-faint"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKey}
      />
      <ul id="places" role="listbox" aria-label="Places" className="min-h-64">
        {found.map(({ name, kind, icon: Icon, ...place }, index) => (
          <li
            key={`${place.href}${name}`}
            id={`place-${index}`}
            role="option"
            aria-selected={index === active}
            className={`flex cursor-pointer items-center gap-2 rounded-md px-2 py-1.5 ${index === active ? "bg-accent-wash" : "hover:bg-raised"}`}
            onClick={() => go({ name, kind, icon: Icon, ...place })}
          >
            {Icon && <Icon className="size-4 shrink-0 text-soft" aria-hidden />}
            <span className="min-w-0 flex-1 truncate">{name}</span>
            <span className="text-xs text-faint">{kind}</span>
          </li>
        ))}
      </ul>
    </Modal>
  );
}

function usePlaces(project: string): Place[] {
  const { data: dashboards = [] } = useQuery(dashboardsQuery(project));
  const { data: saved = [] } = useQuery(savedQuery(project));
  const base = `/p/${project}`;
  return [
    ...GROUPS.flatMap((group) =>
      group.pages.map(({ to, name, icon }) => ({ name, icon, kind: "page", href: `${base}/${to}` })),
    ),
    ...dashboards.map(({ id, name }) => ({
      name,
      kind: "dashboard",
      icon: LayoutDashboard,
      href: `${base}/dashboards/${id}`,
    })),
    ...saved.flatMap(({ name, widget }) => {
      const page = PAGE_OF[widget.type];
      if (!page || !widget.search) return [];
      return [{ name, kind: widget.type, icon: ICONS[page], href: `${base}/${page}`, search: widget.search }];
    }),
  ];
}
