import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Card, PageHead } from "@/components/card";
import { Choice } from "@/components/field";
import { RangeChoice } from "@/components/range-choice";
import { SaveInsight } from "../insights/save-insight";
import { AnswerCard } from "../query/answer";
import { Filters } from "../query/filters";
import { frameOf } from "../query/frame";
import { EventPicker } from "../query/pickers";
import { type Edges, Flow } from "./flow";
import { type Search } from "./search";

/** The question that the page's state asks. */
function pathsParams(search: Search) {
  return {
    by: search.by,
    node: search.node,
    max_steps: search.steps,
    limit: 50,
    ...(search.start && { start: search.start }),
    ...(search.end && { end: search.end }),
    ...frameOf(search),
  };
}

/** Where people go from where. */
export function PathsPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const search = useSearch({ from: "/p/$projectId/paths" });
  const navigate = useNavigate({ from: "/p/$projectId/paths" });
  const change = (next: Partial<Search>) => navigate({ search: (old) => ({ ...old, ...next }) });
  const params = pathsParams(search);
  const isEvents = search.node === "event";
  return (
    <>
      <PageHead title="Paths">
        <RangeChoice range={search.range} timezone={search.timezone} onChange={change} />
        <SaveInsight type="paths" params={params} search={search} name={`Paths of ${search.by}s`} />
      </PageHead>
      <Card className="mb-4">
        <div className="flex flex-wrap items-center gap-2">
          <Choice
            label="Paths through"
            value={isEvents ? "event" : "$pathname"}
            values={[
              ["event", "through events"],
              ["$pathname", "through pages"],
            ]}
            onChoose={(node) => change({ node, start: undefined, end: undefined })}
          />
          <Choice
            label="Paths of"
            value={search.by}
            values={[
              ["session", "of sessions"],
              ["person", "of persons"],
            ]}
            onChoose={(by) => change({ by })}
          />
          {isEvents && (
            <>
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
            </>
          )}
          <Choice
            label="Steps"
            value={String(search.steps)}
            values={["3", "4", "5", "7", "10"].map((one) => [one, `${one} steps`] as const)}
            onChoose={(steps) => change({ steps: Number(steps) })}
          />
          <Filters project={projectId} filters={search.filters} onChange={(filters) => change({ filters })} />
        </div>
      </Card>
      <AnswerCard<Edges> question={{ project: projectId, type: "paths", params }} height="h-[32rem]">
        {({ edges }) => <Flow edges={edges} />}
      </AnswerCard>
    </>
  );
}
