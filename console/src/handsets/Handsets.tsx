import { useQuery } from "@tanstack/react-query";
import { useLayoutEffect, useRef, useState } from "react";
import type { Person } from "../api";
import { changeBehavior, handsetWrites, readHandset } from "../api";
import { useChange } from "../changes";
import { data, explain, Problem } from "../http";
import { Icon } from "../Icon";
import { useConversation, usePane, useThread } from "../queries";
import { clock, count, phone } from "../words";

const BEHAVIORS = {
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
        <button type="button" className="quiet faint" aria-label="Close" onClick={onClose}>
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
          id={id}
          person={person}
          business={conversation.data.from}
          others={people.filter((each) => each !== person)}
        />
      )}
    </aside>
  );
}

type HandsetProps = { id: string; person: Person; business: string; others: Person[] };

function Handset({ id, person, business, others }: HandsetProps) {
  const numbers = others.map((each) => each.number).sort();
  const [body, setBody] = useState("");
  const [behavior, setBehavior] = useState<keyof typeof BEHAVIORS>("");
  const handset = useQuery({
    queryKey: ["handset", person.number],
    queryFn: () => data(readHandset({ path: { number: person.number }, throwOnError: true })),
  });
  const write = useChange(
    (text: string) => {
      const body = { from: person.number, to: business, group: numbers, body: text };
      return data(handsetWrites({ body, throwOnError: true }));
    },
    ["handset"],
    () => setBody(""),
  );
  const behave = useChange(
    (chosen: keyof typeof BEHAVIORS) =>
      data(changeBehavior({ path: { number: person.number }, body: { behavior: chosen || null }, throwOnError: true })),
    [],
    (_, chosen) => setBehavior(chosen),
  );
  const thread = useThread(id);
  const written = (thread.data?.pages ?? [])
    .flatMap((page) => page.items)
    .filter((each) => each.author.number === person.number);
  const received = (handset.data?.items ?? []).filter(
    (each) =>
      [...new Set([...each.group, each.from])]
        .filter((n) => n !== business)
        .sort()
        .join() === numbers.join(),
  );
  const shown = [
    ...received.map(({ from, body, media, at }) => ({ from, body, files: media.length, at })),
    ...written.map(({ body, media, at }) => ({ from: person.number, body, files: media.length, at })),
  ].sort((one, other) => one.at.localeCompare(other.at));
  const list = useRef<HTMLOListElement>(null);
  useLayoutEffect(() => {
    if (shown.length > 0) list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [shown.length]);
  const name = person.name ?? phone(person.number);
  const nameOf = (number: string) =>
    number === business ? "The business" : (others.find((each) => each.number === number)?.name ?? phone(number));
  if (handset.error instanceof Problem && handset.error.status === 404) {
    return <p className="hint">Handsets exist only with the simulated carrier.</p>;
  }
  return (
    <div className="phone">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be within reach of the keyboard */}
      <ol ref={list} tabIndex={0} aria-label={`On the handset of ${name}`}>
        {shown.map((each) => (
          <li key={`${each.at} ${each.from}`} className={each.from === person.number ? "own" : ""}>
            <small>
              {each.from !== person.number && `${nameOf(each.from)}, `}
              {clock(each.at)}
            </small>
            <div dir="auto">{each.body}</div>
            {each.files > 0 && <small>{count(each.files, "picture or file", "pictures or files")}</small>}
          </li>
        ))}
        {handset.isSuccess && shown.length === 0 && <li className="empty">There is nothing on this handset yet.</li>}
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
          aria-label={`Write as ${name}`}
          placeholder={`Write as ${name}`}
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
        Behavior of this handset
        <select value={behavior} onChange={(event) => behave.mutate(event.target.value as keyof typeof BEHAVIORS)}>
          {Object.entries(BEHAVIORS).map(([name, words]) => (
            <option key={name} value={name}>
              {words}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
