import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { RateInput, User } from "../api";
import { listRates, postRate } from "../api";
import { Failure, useChange } from "../changes";
import { Dialog } from "../Dialog";
import { Field, Form, written } from "../Form";
import { data } from "../http";
import { all } from "../queries";
import { manages } from "../rights";

export function Rates({ me }: { me: User }) {
  const [isPosting, setPosting] = useState(false);
  const rates = useQuery({
    queryKey: ["rates"],
    queryFn: () => all((query) => data(listRates({ query, throwOnError: true }))),
  });
  const newest = rates.data?.at(-1);
  return (
    <>
      <div className="top">
        <p className="hint">
          A message is charged at the rate in effect when it was sent, for each recipient. A new rate changes no earlier
          charge.
        </p>
        {manages(me) && (
          <button type="button" className="primary" onClick={() => setPosting(true)}>
            Post a rate
          </button>
        )}
      </div>
      <Failure error={rates.error} />
      <table>
        <thead>
          <tr>
            <th scope="col">Effective from (UTC)</th>
            <th scope="col" className="amount">
              Per segment
            </th>
          </tr>
        </thead>
        <tbody>
          {(rates.data ?? []).map((each) => (
            <tr key={each.n}>
              <td>{each.effective_from ?? "the beginning (default)"}</td>
              <td className="amount">
                {each.mms_segment} {each.currency}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {isPosting && <Post currency={newest?.currency ?? "USD"} onClose={() => setPosting(false)} />}
    </>
  );
}

function Post({ currency, onClose }: { currency: string; onClose: () => void }) {
  const post = useChange(
    (body: RateInput, headers) => data(postRate({ body, headers, throwOnError: true })),
    ["rates"],
    onClose,
  );
  return (
    <Dialog title="Post a rate" onClose={onClose}>
      <Form
        change={post}
        action="Post"
        onCancel={onClose}
        onSubmit={(form) =>
          post.mutate({
            effective_from: written(form, "effective_from"),
            mms_segment: written(form, "mms_segment"),
            currency: written(form, "currency").toUpperCase(),
          })
        }
      >
        <Field
          name="effective_from"
          label="Effective from"
          type="date"
          required
          hint="It begins with this day in UTC."
        />
        <div className="pair">
          <Field
            name="mms_segment"
            label="Per segment"
            inputMode="decimal"
            required
            placeholder="0.0200"
            autoComplete="off"
          />
          <Field name="currency" label="Currency" required maxLength={3} defaultValue={currency} autoComplete="off" />
        </div>
      </Form>
    </Dialog>
  );
}
