import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { User } from "../api";
import { liftDoNotDisturb, listDoNotDisturb } from "../api";
import { Failure, useChange } from "../changes";
import { data } from "../http";
import { manages } from "../rights";
import { moment, phone } from "../words";

export function DoNotDisturb({ me }: { me: User }) {
  const [reason, setReason] = useState("");
  const numbers = useQuery({
    queryKey: ["do-not-disturb"],
    queryFn: () => data(listDoNotDisturb({ query: { limit: 200 }, throwOnError: true })),
  });
  const lift = useChange(
    (number: string) => liftDoNotDisturb({ path: { number }, body: { reason }, throwOnError: true }),
    ["do-not-disturb"],
  );
  return (
    <>
      <p className="hint">These numbers are not texted, because a contact with do-not-disturb has or had them.</p>
      <Failure error={numbers.error ?? lift.error} />
      {numbers.data?.items.length === 0 && <p className="empty">No number has do-not-disturb.</p>}
      <ul className="cards">
        {(numbers.data?.items ?? []).map((each) => (
          <li key={each.number}>
            <strong>{phone(each.number)}</strong> since {moment(each.since)}{" "}
            <Link href={`/contacts/${each.contact_id}`}>by this contact</Link>
            {each.left_behind && manages(me) && (
              <form
                className="inline"
                onSubmit={(event) => {
                  event.preventDefault();
                  lift.mutate(each.number);
                }}
              >
                <input
                  aria-label="Reason"
                  placeholder="Why is it lifted?"
                  value={reason}
                  onChange={(event) => setReason(event.target.value)}
                />
                <button type="submit" className="danger" disabled={!reason.trim()}>
                  Lift
                </button>
              </form>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
