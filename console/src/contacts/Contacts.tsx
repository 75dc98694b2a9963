import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { Link } from "wouter";
import { Avatar } from "../Avatar";
import type { ContactView, User } from "../api";
import { readContact } from "../api";
import { Back } from "../Back";
import { Failed } from "../changes";
import { data, explain } from "../http";
import { Icon } from "../Icon";
import { More } from "../More";
import { useContacts, useInbox, useUsers } from "../queries";
import { seesEverything, writes } from "../rights";
import { count, phone, readable, recently } from "../words";
import { ContactActions, ContactForm } from "./ContactForm";
import { Import } from "./Import";
import { Merge } from "./Merge";

export function Contacts({ id, me }: { id: string | undefined; me: User }) {
  const [q, setQ] = useState("");
  const [assignedTo, setAssignedTo] = useState("");
  const contacts = useContacts(useDeferredValue(q.trim()), assignedTo);
  const shown = (contacts.data?.pages ?? []).flatMap((page) => page.items);
  return (
    <div className={`two ${id ? "chosen" : ""}`}>
      <aside className="inbox" aria-label="Contacts">
        <header>
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
            {seesEverything(me) && <AssignedTo chosen={assignedTo} onChoose={setAssignedTo} />}
          </div>
        </header>
        <div className="list">
          {contacts.isPending && <p className="empty loading">Loading…</p>}
          {contacts.isError && <Failed error={contacts.error} onAgain={() => void contacts.refetch()} />}
          {contacts.isSuccess && shown.length === 0 && (
            <p className="empty">{q || assignedTo ? "No contact matches." : "There are no contacts yet."}</p>
          )}
          <ol>
            {shown.map((each) => (
              <li key={each.id}>
                <Link href={`/contacts/${each.id}`} aria-current={each.id === id ? "page" : undefined}>
                  <Avatar name={each.name} of={each.number} />
                  <span className="name" dir="auto">
                    {each.name}
                  </span>
                  <span className="marks">{each.dnd && <span className="mark blocked">Do not disturb</span>}</span>
                  <span className="last">{phone(each.number)}</span>
                </Link>
              </li>
            ))}
          </ol>
          <More of={contacts} />
        </div>
      </aside>
      {id === "new" ? (
        <Edit contact={null} me={me} />
      ) : id === "import" ? (
        <Import />
      ) : id ? (
        <Details key={id} id={id} me={me} />
      ) : (
        <main className="nothing">
          <Icon name="contacts" />
          <h1>No contact is open</h1>
          <p>Choose one on the left{writes(me) && ", or create one"}.</p>
        </main>
      )}
    </div>
  );
}

/** The choice of the user whose assigned contacts are listed. */
function AssignedTo({ chosen, onChoose }: { chosen: string; onChoose: (id: string) => void }) {
  const users = useUsers().data ?? [];
  return (
    <select aria-label="Assigned to" value={chosen} onChange={(event) => onChoose(event.target.value)}>
      <option value="">Everybody&apos;s</option>
      {users.map((each) => (
        <option key={each.id} value={each.id}>
          {each.name}
        </option>
      ))}
    </select>
  );
}

function Details({ id, me }: { id: string; me: User }) {
  const contact = useQuery({
    queryKey: ["contact", id],
    queryFn: () => data(readContact({ path: { contact_id: id }, throwOnError: true })),
  });
  if (contact.isError) {
    return (
      <main className="form">
        <header className="bar">
          <Back href="/contacts" to="the contacts" />
          <h1>Contact</h1>
        </header>
        <p className="error">{explain(contact.error)}</p>
      </main>
    );
  }
  return contact.data ? <Edit contact={contact.data} me={me} /> : <main className="nothing" />;
}

function Edit({ contact, me }: { contact: ContactView | null; me: User }) {
  const changes = writes(me) && contact?.deleted !== true;
  return (
    <main className="form">
      <header className="bar">
        <Back href="/contacts" to="the contacts" />
        {contact && <Avatar name={contact.name} of={contact.number} />}
        <h1 dir="auto">{contact?.name ?? "New contact"}</h1>
        {contact?.dnd && <span className="mark blocked">Do not disturb</span>}
      </header>
      {contact?.deleted && <p className="hint">This contact was deleted.</p>}
      <ContactForm contact={contact} me={me} />
      {contact && changes && <ContactActions contact={contact} />}
      {contact && changes && <Merge contact={contact} />}
      {contact && <Groups contact={contact} />}
      {contact && <Metadata of={contact.metadata} />}
    </main>
  );
}

/** What another system keeps with the contact. */
function Metadata({ of }: { of: ContactView["metadata"] }) {
  const kept = Object.entries(of);
  if (kept.length === 0) return null;
  return (
    <section>
      <h2>From other systems</h2>
      <dl className="facts">
        {kept.map(([name, value]) => (
          <div key={name}>
            <dt dir="auto">{name}</dt>
            <dd dir="auto">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** The conversations that the contact takes part in, even with an earlier number. */
function Groups({ contact }: { contact: ContactView }) {
  const inbox = useInbox({ contact_id: contact.id });
  const groups = inbox.data?.pages[0]?.items ?? [];
  return (
    <section>
      <h2>{inbox.isSuccess && count(groups.length, "conversation")}</h2>
      <ul className="rows">
        {groups.map((each) => (
          <li key={each.id}>
            <Link href={`/${each.id}`}>
              <span dir="auto">{readable(each.display_name)}</span>
              {each.blocked && <span className="mark blocked">Blocked</span>}
              <time dateTime={each.last_activity_at}>{recently(each.last_activity_at)}</time>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
