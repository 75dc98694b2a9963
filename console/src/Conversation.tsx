import type { User } from "./api";
import { Handsets } from "./handsets/Handsets";
import { Pane } from "./people/Pane";
import { Thread } from "./thread/Thread";

export type Side = "people" | "handsets" | null;

type Props = { id: string; me: User; side: Side; onSide: (side: Side) => void };

/** The open conversation, and the panel next to it. */
export function Conversation({ id, me, side, onSide }: Props) {
  const close = () => onSide(null);
  return (
    <>
      <Thread key={id} id={id} me={me} side={side} onSide={onSide} />
      {side === "people" && <Pane id={id} me={me} onClose={close} />}
      {side === "handsets" && <Handsets id={id} onClose={close} />}
    </>
  );
}
