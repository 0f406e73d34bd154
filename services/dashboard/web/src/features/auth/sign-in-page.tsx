import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Field } from "@/components/field";
import { signIn, signUp } from "@/lib/session";

/** Sign in, or create an account: one form. */
export function SignInPage() {
  const { then } = useSearch({ from: "/sign-in" });
  const navigate = useNavigate();
  const [isNew, setNew] = useState(false);
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError(undefined);
    try {
      await (isNew ? signUp : signIn)(String(form.get("email")), String(form.get("password")));
      await navigate({ to: then ?? "/" });
    } catch (failure) {
      setError((failure as Error).message);
    } finally {
      setBusy(false);
    }
  }

  return (
    <main className="flex min-h-full items-center justify-center p-4">
      <form
        onSubmit={submit}
        className="w-full max-w-sm space-y-4 rounded-card border border-line bg-surface p-6"
      >
        <div>
          <img src="/favicon.svg" alt="" className="mb-3 size-9" />
          <h1 className="text-lg font-semibold">{isNew ? "Create your account" : "Sign in to Millrace"}</h1>
          <p className="text-soft">
            {isNew ? "Everything stays on your own machines." : "Good to see you again."}
          </p>
        </div>
        <Field label="E-mail" name="email" type="email" autoComplete="username" required autoFocus />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete={isNew ? "new-password" : "current-password"}
          minLength={isNew ? 8 : undefined}
          required
        />
        {error && (
          <p role="alert" className="text-bad">
            {error}
          </p>
        )}
        <Button look="primary" type="submit" className="w-full" disabled={isBusy}>
          {isNew ? "Create account" : "Sign in"}
        </Button>
        <p className="text-center text-soft">
          {isNew ? "You have an account?" : "New here?"}{" "}
          <button type="button" className="font-medium text-accent underline" onClick={() => setNew(!isNew)}>
            {isNew ? "Sign in" : "Create an account"}
          </button>
        </p>
      </form>
    </main>
  );
}
