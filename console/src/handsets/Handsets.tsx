import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Person } from "../api";
import { changeBehaviour, handsetWrites, readHandset } from "../api";
import { data, explain, Problem } from "../http";
import { Icon } from "../Icon";
import { useConversation, usePane } from "../queries";
import { clock, phone } from "../words";

const BEHAVIOURS = {
  "": "works normally",
  fail: "rejects every text",
  opted_out: "opted out at the carrier",
  silent: "sends no receipts",
  late: "sends receipts late",
  duplicate: "sends receipts twice",
  out_of_order: "sends receipts out of order",
} as const;

/** The phones of the participants, with the simulated carrier: what they received, and writing as them. */
export function Handsets({ id, onClose }: { id: string; onClose: () => void }) {
  const conversation = useConversation(id);
  const pane = usePane(id);
  const people = [...(pane.data?.participants ?? []), ...(pane.data?.opted_out ?? [])];
  const [chosen, setChosen] = useState<string | null>(null);
  const person = people.find((each) => each.number === chosen) ?? people[0];
  return (
    <aside className="pane handsets" aria-label="Handsets">
      <div className="bar">
        <h2>Handsets</h2>
        <button type="button" className="quiet" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <div className="filters">
        {people.map((each) => (
          <button key={each.number} type="button" aria-pressed={each === person} onClick={() => setChosen(each.number)}>
            {each.name ?? phone(each.number)}
          </button>
        ))}
      </div>
      {person && conversation.data && (
        <Handset
          key={person.number}
          person={person}
          business={conversation.data.from}
          others={people.filter((each) => each !== person)}
        />
      )}
    </aside>
  );
}

function Handset({ person, business, others }: { person: Person; business: string; others: Person[] }) {
  const numbers = others.map((each) => each.number).sort();
  const [body, setBody] = useState("");
  const [behaviour, setBehaviour] = useState<keyof typeof BEHAVIOURS>("");
  const handset = useQuery({
    queryKey: ["handset", person.number],
    queryFn: () => data(readHandset({ path: { number: person.number }, throwOnError: true })),
  });
  const write = useMutation({
    mutationFn: (text: string) =>
      data(
        handsetWrites({ body: { from: person.number, to: business, group: numbers, body: text }, throwOnError: true }),
      ),
    onSuccess: () => setBody(""),
  });
  const behave = useMutation({
    mutationFn: (chosen: keyof typeof BEHAVIOURS) =>
      data(
        changeBehaviour({ path: { number: person.number }, body: { behaviour: chosen || null }, throwOnError: true }),
      ),
    onSuccess: (_, chosen) => setBehaviour(chosen),
  });
  const shown = (handset.data?.items ?? []).filter(
    (each) =>
      [...new Set([...each.group, each.from])]
        .filter((n) => n !== business)
        .sort()
        .join() === numbers.join(),
  );
  const nameOf = (number: string) => others.find((each) => each.number === number)?.name ?? phone(number);
  if (handset.error instanceof Problem && handset.error.status === 404) {
    return <p className="hint">Handsets exist only with the simulated carrier.</p>;
  }
  return (
    <div className="phone">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be within reach of the keyboard */}
      <ol tabIndex={0} aria-label={`What ${person.name ?? phone(person.number)} received`}>
        {shown.map((each, n) => (
          <li key={n} className={each.from === business ? "in" : "other"}>
            <small>
              {each.from === business ? "The business" : nameOf(each.from)} {clock(each.at)}
            </small>
            <div dir="auto">{each.body}</div>
          </li>
        ))}
        {handset.isSuccess && shown.length === 0 && <li className="empty">Nothing received yet.</li>}
      </ol>
      {(handset.error ?? write.error ?? behave.error) && (
        <p className="error" role="alert">
          {explain(handset.error ?? write.error ?? behave.error)}
        </p>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (body.trim()) write.mutate(body);
        }}
      >
        <input
          aria-label={`Write as ${person.name ?? phone(person.number)}`}
          placeholder={`Write as ${person.name ?? phone(person.number)}`}
          value={body}
          onChange={(event) => setBody(event.target.value)}
        />
        <button type="submit" disabled={write.isPending || !body.trim()}>
          Send
        </button>
        <button type="button" className="danger" disabled={write.isPending} onClick={() => write.mutate("STOP")}>
          STOP
        </button>
      </form>
      <label>
        This handset
        <select value={behaviour} onChange={(event) => behave.mutate(event.target.value as keyof typeof BEHAVIOURS)}>
          {Object.entries(BEHAVIOURS).map(([name, words]) => (
            <option key={name} value={name}>
              {words}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
