import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { Chart } from "@/charts/chart";
import { PageHead } from "@/components/card";
import { Choice } from "@/components/field";
import { RangeChoice } from "@/components/range-choice";
import { Empty } from "@/components/states";
import { ask } from "@/lib/api";
import { datesOf, localZone } from "@/lib/ranges";
import { AnswerCard } from "../query/answer";
import { EventPicker } from "../query/pickers";
import { type Search } from "./search";

interface Edge {
  step: number;
  from: string;
  to: string;
  count: number;
}

/** Where people go from where. */
export function PathsPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const search = useSearch({ from: "/p/$projectId/paths" });
  const navigate = useNavigate({ from: "/p/$projectId/paths" });
  const change = (next: Partial<Search>) => navigate({ search: (old) => ({ ...old, ...next }) });
  const query = useQuery({
    queryKey: ["paths", projectId, search],
    queryFn: ({ signal }) =>
      ask<{ edges: Edge[] }>(
        projectId,
        "paths",
        {
          by: search.by,
          node: "event",
          max_steps: search.steps,
          limit: 50,
          ...(search.start && { start: search.start }),
          ...(search.end && { end: search.end }),
          timezone: localZone,
          ...datesOf(search.range),
        },
        signal,
      ),
  });
  return (
    <>
      <PageHead title="Paths">
        <Choice
          label="Paths of"
          value={search.by}
          values={[
            ["session", "of sessions"],
            ["person", "of persons"],
          ]}
          onChoose={(by) => change({ by })}
        />
        <span className="text-faint">from</span>
        <EventPicker
          project={projectId}
          label="Start"
          value={search.start ?? null}
          onChoose={(start) => change({ start: start ?? undefined })}
        />
        <span className="text-faint">to</span>
        <EventPicker
          project={projectId}
          label="End"
          value={search.end ?? null}
          onChoose={(end) => change({ end: end ?? undefined })}
        />
        <Choice
          label="Steps"
          value={String(search.steps)}
          values={["3", "4", "5", "7", "10"].map((one) => [one, `${one} steps`] as const)}
          onChoose={(steps) => change({ steps: Number(steps) })}
        />
        <RangeChoice range={search.range} onChoose={(range) => change({ range })} />
      </PageHead>
      <AnswerCard query={query}>
        {({ edges }) =>
          edges.length ? (
            <Flow edges={edges} />
          ) : (
            <Empty title="No paths in this range">Choose a longer one.</Empty>
          )
        }
      </AnswerCard>
    </>
  );
}

function Flow({ edges }: { edges: Edge[] }) {
  const option = useMemo(() => {
    const key = (step: number, name: string) => `${step} ${name}`;
    const names = new Set(edges.flatMap((edge) => [key(edge.step, edge.from), key(edge.step + 1, edge.to)]));
    return {
      tooltip: { trigger: "item", confine: true },
      series: [
        {
          type: "sankey",
          left: 8,
          right: 140,
          top: 12,
          bottom: 12,
          nodeGap: 10,
          data: [...names].map((name) => ({ name })),
          links: edges.map((edge) => ({
            source: key(edge.step, edge.from),
            target: key(edge.step + 1, edge.to),
            value: edge.count,
          })),
          label: {
            formatter: ({ name }: { name: string }) => name.slice(name.indexOf(" ") + 1),
            color: "inherit",
          },
          lineStyle: { color: "gradient", opacity: 0.35 },
          emphasis: { focus: "adjacency" },
        },
      ],
    };
  }, [edges]);
  return <Chart option={option} label={`Paths: ${edges.length} transitions`} className="h-[32rem]" />;
}
