import { useDeferredValue, useState } from "react";
import { useLocation } from "wouter";
import type { ContactView } from "../api";
import { mergeContacts } from "../api";
import { Failure, useChange } from "../changes";
import { data } from "../http";
import { useContacts } from "../queries";
import { phone } from "../words";

/** The choice of another contact that is the same person: that one is deleted, and this one takes what it lacks from it. */
export function Merge({ contact }: { contact: ContactView }) {
  const [, go] = useLocation();
  const [q, setQ] = useState("");
  const [key] = useState(() => crypto.randomUUID());
  const sought = useDeferredValue(q.trim());
  const found = useContacts(sought).data?.pages[0]?.items ?? [];
  const merge = useChange(
    (contact_id: string) =>
      data(
        mergeContacts({
          path: { contact_id: contact.id },
          body: { contact_id },
          headers: { "Idempotency-Key": `${key}-${contact_id}` },
          throwOnError: true,
        }),
      ),
    ["contacts", "contact", "inbox", "pane"],
    (kept) => go(`/contacts/${kept.id}`),
  );
  return (
    <details>
      <summary>Merge with another contact</summary>
      <div className="inline">
        <label>
          Contact that is the same person
          <input type="search" placeholder="Name or number" value={q} onChange={(event) => setQ(event.target.value)} />
        </label>
        <ul className="plain">
          {(sought ? found : [])
            .filter((each) => each.id !== contact.id && !each.deleted)
            .slice(0, 8)
            .map((each) => (
              <li key={each.id}>
                <button
                  type="button"
                  disabled={merge.isPending}
                  onClick={() =>
                    confirm(
                      `Merge ${each.name} into ${contact.name}? ${contact.name} gets the numbers and conversations of ${each.name}, whose contact is deleted. This can't be undone.`,
                    ) && merge.mutate(each.id)
                  }
                >
                  <span dir="auto">{each.name}</span> <small>{phone(each.number)}</small>
                </button>
              </li>
            ))}
        </ul>
        <Failure error={merge.error} />
      </div>
    </details>
  );
}
