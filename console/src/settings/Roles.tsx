import { useState } from "react";
import type { RoleShown, User } from "../api";
import { defineRole } from "../api";
import { Failure, useChange } from "../changes";
import { Dialog } from "../Dialog";
import { Check, Field, Form, isOn, written } from "../Form";
import { data } from "../http";
import { useRoles, useUsers } from "../queries";
import { manages } from "../rights";
import { count } from "../words";

const MEANING: Record<string, string> = {
  owner: "Manages everything, also other owners",
  admin: "Manages everything but owners",
  member: "Reads and writes",
  auditor: "Reads everything and writes nothing",
};

/** The roles, and which of them may create groups (R20). */
export function Roles({ me }: { me: User }) {
  const roles = useRoles();
  const users = useUsers().data ?? [];
  const [isAdding, setAdding] = useState(false);
  return (
    <>
      <div className="top">
        <p className="hint">
          Everybody but auditors can write in the groups that they see. A role says who can create groups.
        </p>
        {manages(me) && (
          <button type="button" className="primary" onClick={() => setAdding(true)}>
            Add a role
          </button>
        )}
      </div>
      <Failure error={roles.error} />
      <ul className="cards" aria-label="Roles">
        {(roles.data ?? []).map((each) => (
          <Row key={each.role} role={each} me={me} holders={users.filter((user) => user.role === each.role).length} />
        ))}
      </ul>
      {isAdding && <Add onClose={() => setAdding(false)} taken={(roles.data ?? []).map((each) => each.role)} />}
    </>
  );
}

function Row({ role, me, holders }: { role: RoleShown; me: User; holders: number }) {
  const define = useChange(
    (group_chat: boolean) => data(defineRole({ path: { role: role.role }, body: { group_chat }, throwOnError: true })),
    ["roles"],
  );
  const isFixed = role.role === "auditor";
  return (
    <li className="row">
      <div className="what">
        <strong>{role.role}</strong>
        <p className="hint">
          {MEANING[role.role] ?? "Reads and writes"} · {count(holders, "user")}
        </p>
        <Failure error={define.error} />
      </div>
      <label className="check">
        <input
          type="checkbox"
          aria-label={`${role.role} may create groups`}
          checked={role.group_chat}
          disabled={!manages(me) || isFixed || define.isPending}
          onChange={(event) => define.mutate(event.target.checked)}
        />
        creates groups
      </label>
    </li>
  );
}

function Add({ onClose, taken }: { onClose: () => void; taken: string[] }) {
  const define = useChange(
    ({ role, group_chat }: RoleShown) => data(defineRole({ path: { role }, body: { group_chat }, throwOnError: true })),
    ["roles"],
    onClose,
  );
  return (
    <Dialog title="Add a role" onClose={onClose}>
      <Form
        change={define}
        action="Add"
        onCancel={onClose}
        onSubmit={(form) => define.mutate({ role: written(form, "role"), group_chat: isOn(form, "group_chat") })}
      >
        <Field
          name="role"
          label="Name"
          required
          maxLength={40}
          pattern="[a-z][a-z0-9_\-]*"
          title="A lower-case letter, then lower-case letters, digits, - and _"
          autoComplete="off"
          hint="Lower-case letters, digits, - and _, such as front-desk."
          onInput={(event) => {
            const field = event.currentTarget;
            field.setCustomValidity(taken.includes(field.value) ? "There is a role with this name already." : "");
          }}
        />
        <Check name="group_chat" label="Creates groups" defaultChecked />
      </Form>
    </Dialog>
  );
}
