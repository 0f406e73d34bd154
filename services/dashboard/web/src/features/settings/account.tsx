import { useMutation, useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { Field } from "@/components/field";
import { call } from "@/lib/api";
import { newPasswordField, passwordField, useForm } from "@/lib/form";
import type { Account as Mine } from "@/lib/session";

const schema = z.object({ current_password: passwordField, new_password: newPasswordField });

/** Who is signed in, and another password. */
export function Account() {
  const { data: me } = useQuery({
    queryKey: ["me"],
    queryFn: ({ signal }) => call<Mine>("/auth/api/me", { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const change = useMutation({
    mutationFn: (body: z.output<typeof schema>) => call("/auth/api/me/password", { body }),
  });
  const { errors, form } = useForm(schema, (values, element) =>
    change.mutate(values, { onSuccess: () => element.reset() }),
  );
  return (
    <Card title="Your account" actions={<span className="truncate text-soft">{me?.email}</span>}>
      <form {...form} className="grid items-start gap-3 sm:grid-cols-2">
        <input type="hidden" autoComplete="username" value={me?.email ?? ""} />
        <Field
          label="Password"
          name="current_password"
          type="password"
          autoComplete="current-password"
          error={errors.current_password}
        />
        <Field
          label="New password"
          name="new_password"
          type="password"
          autoComplete="new-password"
          error={errors.new_password}
        />
        <Button type="submit" className="justify-self-start" disabled={change.isPending}>
          Change the password
        </Button>
        <p role={change.error ? "alert" : "status"} className={change.error ? "text-bad" : "text-good"}>
          {change.error
            ? change.error.message
            : change.isSuccess && "Changed. Your other sessions have ended."}
        </p>
      </form>
    </Card>
  );
}
