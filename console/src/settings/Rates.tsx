import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { User } from "../api";
import { listRates, postRate } from "../api";
import { Failure, useChange } from "../changes";
import { data } from "../http";
import { manages } from "../rights";

export function Rates({ me }: { me: User }) {
  const rates = useQuery({
    queryKey: ["rates"],
    queryFn: () => data(listRates({ query: { limit: 200 }, throwOnError: true })),
  });
  const [from, setFrom] = useState("");
  const [price, setPrice] = useState("");
  const post = useChange(
    () =>
      data(
        postRate({
          body: { effective_from: from, mms_segment: price, currency: "USD" },
          headers: { "Idempotency-Key": crypto.randomUUID() },
          throwOnError: true,
        }),
      ),
    ["rates"],
  );
  return (
    <>
      <Failure error={rates.error} />
      <table>
        <thead>
          <tr>
            <th scope="col">Effective from</th>
            <th scope="col" className="amount">
              Per segment
            </th>
          </tr>
        </thead>
        <tbody>
          {(rates.data?.items ?? []).map((each) => (
            <tr key={each.n}>
              <td>{each.effective_from ?? "the beginning (default)"}</td>
              <td className="amount">
                {each.mms_segment} {each.currency}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {manages(me) && (
        <form
          className="inline"
          onSubmit={(event) => {
            event.preventDefault();
            post.mutate(undefined);
          }}
        >
          <h2>Post a rate</h2>
          <label>
            Effective from
            <input required type="date" value={from} onChange={(event) => setFrom(event.target.value)} />
          </label>
          <label>
            USD per segment
            <input required inputMode="decimal" value={price} onChange={(event) => setPrice(event.target.value)} />
          </label>
          <button type="submit" className="primary" disabled={post.isPending}>
            Post
          </button>
          <Failure error={post.error} />
        </form>
      )}
    </>
  );
}
