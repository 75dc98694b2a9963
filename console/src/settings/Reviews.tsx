import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { ListedReview, User } from "../api";
import { listReviews, settleReview } from "../api";
import { data } from "../http";
import { moment, phone } from "../words";
import { Failure, useChange } from "./changes";

/** Texts that may be an opt-out in a person's own words, for somebody to judge (R40). */
export function Reviews({ me }: { me: User }) {
  const reviews = useQuery({
    queryKey: ["reviews"],
    queryFn: () => data(listReviews({ query: { status: "open", limit: 100 }, throwOnError: true })),
  });
  return (
    <>
      <p className="hint">
        These people may have asked for no more texts. What nobody judges in time becomes an opt-out, as the law asks.
      </p>
      <Failure error={reviews.error} />
      {reviews.data?.items.length === 0 && <p className="empty">There is nothing to judge.</p>}
      <ul className="cards">
        {(reviews.data?.items ?? []).map((each) => (
          <Judged key={each.id} review={each} me={me} />
        ))}
      </ul>
    </>
  );
}

function Judged({ review, me }: { review: ListedReview; me: User }) {
  const settle = useChange(
    (opt_out: boolean) => data(settleReview({ path: { review_id: review.id }, body: { opt_out }, throwOnError: true })),
    ["reviews", "pane", "conversation", "inbox"],
  );
  return (
    <li>
      <p>
        <strong dir="auto">{review.message.author.name || phone(review.number)}</strong> wrote in{" "}
        <Link href={`/${review.conversation.id}`}>{review.conversation.display_name}</Link> on{" "}
        {moment(review.opened_at)}:
      </p>
      <blockquote dir="auto">{review.message.body}</blockquote>
      <p className="hint">
        Marked for “{review.because}”. It becomes an opt-out on {moment(review.due_at)}.
      </p>
      {me.role !== "auditor" && (
        <p>
          <button type="button" className="danger" disabled={settle.isPending} onClick={() => settle.mutate(true)}>
            It is an opt-out
          </button>{" "}
          <button type="button" disabled={settle.isPending} onClick={() => settle.mutate(false)}>
            It is not
          </button>
        </p>
      )}
      <Failure error={settle.error} />
    </li>
  );
}
