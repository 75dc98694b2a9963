import { useDeferredValue, useState } from "react";
import { useLocation } from "wouter";
import type { ContactView } from "../api";
import { mergeContacts } from "../api";
import { Confirm } from "../Confirm";
import { useChange } from "../changes";
import { data } from "../http";
import { useContacts } from "../queries";
import { phone } from "../words";

/** The choice of another contact that is the same person: that one is deleted, and this one takes what it lacks from it. */
export function Merge({ contact }: { contact: ContactView }) {
  const [, go] = useLocation();
  const [q, setQ] = useState("");
  const [chosen, setChosen] = useState<ContactView | null>(null);
  const sought = useDeferredValue(q.trim());
  const found = useContacts(sought).data?.pages[0]?.items ?? [];
  const merge = useChange(
    (contact_id: string, headers) =>
      data(mergeContacts({ path: { contact_id: contact.id }, body: { contact_id }, headers, throwOnError: true })),
    ["contacts", "contact", "inbox", "pane"],
    (kept) => {
      setChosen(null);
      setQ("");
      go(`/contacts/${kept.id}`);
    },
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
                <button type="button" onClick={() => setChosen(each)}>
                  <span dir="auto">{each.name}</span> <small>{phone(each.number)}</small>
                </button>
              </li>
            ))}
        </ul>
      </div>
      {chosen && (
        <Confirm
          title={`Merge ${chosen.name} into ${contact.name}?`}
          action="Merge"
          change={merge}
          onConfirm={() => merge.mutate(chosen.id)}
          onClose={() => setChosen(null)}
        >
          <p>
            {contact.name} gets the numbers and conversations of {chosen.name}, whose contact is deleted. If one of them
            has do-not-disturb, it applies to all numbers of both. This can&apos;t be undone.
          </p>
        </Confirm>
      )}
    </details>
  );
}
