import { useState } from "react";
import { z } from "zod";
import { Button } from "@/components/button";
import { Choice, Field } from "@/components/field";
import { nameField, useForm } from "@/lib/form";

/** A key to be made. */
export interface Wanted {
  name: string;
  scopes: string[];
  allowed_domains?: string[];
  expires_at?: string;
}

const DAY = 86_400_000;
/** `example.com` or `.example.com`, which takes every name below it. */
const DOMAIN = /^\.?([a-z0-9-]+\.)*[a-z0-9-]+(:\d+)?$/i;

const schema = z.object({
  name: nameField(100),
  domains: z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter(Boolean))
    .refine(
      (all) => all.every((one) => DOMAIN.test(one)),
      "Domains such as example.com, with commas between.",
    ),
});

const SCOPES = {
  capture: ["capture"],
  read: ["read"],
  both: ["capture", "read"],
};

/** What a new key shall be called, what it may do, from where and how long. */
export function NewKey({ isBusy, onCreate }: { isBusy: boolean; onCreate: (wanted: Wanted) => void }) {
  const [scope, setScope] = useState<keyof typeof SCOPES>("capture");
  const [days, setDays] = useState<"0" | "30" | "90" | "365">("0");
  const { errors, form } = useForm(schema, ({ name, domains }, element) => {
    onCreate({
      name,
      scopes: SCOPES[scope],
      ...(domains.length && { allowed_domains: domains }),
      ...(days !== "0" && { expires_at: new Date(Date.now() + Number(days) * DAY).toISOString() }),
    });
    element.reset();
  });

  return (
    <form {...form} className="mt-3 grid gap-3 border-t border-line pt-3 sm:grid-cols-2">
      <Field label="Name" name="name" error={errors.name} />
      <Choice
        label="May"
        shown
        value={scope}
        values={[
          ["capture", "send events"],
          ["read", "ask questions"],
          ["both", "send events and ask questions"],
        ]}
        onChoose={setScope}
      />
      <Field label="Only from these domains" name="domains" placeholder="any" error={errors.domains} />
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
