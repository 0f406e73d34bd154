import { useMemo } from "react";
import { Chart } from "@/charts/chart";
import { PALETTE } from "@/charts/palette";
import { Empty } from "@/components/states";
import { number } from "@/lib/format";

export interface Edge {
  step: number;
  from: string;
  to: string;
  count: number;
}

export interface Edges {
  edges: Edge[];
}

const key = (step: number, name: string) => `${step} ${name}`;
const nameOf = (node: string) => node.slice(node.indexOf(" ") + 1);

/** Where people go from where, as a flow from left to right. */
export function Flow({ edges, className = "h-[32rem]" }: { edges: Edge[]; className?: string }) {
  const option = useMemo(() => {
    const names = new Set(edges.flatMap((edge) => [key(edge.step, edge.from), key(edge.step + 1, edge.to)]));
    const kinds = [...new Set([...names].map(nameOf))];
    const colour = (name: string) => PALETTE[kinds.indexOf(name) % PALETTE.length];
    return {
      tooltip: { trigger: "item", valueFormatter: (value: number) => number(value) },
      series: [
        {
          type: "sankey",
          animation: false,
          left: 8,
          right: 120,
          top: 8,
          bottom: 8,
          nodeGap: 12,
          nodeWidth: 12,
          nodeAlign: "left",
          draggable: false,
          data: [...names].map((name) => ({
            name,
            depth: Number.parseInt(name, 10) - 1,
            itemStyle: { color: colour(nameOf(name)) },
          })),
          links: edges.map((edge) => ({
            source: key(edge.step, edge.from),
            target: key(edge.step + 1, edge.to),
            value: edge.count,
          })),
          label: {
            formatter: ({ name }: { name: string }) => nameOf(name),
            overflow: "truncate",
            width: 110,
          },
          lineStyle: { color: "source", opacity: 0.25 },
          emphasis: { focus: "adjacency" },
        },
      ],
    };
  }, [edges]);
  if (edges.length === 0) return <Empty title="No paths in this range">Choose a longer one.</Empty>;
  return (
    <div className={`overflow-x-auto ${className}`} tabIndex={0} role="region" aria-label="Paths">
      <Chart option={option} label={`Paths: ${edges.length} transitions`} className="h-full min-w-[40rem]" />
    </div>
  );
}
