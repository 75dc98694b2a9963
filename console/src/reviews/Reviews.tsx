import { useState } from "react";
import { Link } from "wouter";
import { Avatar } from "../Avatar";
import type { ListedReview, Settlement, User } from "../api";
import { settleReview } from "../api";
import { Failure, useChange } from "../changes";
import { useReviews, useUsers } from "../queries";
import { writes } from "../rights";
import "../styles/reviews.css";
import { moment, phone, readable } from "../words";

/** The texts that may be an opt-out in a person's own words, the one that is due first at the top. */
export function Reviews({ me }: { me: User }) {
  const [status, setStatus] = useState<"open" | "settled">("open");
  const reviews = useReviews(status);
  return (
    <main className="form">
      <header className="bar">
        <h1>Reviews</h1>
        <div className="filters end">
          <button type="button" aria-pressed={status === "open"} onClick={() => setStatus("open")}>
            To judge
          </button>
          <button type="button" aria-pressed={status === "settled"} onClick={() => setStatus("settled")}>
            Judged
          </button>
        </div>
      </header>
      <p className="hint">These texts have no keyword such as STOP, but may mean the same.</p>
      <Failure error={reviews.error} />
      {reviews.data?.items.length === 0 && (
        <p className="empty">
          {status === "open" ? "There is nothing to judge at the moment." : "Nothing was judged yet."}
        </p>
      )}
      <ul className="cards reviews" aria-label={status === "open" ? "Texts to judge" : "Judged texts"}>
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
    (is_opt_out: boolean, headers) =>
      settleReview({
        path: { review_id: review.id },
        body: { opt_out: is_opt_out, ...(note.trim() && { note: note.trim() }) },
        headers,
        throwOnError: true,
      }),
    ["reviews", "pane", "conversation", "inbox"],
  );
  const { author, body } = review.message;
  return (
    <li>
      <header>
        <Avatar name={author.name} of={review.number} />
        <p>
          <strong dir="auto">{author.name || phone(review.number)}</strong> in{" "}
          <Link href={`/${review.conversation.id}`}>{readable(review.conversation.display_name)}</Link>
          <br />
          <small>{moment(review.opened_at)}</small>
        </p>
      </header>
      <blockquote dir="auto">{body}</blockquote>
      <p className="hint">
        Found because it says “{review.because}”.
        {!review.settlement && ` It becomes an opt-out on ${moment(review.due_at)} unless somebody judges it.`}
      </p>
      {review.settlement && <Judgment settlement={review.settlement} />}
      {!review.settlement && writes(me) && (
        <form onSubmit={(event) => event.preventDefault()}>
          <input
            aria-label="Note"
            placeholder="Note (optional)"
            value={note}
            maxLength={500}
            onChange={(event) => setNote(event.target.value)}
          />
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

/** Who judged a text, how, and why. */
function Judgment({ settlement: { opt_out, note, by, at } }: { settlement: Settlement }) {
  const name = (useUsers().data ?? []).find((each) => each.id === by.id)?.name;
  const judge = by.kind === "user" ? (name ?? "A colleague") : "Nobody in time, so the deadline";
  return (
    <p>
      <span className={opt_out ? "tag deleted" : "tag"}>{opt_out ? "Opt-out" : "Something else"}</span>{" "}
      <span dir="auto">{judge}</span>, {moment(at)}
      {note && (
        <>
          : <q dir="auto">{note}</q>
        </>
      )}
    </p>
  );
}
