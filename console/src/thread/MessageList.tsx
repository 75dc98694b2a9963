import type { Message, User } from "../api";
import type { Names } from "../people/names";
import { dayOf, isSameDay } from "../words";
import { Bubble } from "./Bubble";

type Props = {
  messages: Message[];
  names: Names;
  me: User;
  firstUnread?: string | null;
  onResend?: ((message: Message) => void) | undefined;
  /** Whether the reader may say what became of a message of which the carrier does not know. */
  settles?: boolean;
};

/** The number of a conversation's versions whose messages are laid out together. */
const STRETCH = 64;
/** What a message is high, about: a stretch is given a height before it comes into view. */
const HEIGHT_PX = 72;

/**
 * The messages of a conversation, from the oldest on, in stretches. The browser looks after each stretch and not after each message, and
 * lays out only those near the view: otherwise a long thread makes every frame of scrolling slow.
 */
export function MessageList({ messages, names, me, firstUnread = null, onResend, settles }: Props) {
  const stretches = Map.groupBy(messages.keys(), (n) => Math.floor((messages[n]?.version ?? 0) / STRETCH));
  return [...stretches].map(([stretch, places]) => (
    <ol key={stretch} className="stretch" style={{ containIntrinsicSize: `auto ${HEIGHT_PX * places.length}px` }}>
      {places.map((n) => {
        const [before, message] = [messages[n - 1], messages[n] as Message];
        return (
          <Bubble
            key={message.id}
            message={message}
            names={names}
            mine={message.author.id === me.id}
            day={before && isSameDay(before.at, message.at) ? null : dayOf(message.at)}
            unread={message.id === firstUnread}
            follows={before?.author.id === message.author.id}
            onResend={onResend}
            settles={settles}
          />
        );
      })}
    </ol>
  ));
}
