/** What a reader has read of the open conversation. */
import { useEffect, useRef, useState } from "react";
import type { Conversation, Message, User } from "../api";
import { markRead } from "../api";
import { writes } from "../rights";

/** Return the first message that was unread when the conversation was opened, and how many unread ones are not loaded yet. */
export function useFirstUnread(conversation: Conversation | undefined, messages: Message[]): [string | null, number] {
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
export function useRead(conversation: Conversation | undefined, newest: Message | undefined, me: User): () => void {
  const marked = useRef(0);
  useEffect(() => {
    const mark = () => {
      if (!conversation || !newest || !writes(me) || document.visibilityState !== "visible") return;
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
