import { useQuery } from "@tanstack/react-query";
import type { components } from "@/api/query";
import { type ReactNode, useEffect, useState } from "react";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { Freshness } from "@/components/freshness";
import { Empty, Failure, Loading } from "@/components/states";
import { ApiError, call } from "@/lib/api";
import { duration, number } from "@/lib/format";
import { Job } from "./job";
import { type Question, useAnswer } from "./use-answer";

/** How long a question may take before one is offered to stop it, in ms. */
const PATIENCE = 2_000;

/** A card that holds an answer: while it is asked for, when it fails, and with how fresh it is. */
export function AnswerCard<T>({
  question,
  children,
  title,
  actions,
  height = "h-96",
}: {
  question: Question;
  children: (result: T) => ReactNode;
  title?: string;
  actions?: ReactNode;
  height?: string;
}) {
  return (
    <Card {...(title && { title })} {...(actions && { actions })}>
      <AnswerBody question={question} height={height}>
        {children}
      </AnswerBody>
    </Card>
  );
}

/** The same without the card around it. */
export function AnswerBody<T>({
  question,
  children,
  height = "h-96",
  isBrief = false,
}: {
  question: Question;
  children: (result: T) => ReactNode;
  height?: string;
  isBrief?: boolean;
}) {
  const answer = useAnswer<T>(question);
  const { data, error, isFetching, refetch } = answer;
  const isAutomatic = question.every !== undefined;
  const isLong = useLong(isFetching && !isAutomatic);
  if (answer.job) {
    return (
      <Job<T>
        project={question.project}
        id={answer.job}
        onDone={answer.onJobDone}
        onLeave={answer.leaveJob}
      />
    );
  }
  if (error) {
    return (
      <Failure error={error} again={() => void refetch()} asJob={() => void answer.asJob()}>
        {error instanceof ApiError && error.code === "too_expensive" && <Estimate question={question} />}
      </Failure>
    );
  }
  if (!data && !isFetching && question.enabled !== false) {
    return (
      <Empty title="Stopped">
        <Button onClick={() => void refetch()}>Ask again</Button>
      </Empty>
    );
  }
  return (
    <div className={isBrief ? "flex h-full flex-col" : ""}>
      <div
        aria-busy={isFetching && !isAutomatic}
        className={`${isBrief ? "min-h-0 flex-1" : ""} ${isFetching && data && !isAutomatic ? "opacity-60 transition-opacity" : ""}`}
      >
        {data ? children(data.result) : <Loading label="Counting" height={height} />}
      </div>
      <div className="mt-2 flex min-h-5 items-center gap-3">
        {data && <Freshness answer={data} isBrief={isBrief} />}
        {isLong && (
          <Button look="quiet" className="!h-6 text-xs" onClick={answer.stop}>
            Stop this query
          </Button>
        )}
      </div>
    </div>
  );
}

/** Whether something has been going on for longer than one likes to wait. */
function useLong(isBusy: boolean): boolean {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    if (!isBusy) return setLong(false);
    const timer = setTimeout(() => setLong(true), PATIENCE);
    return () => clearTimeout(timer);
  }, [isBusy]);
  return isLong;
}

/** What a question that was refused would cost. */
function Estimate({ question: { project, type, params } }: { question: Question }) {
  const { data } = useQuery({
    queryKey: ["estimate", project, type, params],
    queryFn: ({ signal }) =>
      call<components["schemas"]["Cost"]>("/query/api/query/estimate", {
        body: { project_id: project, type, params },
        signal,
      }),
  });
  if (data?.rows === undefined || data.seconds === undefined) return null;
  return (
    <p className="text-soft">
      It would read about {number(data.rows)} rows in about {duration(data.seconds)}.
    </p>
  );
}
