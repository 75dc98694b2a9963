import { useMemo, useRef } from "react";
import { Link } from "wouter";
import type { User } from "../api";
import type { Side } from "../Conversation";
import { Failed } from "../changes";
import { explain } from "../http";
import { Icon } from "../Icon";
import { namesOf } from "../people/names";
import { useConversation, usePane, useSends, useThread } from "../queries";
import { manages, writes } from "../rights";
import { count, phone } from "../words";
import { Blocked } from "./Blocked";
import { Waiting } from "./Bubble";
import { Composer } from "./Composer";
import { Header } from "./Header";
import { MessageList } from "./MessageList";
import { notShownYet, useOutbox } from "./outbox";
import { useFirstUnread, useRead } from "./reading";
import { useScroll } from "./scrolling";

type Props = { id: string; me: User; side: Side; onSide: (side: Side) => void };

/** The messages of the open conversation, and what can be done with it. */
export function Thread({ id, me, side, onSide }: Props) {
  const conversation = useConversation(id);
  const thread = useThread(id);
  const outbox = useOutbox(id);
  const list = useRef<HTMLDivElement>(null);
  const pane = usePane(id).data;
  const names = useMemo(() => namesOf(pane ? [...pane.participants, ...pane.opted_out] : []), [pane]);
  const pages = thread.data?.pages;
  const messages = useMemo(() => (pages ?? []).flatMap((page) => page.items).reverse(), [pages]);
  const waiting = notShownYet(outbox.unsettled, messages, me);
  const [firstUnread, unreadBefore] = useFirstUnread(conversation.data, messages);
  const keepUnread = useRead(conversation.data, messages.at(-1), me);
  useScroll(list, { last: messages.at(-1)?.id, own: outbox.unsettled.at(-1)?.key, firstUnread });

  const maySend = useSends(me, conversation.data?.from) !== false;
  const isOpen = conversation.data?.blocked === false;
  const sends = isOpen && maySend;

  if (conversation.isError) {
    return (
      <main className="nothing">
        <h1>{explain(conversation.error)}</h1>
        <Link href="/">Back to the inbox</Link>
      </main>
    );
  }
  return (
    <main className="thread">
      <Header
        conversation={conversation.data}
        me={me}
        side={side}
        onSide={onSide}
        onUnread={keepUnread}
        maySend={maySend}
      />
      <div ref={list} className="bubbles" role="log" aria-label="Messages">
        {thread.hasNextPage && (
          <p className="more">
            <button type="button" disabled={thread.isFetchingNextPage} onClick={() => void thread.fetchNextPage()}>
              {unreadBefore > 0
                ? `Show earlier messages, ${count(unreadBefore, "unread message", "unread messages")} among them`
                : "Show earlier messages"}
            </button>
          </p>
        )}
        {thread.isPending && <p className="empty loading">Loading…</p>}
        {thread.isError && <Failed error={thread.error} onAgain={() => void thread.refetch()} />}
        {thread.isSuccess && messages.length + waiting.length === 0 && <p className="empty">No messages yet.</p>}
        <MessageList
          messages={messages}
          names={names}
          me={me}
          firstUnread={firstUnread}
          onResend={sends ? outbox.resend : undefined}
          settles={manages(me)}
        />
        {waiting.length > 0 && (
          <ol>
            {waiting.map((each) => (
              <Waiting key={each.key} entry={each} onAgain={outbox.attempt} onDrop={outbox.drop} />
            ))}
          </ol>
        )}
      </div>
      {conversation.data?.blocked && <Blocked conversation={conversation.data} me={me} maySend={maySend} />}
      {conversation.data && isOpen && !maySend && writes(me) && <NotYours number={conversation.data.from} me={me} />}
      {conversation.data && sends && (
        <Composer key={id} id={id} recipients={conversation.data.participant_count} onSend={outbox.send} />
      )}
    </main>
  );
}

/** Why nothing can be sent from a number that isn't blocked. */
function NotYours({ number, me }: { number: string; me: User }) {
  return (
    <section className="blocked-banner" aria-label="No access">
      <Icon name="blocked" />
      <p>
        <strong>Nothing can be sent from {phone(number)}.</strong>{" "}
        {manages(me)
          ? "The number was given up. Add it again in the settings to go on."
          : "The number was given up, or others send from it. Ask an owner or an admin."}
      </p>
    </section>
  );
}
