import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { z } from "zod";
import { Button } from "@/components/button";
import { Field } from "@/components/field";
import { emailField, newPasswordField, passwordField, useForm } from "@/lib/form";
import { surroundingsQuery } from "@/lib/projects";
import { signIn, signUp } from "@/lib/session";

const RETURNING = z.object({ email: emailField, password: passwordField });
const NEW = z.object({ email: emailField, password: newPasswordField });

/** Sign in, or create an account: one form. On an empty machine it creates the owner. */
export function SignInPage() {
  const { then } = useSearch({ from: "/sign-in" });
  const navigate = useNavigate();
  const { data: surroundings } = useQuery(surroundingsQuery);
  const [chosen, setChosen] = useState<boolean>();
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const isFirst = surroundings?.is_empty ?? false;
  const isNew = chosen ?? isFirst;
  const { errors, form } = useForm(isNew ? NEW : RETURNING, async ({ email, password }) => {
    setBusy(true);
    setError(undefined);
    try {
      await (isNew ? signUp : signIn)(email, password);
      await navigate({ to: then ?? "/" });
    } catch (failure) {
      setError((failure as Error).message);
    } finally {
      setBusy(false);
    }
  });

  const title =
    isFirst && isNew ? "Create the owner's account" : isNew ? "Create your account" : "Sign in to Millrace";
  const words =
    isFirst && isNew
      ? "Nobody has been here yet: this account comes first."
      : isNew
        ? "Everything stays on your own machines."
        : "Event analytics on your own machines.";
  return (
    <main className="flex min-h-full items-center justify-center p-4">
      <form
        {...form}
        className="w-full max-w-sm space-y-4 rounded-card border border-line bg-surface p-6 shadow-sm"
      >
        <div>
          <img src="/favicon.svg" alt="" className="mb-3 size-9" />
          <h1 className="text-lg font-semibold">{title}</h1>
          <p className="text-soft">{words}</p>
        </div>
        <Field
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          autoFocus
          error={errors.email}
        />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete={isNew ? "new-password" : "current-password"}
          error={errors.password}
          {...(isNew && { hint: "At least 8 characters." })}
        />
        {error && (
          <p role="alert" className="text-bad">
            {error}
          </p>
        )}
        <Button look="primary" type="submit" className="w-full" disabled={isBusy}>
          {isNew ? "Create account" : "Sign in"}
        </Button>
        {surroundings?.is_registration_open !== false && (
          <p className="text-center text-soft">
            {isNew ? "You have an account?" : "New here?"}{" "}
            <button
              type="button"
              className="font-medium text-accent underline"
              onClick={() => setChosen(!isNew)}
            >
              {isNew ? "Sign in" : "Create an account"}
            </button>
          </p>
        )}
      </form>
    </main>
  );
}
