import { memo } from "react";
import { Avatar } from "../Avatar";
import type { Message, MessagePart, Recipient } from "../api";
import { Icon } from "../Icon";
import type { Names } from "../people/names";
import type { Unsettled } from "../storage";
import { Why } from "../Why";
import { clock, moment, phone, readable, STATUS } from "../words";
import { Attachments } from "./Attachments";
import { Outcome } from "./Outcome";

type Props = {
  message: Message;
  names: Names;
  mine: boolean;
  day: string | null;
  unread: boolean;
  follows: boolean;
  onResend?: ((message: Message) => void) | undefined;
  /** Whether the reader may say what became of a message of which the carrier does not know. */
  settles?: boolean;
};

/** A message; drawn again only if something of it changes, because a thread has thousands. */
export const Bubble = memo(function Bubble({ message, names, mine, day, unread, follows, onResend, settles }: Props) {
  const out = message.direction === "outbound";
  const automatic = message.author.kind === "automatic";
  const isFirst = !follows || day !== null;
  return (
    <>
      {day && <li className="day">{day}</li>}
      {unread && <li className="unread-line">New messages</li>}
      <li className={`bubble ${out ? "out" : "in"} ${mine ? "mine" : ""} ${isFirst ? "" : "follows"}`}>
        {!out && isFirst && <Avatar name={message.author.name ?? ""} of={message.author.number ?? ""} />}
        {isFirst && (
          <span className={mine ? "author hidden" : "author"} dir="auto">
            {mine ? "You" : readable(message.author.name || (message.author.number ?? ""))}
            {automatic && ` to ${message.recipients.map((each) => phone(each.number)).join(", ")}`}
          </span>
        )}
        {message.body && (
          <div className="body" dir="auto">
            {message.body}
          </div>
        )}
        {message.media.length > 0 && (
          <Attachments files={message.media} author={mine ? "you" : message.author.name || "a participant"} />
        )}
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
          {out && <Delivery message={message} names={names} onResend={onResend} settles={settles} />}
        </span>
      </li>
    </>
  );
});

/** The status of a message: in one line, and for each recipient on demand. */
function Delivery({ message, names, onResend, settles }: Pick<Props, "message" | "names" | "onResend" | "settles">) {
  const { recipients } = message;
  if (recipients.length === 0) return null;
  const automatic = message.author.kind === "automatic";
  const said = ({ status }: Recipient) => STATUS[status] ?? status;
  const reachedNobody = message.media.length === 0 && recipients.every((each) => each.status === "failed");
  return (
    <details className={recipients.some(isBad) ? "delivery bad" : "delivery"}>
      <summary>{summary(recipients, said)}</summary>
      <ul>
        {recipients.map((each) => (
          <li key={each.number}>
            <span dir="auto">{names[each.number] ?? phone(each.number)}</span>
            <b className={isBad(each) ? "bad" : undefined}>{said(each)}</b>
            {each.reason && (
              <small>
                {each.reason}
                {each.code && ` (code ${each.code})`}
              </small>
            )}
            {each.status !== "sent" && each.status !== "delivered" && <Parts of={each.parts} />}
          </li>
        ))}
        <li className="actions">
          <Why about={{ kind: "message", id: message.id }} label="Why does this message have this status?" />
          {settles && recipients.some((each) => each.status === "unconfirmed") && <Outcome message={message} />}
          {onResend && reachedNobody && !automatic && (
            <button type="button" className="quiet" onClick={() => onResend(message)}>
              Send again
            </button>
          )}
        </li>
      </ul>
    </details>
  );
}

const isBad = ({ status }: Recipient) => ["partial", "failed", "unconfirmed", "withheld"].includes(status);

/** What became of each part of a message that the carrier takes one by one. */
function Parts({ of: parts }: { of: MessagePart[] }) {
  if (parts.length === 0) return null;
  const said = ({ status }: MessagePart) =>
    status === "withheld" ? "not sent" : (STATUS[status] ?? status).toLowerCase();
  return (
    <small>
      {parts.map((each) => `${each.file == null ? "Text" : `File ${each.file + 1}`}: ${said(each)}`).join(", ")}
    </small>
  );
}

/** Return the status of all recipients in a few words. */
function summary(recipients: Recipient[], said: (recipient: Recipient) => string): string {
  const [first] = recipients;
  if (first && recipients.every((each) => each.status === first.status)) return said(first);
  const bad = recipients.filter(isBad).length;
  if (bad > 0) return `${bad} of ${recipients.length} not delivered`;
  return `Delivered to ${recipients.filter((each) => each.status === "delivered").length} of ${recipients.length}`;
}

type WaitingProps = { entry: Unsettled; onAgain: (entry: Unsettled) => void; onDrop: (key: string) => void };

/** A message that the server has not acknowledged. */
export function Waiting({ entry, onAgain, onDrop }: WaitingProps) {
  return (
    <li className={`bubble out mine waiting ${entry.failed ? "failed" : ""}`}>
      {entry.body && (
        <div className="body" dir="auto">
          {entry.body}
        </div>
      )}
      {entry.files.map((each) => (
        <p key={each.media_id} className="file" dir="auto">
          <Icon name="file" /> {each.name}
        </p>
      ))}
      {entry.failed ? (
        <span className="meta" role="alert">
          <span className="error">
            <b>Not sent.</b> {entry.failed}
          </span>
          <button type="button" onClick={() => onAgain(entry)}>
            Try again
          </button>
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
