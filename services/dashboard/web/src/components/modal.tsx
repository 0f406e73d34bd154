import { X } from "lucide-react";
import { type MouseEvent, type ReactNode, useEffect, useId, useRef } from "react";

const FOCUSABLE = "input, select, textarea, button, a[href], [tabindex]";

/**
 * A dialog over the page, which is out of reach until Escape, the cross or a click beside it closes it.
 * The focus goes to the first thing in it that takes one: a field to type in, the harmless answer.
 */
export function Modal({
  title,
  children,
  onClose,
  isNarrow = false,
}: {
  title: string;
  children: ReactNode;
  onClose: () => void;
  /** For a question with one answer. */
  isNarrow?: boolean;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const id = useId();

  useEffect(() => {
    if (!dialog.current || dialog.current.open) return;
    dialog.current.showModal();
    content.current?.querySelector<HTMLElement>(FOCUSABLE)?.focus();
  }, []);

  function onClick(event: MouseEvent) {
    // Only the backdrop is the dialog itself: everything in it has an element of its own.
    if (event.target === dialog.current) onClose();
  }

  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={onClose}
      onClick={onClick}
      className={`m-auto max-h-[85vh] ${isNarrow ? "w-[min(26rem,calc(100vw-2rem))]" : "w-[min(40rem,calc(100vw-2rem))]"} overflow-y-auto rounded-card border border-line bg-surface text-ink shadow-xl backdrop:bg-black/40`}
    >
      <div className="p-5">
        <div className="mb-3 flex items-start justify-between gap-4">
          <h2 id={id} className="text-base font-semibold break-words">
            {title}
          </h2>
          <button
            type="button"
            aria-label="Close"
            className="rounded-md p-1 text-soft hover:bg-raised"
            onClick={onClose}
          >
            <X className="size-4" aria-hidden />
          </button>
        </div>
        <div ref={content}>{children}</div>
      </div>
    </dialog>
  );
}
