"""Reading the log: in pieces, in its order, and once for several followers."""

from tests.store.counting import count


async def test_the_log_is_read_in_pieces_in_its_order(store):
    for stream in ("a", "b", "a"):
        await count(store, stream)

    assert [(r.position, r.id) for r in store.read_log(0, 2)] == [(1, "a/1"), (2, "b/1")]
    assert [(r.position, r.id) for r in store.read_log(2, 10)] == [(3, "a/2")]
    assert [r.position for r in store.read_log(0, 10, stop=1)] == [1]
    assert store.read_log(3, 10) == []
    assert [r.version for r in await store.read_stream("a", after_version=1)] == [2]


async def test_followers_share_what_was_read_and_each_gets_all_of_it(store):
    for _ in range(5):
        await count(store, "a")

    def positions(after, limit):
        return [recorded.position for recorded in store.follow_log(after, limit)]

    assert positions(2, 2) == [3, 4]
    assert positions(0, 3) == [1, 2, 3]  # older than what is kept
    assert positions(3, 10) == [4]  # from memory
    assert positions(4, 10) == [5]
    assert positions(5, 10) == []
    await count(store, "a")
    assert positions(5, 10) == [6]
    assert positions(3, 10) == [4, 5, 6]
