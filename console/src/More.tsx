import { useEffect, useRef } from "react";

type Pages = { hasNextPage: boolean; isFetchingNextPage: boolean; isError: boolean; fetchNextPage: () => unknown };

/** The button at the end of a list that loads its next page. Scrolling to it presses it. */
export function More({ of: { hasNextPage, isFetchingNextPage, isError, fetchNextPage } }: { of: Pages }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!hasNextPage || !button.current || isFetchingNextPage || isError) return;
    const watch = new IntersectionObserver(([seen]) => seen?.isIntersecting && void fetchNextPage());
    watch.observe(button.current);
    return () => watch.disconnect();
  }, [hasNextPage, isFetchingNextPage, isError, fetchNextPage]);
  return hasNextPage ? (
    <button ref={button} type="button" className="next" disabled={isFetchingNextPage} onClick={() => fetchNextPage()}>
      {isFetchingNextPage ? "Loading…" : "Show more"}
    </button>
  ) : null;
}
