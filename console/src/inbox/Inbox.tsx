import { useDeferredValue, useEffect, useState } from "react";
import { Link } from "wouter";
import { Avatar } from "../Avatar";
import type { Conversation, User } from "../api";
import { Failed } from "../changes";
import { loadSoon } from "../Later";
import { More } from "../More";
import { useInbox, useNumbers, useTexts, useUnread } from "../queries";
import { count, phone, readable, recently } from "../words";

type Props = { me: User; chosen: string | undefined; starts: boolean | undefined };

/** The conversations. `starts` says whether the user may start a group. */
export function Inbox({ me, chosen, starts }: Props) {
  const [q, setQ] = useState("");
  const [only, setOnly] = useState<"all" | "unread" | "blocked">("all");
  const [from, setFrom] = useState("");
  const sought = useDeferredValue(q.trim());
  const numbers = useNumbers();
  const narrowed = { unread: only === "unread", blocked: only === "blocked", from };
  const inbox = useInbox({ q: sought, ...narrowed });
  const texts = useTexts({ text: sought, ...narrowed });
  const shown = (inbox.data?.pages ?? []).flatMap((page) => page.items);
  const found = sought && !texts.isError ? (texts.data?.pages ?? []).flatMap((page) => page.items) : [];
  const unread = useUnread().data ?? 0;
  const isShown = inbox.isSuccess;
  useEffect(() => (isShown ? loadSoon() : undefined), [isShown]);
  return (
    <aside className="inbox" aria-label="Conversations">
      <header>
        <div className="bar">
          <h2>
            Inbox {unread > 0 && <span className="badge">{unread}</span>}
            {unread > 0 && <span className="hidden"> unread</span>}
          </h2>
          {starts && (
            <Link href="/new" className="button primary">
              New group
            </Link>
          )}
        </div>
        <input
          id="inbox-search"
          type="search"
          aria-label="Search conversations by name, participant, number or words of a message"
          placeholder="Search people and messages"
          value={q}
          onChange={(event) => setQ(event.target.value)}
          onKeyDown={(event) => {
            const isFound = sought === q.trim() && !inbox.isPlaceholderData;
            if (event.key === "Enter" && isFound) document.querySelector<HTMLElement>(".inbox li > a")?.click();
          }}
        />
        <div className="filters">
          {(["all", "unread", "blocked"] as const).map((each) => (
            <button key={each} type="button" aria-pressed={only === each} onClick={() => setOnly(each)}>
              {each === "all" ? "All" : each === "unread" ? "Unread" : "Blocked"}
            </button>
          ))}
          {numbers.data && numbers.data.length > 1 && (
            <select aria-label="Business number" value={from} onChange={(event) => setFrom(event.target.value)}>
              <option value="">All numbers</option>
              {numbers.data.map((each) => (
                <option key={each.number} value={each.number}>
                  {each.label ?? phone(each.number)}
                </option>
              ))}
            </select>
          )}
        </div>
      </header>
      <div className="list">
        {inbox.isPending && <p className="empty loading">Loading…</p>}
        {inbox.isError && <Failed error={inbox.error} onAgain={() => void inbox.refetch()} />}
        {inbox.isSuccess && shown.length + found.length === 0 && (
          <p className="empty">
            {sought || only !== "all" || from
              ? "No conversation matches."
              : "There are no conversations yet. A new group or an incoming text starts one."}
          </p>
        )}
        <ol>
          {shown.map((each) => (
            <li key={each.id}>
              <Row conversation={each} chosen={each.id === chosen} me={me} />
            </li>
          ))}
        </ol>
        {found.length > 0 && (
          <>
            <h3>With these words in a message</h3>
            <ol>
              {found.map((each) => (
                <li key={each.id}>
                  <Row conversation={each} chosen={each.id === chosen} me={me} />
                </li>
              ))}
            </ol>
          </>
        )}
        <More of={inbox} />
      </div>
    </aside>
  );
}

function Row({ conversation, chosen, me }: { conversation: Conversation; chosen: boolean; me: User }) {
  const { last_message: last, unread_count: unread } = conversation;
  const author = last?.author.id === me.id ? "You" : readable(last?.author.name ?? last?.author.number ?? "");
  return (
    <Link href={`/${conversation.id}`} aria-current={chosen ? "page" : undefined} className={unread ? "unread" : ""}>
      <Avatar name={conversation.display_name} of={conversation.id} />
      <span className="name" dir="auto">
        {readable(conversation.display_name)}
      </span>
      <time dateTime={conversation.last_activity_at}>{recently(conversation.last_activity_at)}</time>
      <span className="last" dir="auto">
        {last ? (
          <>
            <bdi>{author}</bdi>: {last.body ?? "Picture or file"}
          </>
        ) : (
          count(conversation.participant_count, "participant")
        )}
      </span>
      <span className="marks">
        {conversation.blocked && <span className="mark blocked">Blocked</span>}
        {unread > 0 && (
          <span className="badge">
            {unread}
            <span className="hidden"> unread</span>
          </span>
        )}
      </span>
    </Link>
  );
}
