import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Choice, Field } from "@/components/field";

/** A key to be made. */
export interface Wanted {
  name: string;
  scopes: string[];
  allowed_domains?: string[];
  expires_at?: string;
}

const DAY = 86_400_000;

/** What a new key shall be called, what it may do, from where and how long. */
export function NewKey({ isBusy, onCreate }: { isBusy: boolean; onCreate: (wanted: Wanted) => void }) {
  const [scope, setScope] = useState<"capture" | "read">("capture");
  const [days, setDays] = useState<"0" | "30" | "90" | "365">("0");

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const domains = String(form.get("domains"))
      .split(/[\s,]+/)
      .filter(Boolean);
    onCreate({
      name: String(form.get("name")),
      scopes: [scope],
      ...(domains.length && { allowed_domains: domains }),
      ...(days !== "0" && { expires_at: new Date(Date.now() + Number(days) * DAY).toISOString() }),
    });
    event.currentTarget.reset();
  }

  return (
    <form onSubmit={submit} className="mt-3 grid gap-3 border-t border-line pt-3 sm:grid-cols-2">
      <Field label="Name" name="name" required maxLength={100} />
      <Choice
        label="May"
        shown
        value={scope}
        values={[
          ["capture", "send events"],
          ["read", "ask questions"],
        ]}
        onChoose={setScope}
      />
      <Field label="Only from these domains" name="domains" placeholder="any" />
      <Choice
        label="Expires"
        shown
        value={days}
        values={[
          ["0", "never"],
          ["30", "in 30 days"],
          ["90", "in 90 days"],
          ["365", "in a year"],
        ]}
        onChoose={setDays}
      />
      <Button look="primary" type="submit" disabled={isBusy} className="justify-self-start">
        Create key
      </Button>
    </form>
  );
}
