import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { Link, useLocation } from "wouter";
import type { ContactView } from "../api";
import { changeContact, createContact, deleteContact, readContact } from "../api";
import { data, explain } from "../http";
import { useContacts, useInbox } from "../queries";
import { count, phone } from "../words";

export function Contacts({ id }: { id: string | undefined }) {
  const [q, setQ] = useState("");
  const contacts = useContacts(useDeferredValue(q.trim()));
  const shown = (contacts.data?.pages ?? []).flatMap((page) => page.items);
  return (
    <div className={`two ${id ? "chosen" : ""}`}>
      <aside className="inbox" aria-label="Contacts">
        <div className="bar">
          <h2>Contacts</h2>
          <Link href="/contacts/new" className="button primary">
            New contact
          </Link>
        </div>
        <input
          type="search"
          aria-label="Search contacts"
          placeholder="Search names and numbers"
          value={q}
          onChange={(event) => setQ(event.target.value)}
        />
        {contacts.isError && <p className="error">{explain(contacts.error)}</p>}
        {contacts.isSuccess && shown.length === 0 && (
          <p className="empty">{q ? "No contact matches." : "There are no contacts yet."}</p>
        )}
        <ol>
          {shown.map((each) => (
            <li key={each.id}>
              <Link href={`/contacts/${each.id}`} aria-current={each.id === id ? "page" : undefined}>
                <span className="name" dir="auto">
                  {each.name}
                </span>
                <span className="last">{phone(each.number)}</span>
                <span className="marks">{each.dnd && <span className="mark blocked">Do not disturb</span>}</span>
              </Link>
            </li>
          ))}
        </ol>
        {contacts.hasNextPage && (
          <button type="button" onClick={() => void contacts.fetchNextPage()}>
            Show more
          </button>
        )}
      </aside>
      {id === "new" ? (
        <Edit contact={null} />
      ) : id ? (
        <Details key={id} id={id} />
      ) : (
        <main className="nothing">
          <h1>Contacts</h1>
          <p>Choose a contact, or create one.</p>
        </main>
      )}
    </div>
  );
}

function Details({ id }: { id: string }) {
  const contact = useQuery({
    queryKey: ["contact", id],
    queryFn: () => data(readContact({ path: { contact_id: id }, throwOnError: true })),
  });
  if (contact.isError) {
    return (
      <main className="nothing">
        <p className="error">{explain(contact.error)}</p>
      </main>
    );
  }
  return contact.data ? <Edit key={contact.data.version} contact={contact.data} /> : <main className="nothing" />;
}

function Edit({ contact }: { contact: ContactView | null }) {
  const queries = useQueryClient();
  const [, go] = useLocation();
  const [name, setName] = useState(contact?.name ?? "");
  const [number, setNumber] = useState(contact?.number ?? "");
  const [others, setOthers] = useState(contact?.secondary_numbers.join(", ") ?? "");
  const [key] = useState(() => crypto.randomUUID());
  const refresh = () => {
    for (const each of ["contacts", "contact"]) void queries.invalidateQueries({ queryKey: [each] });
  };
  const save = useMutation({
    mutationFn: (change: { dnd?: boolean }) => {
      const secondary_numbers = others.split(",").flatMap((each) => each.trim() || []);
      const body = "dnd" in change ? change : { name, number, secondary_numbers };
      return contact
        ? data(
            changeContact({
              path: { contact_id: contact.id },
              body,
              headers: { "If-Match": `"${contact.version}"` },
              throwOnError: true,
            }),
          )
        : data(
            createContact({
              body: { name, number, secondary_numbers },
              headers: { "Idempotency-Key": key },
              throwOnError: true,
            }),
          );
    },
    onSuccess: (saved) => {
      refresh();
      go(`/contacts/${saved.id}`);
    },
    onError: refresh,
  });
  const remove = useMutation({
    mutationFn: () => deleteContact({ path: { contact_id: contact?.id ?? "" }, throwOnError: true }),
    onSuccess: () => {
      refresh();
      go("/contacts");
    },
  });
  const error = save.error ?? remove.error;
  return (
    <main className="form">
      <header className="bar">
        <Link href="/contacts" className="back" aria-label="Back to the contacts">
          ‹
        </Link>
        <h1 dir="auto">{contact?.name ?? "New contact"}</h1>
      </header>
      {contact?.deleted && <p className="hint">This contact was deleted.</p>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({});
        }}
      >
        <label>
          Name
          <input required maxLength={120} value={name} onChange={(event) => setName(event.target.value)} />
        </label>
        <label>
          Number
          <input required type="tel" value={number} onChange={(event) => setNumber(event.target.value)} />
        </label>
        <label>
          Secondary numbers, separated by commas
          <input value={others} onChange={(event) => setOthers(event.target.value)} />
        </label>
        <p className="hint">
          Groups keep the number that they were created with. If it changes here, they show the tag “Updated”.
        </p>
        {error && (
          <p className="error" role="alert">
            {explain(error)}
          </p>
        )}
        <div className="actions">
          <button type="submit" className="primary" disabled={save.isPending || contact?.deleted}>
            Save
          </button>
          {contact && !contact.deleted && (
            <>
              <button type="button" onClick={() => save.mutate({ dnd: !contact.dnd })}>
                {contact.dnd ? "Turn off do-not-disturb" : "Turn on do-not-disturb"}
              </button>
              <button
                type="button"
                className="danger"
                onClick={() =>
                  confirm("Delete this contact? Its groups stay, with the tag “Deleted”.") && remove.mutate()
                }
              >
                Delete
              </button>
            </>
          )}
        </div>
      </form>
      {contact && <Groups contact={contact} />}
    </main>
  );
}

/** The conversations that the contact's number takes part in. */
function Groups({ contact }: { contact: ContactView }) {
  const inbox = useInbox({ q: contact.number, unread: false, blocked: false, from: "" });
  const groups = inbox.data?.pages[0]?.items ?? [];
  return (
    <section>
      <h2>{count(groups.length, "conversation")}</h2>
      <ul className="plain">
        {groups.map((each) => (
          <li key={each.id}>
            <Link href={`/${each.id}`}>{each.display_name}</Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
