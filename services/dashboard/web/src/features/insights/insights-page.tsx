import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { Ago } from "@/components/ago";
import { AskName } from "@/components/ask-name";
import { Button } from "@/components/button";
import { Card, PageHead } from "@/components/card";
import { Confirm } from "@/components/confirm";
import { Search } from "@/components/search";
import { Empty, Failure, Loading } from "@/components/states";
import { useRights } from "@/lib/projects";
import { AddTo } from "./add-to";
import { ICONS } from "./icons";
import { PAGE_OF, type SavedInsight } from "./insight";
import { changeInsight, removeInsight, savedQuery } from "./saved";

/** Everything that was saved under a name, to be found and opened again. */
export function InsightsPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const { search = "" } = useSearch({ from: "/p/$projectId/insights" });
  const navigate = useNavigate({ from: "/p/$projectId/insights" });
  const { data, error, refetch } = useQuery(savedQuery(projectId));
  const words = search.toLowerCase();
  const found = data?.filter(
    (one) => one.name.toLowerCase().includes(words) || one.widget.type.includes(words),
  );
  return (
    <>
      <PageHead title="Insights">
        <Search
          label="Search saved insights"
          placeholder="Name or kind"
          value={search}
          onSearch={(text) => navigate({ search: { search: text || undefined } })}
        />
      </PageHead>
      <Card>
        {error ? (
          <Failure error={error} again={() => void refetch()} />
        ) : !found ? (
          <Loading />
        ) : found.length === 0 ? (
          <Empty title={data?.length ? "Nothing like that was saved" : "Nothing was saved yet"}>
            Ask on Trends, Funnels or any other page, and press Save: it waits here under its name.
          </Empty>
        ) : (
          <ul className="divide-y divide-line">
            {found.map((one) => (
              <Row key={one.id} project={projectId} insight={one} />
            ))}
          </ul>
        )}
      </Card>
    </>
  );
}

function Row({ project, insight }: { project: string; insight: SavedInsight }) {
  const client = useQueryClient();
  const { mayWrite } = useRights(project);
  const [asked, setAsked] = useState<"rename" | "remove">();
  const done = async () => {
    setAsked(undefined);
    await client.invalidateQueries(savedQuery(project));
  };
  const rename = useMutation({
    mutationFn: (name: string) =>
      changeInsight(project, insight.id, { name, widget: { ...insight.widget, title: name } }),
    onSuccess: done,
  });
  const remove = useMutation({ mutationFn: () => removeInsight(project, insight.id), onSuccess: done });
  const page = PAGE_OF[insight.widget.type];
  const Icon = ICONS[page ?? ""] ?? ICONS.trends;
  return (
    <li className="flex items-center gap-3 py-2">
      {Icon && <Icon className="size-4 shrink-0 text-faint" aria-hidden />}
      <span className="min-w-0 flex-1">
        {page && insight.widget.search ? (
          <Link
            to={`/p/$projectId/${page}` as "/p/$projectId/trends"}
            params={{ projectId: project }}
            search={insight.widget.search as never}
            className="block truncate font-medium hover:text-accent"
          >
            {insight.name}
          </Link>
        ) : (
          <span className="block truncate font-medium">{insight.name}</span>
        )}
        <span className="block text-xs text-faint">
          {insight.widget.type} · changed <Ago at={insight.updated_at} />
        </span>
      </span>
      {mayWrite && (
        <>
          <AddTo project={project} insight={{ ...insight.widget, title: insight.name }} />
          <Button
            look="quiet"
            className="!px-2"
            aria-label={`Rename ${insight.name}`}
            onClick={() => setAsked("rename")}
          >
            <Pencil className="size-4" aria-hidden />
          </Button>
          <Button
            look="quiet"
            className="!px-2"
            aria-label={`Remove ${insight.name}`}
            onClick={() => setAsked("remove")}
          >
            <Trash2 className="size-4" aria-hidden />
          </Button>
        </>
      )}
      {asked === "rename" && (
        <AskName
          title="Rename this insight"
          action="Rename"
          name={insight.name}
          error={rename.error}
          isBusy={rename.isPending}
          onName={(name) => rename.mutate(name)}
          onClose={() => setAsked(undefined)}
        />
      )}
      {asked === "remove" && (
        <Confirm
          title={`Remove “${insight.name}”?`}
          action="Remove"
          error={remove.error}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate()}
          onClose={() => setAsked(undefined)}
        >
          Dashboards that show it keep it.
        </Confirm>
      )}
    </li>
  );
}
