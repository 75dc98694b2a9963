/** Which queries are read again: all of them, or those whose results an event of the stream changes. */
import { type QueryClient, type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import type { StreamedEvent } from "./live";
import { isLong, renew } from "./thread/renewing";

/** Return a function that makes everything stale that was read so far. */
export function useAllStale(): () => void {
  const queries = useQueryClient();
  return useCallback(() => reread(queries, []), [queries]);
}

/** Return a function that makes the queries stale whose results some events change. */
export function useStale(): (events: StreamedEvent[]) => void {
  const queries = useQueryClient();
  return useCallback((events) => stale(queries, events), [queries]);
}

/**
 * Read again what begins with a key. A request that is on its way may not have the change, so what it reads is read once more after it;
 * it is not cut off, because in a busy workspace no request would ever end.
 */
function reread(queries: QueryClient, queryKey: QueryKey): void {
  for (const query of queries.getQueryCache().findAll({ queryKey })) {
    const again = () => {
      waiting.delete(query.queryHash);
      void queries.invalidateQueries({ queryKey: query.queryKey, exact: true });
    };
    if (query.state.fetchStatus !== "fetching") again();
    else if (!waiting.has(query.queryHash)) {
      waiting.add(query.queryHash);
      void query.promise?.then(again, again);
    }
  }
}

/** The queries that are read again once their request has ended. */
const waiting = new Set<string>();

/** The keys of lists that each kind of event changes. */
const LISTS: Record<string, readonly string[]> = {
  contact: ["contacts", "contact", "pane", "inbox"],
  conversation: ["inbox", "unread", "ledger", "handset"],
  delivery: ["ledger", "handset"],
  do_not_disturb: ["do-not-disturb", "contacts", "contact", "pane", "inbox"],
  reader: ["inbox", "unread"],
  review: ["reviews"],
  workspace: ["numbers", "users", "policy", "auto-replies", "rates", "roles", "webhooks", "me"],
};

/** The keys of what each kind of event changes in its conversation, besides its messages and participants. */
const OF_CONVERSATION: Record<string, readonly string[]> = {
  conversation: ["conversation", "history"],
  delivery: ["history"],
  reader: ["conversation"],
};

/** The events of a conversation that change its messages; all others may change its participants. */
const OF_THREAD = new Set(["message_sent", "inbound_received", "reaction_received", "auto_replied"]);

function stale(queries: QueryClient, events: StreamedEvent[]): void {
  const keys = new Map<string, QueryKey>();
  const threads = new Map<string, Set<string>>();
  const mark = (...key: string[]) => keys.set(key.join(" "), key);
  for (const { type, stream, data } of events) {
    const [, kind = "", what = ""] = type.split(".");
    for (const key of LISTS[kind] ?? []) mark(key);
    const id = stream.startsWith("cnv_") ? stream : data.conversation_id;
    if (typeof id !== "string") continue;
    for (const key of OF_CONVERSATION[kind] ?? []) mark(key, id);
    if (kind === "delivery" || kind === "media" || OF_THREAD.has(what)) {
      threads.set(id, (threads.get(id) ?? new Set()).add(String(data.message_id)));
    } else if (kind === "conversation") mark("pane", id);
  }
  // What is open comes first, because browsers and servers answer in about this order.
  for (const [id, changed] of threads) {
    if (isLong(queries, id)) void renew(queries, id, changed);
    else reread(queries, ["thread", id]);
  }
  for (const key of [...keys.values()].sort((one, other) => other.length - one.length)) reread(queries, key);
}
