import type { ReactNode } from "react";
import { Button } from "./button";
import { Modal } from "./modal";

/** Asks before something is gone. Cancel comes first, so that Enter alone does no harm. */
export function Confirm({
  title,
  action,
  children,
  error,
  isBusy = false,
  onConfirm,
  onClose,
}: {
  title: string;
  /** What the button that does it says. */
  action: string;
  children?: ReactNode;
  error?: Error | null;
  isBusy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}) {
  return (
    <Modal title={title} onClose={onClose} isNarrow>
      {children && <div className="text-soft">{children}</div>}
      {error && (
        <p role="alert" className="mt-2 text-bad">
          {error.message}
        </p>
      )}
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={onClose} autoFocus>
          Cancel
        </Button>
        <Button look="destructive" onClick={onConfirm} disabled={isBusy}>
          {action}
        </Button>
      </div>
    </Modal>
  );
}
