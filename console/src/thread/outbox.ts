/** Sends that the server has not acknowledged: shown at once, repeated with the same key, and so never sent twice. */
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import type { Message, User } from "../api";
import { sendMessage } from "../api";
import { data, explain, Problem } from "../http";
import { type Attached, keepOutbox, readOutbox, type Unsettled } from "../storage";
import type { Thread } from "./renewing";

const listeners = new Set<() => void>();
const sending = new Set<string>();
/** A page that is still there after this time isn't being left: what looked so was a download. */
const LEAVING_MS = 3_000;
/** Whether the page is being left, which cuts requests off: the next page continues them. */
let isLeaving = false;
addEventListener("beforeunload", () => {
  isLeaving = true;
  setTimeout(() => {
    isLeaving = false; // it stayed after all
  }, LEAVING_MS);
});
/** The pause before a request is repeated that another tab has on its way. */
const IN_USE_MS = 1_000;

function keep(unsettled: Unsettled[]): void {
  keepOutbox(unsettled);
  for (const tell of listeners) tell();
}

function change(key: string, by: Partial<Unsettled> | null): void {
  keep(readOutbox().flatMap((each) => (each.key !== key ? [each] : by ? [{ ...each, ...by }] : [])));
}

/** Return a conversation's unsettled sends, and functions that send, repeat and drop one. */
export function useOutbox(conversationId: string) {
  const queries = useQueryClient();
  const [all, setAll] = useState(readOutbox);
  useEffect(() => {
    const tell = () => setAll(readOutbox());
    listeners.add(tell);
    addEventListener("storage", tell);
    return () => {
      listeners.delete(tell);
      removeEventListener("storage", tell);
    };
  }, []);

  const again = useCallback((entry: Unsettled) => void attempt(queries, entry), [queries]);
  const put = useCallback(
    (key: string, body: string, files: Attached[] = []) => {
      if (readOutbox().some((each) => each.key === key)) return;
      const after = queries.getQueryData<Thread>(["thread", conversationId])?.pages[0]?.items[0]?.version ?? 0;
      const entry = { key, conversationId, body, files, after, at: new Date().toISOString(), failed: null };
      keep([...readOutbox(), entry]);
      again(entry);
    },
    [again, queries, conversationId],
  );
  const send = useCallback((body: string, files: Attached[]) => put(crypto.randomUUID(), body, files), [put]);
  // A message is sent again only once, because its id is the idempotency key.
  const resend = useCallback((message: Message) => put(`again-${message.id}`, message.body ?? ""), [put]);

  return {
    unsettled: all.filter((each) => each.conversationId === conversationId),
    send,
    resend,
    attempt: again,
    drop: (key: string) => change(key, null),
  };
}

/** Continue the sends that a page left behind when it was loaded again or closed. */
export function useUnfinishedSends(): void {
  const queries = useQueryClient();
  useEffect(() => {
    for (const each of readOutbox()) if (each.failed === null) void attempt(queries, each);
  }, [queries]);
}

/**
 * Return the sends that the thread doesn't show yet. A message that the server has stored can be shown before its response comes, and
 * after the page was loaded again. Which message it is can be told by its author, its content, and that it is new.
 */
export function notShownYet(unsettled: Unsettled[], messages: Message[], me: User): Unsettled[] {
  const taken = new Set<string>();
  return unsettled.filter((entry) => {
    const stored = messages.find((each) => !taken.has(each.id) && each.author.id === me.id && isOf(each, entry));
    if (entry.failed !== null || !stored) return true;
    taken.add(stored.id);
    return false;
  });
}

const isOf = (message: Message, entry: Unsettled) =>
  message.version > entry.after &&
  message.body === bodyOf(entry) &&
  message.media.map((each) => each.media_id).join() === entry.files.map((each) => each.media_id).join();

const bodyOf = (entry: Unsettled) => (entry.body.trim() ? entry.body : null);

async function attempt(queries: QueryClient, entry: Unsettled): Promise<void> {
  if (sending.has(entry.key)) return;
  sending.add(entry.key);
  change(entry.key, { failed: null });
  try {
    const sent = await post(entry);
    queries.setQueryData<Thread>(["thread", entry.conversationId], (shown) => with_(shown, sent));
    change(entry.key, null);
  } catch (error) {
    if (isLeaving) return;
    change(entry.key, { failed: explain(error) });
    if (!(error instanceof Problem && error.passes)) {
      void queries.invalidateQueries({ queryKey: ["conversation", entry.conversationId] });
    }
  } finally {
    sending.delete(entry.key);
  }
}

/** Send a message. If another tab is sending it at the moment, its response is this one's, too. */
async function post(entry: Unsettled): Promise<Message> {
  const media = entry.files.map(({ media_id }) => ({ media_id }));
  for (;;) {
    try {
      return await data(
        sendMessage({
          path: { conversation_id: entry.conversationId },
          body: { body: bodyOf(entry), media },
          headers: { "Idempotency-Key": entry.key },
          throwOnError: true,
        }),
      );
    } catch (error) {
      if (!(error instanceof Problem && error.slug === "idempotency-key-in-use")) throw error;
      await new Promise((resolve) => setTimeout(resolve, IN_USE_MS));
    }
  }
}

function with_(shown: Thread | undefined, sent: Message): Thread | undefined {
  const [first, ...rest] = shown?.pages ?? [];
  if (!shown || !first || first.items.some((each) => each.id === sent.id)) return shown;
  return { ...shown, pages: [{ ...first, items: [sent, ...first.items] }, ...rest] };
}
