import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { NumberWithDnd, User } from "../api";
import { liftDoNotDisturb, listDoNotDisturb } from "../api";
import { Failure, useChange } from "../changes";
import { Dialog } from "../Dialog";
import { Field, Form, written } from "../Form";
import { data } from "../http";
import { More } from "../More";
import { manages } from "../rights";
import { moment, phone } from "../words";

/** The numbers that are not texted because of do-not-disturb (R36). */
export function DoNotDisturb({ me }: { me: User }) {
  const [lifting, setLifting] = useState<NumberWithDnd | null>(null);
  const numbers = useInfiniteQuery({
    queryKey: ["do-not-disturb"],
    queryFn: ({ pageParam }) => {
      const query = { limit: 50, ...(pageParam && { cursor: pageParam }) };
      return data(listDoNotDisturb({ query, throwOnError: true }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
  const shown = (numbers.data?.pages ?? []).flatMap((page) => page.items);
  return (
    <>
      <p className="hint">
        These numbers are not texted, because a contact with do-not-disturb has or had them. Turn it off on the contact.
        If no contact has the number any more, {manages(me) ? "lift it here" : "an owner or admin can lift it"}.
      </p>
      <Failure error={numbers.error} />
      {numbers.isSuccess && shown.length === 0 && <p className="empty">No number has do-not-disturb.</p>}
      <ul className="cards" aria-label="Numbers with do-not-disturb">
        {shown.map((each) => (
          <li key={each.number} className="row">
            <div className="what">
              <strong>{phone(each.number)}</strong>{" "}
              {each.left_behind && <span className="tag updated">no contact has it any more</span>}
              <p className="hint">
                Since {moment(each.since)}, by <Link href={`/contacts/${each.contact_id}`}>this contact</Link>
              </p>
            </div>
            {each.left_behind && manages(me) && (
              <div className="actions">
                <button type="button" aria-label={`Lift for ${phone(each.number)}`} onClick={() => setLifting(each)}>
                  Lift
                </button>
              </div>
            )}
          </li>
        ))}
      </ul>
      <More of={numbers} />
      {lifting && <Lift number={lifting.number} onClose={() => setLifting(null)} />}
    </>
  );
}

function Lift({ number, onClose }: { number: string; onClose: () => void }) {
  const lift = useChange(
    (reason: string) => liftDoNotDisturb({ path: { number }, body: { reason }, throwOnError: true }),
    ["do-not-disturb"],
    onClose,
  );
  return (
    <Dialog title={`Lift do-not-disturb for ${phone(number)}?`} onClose={onClose}>
      <Form
        change={lift}
        action="Lift"
        isDanger
        onCancel={onClose}
        onSubmit={(form) => lift.mutate(written(form, "reason"))}
      >
        <p>The number can be texted again. The reason is kept in the history.</p>
        <Field name="reason" label="Why it is lifted" required maxLength={500} autoComplete="off" />
      </Form>
    </Dialog>
  );
}
