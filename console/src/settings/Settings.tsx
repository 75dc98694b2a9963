import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { PolicyChange, User, UserInput } from "../api";
import {
  addNumber,
  addUser,
  changePolicy,
  issueKey,
  liftDoNotDisturb,
  listDoNotDisturb,
  listKeys,
  listRates,
  listRoles,
  postRate,
  readPolicy,
  readRefusals,
  revokeKey,
} from "../api";
import { data, explain } from "../http";
import { useNumbers, useUsers } from "../queries";
import { moment, phone } from "../words";

const PARTS = {
  users: ["Users and keys", Users],
  numbers: ["Business numbers", Numbers],
  policy: ["Policy", Policy],
  rates: ["Rates", Rates],
  dnd: ["Do not disturb", DoNotDisturb],
  refusals: ["Refusals", Refusals],
} as const;

const AUDITED = new Set(["refusals", "dnd"]);

export const manages = (me: User) => me.role === "owner" || me.role === "admin";

export function Settings({ me, part }: { me: User; part: string | undefined }) {
  const offered = Object.keys(PARTS).filter(
    (each) => manages(me) || !AUDITED.has(each) || (me.role === "auditor" && each === "refusals"),
  );
  const chosen = (offered.includes(part ?? "") ? part : offered[0]) as keyof typeof PARTS;
  const [title, Part] = PARTS[chosen];
  return (
    <main className="form wide settings">
      <nav aria-label="Settings" className="filters">
        {offered.map((each) => (
          <Link
            key={each}
            href={`/settings/${each}`}
            className="button"
            aria-current={each === chosen ? "page" : undefined}
          >
            {PARTS[each as keyof typeof PARTS][0]}
          </Link>
        ))}
      </nav>
      <h1>{title}</h1>
      <Part me={me} />
    </main>
  );
}

type PartProps = { me: User };

/** Return a mutation that makes what it changed stale. */
function useChange<T, R>(change: (value: T) => Promise<R>, keys: string[], done?: (result: R) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (result: R) => {
      for (const key of keys) void queries.invalidateQueries({ queryKey: [key] });
      done?.(result);
    },
  });
}

function Failure({ error }: { error: unknown }) {
  return error ? (
    <p className="error" role="alert">
      {explain(error)}
    </p>
  ) : null;
}

function Users({ me }: PartProps) {
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

function Numbers({ me }: PartProps) {
  const numbers = useNumbers();
  const [number, setNumber] = useState("");
  const [label, setLabel] = useState("");
  const add = useChange(
    () =>
      data(
        addNumber({
          body: { number, label: label || null },
          headers: { "Idempotency-Key": crypto.randomUUID() },
          throwOnError: true,
        }),
      ),
    ["numbers"],
    () => {
      setNumber("");
      setLabel("");
    },
  );
  return (
    <>
      <Failure error={numbers.error} />
      <ul className="cards">
        {(numbers.data ?? []).map((each) => (
          <li key={each.number}>
            <strong>{phone(each.number)}</strong> {each.label} {each.default && <span className="tag">default</span>}
          </li>
        ))}
      </ul>
      {manages(me) && (
        <form
          className="inline"
          onSubmit={(event) => {
            event.preventDefault();
            add.mutate(undefined);
          }}
        >
          <h2>Add a number</h2>
          <label>
            Number <input required type="tel" value={number} onChange={(event) => setNumber(event.target.value)} />
          </label>
          <label>
            Label <input value={label} onChange={(event) => setLabel(event.target.value)} />
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

function Policy({ me }: PartProps) {
  const policy = useQuery({ queryKey: ["policy"], queryFn: () => data(readPolicy({ throwOnError: true })) });
  const change = useChange((body: PolicyChange) => data(changePolicy({ body, throwOnError: true })), ["policy"]);
  const now = policy.data;
  if (!now) return <Failure error={policy.error} />;
  const off = !manages(me);
  return (
    <form
      className="inline"
      key={JSON.stringify(now)}
      onSubmit={(event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        change.mutate({
          min_participants: Number(form.get("min")),
          max_participants: Number(form.get("max")),
          reopen_on_opt_in: form.get("reopen") === "on",
        });
      }}
    >
      <label>
        Preset
        <select
          disabled={off}
          value={now.preset ?? ""}
          onChange={(event) => change.mutate({ preset: event.target.value as "heymarket" | "highlevel" })}
        >
          <option value="heymarket">Heymarket</option>
          <option value="highlevel">HighLevel</option>
        </select>
      </label>
      <label>
        Fewest participants
        <input name="min" type="number" min={1} disabled={off} defaultValue={now.min_participants} />
      </label>
      <label>
        Most participants
        <input name="max" type="number" min={1} disabled={off} defaultValue={now.max_participants} />
      </label>
      <label className="check">
        <input name="reopen" type="checkbox" disabled={off} defaultChecked={now.reopen_on_opt_in} />
        Reopen a group when everybody who opted out opts in again
      </label>
      <p className="hint">Regions that can be texted: {(now.allowed_regions ?? []).join(", ")}</p>
      {!off && (
        <button type="submit" className="primary" disabled={change.isPending}>
          Save
        </button>
      )}
      <Failure error={change.error} />
    </form>
  );
}

function Rates({ me }: PartProps) {
  const rates = useQuery({
    queryKey: ["rates"],
    queryFn: () => data(listRates({ query: { limit: 200 }, throwOnError: true })),
  });
  const [from, setFrom] = useState("");
  const [price, setPrice] = useState("");
  const post = useChange(
    () =>
      data(
        postRate({
          body: { effective_from: from, mms_segment: price, currency: "USD" },
          headers: { "Idempotency-Key": crypto.randomUUID() },
          throwOnError: true,
        }),
      ),
    ["rates"],
  );
  return (
    <>
      <Failure error={rates.error} />
      <table>
        <thead>
          <tr>
            <th scope="col">Effective from</th>
            <th scope="col" className="amount">
              Per segment
            </th>
          </tr>
        </thead>
        <tbody>
          {(rates.data?.items ?? []).map((each) => (
            <tr key={each.n}>
              <td>{each.effective_from ?? "the beginning (default)"}</td>
              <td className="amount">
                {each.mms_segment} {each.currency}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {manages(me) && (
        <form
          className="inline"
          onSubmit={(event) => {
            event.preventDefault();
            post.mutate(undefined);
          }}
        >
          <h2>Post a rate</h2>
          <label>
            Effective from
            <input required type="date" value={from} onChange={(event) => setFrom(event.target.value)} />
          </label>
          <label>
            USD per segment
            <input required inputMode="decimal" value={price} onChange={(event) => setPrice(event.target.value)} />
          </label>
          <button type="submit" className="primary" disabled={post.isPending}>
            Post
          </button>
          <Failure error={post.error} />
        </form>
      )}
    </>
  );
}

function DoNotDisturb({ me }: PartProps) {
  const [reason, setReason] = useState("");
  const noes = useQuery({
    queryKey: ["noes"],
    queryFn: () => data(listDoNotDisturb({ query: { limit: 200 }, throwOnError: true })),
  });
  const lift = useChange(
    (number: string) => liftDoNotDisturb({ path: { number }, body: { reason }, throwOnError: true }),
    ["noes"],
  );
  return (
    <>
      <p className="hint">Numbers that want no texts, because a contact that has or had them has do-not-disturb on.</p>
      <Failure error={noes.error ?? lift.error} />
      {noes.data?.items.length === 0 && <p className="empty">There are none.</p>}
      <ul className="cards">
        {(noes.data?.items ?? []).map((each) => (
          <li key={each.number}>
            <strong>{phone(each.number)}</strong> since {moment(each.since)}{" "}
            <Link href={`/contacts/${each.contact_id}`}>by this contact</Link>
            {each.left_behind && manages(me) && (
              <form
                className="inline"
                onSubmit={(event) => {
                  event.preventDefault();
                  lift.mutate(each.number);
                }}
              >
                <input
                  aria-label="Reason"
                  placeholder="Why is it lifted?"
                  value={reason}
                  onChange={(event) => setReason(event.target.value)}
                />
                <button type="submit" className="danger" disabled={!reason.trim()}>
                  Lift
                </button>
              </form>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

function Refusals() {
  const refusals = useQuery({
    queryKey: ["refusals"],
    queryFn: () => data(readRefusals({ query: { limit: 100, order: "desc" }, throwOnError: true })),
  });
  return (
    <>
      <p className="hint">What the rules refused: who tried it, when, and why.</p>
      <Failure error={refusals.error} />
      {refusals.data?.items.length === 0 && <p className="empty">Nothing was refused.</p>}
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Rule</th>
            <th scope="col">What</th>
            <th scope="col" className="amount">
              Times
            </th>
          </tr>
        </thead>
        <tbody>
          {(refusals.data?.items ?? []).map((each) => (
            <tr key={each.id}>
              <td>{moment(each.at)}</td>
              <td>{each.rule}</td>
              <td>
                {each.slug}: {each.operation}{" "}
                {each.about.conversation_id && <Link href={`/${each.about.conversation_id}`}>Open</Link>}
              </td>
              <td className="amount">{each.times}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
