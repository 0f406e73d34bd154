import { useSuspenseQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Card, PageHead } from "@/components/card";
import { Copied } from "@/components/copied";
import { projectsQuery } from "@/lib/projects";
import { Keys } from "./keys";
import { Limits } from "./limits";
import { Members } from "./members";

/** Keys, members and limits of the project. */
export function SettingsPage() {
  const { projectId } = useParams({ from: "/p/$projectId" });
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const project = projects.find((one) => one.id === projectId);
  const mayManage = project?.role === "owner" || project?.role === "admin";
  return (
    <>
      <PageHead title="Settings" />
      <div className="space-y-4">
        <Card>
          <div className="flex flex-wrap items-center justify-between gap-3">
            <p>
              <span className="font-semibold">{project?.name}</span>{" "}
              <span className="text-soft">· you are {project?.role}</span>
              <code className="block text-xs break-all text-faint">
                {project?.slug} · {projectId}
              </code>
            </p>
            <Copied text={projectId}>Copy the id</Copied>
          </div>
        </Card>
        <div className="grid items-start grid-cols-1 gap-4 xl:grid-cols-2">
          <Keys project={projectId} mayManage={mayManage} />
          <div className="space-y-4">
            <Members project={projectId} mayManage={mayManage} />
            <Limits project={projectId} />
          </div>
        </div>
      </div>
    </>
  );
}
