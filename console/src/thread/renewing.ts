/** Reading a thread again, of which many pages may be loaded: the newest page is enough, unless an older message has changed. */
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { type MessagePage, readThread } from "../api";
import { data } from "../http";

export type Thread = InfiniteData<MessagePage>;

/** How many messages a page has. */
export const PAGE = 50;

/** Whether so many messages are loaded that not all of them are to be read again. */
export function isLong(queries: QueryClient, id: string): boolean {
  return (queries.getQueryData<Thread>(["thread", id])?.pages.length ?? 0) > 1;
}

/** What has changed in threads that are being read: they are read once more after that. */
const behind = new Map<string, Set<string>>();

/** Read what is new in a thread, and the messages with the ids `changed`. One that isn't among the newest has all of it read. */
export async function renew(queries: QueryClient, id: string, changed: Set<string>): Promise<void> {
  const waiting = behind.get(id);
  if (waiting) {
    for (const each of changed) waiting.add(each);
    return;
  }
  let now = changed;
  do {
    behind.set(id, new Set());
    await readNewest(queries, id, now);
    now = behind.get(id) ?? now;
  } while (now.size > 0);
  behind.delete(id);
}

async function readNewest(queries: QueryClient, id: string, changed: Set<string>): Promise<void> {
  const key = ["thread", id];
  try {
    const query = { limit: PAGE, order: "desc" as const };
    const newest = await data(readThread({ path: { conversation_id: id }, query, throwOnError: true }));
    const shown = queries.getQueryData<Thread>(key);
    const renewed = shown && joined(shown, newest);
    const known = new Set(newest.items.map((each) => each.id));
    if (renewed && [...changed].every((each) => known.has(each))) queries.setQueryData<Thread>(key, renewed);
    else await queries.invalidateQueries({ queryKey: key });
  } catch {
    await queries.invalidateQueries({ queryKey: key }); // it tries again, and says what is wrong
  }
}

/** Put the newest page in place of what it covers; none if there is a gap between it and what is shown. */
function joined(shown: Thread, newest: MessagePage): Thread | null {
  const oldest = newest.items.at(-1);
  if (!oldest || !shown.pages.some((page) => page.items.some((each) => each.id === oldest.id))) return null;
  const [first, ...rest] = shown.pages.map((page) => ({
    ...page,
    items: page.items.filter((each) => each.version < oldest.version),
  }));
  return first ? { ...shown, pages: [{ ...first, items: [...newest.items, ...first.items] }, ...rest] } : null;
}
