import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { Link } from "wouter";
import type { Conversation, Message, User } from "../api";
import { changeConversation, markRead, markUnread } from "../api";
import { Back } from "../Back";
import { data, explain } from "../http";
import { Icon } from "../Icon";
import { useConversation, useThread } from "../queries";
import { count, dayOf, isSameDay, phone, readable } from "../words";
import { Blocked } from "./Blocked";
import { Bubble, Waiting } from "./Bubble";
import { Composer } from "./Composer";
import { useOutbox } from "./outbox";

/** A reader who is this close to the end of the list follows new messages. */
const NEAR_PX = 240;

type Side = "people" | "handsets" | null;
type Props = { id: string; me: User; side: Side; onSide: (side: Side) => void };

export function Thread({ id, me, side, onSide }: Props) {
  const conversation = useConversation(id);
  const thread = useThread(id);
  const outbox = useOutbox(id);
  const list = useRef<HTMLOListElement>(null);
  const messages = (thread.data?.pages ?? []).flatMap((page) => page.items).reverse();
  const [firstUnread, unreadBefore] = useFirstUnread(conversation.data, messages);
  useRead(conversation.data, messages.at(-1), me);
  useScroll(list, outbox.unsettled.at(-1)?.key ?? messages.at(-1)?.id, firstUnread);

  const sends = conversation.data?.blocked === false && me.role !== "auditor";

  if (conversation.isError) {
    return (
      <main className="nothing">
        <p className="error">{explain(conversation.error)}</p>
        <Link href="/">Back to the inbox</Link>
      </main>
    );
  }
  return (
    <main className="thread">
      <Header conversation={conversation.data} me={me} side={side} onSide={onSide} />
      <ol ref={list} className="bubbles" aria-label="Messages" aria-live="polite">
        {thread.hasNextPage && (
          <li className="more">
            <button type="button" disabled={thread.isFetchingNextPage} onClick={() => void thread.fetchNextPage()}>
              {unreadBefore > 0
                ? `Show earlier messages, ${count(unreadBefore, "unread message", "unread messages")} among them`
                : "Show earlier messages"}
            </button>
          </li>
        )}
        {thread.isError && <li className="error">{explain(thread.error)}</li>}
        {thread.isSuccess && messages.length === 0 && <li className="empty">No messages yet.</li>}
        {messages.map((each, n) => {
          const before = messages[n - 1];
          return (
            <Bubble
              key={each.id}
              message={each}
              mine={each.author.id === me.id}
              day={before && isSameDay(before.at, each.at) ? null : dayOf(each.at)}
              unread={each.id === firstUnread}
              follows={before?.author.id === each.author.id}
              onResend={sends ? outbox.resend : undefined}
            />
          );
        })}
        {outbox.unsettled.map((each) => (
          <Waiting key={each.key} entry={each} onAgain={outbox.attempt} onDrop={outbox.drop} />
        ))}
      </ol>
      {conversation.data?.blocked && <Blocked conversation={conversation.data} me={me} />}
      {conversation.data && sends && (
        <Composer key={id} id={id} recipients={conversation.data.participant_count} onSend={outbox.send} />
      )}
    </main>
  );
}

function Header({ conversation, me, side, onSide }: { conversation: Conversation | undefined } & Omit<Props, "id">) {
  const queries = useQueryClient();
  const [draft, setDraft] = useState<string | null>(null);
  const rename = useMutation({
    mutationFn: (name: string | null) =>
      data(
        changeConversation({
          path: { conversation_id: conversation?.id ?? "" },
          body: { name },
          headers: { "If-Match": `"${conversation?.version}"` },
          throwOnError: true,
        }),
      ),
    onSuccess: (renamed) => {
      queries.setQueryData(["conversation", renamed.id], renamed);
      setDraft(null);
    },
    onError: () => void queries.invalidateQueries({ queryKey: ["conversation", conversation?.id] }),
  });
  const unread = useMutation({
    mutationFn: () => data(markUnread({ path: { conversation_id: conversation?.id ?? "" }, throwOnError: true })),
  });
  if (!conversation) return <header className="bar">Loading…</header>;
  const writes = me.role !== "auditor";
  return (
    <header className="bar">
      <Back href="/" to="the inbox" />
      {draft === null ? (
        <div className="title">
          <div>
            <h1 dir="auto">{readable(conversation.display_name)}</h1>
            {writes && (
              <button
                type="button"
                className="quiet"
                aria-label="Rename"
                onClick={() => setDraft(conversation.name ?? "")}
              >
                <Icon name="edit" />
              </button>
            )}
          </div>
          <p>
            {count(conversation.participant_count, "participant")} · from {phone(conversation.from)}
          </p>
        </div>
      ) : (
        <form
          className="title"
          onSubmit={(event) => {
            event.preventDefault();
            rename.mutate(draft.trim() || null);
          }}
        >
          <div>
            <input
              ref={focus}
              aria-label="Name of the conversation"
              placeholder="Leave empty to show the participants' names"
              maxLength={120}
              value={draft}
              onChange={(event) => setDraft(event.target.value)}
              onKeyDown={(event) => event.key === "Escape" && setDraft(null)}
            />
            <button type="submit" className="primary" disabled={rename.isPending}>
              Save
            </button>
            <button type="button" onClick={() => setDraft(null)}>
              Cancel
            </button>
          </div>
          {rename.isError && (
            <p className="error" role="alert">
              {explain(rename.error)}
            </p>
          )}
        </form>
      )}
      <div className="tools" hidden={draft !== null}>
        {writes && (
          <button id="mark-unread" type="button" onClick={() => unread.mutate()} disabled={unread.isPending}>
            Mark unread
          </button>
        )}
        <Link href={`/${conversation.id}/history`} className="button">
          History
        </Link>
        <button
          type="button"
          aria-pressed={side === "people"}
          onClick={() => onSide(side === "people" ? null : "people")}
        >
          People
        </button>
        <button
          type="button"
          aria-pressed={side === "handsets"}
          onClick={() => onSide(side === "handsets" ? null : "handsets")}
        >
          Handsets
        </button>
      </div>
    </header>
  );
}

/** Put the cursor into a field that somebody asked for. */
const focus = (field: HTMLInputElement | null) => field?.focus();

/** Return the first message that was unread when the conversation was opened, and how many unread ones are not loaded yet. */
function useFirstUnread(conversation: Conversation | undefined, messages: Message[]): [string | null, number] {
  const [opened, setOpened] = useState<{ unread: number; newest: string } | undefined>(undefined);
  const newest = messages.at(-1);
  useEffect(() => {
    if (!opened && conversation && newest) setOpened({ unread: conversation.unread_count, newest: newest.id });
  }, [opened, conversation, newest]);
  if (!opened || opened.unread === 0) return [null, 0];
  const end = messages.findIndex((each) => each.id === opened.newest) + 1;
  const inbound = messages.slice(0, end).filter((each) => each.direction === "inbound");
  const first = inbound.at(-opened.unread);
  return [first?.id ?? null, first ? 0 : opened.unread - inbound.length];
}

/** Mark the conversation as read while the page is visible, once for each version that has something unread. */
function useRead(conversation: Conversation | undefined, newest: Message | undefined, me: User): void {
  const marked = useRef(0);
  useEffect(() => {
    const mark = () => {
      if (!conversation || !newest || me.role === "auditor" || document.visibilityState !== "visible") return;
      if (conversation.unread_count === 0 || newest.version <= marked.current) return;
      marked.current = newest.version;
      const asked = { path: { conversation_id: conversation.id }, body: { version: newest.version } };
      markRead({ ...asked, throwOnError: true }).catch(() => {
        marked.current = 0;
      });
    };
    mark();
    document.addEventListener("visibilitychange", mark);
    return () => document.removeEventListener("visibilitychange", mark);
  }, [conversation, newest, me]);
}

/** Open the list at the first unread message, or at its end; then keep the end in view, unless the reader has scrolled up. */
function useScroll(
  list: React.RefObject<HTMLOListElement | null>,
  last: string | undefined,
  first: string | null,
): void {
  const opened = useRef(false);
  useLayoutEffect(() => {
    const element = list.current;
    if (!element || !last) return;
    const distance = element.scrollHeight - element.scrollTop - element.clientHeight;
    if (!opened.current || distance < NEAR_PX) element.scrollTop = element.scrollHeight;
    opened.current = true;
  }, [list, last]);
  useLayoutEffect(() => {
    if (first) list.current?.querySelector(".unread-line")?.scrollIntoView({ block: "start" });
  }, [list, first]);
}
