import { useState } from "react";
import { Link } from "wouter";
import { Avatar } from "../Avatar";
import type { Person, User } from "../api";
import { optOut, takeBack } from "../api";
import { Failure, useChange } from "../changes";
import { Icon } from "../Icon";
import { useConversation, usePane } from "../queries";
import { manages } from "../rights";
import { Why } from "../Why";
import { moment, phone } from "../words";
import { Tags } from "./Tags";

type Props = { id: string; me: User; onClose: () => void };

export function Pane({ id, me, onClose }: Props) {
  const [q, setQ] = useState("");
  const conversation = useConversation(id);
  const pane = usePane(id);
  const sought = q.trim().toLowerCase();
  const matches = (each: Person) =>
    !sought ||
    (each.name ?? "").toLowerCase().includes(sought) ||
    each.number.includes(sought.replace(/\D/g, "") || "·");
  const people = (pane.data?.participants ?? []).filter(matches);
  const gone = (pane.data?.opted_out ?? []).filter(matches);
  if (pane.isError && !pane.data) return null; // the thread says why
  return (
    <aside className="pane" aria-label="People">
      <div className="bar">
        <h2>People</h2>
        <button type="button" className="quiet faint" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <input
        type="search"
        aria-label="Search participants"
        placeholder="Search participants"
        value={q}
        onChange={(event) => setQ(event.target.value)}
      />
      <ul>
        {people.map((each) => (
          <Row key={each.number} person={each} id={id} me={me} />
        ))}
      </ul>
      {sought && people.length + gone.length === 0 && <p className="empty">Nobody matches.</p>}
      {gone.length > 0 && (
        <>
          <h3>Opted-Out Contacts</h3>
          <ul>
            {gone.map((each) => (
              <Row key={each.number} person={each} id={id} me={me} />
            ))}
          </ul>
        </>
      )}
      {conversation.data?.predecessor_id && (
        <Link href={`/${conversation.data.predecessor_id}`}>The group that this one continues</Link>
      )}
      {conversation.data?.successor_id && (
        <Link href={`/${conversation.data.successor_id}`}>The group that continues this one</Link>
      )}
      <p className="hint">Participants and their numbers are fixed when a group is created.</p>
    </aside>
  );
}

function Row({ person, id, me }: { person: Person; id: string; me: User }) {
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const path = { conversation_id: id, number: person.number };
  const settled = [["pane", "conversation"], () => setAsking(false)] as const;
  const out = useChange((_: undefined, headers) => optOut({ path, headers, throwOnError: true }), ...settled);
  const back = useChange((reason: string) => takeBack({ path, body: { reason }, throwOnError: true }), ...settled);
  const isOut = person.opted_out_at != null && (person.opted_in_at ?? "") < person.opted_out_at;
  const change = isOut ? back : out;
  return (
    <li className="person">
      <Avatar name={person.name ?? ""} of={person.number} />
      <span className="name" dir="auto">
        {person.name ?? phone(person.number)}
        <Tags person={person} />
        {person.contact_id && (
          <Link href={`/contacts/${person.contact_id}`} className="info" aria-label={`Details of ${person.name}`}>
            <Icon name="info" />
          </Link>
        )}
      </span>
      <span className="number">{person.name ? phone(person.number) : "Not in the contacts"}</span>
      {isOut && person.opted_out_at && (
        <>
          <span className="hint">Opted out {moment(person.opted_out_at)}</span>
          <span className="below">
            <Why
              about={{ kind: "participant", id, number: person.number }}
              label={`Why is ${person.name ?? phone(person.number)} opted out?`}
            />
            {manages(me) && !asking && (
              <button type="button" className="quiet faint" onClick={() => setAsking(true)}>
                Recorded by mistake?
              </button>
            )}
          </span>
        </>
      )}
      {me.role !== "auditor" &&
        (asking ? (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              if (isOut) back.mutate(reason);
              else out.mutate(undefined);
            }}
          >
            {isOut ? (
              <input
                aria-label="Reason"
                placeholder="Why was it a mistake?"
                value={reason}
                onChange={(event) => setReason(event.target.value)}
              />
            ) : (
              <p className="hint">
                They get no more texts from this number, in any group. Each of these groups is blocked.
              </p>
            )}
            <button type="submit" className="danger" disabled={change.isPending || (isOut && !reason.trim())}>
              {isOut ? "Take back" : "Opt out"}
            </button>
            <button type="button" onClick={() => setAsking(false)}>
              Cancel
            </button>
          </form>
        ) : (
          !isOut && (
            <button type="button" className="quiet faint" onClick={() => setAsking(true)}>
              Opt out…
            </button>
          )
        ))}
      <Failure error={change.error} />
    </li>
  );
}
