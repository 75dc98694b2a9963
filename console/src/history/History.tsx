import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLocation } from "wouter";
import { Avatar } from "../Avatar";
import type { Message, Person, StoredEvent, User } from "../api";
import { readHistory, readState } from "../api";
import { Back } from "../Back";
import { data, explain } from "../http";
import { type Names, namesOf } from "../people/names";
import { Tags } from "../people/Tags";
import { useUsers } from "../queries";
import "../styles/history.css";
import { MessageList } from "../thread/MessageList";
import { happened, moment, phone, readable, second } from "../words";

type Props = { id: string; me: User; version: number | null };

/** The conversation as it was at any of its versions, and what each step changed. */
export function History({ id, me, version: asked }: Props) {
  const [, go] = useLocation();
  const history = useEvents(id);
  const events = (history.data?.pages ?? []).flatMap((page) => page.items);
  const newest = events.at(-1)?.version ?? 1;
  const version = Math.max(1, Math.min(asked ?? newest, newest));
  const choose = (chosen: number) => go(`/${id}/history/${chosen}`, { replace: true });
  const state = useQuery({
    queryKey: ["state", id, version],
    queryFn: () =>
      data(readState({ path: { conversation_id: id }, query: { version, limit: 200 }, throwOnError: true })),
    enabled: events.length > 0,
    placeholderData: (before) => before,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const people = state.data ? [...state.data.participants.participants, ...state.data.participants.opted_out] : [];
  const names = { ...useUserNames(), ...namesOf(people) };
  const event = events.find((each) => each.version === version);
  return (
    <main className="history">
      <header className="bar">
        <Back href={`/${id}`} to="the conversation" />
        <h1 dir="auto">History of {readable(state.data?.conversation.display_name ?? "…")}</h1>
      </header>
      {history.isError && <p className="error">{explain(history.error)}</p>}
      {history.isPending && <p className="empty loading">Loading…</p>}
      {event && (
        <>
          <div className="slider">
            <label>
              Version {version} of {newest}
              <input
                type="range"
                min={1}
                max={newest}
                value={version}
                onChange={(e) => choose(Number(e.target.value))}
              />
            </label>
            <Step event={event} names={names} />
          </div>
          {state.isError && <p className="error">{explain(state.error)}</p>}
          <div className="as-of">
            <Events events={events} version={version} names={names} onChoose={choose} />
            {state.data && <Messages messages={state.data.messages} names={names} me={me} />}
            {state.data && <People people={people} blocked={state.data.conversation.blocked} />}
          </div>
        </>
      )}
    </main>
  );
}

/** Read all events of a conversation, page by page. */
function useEvents(id: string) {
  const history = useInfiniteQuery({
    queryKey: ["history", id],
    queryFn: ({ pageParam }) => {
      const query = { limit: 200, ...(pageParam && { cursor: Number(pageParam) }) };
      return data(readHistory({ path: { conversation_id: id }, query, throwOnError: true }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
  const { hasNextPage, fetchNextPage } = history;
  const pages = history.data?.pages.length ?? 0;
  useEffect(() => {
    if (hasNextPage && pages > 0) void fetchNextPage();
  }, [hasNextPage, fetchNextPage, pages]);
  return history;
}

type EventsProps = { events: StoredEvent[]; version: number; names: Names; onChoose: (version: number) => void };

function Events({ events, version, names, onChoose }: EventsProps) {
  return (
    <section>
      <h2>Events</h2>
      <ol className="events">
        {events.map((each) => (
          <li key={each.version}>
            <button type="button" aria-pressed={each.version === version} onClick={() => onChoose(each.version)}>
              <b>{each.version}</b>
              <span>
                {who(each, names)} {happened(each.type)}
                <time dateTime={each.at}>{moment(each.at)}</time>
              </span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Messages({ messages, names, me }: { messages: Message[]; names: Names; me: User }) {
  return (
    <section>
      <h2>Messages at this version</h2>
      <div className="bubbles" role="log" aria-label="Messages">
        <MessageList messages={messages} names={names} me={me} />
        {messages.length === 0 && <p className="empty">There were no messages yet.</p>}
      </div>
    </section>
  );
}

function People({ people, blocked }: { people: Person[]; blocked: boolean }) {
  return (
    <section>
      <h2>People at this version</h2>
      <ul>
        {people.map((each) => (
          <li key={each.number} className="person">
            <Avatar name={each.name ?? ""} of={each.number} />
            <span className="name" dir="auto">
              {each.name ?? phone(each.number)}
              <Tags person={each} />
              {each.opted_out_at && <span className="tag deleted">Opted out</span>}
            </span>
            {each.name && <span className="number">{phone(each.number)}</span>}
          </li>
        ))}
      </ul>
      <p className="hint">{blocked ? "The conversation was blocked." : "The conversation was not blocked."}</p>
    </section>
  );
}

/** Return who caused an event. */
function who(event: StoredEvent, names: Names): string {
  if (event.actor.kind === "participant") return names[event.actor.id] ?? phone(event.actor.id);
  return event.actor.kind === "user" ? (names[event.actor.id] ?? "A user") : "The system";
}

/** Return the names of the workspace's users, by id. */
function useUserNames(): Names {
  return Object.fromEntries((useUsers().data ?? []).map((each) => [each.id, each.name]));
}

function Step({ event, names }: { event: StoredEvent; names: Names }) {
  return (
    <section className="step" aria-live="polite">
      <p>
        <strong>
          {who(event, names)} {happened(event.type)}
        </strong>
        <br />
        <small>
          {second(event.at)}, position {event.position} of the log
        </small>
      </p>
      <details>
        <summary>The event as it is stored</summary>
        <pre>{JSON.stringify(event, null, 2)}</pre>
      </details>
    </section>
  );
}
