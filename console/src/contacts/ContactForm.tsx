import { useRef, useState } from "react";
import { useLocation } from "wouter";
import type { ContactView, User } from "../api";
import { changeContact, createContact, deleteContact } from "../api";
import { Confirm } from "../Confirm";
import { Failure, useChange } from "../changes";
import { Choice, ExternalId, Field, Form, written } from "../Form";
import { data } from "../http";
import { useUsers } from "../queries";
import { seesEverything, writes } from "../rights";

const CHANGED = ["contacts", "contact"];

type Fields = {
  name: string;
  number: string;
  secondary_numbers: string[];
  external_id: string | null;
  assigned_to?: string | null;
};

/** The fields of a contact, to create or change it. */
export function ContactForm({ contact, me }: { contact: ContactView | null; me: User }) {
  const [, go] = useLocation();
  const [saved, setSaved] = useState(0);
  const edited = useRef<number | null>(null); // the version in which somebody began to type
  const users = useUsers().data;
  const save = useChange(
    (body: Fields, headers) => {
      const version = edited.current ?? contact?.version;
      edited.current = null; // if it is outdated, the next try is after a look at the newest one
      return contact
        ? data(
            changeContact({
              path: { contact_id: contact.id },
              body,
              headers: { "If-Match": `"${version}"` },
              throwOnError: true,
            }),
          )
        : data(createContact({ body, headers, throwOnError: true }));
    },
    CHANGED,
    ({ id }) => {
      setSaved((n) => n + 1);
      go(`/contacts/${id}`);
    },
  );
  const off = !writes(me) || contact?.deleted === true;
  const assigns = seesEverything(me);
  if (assigns && !users) return null; // for a moment: a choice needs its options
  return (
    <div
      onInput={() => {
        edited.current ??= contact?.version ?? null;
      }}
    >
      <Form
        key={saved}
        change={save}
        action="Save"
        off={off}
        onSubmit={(form) =>
          save.mutate({
            name: written(form, "name"),
            number: written(form, "number"),
            secondary_numbers: written(form, "secondary_numbers")
              .split(",")
              .flatMap((each) => each.trim() || []),
            external_id: written(form, "external_id") || null,
            ...(assigns && { assigned_to: written(form, "assigned_to") || null }),
          })
        }
      >
        <Field name="name" label="Name" required maxLength={120} defaultValue={contact?.name} autoComplete="off" />
        <Field
          name="number"
          label="Number"
          type="tel"
          required
          maxLength={64}
          defaultValue={contact?.number}
          autoComplete="off"
          hint="Groups keep the number that they were created with. If it changes here, they show the tag “Updated”."
        />
        <Field
          name="secondary_numbers"
          label="Secondary numbers, separated by commas"
          defaultValue={contact?.secondary_numbers.join(", ")}
          autoComplete="off"
        />
        {assigns && (
          <Choice
            name="assigned_to"
            label="Assigned to"
            options={[["", "Nobody"], ...assignable(users ?? [], contact).map((each) => [each.id, each.name] as const)]}
            defaultValue={contact?.assigned_to ?? ""}
            hint="Users with assigned data only see the contacts that are assigned to them, and groups of only these."
          />
        )}
        <ExternalId of="contact" value={contact?.external_id} />
      </Form>
    </div>
  );
}

/** Return the users to whom a contact can be assigned, and the one to whom it is. */
const assignable = (users: User[], contact: ContactView | null) =>
  users.filter((each) => each.active || each.id === contact?.assigned_to);

/** Turning do-not-disturb on and off, and deleting the contact. */
export function ContactActions({ contact }: { contact: ContactView }) {
  const [, go] = useLocation();
  const [asking, setAsking] = useState<"dnd" | "delete" | null>(null);
  const close = () => setAsking(null);
  const path = { contact_id: contact.id };
  const turn = useChange(
    (dnd: boolean) => data(changeContact({ path, body: { dnd }, throwOnError: true })),
    CHANGED,
    close,
  );
  const remove = useChange(
    () => deleteContact({ path, throwOnError: true }),
    CHANGED,
    () => go("/contacts"),
  );
  return (
    <>
      <div className="actions">
        <button
          type="button"
          disabled={turn.isPending}
          onClick={() => (contact.dnd ? turn.mutate(false) : setAsking("dnd"))}
        >
          {contact.dnd ? "Turn off do-not-disturb" : "Turn on do-not-disturb"}
        </button>
        <button type="button" className="danger" onClick={() => setAsking("delete")}>
          Delete
        </button>
      </div>
      {contact.dnd && <Failure error={turn.error} />}
      {asking === "dnd" && (
        <Confirm
          title={`Turn on do-not-disturb for ${contact.name}?`}
          action="Turn on do-not-disturb"
          change={turn}
          onConfirm={() => turn.mutate(true)}
          onClose={close}
        >
          <p>None of their numbers gets texts from your numbers any more. All their groups are blocked.</p>
        </Confirm>
      )}
      {asking === "delete" && (
        <Confirm
          title={`Delete ${contact.name}?`}
          action="Delete the contact"
          change={remove}
          onConfirm={() => remove.mutate(undefined)}
          onClose={close}
        >
          <p>Their groups stay, with the tag “Deleted”. {contact.dnd && "Do-not-disturb stays with their numbers."}</p>
        </Confirm>
      )}
    </>
  );
}
