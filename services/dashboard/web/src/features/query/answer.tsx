import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { Freshness } from "@/components/freshness";
import { Empty, Failure, Loading } from "@/components/states";
import { ApiError } from "@/lib/api";
import { duration, number } from "@/lib/format";
import { costQuery } from "./cost";
import { Job } from "./job";
import { Patience } from "./patience";
import { type Question, useAnswer } from "./use-answer";

/** A card that holds an answer: while it is asked for, when it fails, and with how fresh it is. */
export function AnswerCard<T>({
  question,
  children,
  height = "h-96",
}: {
  question: Question;
  children: (result: T) => ReactNode;
  height?: string;
}) {
  return (
    <Card>
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
  const isBusy = isFetching && question.every === undefined;
  return (
    <div className={isBrief ? "flex h-full flex-col" : ""}>
      <div
        aria-busy={isBusy}
        className={`${isBrief ? "min-h-0 flex-1" : ""} ${isBusy && data ? "opacity-60 transition-opacity" : ""}`}
      >
        {data ? children(data.result) : <Loading label="Counting" height={height} />}
      </div>
      <div className="mt-2 flex min-h-6 flex-wrap items-center gap-x-3">
        {isBusy && <Patience question={question} onStop={answer.stop} onJob={() => void answer.asJob()} />}
        {data && (
          <Freshness
            answer={data}
            askedAt={answer.dataUpdatedAt}
            isBrief={isBrief}
            onRefresh={isBusy ? undefined : () => void answer.askFresh()}
          />
        )}
      </div>
    </div>
  );
}

/** What a question that was refused would cost. */
function Estimate({ question }: { question: Question }) {
  const { data } = useQuery(costQuery(question));
  if (data?.rows === undefined || data.seconds === undefined) return null;
  return (
    <p className="text-soft">
      It would read about {number(data.rows)} rows in about {duration(data.seconds)}.
    </p>
  );
}
