import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Button } from "@/components/button";
import { Choice } from "@/components/field";
import { Modal } from "@/components/modal";
import { Empty, Failure, Loading } from "@/components/states";
import { ask } from "@/lib/api";

interface Page {
  persons: { distinct_id: string; times: string[] }[];
  next: string | null;
}

/** Who stands behind a bar: those who reached the step, or those who were lost before it. */
export function FunnelPersons({
  project,
  params,
  step,
  onClose,
}: {
  project: string;
  params: object;
  step: number;
  onClose: () => void;
}) {
  const [reached, setReached] = useState<"true" | "false">("true");
  const { data, error, fetchNextPage, hasNextPage } = useInfiniteQuery({
    queryKey: ["funnel_persons", project, params, step, reached],
    queryFn: ({ signal, pageParam }) => {
      const { breakdown: _, ...funnel } = params as Record<string, unknown>;
      const page = {
        ...funnel,
        step,
        reached: reached === "true",
        limit: 50,
        ...(pageParam && { cursor: pageParam }),
      };
      return ask<Page>(project, "funnel_persons", page, signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.result.next,
  });
  const persons = data?.pages.flatMap((page) => page.result.persons);
  return (
    <Modal title={`Step ${step}`} onClose={onClose}>
      {step > 1 && (
        <Choice
          label="Which persons"
          className="mb-3 w-64"
          value={reached}
          values={[
            ["true", "who reached this step"],
            ["false", "who were lost before it"],
          ]}
          onChoose={setReached}
        />
      )}
      {error ? (
        <Failure error={error} />
      ) : !persons ? (
        <Loading />
      ) : persons.length === 0 ? (
        <Empty title="Nobody" />
      ) : (
        <ul className="divide-y divide-line">
          {persons.map((person) => (
            <li key={person.distinct_id} className="flex justify-between gap-4 py-1.5">
              <Link
                to="/p/$projectId/persons"
                params={{ projectId: project }}
                search={{ distinct_id: person.distinct_id }}
                className="truncate text-accent hover:underline"
              >
                {person.distinct_id}
              </Link>
              <time className="tabular text-xs text-faint">{person.times.at(-1)}</time>
            </li>
          ))}
        </ul>
      )}
      {hasNextPage && (
        <Button className="mt-3" onClick={() => fetchNextPage()}>
          More
        </Button>
      )}
    </Modal>
  );
}
