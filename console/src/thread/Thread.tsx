import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Link } from "wouter";
import type { Conversation, Message, User } from "../api";
import { changeConversation, markRead, markUnread } from "../api";
import { Back } from "../Back";
import { Failed, useChange } from "../changes";
import { data, explain, Problem } from "../http";
import { Icon } from "../Icon";
import { namesOf } from "../people/names";
import { useConversation, useHandsets, usePane, useSends, useThread } from "../queries";
import { manages, writes } from "../rights";
import { count, dayOf, isSameDay, phone, readable } from "../words";
import { Blocked } from "./Blocked";
import { Bubble, Waiting } from "./Bubble";
import { Composer } from "./Composer";
import { useOutbox } from "./outbox";

/** A reader who is this close to the end of the list follows new messages. */
const NEAR_PX = 240;
/** The frames in which the heights of messages settle. */
const FRAMES = 5;

type Side = "people" | "handsets" | null;
type Props = { id: string; me: User; side: Side; onSide: (side: Side) => void };

export function Thread({ id, me, side, onSide }: Props) {
  const conversation = useConversation(id);
  const thread = useThread(id);
  const outbox = useOutbox(id);
  const list = useRef<HTMLOListElement>(null);
  const pane = usePane(id).data;
  const names = useMemo(() => namesOf(pane ? [...pane.participants, ...pane.opted_out] : []), [pane]);
  const messages = (thread.data?.pages ?? []).flatMap((page) => page.items).reverse();
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
        {thread.isPending && <li className="empty loading">Loading…</li>}
        {thread.isError && (
          <li>
            <Failed error={thread.error} onAgain={() => void thread.refetch()} />
          </li>
        )}
        {thread.isSuccess && messages.length === 0 && <li className="empty">No messages yet.</li>}
        {messages.map((each, n) => {
          const before = messages[n - 1];
          return (
            <Bubble
              key={each.id}
              message={each}
              names={names}
              mine={each.author.id === me.id}
              day={before && isSameDay(before.at, each.at) ? null : dayOf(each.at)}
              unread={each.id === firstUnread}
              follows={before?.author.id === each.author.id}
              onResend={sends ? outbox.resend : undefined}
              settles={manages(me)}
            />
          );
        })}
        {outbox.unsettled.map((each) => (
          <Waiting key={each.key} entry={each} onAgain={outbox.attempt} onDrop={outbox.drop} />
        ))}
      </ol>
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

type HeaderProps = { conversation: Conversation | undefined; maySend: boolean; onUnread: () => void } & Omit<
  Props,
  "id"
>;

function Header({ conversation, me, side, onSide, onUnread, maySend }: HeaderProps) {
  const queries = useQueryClient();
  const [draft, setDraft] = useState<string | null>(null);
  const [before, setBefore] = useState<string | null>(null);
  const hasHandsets = useHandsets(me, conversation?.from);
  const path = { conversation_id: conversation?.id ?? "" };
  const rename = useChange(
    async (name: string | null) => {
      if (conversation && conversation.name !== before) {
        setBefore(conversation.name);
        throw new Problem("precondition-failed", 412, `The conversation is now called ${conversation.name}.`);
      }
      const headers = { "If-Match": `"${conversation?.version}"` };
      return data(changeConversation({ path, body: { name }, headers, throwOnError: true }));
    },
    ["conversation"],
    (renamed) => {
      queries.setQueryData(["conversation", renamed.id], renamed);
      setDraft(null);
    },
  );
  const unread = useChange(() => {
    onUnread();
    return data(markUnread({ path, throwOnError: true }));
  }, []);
  if (!conversation) return <header className="bar">Loading…</header>;
  return (
    <header className="bar">
      <Back href="/" to="the inbox" />
      {draft === null ? (
        <div className="title">
          <div>
            <h1 dir="auto">{readable(conversation.display_name)}</h1>
            {maySend && (
              <button
                type="button"
                className="quiet faint"
                aria-label="Rename"
                onClick={() => {
                  setDraft(conversation.name ?? "");
                  setBefore(conversation.name);
                  rename.reset();
                }}
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
        {writes(me) && (
          <button id="mark-unread" type="button" onClick={() => unread.mutate(undefined)} disabled={unread.isPending}>
            <Icon name="unread" />
            Mark unread
          </button>
        )}
        <Link href={`/${conversation.id}/history`} className="button">
          <Icon name="history" />
          History
        </Link>
        <button
          type="button"
          aria-pressed={side === "people"}
          onClick={() => onSide(side === "people" ? null : "people")}
        >
          <Icon name="people" />
          People
        </button>
        {hasHandsets && (
          <button
            type="button"
            aria-pressed={side === "handsets"}
            onClick={() => onSide(side === "handsets" ? null : "handsets")}
          >
            <Icon name="handset" />
            Handsets
          </button>
        )}
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

/**
 * Mark the conversation as read while the page is visible, once for each version that has something unread. Return a function
 * that leaves it as it is until there is a newer message.
 */
function useRead(conversation: Conversation | undefined, newest: Message | undefined, me: User): () => void {
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
  return () => {
    marked.current = newest?.version ?? 0;
  };
}

type Ends = { last: string | undefined; own: string | undefined; firstUnread: string | null };

/**
 * Open the list at the first unread message, or at its end. Then keep the end in view, unless the reader has scrolled up and writes
 * nothing of their own.
 */
function useScroll(list: React.RefObject<HTMLOListElement | null>, { last, own, firstUnread }: Ends): void {
  const follows = useRef(true);
  useEffect(() => {
    const element = list.current;
    if (!element) return;
    const look = () => {
      follows.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
    };
    const resized = new ResizeObserver(() => follows.current && toEnd(element));
    element.addEventListener("scroll", look);
    resized.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      resized.disconnect();
    };
  }, [list]);
  useLayoutEffect(() => {
    if (!(last || own) || !(own || follows.current)) return;
    return settled(() => list.current && toEnd(list.current));
  }, [list, last, own]);
  useLayoutEffect(() => {
    if (!firstUnread) return;
    follows.current = false;
    return settled(() => list.current?.querySelector(".unread-line")?.scrollIntoView({ block: "start" }));
  }, [list, firstUnread]);
}

const toEnd = (list: HTMLOListElement) => list.scrollTo({ top: list.scrollHeight });

/** Scroll now and in the next frames, because messages have their real height only once they come into view. */
function settled(scroll: () => void): () => void {
  let frame = 0;
  let left = FRAMES;
  const again = () => {
    scroll();
    left -= 1;
    if (left > 0) frame = requestAnimationFrame(again);
  };
  again();
  return () => cancelAnimationFrame(frame);
}
