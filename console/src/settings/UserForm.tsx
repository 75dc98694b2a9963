import type { User, UserWithKey } from "../api";
import { addUser, changeUser } from "../api";
import { useChange } from "../changes";
import { Dialog } from "../Dialog";
import { Check, Choice, ExternalId, Field, Form, isOn, written } from "../Form";
import { data } from "../http";
import { useRoles } from "../queries";
import { managesRole } from "../rights";

type Props = { user: User | null; me: User; onClose: () => void; onAdded?: (user: UserWithKey) => void };
type Fields = { name: string; email: string; role: string; assigned_only: boolean; external_id: string | null };

/** Add a user, or change one. */
export function UserForm({ user, me, onClose, onAdded }: Props) {
  const roles = useRoles()
    .data?.map((each) => each.role)
    .filter((each) => managesRole(me, each));
  const add = useChange(
    (body: Fields, headers) => data(addUser({ body, headers, throwOnError: true })),
    ["users"],
    (added) => onAdded?.(added),
  );
  const change = useChange(
    (body: Fields) => data(changeUser({ path: { user_id: user?.id ?? "" }, body, throwOnError: true })),
    ["users", "me"],
    onClose,
  );
  const save = user ? change : add;
  if (!roles) return null; // for a moment: a choice needs its options
  return (
    <Dialog title={user ? `Change ${user.name}` : "Add a user"} onClose={onClose}>
      <Form
        change={save}
        action={user ? "Save" : "Add"}
        onCancel={onClose}
        onSubmit={(form) =>
          save.mutate({
            name: written(form, "name"),
            email: written(form, "email"),
            role: written(form, "role"),
            assigned_only: isOn(form, "assigned_only"),
            external_id: written(form, "external_id") || null,
          })
        }
      >
        <Field name="name" label="Name" required maxLength={120} defaultValue={user?.name} autoComplete="off" />
        <Field
          name="email"
          label="E-mail"
          type="email"
          required
          maxLength={254}
          defaultValue={user?.email}
          autoComplete="off"
        />
        <Choice
          name="role"
          label="Role"
          options={roles.map((each) => [each, each] as const)}
          defaultValue={user?.role ?? "member"}
          hint="Owners and admins manage the workspace. Auditors read everything and change nothing."
        />
        <Check
          name="assigned_only"
          label="Assigned data only"
          defaultChecked={user?.assigned_only}
          hint="They see only the contacts that are assigned to them, and groups of only these. Owners, admins and auditors see everything."
        />
        <ExternalId of="user" value={user?.external_id} />
      </Form>
    </Dialog>
  );
}
