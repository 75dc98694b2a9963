type List = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };

/** A button that shows more of a list, as long as there is more. */
export function More({ list }: { list: List }) {
  return list.hasNextPage ? (
    <button type="button" className="more" disabled={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
      Show more
    </button>
  ) : null;
}
