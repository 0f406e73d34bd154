import { useSuspenseQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { PageHead } from "@/components/card";
import { projectsQuery, useRights } from "@/lib/projects";
import { Account } from "./account";
import { Keys } from "./keys";
import { Limits } from "./limits";
import { Members } from "./members";
import { ProjectCard } from "./project-card";
import { Projects } from "./projects";

/** The project with its keys, members and limits; all projects; and one's own account. */
export function SettingsPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const project = projects.find((one) => one.id === projectId);
  const { mayManage } = useRights(projectId);
  if (!project) return null;
  return (
    <>
      <PageHead title="Settings" />
      <div className="space-y-4">
        <ProjectCard project={project} mayManage={mayManage} />
        <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-2">
          <div className="space-y-4">
            <Keys project={projectId} mayManage={mayManage} />
            <Limits project={projectId} />
          </div>
          <div className="space-y-4">
            <Members project={projectId} mayManage={mayManage} />
            <Projects projects={projects} current={projectId} />
            <Account />
          </div>
        </div>
      </div>
    </>
  );
}
