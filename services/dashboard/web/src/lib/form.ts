import { type FormEvent, useState } from "react";
import { z } from "zod";

type Errors<S extends z.ZodObject> = Partial<Record<keyof z.output<S>, string>>;

/**
 * A form whose fields are checked by a schema before anything is sent. Spread
 * `form` on the element and give every field the error of its name; the first
 * wrong field gets the focus, and an error goes as soon as its field changes.
 */
export function useForm<S extends z.ZodObject>(
  schema: S,
  send: (values: z.output<S>, form: HTMLFormElement) => unknown,
) {
  const [errors, setErrors] = useState<Errors<S>>({});

  function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const checked = schema.safeParse(Object.fromEntries(new FormData(form)));
    if (checked.success) {
      setErrors({});
      send(checked.data, form);
      return;
    }
    const found = z.flattenError(checked.error).fieldErrors as Record<string, string[]>;
    setErrors(Object.fromEntries(Object.entries(found).map(([name, all]) => [name, all[0]])) as Errors<S>);
    const first = [...form.elements].find((one) => "name" in one && String(one.name) in found);
    (first as HTMLElement | undefined)?.focus();
  }

  function onInput({ target }: FormEvent<HTMLFormElement>) {
    const name = (target as HTMLInputElement).name as keyof Errors<S>;
    if (errors[name]) setErrors(({ [name]: _, ...others }) => others as Errors<S>);
  }

  return { errors, form: { onSubmit, onInput, noValidate: true } };
}

/** A name as people give one. */
export const nameField = (most: number) =>
  z.string().trim().min(1, "Give it a name.").max(most, `At most ${most} characters.`);

export const emailField = z.string().trim().pipe(z.email("This is no e-mail address."));

/** A password to be: as long as the auth API wants it. */
export const newPasswordField = z.string().min(8, "At least 8 characters.").max(1_000, "That is too long.");

/** A password that is only compared. */
export const passwordField = z.string().min(1, "The password is missing.");
