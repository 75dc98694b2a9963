import { type KeyboardEvent, useDeferredValue, useId, useState } from "react";
import type { ContactView, ParticipantInput } from "../api";
import { useContacts } from "../queries";
import "../styles/picker.css";
import { phone } from "../words";

/** Somebody who was chosen for a new group: a contact's number, or a number without a contact. */
export type Chosen = { id: string; label: string; note: string; asked: ParticipantInput };

type Props = { limit: string; taken: Set<string>; onChoose: (chosen: Chosen) => void };

/** Finds contacts by name or number, and takes bare numbers. The arrow keys move through what was found, and Enter takes it. */
export function Picker({ limit, taken, onChoose }: Props) {
  const list = useId();
  const [q, setQ] = useState("");
  const [at, setAt] = useState(0);
  const sought = useDeferredValue(q.trim());
  const contacts = useContacts(sought);
  const isNumber = /\d{7,}/.test(sought.replace(/\D/g, ""));
  const found = (contacts.data?.pages ?? [])
    .flatMap((page) => page.items)
    .filter((each) => !each.deleted)
    .flatMap(numbersOf)
    .concat(isNumber ? bare(sought) : [])
    .filter((each) => !taken.has(each.id));
  const isOpen = sought !== "" && found.length > 0;
  const write = (text: string) => {
    setQ(text);
    setAt(0);
  };
  const choose = (each: Chosen | undefined) => {
    if (!each) return;
    onChoose(each);
    write("");
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter") choose(isOpen ? found[at] : undefined);
    else if (event.key === "ArrowDown") setAt(Math.min(at + 1, found.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else if (event.key === "Escape") write("");
    else return;
    event.preventDefault();
  };
  return (
    <div className="picker">
      <label>
        <span>
          Participants <small>{limit}</small>
        </span>
        <input
          ref={focus}
          role="combobox"
          aria-expanded={isOpen}
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={isOpen && found[at] ? `${list}-${at}` : undefined}
          value={q}
          placeholder="Name or number"
          autoComplete="off"
          onChange={(event) => write(event.target.value)}
          onKeyDown={press}
        />
      </label>
      {isOpen && (
        <div className="options" id={list} role="listbox" aria-label="Found">
          {found.map((each, n) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
            <div
              key={each.id}
              id={`${list}-${n}`}
              role="option"
              tabIndex={-1}
              aria-selected={n === at}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => choose(each)}
            >
              <span dir="auto">{each.label}</span> <small>{each.note}</small>
            </div>
          ))}
        </div>
      )}
      {sought !== "" && found.length === 0 && contacts.isSuccess && (
        <p className="options empty">
          No contact matches. Write a whole number to add somebody who isn&apos;t in the contacts.
        </p>
      )}
    </div>
  );
}

/** Starting a group begins with its people. */
const focus = (field: HTMLInputElement | null) => field?.focus();

const bare = (written: string): Chosen => ({
  id: written,
  label: written,
  note: "a number without a contact",
  asked: { number: written },
});

function numbersOf(contact: ContactView): Chosen[] {
  return [contact.number, ...contact.secondary_numbers].map((each, n) => ({
    id: `${contact.id} ${each}`,
    label: contact.name,
    note: `${phone(each)}${n > 0 ? ", secondary" : ""}${contact.dnd ? ", do not disturb" : ""}`,
    asked: { contact_id: contact.id, number: each },
  }));
}
