import { keepPreviousData, QueryClient } from "@tanstack/react-query";
import { ApiError } from "./api";

/** Faults of the network and of busy servers pass; those of the request do not. */
function isWorthRetrying(count: number, error: unknown): boolean {
  const status = error instanceof ApiError ? error.status : 0;
  return count < 2 && (status === 0 || status === 429 || status === 503);
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: isWorthRetrying,
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      placeholderData: keepPreviousData,
    },
    mutations: { retry: false },
  },
});
