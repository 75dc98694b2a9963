import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Person, StoredEvent } from "../api";
import { readHistory, readState } from "../api";
import { Back } from "../Back";
import { data, explain } from "../http";
import { useUsers } from "../queries";
import { Bubble } from "../thread/Bubble";
import { happened, moment, phone, readable, second } from "../words";

/** The conversation as it was at any of its versions, and what each step changed. */
export function History({ id }: { id: string }) {
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
  const events = (history.data?.pages ?? []).flatMap((page) => page.items);
  const newest = events.at(-1)?.version ?? 1;
  const [chosen, setChosen] = useState<number | null>(null);
  const version = Math.min(chosen ?? newest, newest);
  const state = useQuery({
    queryKey: ["state", id, version],
    queryFn: () =>
      data(readState({ path: { conversation_id: id }, query: { version, limit: 200 }, throwOnError: true })),
    enabled: events.length > 0,
    placeholderData: (before) => before,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const people = state.data ? [...state.data.participants.participants, ...state.data.participants.opted_out] : [];
  const names = useNames(people);
  const event = events.find((each) => each.version === version);
  return (
    <main className="history">
      <header className="bar">
        <Back href={`/${id}`} to="the conversation" />
        <h1 dir="auto">History of {readable(state.data?.conversation.display_name ?? "…")}</h1>
      </header>
      {history.isError && <p className="error">{explain(history.error)}</p>}
      <label className="slider">
        Version {version} of {newest}
        <input type="range" min={1} max={newest} value={version} onChange={(e) => setChosen(Number(e.target.value))} />
      </label>
      {event && <Step event={event} names={names} />}
      {state.isError && <p className="error">{explain(state.error)}</p>}
      {state.data && (
        <div className="as-of">
          <section aria-label="Messages at this version">
            <h2>Messages</h2>
            <ol className="bubbles" aria-label="Messages">
              {state.data.messages.map((each) => (
                <Bubble key={each.id} message={each} mine={false} day={null} unread={false} follows={false} />
              ))}
              {state.data.messages.length === 0 && <li className="empty">No messages yet.</li>}
            </ol>
          </section>
          <section aria-label="People at this version">
            <h2>People</h2>
            <ul className="plain">
              {people.map((each) => (
                <li key={each.number}>
                  {each.name && <strong dir="auto">{each.name} </strong>}
                  {phone(each.number)}{" "}
                  {(each.tags ?? []).map((tag) => (
                    <span key={tag} className={`tag ${tag}`}>
                      {tag === "updated" ? "Updated" : "Deleted"}
                    </span>
                  ))}
                  {each.opted_out_at && <span className="tag deleted">Opted out</span>}
                </li>
              ))}
            </ul>
            <p>
              {state.data.conversation.blocked ? "The conversation was blocked." : "The conversation was not blocked."}
            </p>
          </section>
        </div>
      )}
      <section>
        <h2>All events</h2>
        <ol className="events">
          {events.map((each) => (
            <li key={each.version}>
              <button type="button" aria-pressed={each.version === version} onClick={() => setChosen(each.version)}>
                <b>{each.version}</b>
                <span>
                  {who(each, names)} {happened(each.type)}
                </span>
                <time dateTime={each.at}>{moment(each.at)}</time>
              </button>
            </li>
          ))}
        </ol>
      </section>
    </main>
  );
}

type Names = Record<string, string>;

/** Return who caused an event. */
function who(event: StoredEvent, names: Names): string {
  if (event.actor.kind === "participant") return names[event.actor.id] ?? phone(event.actor.id);
  return event.actor.kind === "user" ? (names[event.actor.id] ?? "A user") : "The system";
}

/** Return the names of the workspace's users by id, and of the participants by number. */
function useNames(people: Person[]): Names {
  const users = useUsers();
  const named = (users.data ?? []).map((each) => [each.id, each.name]);
  return Object.fromEntries([...named, ...people.flatMap((each) => (each.name ? [[each.number, each.name]] : []))]);
}

function Step({ event, names }: { event: StoredEvent; names: Names }) {
  return (
    <section className="step" aria-live="polite">
      <p>
        <strong>
          {who(event, names)} {happened(event.type)}
        </strong>{" "}
        on {second(event.at)}, at position {event.position} of the log
      </p>
      <details>
        <summary>The event as it is stored</summary>
        <pre>{JSON.stringify(event, null, 2)}</pre>
      </details>
    </section>
  );
}
