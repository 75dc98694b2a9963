import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { User, UserInput } from "../api";
import { addUser, issueKey, listKeys, listRoles, revokeKey } from "../api";
import { Failure, useChange } from "../changes";
import { data } from "../http";
import { useUsers } from "../queries";
import { manages } from "../rights";
import { moment } from "../words";

export function Users({ me }: { me: User }) {
  const users = useUsers();
  const roles = useQuery({ queryKey: ["roles"], queryFn: () => data(listRoles({ throwOnError: true })) });
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState("member");
  const [shown, setShown] = useState<string | null>(null);
  const add = useChange(
    (user: UserInput) =>
      data(addUser({ body: user, headers: { "Idempotency-Key": crypto.randomUUID() }, throwOnError: true })),
    ["users"],
    (added) => {
      setShown(added.api_key);
      setName("");
      setEmail("");
    },
  );
  return (
    <>
      <Failure error={users.error} />
      <ul className="cards">
        {(users.data?.items ?? []).map((each) => (
          <li key={each.id}>
            <strong>{each.name}</strong> {each.email} <span className="tag">{each.role}</span>
            {each.assigned_only && <span className="tag">assigned data only</span>}
            {(manages(me) || each.id === me.id) && <Keys user={each} onShown={setShown} />}
          </li>
        ))}
      </ul>
      {shown && (
        <p className="secret" role="status">
          Copy this key now. It is shown only once: <code>{shown}</code>
        </p>
      )}
      {manages(me) && (
        <form
          className="inline"
          onSubmit={(event) => {
            event.preventDefault();
            add.mutate({ name, email, role });
          }}
        >
          <h2>Add a user</h2>
          <label>
            Name <input required value={name} onChange={(event) => setName(event.target.value)} />
          </label>
          <label>
            E-mail <input required type="email" value={email} onChange={(event) => setEmail(event.target.value)} />
          </label>
          <label>
            Role
            <select value={role} onChange={(event) => setRole(event.target.value)}>
              {(roles.data?.items ?? []).map((each) => (
                <option key={each.role}>{each.role}</option>
              ))}
            </select>
          </label>
          <button type="submit" className="primary" disabled={add.isPending}>
            Add
          </button>
          <Failure error={add.error} />
        </form>
      )}
    </>
  );
}

function Keys({ user, onShown }: { user: User; onShown: (key: string | null) => void }) {
  const [open, setOpen] = useState(false);
  const keys = useQuery({
    queryKey: ["users", user.id, "keys"],
    queryFn: () => data(listKeys({ path: { user_id: user.id }, query: { limit: 200 }, throwOnError: true })),
    enabled: open,
  });
  const issue = useChange(
    () =>
      data(
        issueKey({
          path: { user_id: user.id },
          body: {},
          headers: { "Idempotency-Key": crypto.randomUUID() },
          throwOnError: true,
        }),
      ),
    ["users"],
    (issued) => onShown(issued.api_key),
  );
  const revoke = useChange(
    (key_id: string) => revokeKey({ path: { user_id: user.id, key_id }, throwOnError: true }),
    ["users"],
  );
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Keys</summary>
      <Failure error={keys.error ?? issue.error ?? revoke.error} />
      <ul className="plain">
        {(keys.data?.items ?? []).map((each) => (
          <li key={each.id}>
            Issued {moment(each.issued_at)}
            {each.last_used_at ? `, last used ${moment(each.last_used_at)}` : ", not used yet"}
            {each.expires_at && `, expires ${moment(each.expires_at)}`}{" "}
            <button type="button" className="quiet" onClick={() => revoke.mutate(each.id)}>
              Revoke
            </button>
          </li>
        ))}
      </ul>
      <button type="button" onClick={() => issue.mutate(undefined)}>
        Issue a key
      </button>
    </details>
  );
}
