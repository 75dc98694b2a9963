/** Where the list of messages is scrolled to. */
import { useEffect, useLayoutEffect, useRef } from "react";

/** A reader who is this close to the end of the list follows new messages. */
const NEAR_PX = 240;
/** The frames in which the heights of messages settle. */
const FRAMES = 5;

type Ends = { last: string | undefined; own: string | undefined; firstUnread: string | null };

/**
 * Open the list at the first unread message, or at its end. Then keep the end in view, unless the reader has scrolled up and writes
 * nothing of their own.
 */
export function useScroll(list: React.RefObject<HTMLElement | null>, { last, own, firstUnread }: Ends): void {
  const follows = useRef(true);
  useEffect(() => {
    const element = list.current;
    if (!element) return;
    const look = () => {
      follows.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
    };
    const resized = new ResizeObserver(() => follows.current && toEnd(element));
    element.addEventListener("scroll", look);
    resized.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      resized.disconnect();
    };
  }, [list]);
  useLayoutEffect(() => {
    if (!(last || own) || !(own || follows.current)) return;
    return settled(() => list.current && toEnd(list.current));
  }, [list, last, own]);
  useLayoutEffect(() => {
    if (!firstUnread) return;
    follows.current = false;
    return settled(() => list.current?.querySelector(".unread-line")?.scrollIntoView({ block: "start" }));
  }, [list, firstUnread]);
}

const toEnd = (list: HTMLElement) => list.scrollTo({ top: list.scrollHeight });

/** Scroll now and in the next frames, because messages have their real height only once they come into view. */
function settled(scroll: () => void): () => void {
  let frame = 0;
  let left = FRAMES;
  const again = () => {
    scroll();
    left -= 1;
    if (left > 0) frame = requestAnimationFrame(again);
  };
  again();
  return () => cancelAnimationFrame(frame);
}
