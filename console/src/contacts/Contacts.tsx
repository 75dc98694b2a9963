import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { Link, useLocation } from "wouter";
import { Avatar } from "../Avatar";
import type { ContactView, User } from "../api";
import { changeContact, createContact, deleteContact, readContact } from "../api";
import { Back } from "../Back";
import { data, explain } from "../http";
import { useContacts, useInbox } from "../queries";
import { writes } from "../rights";
import { count, phone, readable } from "../words";
import { Import } from "./Import";
import { Merge } from "./Merge";

export function Contacts({ id, me }: { id: string | undefined; me: User }) {
  const [q, setQ] = useState("");
  const contacts = useContacts(useDeferredValue(q.trim()));
  const shown = (contacts.data?.pages ?? []).flatMap((page) => page.items);
  return (
    <div className={`two ${id ? "chosen" : ""}`}>
      <aside className="inbox" aria-label="Contacts">
        <div className="bar">
          <h2>Contacts</h2>
          {writes(me) && (
            <Link href="/contacts/new" className="button primary">
              New contact
            </Link>
          )}
        </div>
        <input
          type="search"
          aria-label="Search contacts"
          placeholder="Search names and numbers"
          value={q}
          onChange={(event) => setQ(event.target.value)}
        />
        <div className="filters">
          {writes(me) && (
            <Link href="/contacts/import" className="button" aria-current={id === "import" ? "page" : undefined}>
              Import
            </Link>
          )}
          <a className="button" href="/v1/contacts/export" download>
            Export
          </a>
        </div>
        {contacts.isError && <p className="error">{explain(contacts.error)}</p>}
        {contacts.isSuccess && shown.length === 0 && (
          <p className="empty">{q ? "No contact matches." : "There are no contacts yet."}</p>
        )}
        <ol>
          {shown.map((each) => (
            <li key={each.id}>
              <Link href={`/contacts/${each.id}`} aria-current={each.id === id ? "page" : undefined}>
                <Avatar name={each.name} of={each.id} />
                <span className="name" dir="auto">
                  {each.name}
                </span>
                <span className="marks">{each.dnd && <span className="mark blocked">Do not disturb</span>}</span>
                <span className="last">{phone(each.number)}</span>
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
        <Edit contact={null} me={me} />
      ) : id === "import" ? (
        <Import />
      ) : id ? (
        <Details key={id} id={id} me={me} />
      ) : (
        <main className="nothing">
          <h1>Contacts</h1>
          <p>Choose a contact, or create one.</p>
        </main>
      )}
    </div>
  );
}

function Details({ id, me }: { id: string; me: User }) {
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
  return contact.data ? (
    <Edit key={contact.data.version} contact={contact.data} me={me} />
  ) : (
    <main className="nothing" />
  );
}

function Edit({ contact, me }: { contact: ContactView | null; me: User }) {
  const off = !writes(me) || contact?.deleted === true;
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
        <Back href="/contacts" to="the contacts" />
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
          <input
            required
            maxLength={120}
            disabled={off}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <label>
          Number
          <input
            required
            type="tel"
            disabled={off}
            value={number}
            onChange={(event) => setNumber(event.target.value)}
          />
        </label>
        <label>
          Secondary numbers, separated by commas
          <input disabled={off} value={others} onChange={(event) => setOthers(event.target.value)} />
        </label>
        <p className="hint">
          Groups keep the number that they were created with. If it changes here, they show the tag “Updated”.
        </p>
        {error && (
          <p className="error" role="alert">
            {explain(error)}
          </p>
        )}
        <div className="actions" hidden={off}>
          <button type="submit" className="primary" disabled={save.isPending}>
            Save
          </button>
          {contact && (
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
      {contact && !off && <Merge contact={contact} />}
      {contact && <Groups contact={contact} />}
    </main>
  );
}

/** The conversations that the contact takes part in, even with an earlier number. */
function Groups({ contact }: { contact: ContactView }) {
  const inbox = useInbox({ contact_id: contact.id });
  const groups = inbox.data?.pages[0]?.items ?? [];
  return (
    <section>
      <h2>{inbox.isSuccess && count(groups.length, "conversation")}</h2>
      <ul className="plain">
        {groups.map((each) => (
          <li key={each.id}>
            <Link href={`/${each.id}`}>{readable(each.display_name)}</Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
