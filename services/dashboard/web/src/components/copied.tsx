import { Check, Copy } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "./button";

/** Copies a text, and says so. */
export function Copied({ text, children = "Copy" }: { text: string; children?: ReactNode }) {
  const [isDone, setDone] = useState(false);
  async function copy() {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 2_000);
  }
  return (
    <Button onClick={() => void copy()}>
      {isDone ? <Check className="size-4 text-good" aria-hidden /> : <Copy className="size-4" aria-hidden />}
      <span aria-live="polite">{isDone ? "Copied" : children}</span>
    </Button>
  );
}
