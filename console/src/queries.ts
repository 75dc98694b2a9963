/** The page's queries by key. What an event of the stream makes stale is in `stale.ts`. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { User } from "./api";
import {
  listContacts,
  listNumbers,
  listReviews,
  listRoles,
  listUsers,
  readConversation,
  readHandset,
  readInbox,
  readPane,
  readPolicy,
  readThread,
} from "./api";
import { data } from "./http";
import { audits, seesEverything, writes } from "./rights";
import { PAGE } from "./thread/renewing";

/** What the inbox is narrowed to; what is empty or off narrows nothing. */
export type Filter = {
  q?: string;
  text?: string;
  unread?: boolean;
  blocked?: boolean;
  from?: string;
  contact_id?: string;
};

const more = { initialPageParam: "", getNextPageParam: (page: { next_cursor: string | null }) => page.next_cursor };

/** Return how a page of the narrowed inbox is read, and the key of what was read. */
function narrowed(filter: Filter) {
  const asked: Filter = Object.fromEntries(Object.entries(filter).filter(([, value]) => value));
  return {
    queryKey: ["inbox", asked],
    queryFn: ({ pageParam }: { pageParam: string }) =>
      data(readInbox({ query: { limit: 50, ...asked, ...(pageParam && { cursor: pageParam }) }, throwOnError: true })),
    ...more,
  };
}

export function useInbox(filter: Filter) {
  return useInfiniteQuery({ ...narrowed(filter), placeholderData: (before) => before });
}

/** Find conversations by the words of a message. What was found for other words is not shown meanwhile. */
export function useTexts(filter: Filter) {
  return useInfiniteQuery({ ...narrowed(filter), enabled: Boolean(filter.text) });
}

/** The number of unread conversations, which no filter changes. */
export function useUnread() {
  return useQuery({
    queryKey: ["unread"],
    queryFn: async () => (await data(readInbox({ query: { limit: 1, count: true }, throwOnError: true }))).unread ?? 0,
    placeholderData: (before) => before,
  });
}

export function useConversation(id: string) {
  return useQuery({
    queryKey: ["conversation", id],
    queryFn: () => data(readConversation({ path: { conversation_id: id }, throwOnError: true })),
  });
}

/** Read a thread from its end; the next page has the messages before. */
export function useThread(id: string) {
  return useInfiniteQuery({
    queryKey: ["thread", id],
    queryFn: ({ pageParam }) => {
      const query = { limit: PAGE, order: "desc" as const, ...(pageParam && { cursor: pageParam }) };
      return data(readThread({ path: { conversation_id: id }, query, throwOnError: true }));
    },
    ...more,
  });
}

export function usePane(id: string) {
  return useQuery({
    queryKey: ["pane", id],
    queryFn: () => data(readPane({ path: { conversation_id: id }, throwOnError: true })),
  });
}

/** Read all pages of a list that people look at as a whole. */
export async function all<T>(
  read: (query: { limit: number; cursor?: string }) => Promise<{ items: T[]; next_cursor: string | null }>,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: T[]; next_cursor: string | null } = await read({ limit: 200, ...(cursor && { cursor }) });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}

export function useNumbers() {
  return useQuery({
    queryKey: ["numbers"],
    queryFn: () => all((query) => data(listNumbers({ query, throwOnError: true }))),
  });
}

/** Read the numbers that were given up (R56), which those see who manage or audit. */
export function useFormerNumbers(me: User) {
  return useQuery({
    queryKey: ["numbers", "given up"],
    queryFn: () => all((query) => data(listNumbers({ query: { ...query, given_up: true }, throwOnError: true }))),
    enabled: audits(me),
  });
}

/** Read the texts that are to be judged: a page of them, which is what anybody looks through at a time. Or those that are judged. */
export function useReviews(status: "open" | "settled" = "open") {
  return useQuery({
    queryKey: ["reviews", status],
    queryFn: () => data(listReviews({ query: { status, limit: 50 }, throwOnError: true })),
  });
}

/** Whether a person may send from a business number (R21, R56): one that was given up is nobody's. `undefined` until it is known. */
export function useSends(me: User, number: string | undefined): boolean | undefined {
  const numbers = useNumbers().data;
  if (!writes(me)) return false;
  return number === undefined ? undefined : numbers?.some((each) => each.number === number);
}

/** Whether a person may use the participants' handsets, which only the simulated carrier has. */
export function useHandsets(me: User, number: string | undefined): boolean {
  const asked = useQuery({
    queryKey: ["simulated"],
    queryFn: () => readHandset({ path: { number: number ?? "" }, throwOnError: true }).then(() => true),
    enabled: number !== undefined && writes(me) && seesEverything(me),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return asked.data === true;
}

export function usePolicy() {
  return useQuery({ queryKey: ["policy"], queryFn: () => data(readPolicy({ throwOnError: true })) });
}

export function useUsers() {
  return useQuery({
    queryKey: ["users"],
    queryFn: () => all((query) => data(listUsers({ query, throwOnError: true }))),
  });
}

export function useRoles() {
  return useQuery({
    queryKey: ["roles"],
    queryFn: () => all((query) => data(listRoles({ query, throwOnError: true }))),
  });
}

/** Whether the role of the user may create groups (R20); `undefined` until it is known. */
export function useCreates(me: User): boolean | undefined {
  return useRoles().data?.some((each) => each.role === me.role && each.group_chat);
}

export function useContacts(q: string, assigned_to = "") {
  return useInfiniteQuery({
    queryKey: ["contacts", q, assigned_to],
    queryFn: ({ pageParam }) => {
      const query = {
        limit: 50,
        ...(pageParam && { cursor: pageParam }),
        ...(q && { q }),
        ...(assigned_to && { assigned_to }),
      };
      return data(listContacts({ query, throwOnError: true }));
    },
    placeholderData: (before) => before,
    ...more,
  });
}
