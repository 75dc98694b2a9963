import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { KeyInput, KeyShown, KeyWithSecret, User } from "../api";
import { issueKey, listKeys, revokeKey } from "../api";
import { Failure, useChange } from "../changes";
import { Dialog } from "../Dialog";
import { Field, Form, written } from "../Form";
import { data } from "../http";
import { moment } from "../words";
import { Secret } from "./Secret";

/** The keys of a user: what each is for, when it was used, and issuing and revoking them. */
export function Keys({ user, onClose }: { user: User; onClose: () => void }) {
  const [issued, setIssued] = useState<KeyWithSecret | null>(null);
  const path = { user_id: user.id };
  const keys = useQuery({
    queryKey: ["users", user.id, "keys"],
    queryFn: () => data(listKeys({ path, query: { limit: 200 }, throwOnError: true })),
    staleTime: 0,
  });
  const issue = useChange(
    (body: KeyInput, headers) => data(issueKey({ path, body, headers, throwOnError: true })),
    ["users"],
    setIssued,
  );
  if (issued) {
    return (
      <Secret
        title="New key"
        secret={issued.api_key}
        again="Revoke it, and issue another one."
        onClose={() => setIssued(null)}
      />
    );
  }
  return (
    <Dialog title={`Keys of ${user.name}`} onClose={onClose}>
      <Failure error={keys.error} />
      {keys.data?.items.length === 0 && <p className="empty">{user.name} has no key.</p>}
      <ul className="keys">
        {(keys.data?.items ?? []).map((each) => (
          <Key key={each.id} shown={each} user={user} />
        ))}
      </ul>
      <Form
        className="inline"
        change={issue}
        action="Issue a key"
        onSubmit={(form) => {
          const day = written(form, "expires_at");
          issue.mutate({
            label: written(form, "label") || null,
            expires_at: day ? new Date(`${day}T23:59:59`).toISOString() : null,
          });
        }}
      >
        <Field name="label" label="What it is for (optional)" maxLength={120} autoComplete="off" />
        <Field
          name="expires_at"
          label="Last day (optional)"
          type="date"
          hint="Without one, it works until it is revoked."
        />
      </Form>
    </Dialog>
  );
}

function Key({ shown, user }: { shown: KeyShown; user: User }) {
  const name = shown.label ?? "Key without a label";
  const revoke = useChange(
    () => revokeKey({ path: { user_id: user.id, key_id: shown.id }, throwOnError: true }),
    ["users"],
  );
  return (
    <li>
      <div>
        <strong dir="auto">{name}</strong>
        <p className="hint">
          Issued {moment(shown.issued_at)}
          {shown.last_used_at ? `, last used ${moment(shown.last_used_at)}` : ", not used yet"}
          {shown.expires_at && `, expires ${moment(shown.expires_at)}`}
        </p>
        <Failure error={revoke.error} />
      </div>
      <button
        type="button"
        className="danger"
        aria-label={`Revoke ${name}, issued ${moment(shown.issued_at)}`}
        disabled={revoke.isPending}
        onClick={() => revoke.mutate(undefined)}
      >
        Revoke
      </button>
    </li>
  );
}
