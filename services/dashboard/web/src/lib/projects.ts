import { queryOptions, useQuery } from "@tanstack/react-query";
import type { components } from "@/api/auth";
import { call } from "./api";

/** A project, and what one is in it. */
export type Project = components["schemas"]["ProjectResponse"] & {
  role: "owner" | "admin" | "member" | "viewer";
};

/** What the dashboard's server tells before anybody is signed in. */
export interface Surroundings {
  /** Where events are sent to. */
  capture_url: string;
  /** Whether there is no account yet. */
  is_empty: boolean;
  is_registration_open: boolean;
  /** Whether what happens is told as it happens, or has to be asked for. */
  has_realtime: boolean;
}

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: ({ signal }) => call<Project[]>("/auth/api/projects", { signal }),
  staleTime: 60_000,
});

/** What one may do in a project: save what was asked, and decide who else may do what. */
export function useRights(project: string): { mayWrite: boolean; mayManage: boolean } {
  const { data } = useQuery(projectsQuery);
  const role = data?.find((one) => one.id === project)?.role;
  return {
    mayWrite: role !== undefined && role !== "viewer",
    mayManage: role === "owner" || role === "admin",
  };
}

export const createProject = (name: string) => call<Project>("/auth/api/projects", { body: { name } });

export const renameProject = (id: string, name: string) =>
  call<Project>(`/auth/api/projects/${id}`, { method: "PATCH", body: { name } });

export const removeProject = (id: string) => call(`/auth/api/projects/${id}`, { method: "DELETE" });

/** Where this is: asked once. */
export const surroundingsQuery = queryOptions({
  queryKey: ["surroundings"],
  queryFn: ({ signal }) => call<Surroundings>("/session/surroundings", { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});
