import { useState } from "react";
import { Avatar } from "../Avatar";
import type { NumberShown, User, UserWithKey } from "../api";
import { changeUser } from "../api";
import { Confirm } from "../Confirm";
import { Failure, useChange } from "../changes";
import { data } from "../http";
import { useNumbers, useRoles, useUsers } from "../queries";
import { manages, managesRole } from "../rights";
import { phone } from "../words";
import { Keys } from "./Keys";
import { Secret } from "./Secret";
import { UserForm } from "./UserForm";

type Shown =
  | { what: "add" }
  | { what: "change" | "keys" | "deactivate"; user: User }
  | { what: "added"; user: UserWithKey };

export function Users({ me }: { me: User }) {
  const users = useUsers();
  const numbers = useNumbers().data ?? [];
  useRoles(); // which the forms need at once
  const [shown, setShown] = useState<Shown | null>(null);
  const close = () => setShown(null);
  return (
    <>
      <div className="top">
        <p className="hint">The people who sign in here, and the keys that programs use in their name.</p>
        {manages(me) && (
          <button type="button" className="primary" onClick={() => setShown({ what: "add" })}>
            Add a user
          </button>
        )}
      </div>
      <Failure error={users.error} />
      <ul className="cards" aria-label="Users">
        {(users.data ?? []).map((each) => (
          <Row key={each.id} user={each} me={me} numbers={numbers} onShow={(what) => setShown({ what, user: each })} />
        ))}
      </ul>
      {shown?.what === "add" && (
        <UserForm user={null} me={me} onClose={close} onAdded={(user) => setShown({ what: "added", user })} />
      )}
      {shown?.what === "change" && <UserForm user={shown.user} me={me} onClose={close} />}
      {shown?.what === "keys" && <Keys user={shown.user} onClose={close} />}
      {shown?.what === "deactivate" && <Deactivate user={shown.user} onClose={close} />}
      {shown?.what === "added" && (
        <Secret
          title={`The first key of ${shown.user.name}`}
          secret={shown.user.api_key}
          again="Open the keys of the user, revoke it, and issue another one."
          onClose={close}
        />
      )}
    </>
  );
}

type RowProps = {
  user: User;
  me: User;
  numbers: NumberShown[];
  onShow: (what: "change" | "keys" | "deactivate") => void;
};

function Row({ user, me, numbers, onShow }: RowProps) {
  const mayChange = managesRole(me, user.role);
  const reactivate = useChange(
    () => data(changeUser({ path: { user_id: user.id }, body: { active: true }, throwOnError: true })),
    ["users"],
  );
  const own = numbers.filter((each) => each.assigned_to === user.id);
  return (
    <li className={user.active ? "row" : "row off"}>
      <Avatar name={user.name} of={user.id} />
      <div className="what">
        <strong dir="auto">{user.name}</strong> {user.id === me.id && <span className="tag">you</span>}{" "}
        <span className="tag">{user.role}</span> {user.assigned_only && <span className="tag">assigned data only</span>}{" "}
        {!user.active && <span className="tag deleted">deactivated</span>}
        <p className="hint">
          {user.email}
          {user.external_id && ` · ${user.external_id}`}
          {own.length > 0 && ` · only user of ${own.map((each) => each.label ?? phone(each.number)).join(", ")}`}
        </p>
        <Failure error={reactivate.error} />
      </div>
      <div className="actions">
        {(mayChange || user.id === me.id) && user.active && (
          <button type="button" aria-label={`Keys of ${user.name}`} onClick={() => onShow("keys")}>
            Keys
          </button>
        )}
        {mayChange && (
          <button type="button" aria-label={`Change ${user.name}`} onClick={() => onShow("change")}>
            Change
          </button>
        )}
        {mayChange && user.active && (
          <button type="button" aria-label={`Deactivate ${user.name}`} onClick={() => onShow("deactivate")}>
            Deactivate
          </button>
        )}
        {mayChange && !user.active && (
          <button
            type="button"
            aria-label={`Reactivate ${user.name}`}
            disabled={reactivate.isPending}
            onClick={() => reactivate.mutate(undefined)}
          >
            Reactivate
          </button>
        )}
      </div>
    </li>
  );
}

function Deactivate({ user, onClose }: { user: User; onClose: () => void }) {
  const change = useChange(
    () => data(changeUser({ path: { user_id: user.id }, body: { active: false }, throwOnError: true })),
    ["users"],
    onClose,
  );
  return (
    <Confirm
      title={`Deactivate ${user.name}?`}
      action="Deactivate"
      change={change}
      onConfirm={() => change.mutate(undefined)}
      onClose={onClose}
    >
      <p>
        They are signed out, and all their keys end at once. What they wrote stays, and so does what is assigned to
        them. If you reactivate them, they need a new key.
      </p>
    </Confirm>
  );
}
