import type { NumberChange, NumberInput, NumberShown, User } from "../api";
import { addNumber, changeNumber } from "../api";
import { useChange } from "../changes";
import { Dialog } from "../Dialog";
import { Check, Choice, Field, Form, isOn, written } from "../Form";
import { data } from "../http";
import { useUsers } from "../queries";
import { phone } from "../words";
import { carrierName, useCarriers } from "./carriers";

type Props = { number: NumberShown | null; again?: string | undefined; onClose: () => void };

/** Add a business number, perhaps one `again` that was given up, or change one. */
export function NumberForm({ number, again, onClose }: Props) {
  const carriers = useCarriers(true).data;
  const users = useUsers().data;
  const add = useChange(
    (body: NumberInput, headers) => data(addNumber({ body, headers, throwOnError: true })),
    ["numbers"],
    onClose,
  );
  const change = useChange(
    (body: NumberChange) => data(changeNumber({ path: { number: number?.number ?? "" }, body, throwOnError: true })),
    ["numbers"],
    onClose,
  );
  if (!carriers || !users) return null; // for a moment: a choice needs its options
  const standard = carriers.find((each) => each.default);
  return (
    <Dialog title={number ? `Change ${phone(number.number)}` : "Add a number"} onClose={onClose}>
      <Form
        change={number ? change : add}
        action={number ? "Save" : "Add"}
        onCancel={onClose}
        onSubmit={(form) => {
          const body = {
            label: written(form, "label") || null,
            assigned_to: written(form, "assigned_to") || null,
            carrier: written(form, "carrier") || null,
            default: isOn(form, "default"),
          };
          if (number) change.mutate(body);
          else add.mutate({ ...body, number: written(form, "number") });
        }}
      >
        {!number && (
          <Field
            name="number"
            label="Number"
            type="tel"
            required
            maxLength={64}
            defaultValue={again && phone(again)}
            hint="A local number that your carrier has given you. It can belong to one workspace only."
          />
        )}
        <Field
          name="label"
          label="Label (optional)"
          maxLength={120}
          defaultValue={number?.label ?? ""}
          autoComplete="off"
        />
        <Choice
          name="assigned_to"
          label="Who sends from it"
          options={[["", "Everybody"], ...active(users, number).map((each) => [each.id, each.name] as const)]}
          defaultValue={number?.assigned_to ?? ""}
          hint="Owners and admins can always send from it."
        />
        <Choice
          name="carrier"
          label="Carrier"
          options={[
            ["", standard ? `The server's (${carrierName(standard.name)})` : "The server's"],
            ...carriers.map((each) => [each.name, carrierName(each.name)] as const),
          ]}
          defaultValue={number?.carrier ?? ""}
        />
        <Check
          name="default"
          label="Default number"
          defaultChecked={number?.default}
          hint="Everybody can send from it, no matter who it is assigned to."
        />
      </Form>
    </Dialog>
  );
}

/** Return the users that a number can be given to, and the one that has it. */
const active = (users: User[], number: NumberShown | null) =>
  users.filter((each) => each.active || each.id === number?.assigned_to);
