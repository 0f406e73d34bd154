import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Card } from "@/components/card";
import { Freshness } from "@/components/freshness";
import { Failure, Loading } from "@/components/states";
import type { Answer } from "@/lib/api";

/** A card that holds an answer: while it is asked for, when it fails, and with how fresh it is. */
export function AnswerCard<T>({
  query,
  children,
  title,
  height = "h-96",
}: {
  query: UseQueryResult<Answer<T>>;
  children: (result: T) => ReactNode;
  title?: string;
  height?: string;
}) {
  const { data, error, isFetching, refetch } = query;
  return (
    <Card {...(title && { title })}>
      <div aria-busy={isFetching} className={isFetching && data ? "opacity-60 transition-opacity" : ""}>
        {error ? (
          <Failure error={error} again={() => void refetch()} />
        ) : data ? (
          children(data.result)
        ) : (
          <Loading label="Counting" height={height} />
        )}
      </div>
      {data && !error && <Freshness answer={data} />}
    </Card>
  );
}
