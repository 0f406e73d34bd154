import { queryOptions, useQuery } from "@tanstack/react-query";
import { call } from "./api";

export interface Project {
  id: string;
  name: string;
  slug: string;
  role: "owner" | "admin" | "member" | "viewer";
  created_at: string;
}

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: ({ signal }) => call<Project[]>("/auth/api/projects", { signal }),
  staleTime: 60_000,
});

/** What one may do in a project. */
export function useRole(project: string): Project["role"] | undefined {
  const { data } = useQuery(projectsQuery);
  return data?.find((one) => one.id === project)?.role;
}

export const createProject = (name: string) => call<Project>("/auth/api/projects", { body: { name } });

/** Where snippets should send events to. */
export const surroundingsQuery = queryOptions({
  queryKey: ["surroundings"],
  queryFn: ({ signal }) => call<{ capture_url: string }>("/session/surroundings", { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});
