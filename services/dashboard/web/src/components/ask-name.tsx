import { z } from "zod";
import { nameField, useForm } from "@/lib/form";
import { Button } from "./button";
import { Field } from "./field";
import { Modal } from "./modal";

const schema = z.object({ name: nameField(200) });

/** Asks for a name, in a dialog. */
export function AskName({
  title,
  action,
  name = "",
  error,
  isBusy = false,
  onName,
  onClose,
}: {
  title: string;
  /** What the button says. */
  action: string;
  /** The name so far. */
  name?: string;
  error?: Error | null;
  isBusy?: boolean;
  onName: (name: string) => void;
  onClose: () => void;
}) {
  const { errors, form } = useForm(schema, (values) => onName(values.name));
  return (
    <Modal title={title} onClose={onClose} isNarrow>
      <form {...form} className="space-y-4">
        <Field label="Name" name="name" defaultValue={name} autoFocus error={errors.name ?? error?.message} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={isBusy}>
            {action}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
