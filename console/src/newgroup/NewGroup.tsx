import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { createConversation } from "../api";
import { Back } from "../Back";
import { data, explain, Problem } from "../http";
import { Icon } from "../Icon";
import { useNumbers, usePolicy } from "../queries";
import { phone, readable } from "../words";
import { type Chosen, Picker } from "./Picker";

type Violation = { code: string; detail: string; index?: number | null };

export function NewGroup({ onDone }: { onDone: (id: string) => void }) {
  const numbers = useNumbers();
  const policy = usePolicy();
  const [from, setFrom] = useState("");
  const [name, setName] = useState("");
  const [body, setBody] = useState("");
  const [chosen, setChosen] = useState<Chosen[]>([]);
  const [key, setKey] = useState(() => crypto.randomUUID());
  const sender = from || (numbers.data?.find((each) => each.default) ?? numbers.data?.[0])?.number || "";
  const changed =
    <T,>(set: (value: T) => void) =>
    (value: T) => {
      set(value);
      setKey(crypto.randomUUID());
    };
  const create = useMutation({
    mutationFn: () =>
      data(
        createConversation({
          body: {
            from: sender,
            participants: chosen.map((each) => each.asked),
            name: name.trim() || null,
            message: body.trim() ? { body } : null,
          },
          headers: { "Idempotency-Key": key },
          throwOnError: true,
        }),
      ),
    onSuccess: (made) => onDone(made.id),
  });
  const problem = create.error instanceof Problem ? create.error : null;
  const violations = (problem?.members.violations ?? []) as Violation[];
  const existing = problem?.slug === "group-exists" ? (problem.members.conversation_id as string | null) : null;
  return (
    <main className="new-group">
      <header className="bar">
        <Back href="/" to="the inbox" />
        <h1>New group</h1>
      </header>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <label>
          From
          <select value={sender} onChange={(event) => changed(setFrom)(event.target.value)}>
            {(numbers.data ?? []).map((each) => (
              <option key={each.number} value={each.number}>
                {each.label ? `${each.label}, ${phone(each.number)}` : phone(each.number)}
              </option>
            ))}
          </select>
        </label>
        <Picker
          limit={policy.data ? `${chosen.length} of at most ${policy.data.max_participants}` : ""}
          taken={new Set(chosen.map((each) => each.id))}
          onChoose={(each) => changed(setChosen)([...chosen, each])}
        />
        <ul className="chips" aria-label="Chosen participants" hidden={chosen.length === 0}>
          {chosen.map((each, n) => {
            const wrong = violations.filter((violation) => violation.index === n);
            return (
              <li key={each.id} className={wrong.length > 0 ? "wrong" : ""}>
                <span>
                  <span dir="auto">{each.label}</span> <small>{each.note}</small>
                </span>
                <button
                  type="button"
                  className="quiet faint"
                  aria-label={`Remove ${each.label}`}
                  onClick={() => changed(setChosen)(chosen.filter((other) => other !== each))}
                >
                  <Icon name="close" />
                </button>
                {wrong.map((violation) => (
                  <p key={violation.code} className="error">
                    {readable(violation.detail)}
                  </p>
                ))}
              </li>
            );
          })}
        </ul>
        <label>
          Name of the group (optional)
          <input maxLength={120} value={name} onChange={(event) => changed(setName)(event.target.value)} />
        </label>
        <label>
          First message (optional)
          <textarea rows={3} dir="auto" value={body} onChange={(event) => changed(setBody)(event.target.value)} />
        </label>
        {create.isError && (
          <div className="error" role="alert">
            {existing ? (
              <>
                This group exists already. <Link href={`/${existing}`}>Open it</Link>
              </>
            ) : violations.length > 0 ? (
              violations
                .filter((each) => each.index == null)
                .map((each) => <p key={each.code}>{readable(each.detail)}</p>)
            ) : (
              explain(create.error)
            )}
          </div>
        )}
        <button type="submit" className="primary" disabled={create.isPending || chosen.length === 0 || !sender}>
          Create group
        </button>
      </form>
    </main>
  );
}
