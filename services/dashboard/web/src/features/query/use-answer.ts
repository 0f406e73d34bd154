import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Answer, ask, call } from "@/lib/api";

/** A question to the query API. */
export interface Question {
  project: string;
  type: string;
  params: object;
  enabled?: boolean;
  /** Milliseconds between two askings; absent: once. */
  every?: number | undefined;
}

interface JobState {
  job_id: string;
  status: "pending" | "running" | "completed" | "failed";
  progress?: number;
  result?: unknown;
}

const answerKey = ({ project, type, params }: Question) => ["answer", project, type, params];

/** Asks, and offers what one can do about it: ask again, stop, or run it as a job. */
export function useAnswer<T>(question: Question) {
  const { project, type, params, enabled = true, every } = question;
  const client = useQueryClient();
  const key = answerKey(question);
  const [job, setJob] = useState<string>();
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => ask<T>(project, type, params, signal),
    enabled,
    refetchInterval: every ?? false,
    placeholderData: keepPreviousData,
  });
  return {
    ...query,
    job,
    /** Stops the query that runs, in the engine too. */
    stop: () => void client.cancelQueries({ queryKey: key, exact: true }),
    /** Counts again, past the cache. */
    askFresh: () =>
      client.fetchQuery({
        queryKey: key,
        queryFn: ({ signal }) => ask<T>(project, type, { ...params, refresh: true }, signal),
        staleTime: 0,
        retry: false,
      }),
    asJob: async () => {
      const made = await call<JobState>("/query/api/query/async", {
        body: { project_id: project, type, params },
      });
      setJob(made.job_id);
    },
    onJobDone: (answer: Answer<T>) => {
      setJob(undefined);
      client.setQueryData(key, answer);
    },
    leaveJob: () => setJob(undefined),
  };
}

/** A job until it has ended. */
export function useJob(project: string, id: string) {
  const path = `/query/api/query/async/${id}?project_id=${project}`;
  const query = useQuery({
    queryKey: ["job", project, id],
    queryFn: ({ signal }) => call<JobState>(path, { signal }),
    refetchInterval: ({ state }) =>
      state.data?.status === "completed" || state.data?.status === "failed" ? false : 500,
    gcTime: 0,
  });
  return { ...query, cancel: () => call(path, { method: "DELETE" }) };
}
