import { memo } from "react";
import { Avatar } from "../Avatar";
import type { Message } from "../api";
import type { Unsettled } from "../storage";
import { Why } from "../Why";
import { clock, moment, phone, readable, STATUS } from "../words";
import { Attachments } from "./Attachments";

type Props = {
  message: Message;
  mine: boolean;
  day: string | null;
  unread: boolean;
  follows: boolean;
  onResend?: ((message: Message) => void) | undefined;
};

/** A message; drawn again only if something of it changes, because a thread has thousands. */
export const Bubble = memo(function Bubble({ message, mine, day, unread, follows, onResend }: Props) {
  const out = message.direction === "outbound";
  return (
    <>
      {day && <li className="day">{day}</li>}
      {unread && <li className="unread-line">New messages</li>}
      <li className={`bubble ${out ? "out" : "in"} ${follows && !day ? "follows" : ""}`}>
        {!out && !(follows && !day) && <Avatar name={message.author.name ?? ""} of={message.author.number ?? ""} />}
        {!(follows && !day) && (
          <span className="author" dir="auto">
            {mine ? "You" : readable(message.author.name || (message.author.number ?? ""))}
            {message.author.kind === "automatic" &&
              ` to ${(message.recipients ?? []).map((each) => phone(each.number)).join(", ")}`}
          </span>
        )}
        <div className="body" dir="auto">
          {message.body}
          <Attachments files={message.media} author={mine ? "you" : message.author.name || "a participant"} />
        </div>
        {message.reactions.length > 0 && (
          <ul className="reactions" aria-label="Reactions">
            {message.reactions.map((each) => (
              <li key={each.number} title={`${each.name ?? phone(each.number)}, ${moment(each.at)}`}>
                {each.emoji} <span className="hidden">from {each.name ?? phone(each.number)}</span>
              </li>
            ))}
          </ul>
        )}
        <span className="meta">
          <time dateTime={message.at} title={moment(message.at)}>
            {clock(message.at)}
          </time>
          {out && <Delivery message={message} onResend={onResend} />}
        </span>
      </li>
    </>
  );
});

/** The status of a message: in one line, and for each recipient on demand. */
function Delivery({ message, onResend }: Pick<Props, "message" | "onResend">) {
  const recipients = message.recipients ?? [];
  if (recipients.length === 0) return null;
  const delivered = recipients.filter((each) => each.status === "delivered").length;
  const bad = recipients.filter((each) => ["failed", "unconfirmed", "withheld"].includes(each.status));
  const first = recipients[0];
  const reachedNobody = message.media.length === 0 && recipients.every((each) => each.status === "failed");
  const said = (status: string) =>
    status === "withheld" && message.author.kind === "automatic" ? "Not sent in time" : (STATUS[status] ?? status);
  const alike = first && recipients.every((each) => each.status === first.status);
  const summary = alike
    ? said(first.status)
    : bad.length > 0
      ? `${bad.length} of ${recipients.length} not delivered`
      : `Delivered to ${delivered} of ${recipients.length}`;
  return (
    <details className={bad.length > 0 ? "delivery bad" : "delivery"}>
      <summary>{summary}</summary>
      <ul>
        {recipients.map((each) => (
          <li key={each.number}>
            {phone(each.number)}: {said(each.status)}
            {each.reason && ` (${each.reason}${each.code ? `, code ${each.code}` : ""})`}
          </li>
        ))}
      </ul>
      <Why about={{ kind: "message", id: message.id }} label="Why does this message have this status?" />
      {onResend && reachedNobody && message.author.kind !== "automatic" && (
        <button type="button" className="quiet" onClick={() => onResend(message)}>
          Send again
        </button>
      )}
    </details>
  );
}

type WaitingProps = { entry: Unsettled; onAgain: (entry: Unsettled) => void; onDrop: (key: string) => void };

/** A message that the server has not acknowledged. */
export function Waiting({ entry, onAgain, onDrop }: WaitingProps) {
  return (
    <li className={`bubble out waiting ${entry.failed ? "failed" : ""}`}>
      <div className="body" dir="auto">
        {entry.body}
        {entry.files.map((each) => (
          <p key={each.media_id} className="file">
            {each.name}
          </p>
        ))}
      </div>
      {entry.failed ? (
        <span className="meta" role="alert">
          Not sent. {entry.failed}{" "}
          <button type="button" onClick={() => onAgain(entry)}>
            Try again
          </button>{" "}
          <button type="button" onClick={() => onDrop(entry.key)}>
            Discard
          </button>
        </span>
      ) : (
        <span className="meta">Sending…</span>
      )}
    </li>
  );
}
