/** Which queries are read again: all of them, or those whose results an event of the stream changes. */
import { type QueryClient, type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import type { StreamedEvent } from "./live";

/** Return a function that makes everything stale that was read so far. */
export function useAllStale(): () => void {
  const queries = useQueryClient();
  return useCallback(() => reread(queries), [queries]);
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
function reread(queries: QueryClient, queryKey: QueryKey = []): void {
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

/** The shortest time between two counts of unread conversations, which take time in proportion to the inbox. */
const COUNT_PAUSE_MS = 1_000;
let isCounting = false;

function stale(queries: QueryClient, events: StreamedEvent[]): void {
  const keys = new Set<string>();
  const groups = new Set<string>();
  for (const event of events) {
    const [, kind = ""] = event.type.split(".");
    const id = event.stream.startsWith("cnv_") ? event.stream : event.data.conversation_id;
    if (typeof id === "string") groups.add(id);
    if (kind === "do_not_disturb") keys.add("do-not-disturb");
    if (kind === "contact" || kind === "do_not_disturb") keys.add("contacts").add("contact").add("pane").add("inbox");
    if (kind === "workspace")
      for (const key of ["numbers", "users", "policy", "auto-replies", "rates", "roles", "webhooks", "me"])
        keys.add(key);
    if (kind === "review") keys.add("reviews");
    if (kind === "number") keys.add("numbers");
  }
  if (groups.size > 0) {
    keys.add("inbox").add("ledger").add("handset").add("reviews");
    countSoon(queries);
  }
  for (const key of keys) reread(queries, [key]);
  for (const id of groups) {
    for (const key of ["thread", "conversation", "pane", "history"]) reread(queries, [key, id]);
  }
}

function countSoon(queries: QueryClient): void {
  if (isCounting) return;
  isCounting = true;
  setTimeout(() => {
    isCounting = false;
    reread(queries, ["unread"]);
  }, COUNT_PAUSE_MS);
}
