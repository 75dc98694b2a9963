/** Sends that the server has not acknowledged: shown at once, repeated with the same key, and so never sent twice. */
import { type InfiniteData, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import type { Message, MessagePage } from "../api";
import { sendMessage } from "../api";
import { data, explain, Problem } from "../http";
import { type Attached, keepOutbox, readOutbox, type Unsettled } from "../storage";

const listeners = new Set<() => void>();
const sending = new Set<string>();

function change(key: string, by: Partial<Unsettled> | null): void {
  const kept = readOutbox().flatMap((each) => (each.key !== key ? [each] : by ? [{ ...each, ...by }] : []));
  keepOutbox(kept);
  for (const tell of listeners) tell();
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

  const attempt = useCallback(
    async (entry: Unsettled) => {
      if (sending.has(entry.key)) return;
      sending.add(entry.key);
      change(entry.key, { failed: null });
      try {
        const sent = await data(
          sendMessage({
            path: { conversation_id: entry.conversationId },
            body: {
              body: entry.body.trim() ? entry.body : null,
              media: entry.files.map(({ media_id }) => ({ media_id })),
            },
            headers: { "Idempotency-Key": entry.key },
            throwOnError: true,
          }),
        );
        queries.setQueryData<InfiniteData<MessagePage>>(["thread", entry.conversationId], (shown) =>
          with_(shown, sent),
        );
        change(entry.key, null);
      } catch (error) {
        change(entry.key, { failed: explain(error) });
        if (!(error instanceof Problem && error.passes)) {
          void queries.invalidateQueries({ queryKey: ["conversation", entry.conversationId] });
        }
      } finally {
        sending.delete(entry.key);
      }
    },
    [queries],
  );

  const put = useCallback(
    (key: string, body: string, files: Attached[] = []) => {
      if (readOutbox().some((each) => each.key === key)) return;
      const entry = { key, conversationId, body, files, at: new Date().toISOString(), failed: null };
      keepOutbox([...readOutbox(), entry]);
      for (const tell of listeners) tell();
      void attempt(entry);
    },
    [attempt, conversationId],
  );
  const send = useCallback((body: string, files: Attached[]) => put(crypto.randomUUID(), body, files), [put]);
  // A message is sent again only once, because its id is the idempotency key.
  const resend = useCallback((message: Message) => put(`again-${message.id}`, message.body ?? ""), [put]);

  return {
    unsettled: all.filter((each) => each.conversationId === conversationId),
    send,
    resend,
    attempt,
    drop: (key: string) => change(key, null),
    isSending: (key: string) => sending.has(key),
  };
}

function with_(shown: InfiniteData<MessagePage> | undefined, sent: Message): InfiniteData<MessagePage> | undefined {
  const [first, ...rest] = shown?.pages ?? [];
  if (!shown || !first || first.items.some((each) => each.id === sent.id)) return shown;
  return { ...shown, pages: [{ ...first, items: [sent, ...first.items] }, ...rest] };
}
