import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/button";
import { Copied } from "@/components/copied";
import { Modal } from "@/components/modal";
import { number } from "@/lib/format";
import { shareDashboard, unshareDashboard } from "../insights/dashboards";

/** Makes a link for people without an account, or takes all links back. */
export function Share({
  project,
  dashboard,
  onClose,
}: {
  project: string;
  dashboard: string;
  onClose: () => void;
}) {
  const [told, setTold] = useState<string>();
  const share = useMutation({ mutationFn: () => shareDashboard(project, dashboard) });
  const revoke = useMutation({
    mutationFn: () => unshareDashboard(project, dashboard),
    onSuccess: ({ revoked }) => {
      share.reset();
      setTold(revoked ? `${number(revoked)} links no longer work.` : "There was no link.");
    },
  });
  const link = share.data && `${location.origin}/shared/${share.data.token}`;
  const error = share.error ?? revoke.error;
  return (
    <Modal title="Share this dashboard" onClose={onClose}>
      <p className="mb-3 text-soft">
        Whoever has the link sees this dashboard and its numbers, without an account, and nothing else of the
        project.
      </p>
      {link ? (
        <div className="mb-3 space-y-2">
          <input
            aria-label="Link"
            readOnly
            value={link}
            className="h-8 w-full rounded-md border border-line bg-raised px-2.5"
            onFocus={(event) => event.target.select()}
          />
          <p className="text-xs text-faint">Keep it now: it cannot be shown again.</p>
          <Copied text={link}>Copy the link</Copied>
        </div>
      ) : (
        <Button look="primary" onClick={() => share.mutate()} disabled={share.isPending}>
          Create a link
        </Button>
      )}
      <div className="mt-4 flex items-center gap-3 border-t border-line pt-3">
        <Button look="danger" onClick={() => revoke.mutate()} disabled={revoke.isPending}>
          Revoke all links
        </Button>
        <span role="status" className="text-soft">
          {told}
        </span>
      </div>
      {error && (
        <p role="alert" className="mt-2 text-bad">
          {error.message}
        </p>
      )}
    </Modal>
  );
}
