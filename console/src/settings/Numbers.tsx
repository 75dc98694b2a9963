import { useState } from "react";
import type { User } from "../api";
import { addNumber } from "../api";
import { Failure, useChange } from "../changes";
import { data } from "../http";
import { useNumbers } from "../queries";
import { manages } from "../rights";
import { phone } from "../words";

export function Numbers({ me }: { me: User }) {
  const numbers = useNumbers();
  const [number, setNumber] = useState("");
  const [label, setLabel] = useState("");
  const add = useChange(
    () =>
      data(
        addNumber({
          body: { number, label: label || null },
          headers: { "Idempotency-Key": crypto.randomUUID() },
          throwOnError: true,
        }),
      ),
    ["numbers"],
    () => {
      setNumber("");
      setLabel("");
    },
  );
  return (
    <>
      <Failure error={numbers.error} />
      <ul className="cards">
        {(numbers.data ?? []).map((each) => (
          <li key={each.number}>
            <strong>{phone(each.number)}</strong> {each.label} {each.default && <span className="tag">default</span>}
          </li>
        ))}
      </ul>
      {manages(me) && (
        <form
          className="inline"
          onSubmit={(event) => {
            event.preventDefault();
            add.mutate(undefined);
          }}
        >
          <h2>Add a number</h2>
          <label>
            Number <input required type="tel" value={number} onChange={(event) => setNumber(event.target.value)} />
          </label>
          <label>
            Label <input value={label} onChange={(event) => setLabel(event.target.value)} />
          </label>
          <button type="submit" className="primary" disabled={add.isPending}>
            Add
          </button>
          <Failure error={add.error} />
        </form>
      )}
    </>
  );
}
