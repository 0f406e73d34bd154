import { LoaderCircle, ShieldAlert, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError } from "@/lib/api";
import { number } from "@/lib/format";
import { Button } from "./button";

/** Keeps the height of what will be here, so that nothing jumps. */
export function Loading({ label = "Loading", height = "h-72" }: { label?: string; height?: string }) {
  return (
    <div role="status" className={`flex ${height} items-center justify-center gap-2 text-faint`}>
      <LoaderCircle className="size-4 animate-spin" aria-hidden /> {label} …
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="flex min-h-48 flex-col items-center justify-center gap-2 px-4 text-center">
      <p className="font-medium">{title}</p>
      {children && <div className="max-w-md text-soft">{children}</div>}
    </div>
  );
}

/** What went wrong, and what helps. Too expensive and not allowed have words of their own. */
export function Failure({
  error,
  again,
  asJob,
  children,
}: {
  error: unknown;
  again?: () => void;
  asJob?: (() => void) | undefined;
  children?: ReactNode;
}) {
  const known = error instanceof ApiError ? error : null;
  const isForbidden = known?.status === 403 || known?.status === 404;
  const isExpensive = known?.code === "too_expensive";
  return (
    <div role="alert" className="flex min-h-48 flex-col items-center justify-center gap-3 px-4 text-center">
      {isForbidden ? (
        <ShieldAlert className="size-6 text-warn" aria-hidden />
      ) : (
        <TriangleAlert className="size-6 text-warn" aria-hidden />
      )}
      <p className="max-w-lg font-medium">
        {isForbidden ? "You do not have access to this." : String((error as Error)?.message ?? error)}
      </p>
      {isForbidden && (
        <p className="max-w-md text-soft">
          It may have been removed, or your role does not reach it: ask an owner or admin of the project.
        </p>
      )}
      {known && known.faults.length > 1 && (
        <ul className="text-soft">
          {known.faults.map((fault) => (
            <li key={`${fault.path}${fault.code}`}>
              {fault.path}: {fault.detail}
            </li>
          ))}
        </ul>
      )}
      {isExpensive && (
        <p className="max-w-lg text-soft">
          {typeof known.body.needed === "number" &&
            `It would need ${number(Number(known.body.needed))} (${String(known.body.limit)}), and ${number(Number(known.body.allowed))} are allowed. `}
          {String(known.body.hint ?? "")}
        </p>
      )}
      {children}
      <div className="flex gap-2">
        {isExpensive && asJob && (
          <Button look="primary" onClick={asJob}>
            Run as a job
          </Button>
        )}
        {again && !isForbidden && <Button onClick={again}>Try again</Button>}
      </div>
    </div>
  );
}
