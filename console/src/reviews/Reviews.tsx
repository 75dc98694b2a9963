import { useState } from "react";
import { Link } from "wouter";
import type { ListedReview, User } from "../api";
import { settleReview } from "../api";
import { Failure, useChange } from "../changes";
import { useReviews } from "../queries";
import { writes } from "../rights";
import { moment, phone } from "../words";

/** The texts that may be an opt-out in a person's own words, the one that is due first at the top. */
export function Reviews({ me }: { me: User }) {
  const reviews = useReviews();
  return (
    <main className="form">
      <header className="bar">
        <h1>Reviews</h1>
      </header>
      <p className="hint">
        These texts are not a keyword such as STOP, but their writers may mean the same. Whatever nobody has judged when
        it is due becomes an opt-out.
      </p>
      <Failure error={reviews.error} />
      {reviews.data?.items.length === 0 && <p className="empty">There is nothing to judge.</p>}
      <ul className="cards" aria-label="Texts to judge">
        {(reviews.data?.items ?? []).map((each) => (
          <Text key={each.id} review={each} me={me} />
        ))}
      </ul>
    </main>
  );
}

function Text({ review, me }: { review: ListedReview; me: User }) {
  const [note, setNote] = useState("");
  const settle = useChange(
    (is_opt_out: boolean) =>
      settleReview({
        path: { review_id: review.id },
        body: { opt_out: is_opt_out, ...(note.trim() && { note: note.trim() }) },
        throwOnError: true,
      }),
    ["reviews", "pane", "conversation", "inbox"],
  );
  const { author, body } = review.message;
  return (
    <li>
      <blockquote dir="auto">{body}</blockquote>
      <p>
        <strong dir="auto">{author.name || phone(review.number)}</strong>, {moment(review.opened_at)}, in{" "}
        <Link href={`/${review.conversation.id}`}>{review.conversation.display_name}</Link>. Marked for “
        {review.because}”, due {moment(review.due_at)}.
      </p>
      {writes(me) && (
        <form className="inline" onSubmit={(event) => event.preventDefault()}>
          <label>
            Note
            <input value={note} maxLength={500} onChange={(event) => setNote(event.target.value)} />
          </label>
          <div className="actions">
            <button type="button" className="danger" disabled={settle.isPending} onClick={() => settle.mutate(true)}>
              It is an opt-out
            </button>
            <button type="button" disabled={settle.isPending} onClick={() => settle.mutate(false)}>
              It is something else
            </button>
          </div>
          <Failure error={settle.error} />
        </form>
      )}
    </li>
  );
}
