"""Reading the log: in pieces, in its order, and once for several followers."""

from dataclasses import replace
from itertools import product

import pytest

from groupchat.store.mapper import UnreadableEventError
from tests.store.counting import Counted, count, holding, store_behind, stored


async def test_the_log_is_read_in_pieces_in_its_order(store):
    for stream in ("a", "b", "a"):
        await count(store, stream)

    assert [(r.position, r.id) for r in store.log.read(0, 2).events] == [(1, "a/1"), (2, "b/1")]
    assert [(r.position, r.id) for r in store.log.read(2, 10).events] == [(3, "a/2")]
    assert store.log.read(3, 10).events == []
    assert [r.version for r in store.log.stream("a", after=1)] == [2]


async def test_a_stream_is_read_whole_or_only_the_events_of_some_types(store):
    for _ in range(2):
        await count(store, "a")

    assert [r.version for r in store.log.stream("a", topics=[Counted.TOPIC])] == [1, 2]
    assert store.log.stream("a", topics=["groupchat.test.other"]) == []


async def test_a_state_that_somebody_wrote_as_text_is_read_as_its_bytes(store):
    await count(store, "a")
    before = store.log.stream("a")
    if not store.database.is_sqlite:
        pytest.skip("Postgres stores bytes only")
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE stored_events SET state = CAST(state AS TEXT)")
    assert store.log.stream("a") == before


async def test_followers_share_one_read_and_each_gets_all_of_it(store):
    for _ in range(5):
        await count(store, "a")

    def positions(after, limit):
        return [recorded.position for recorded in store.log.read(after, limit).events]

    assert positions(2, 2) == [3, 4]
    assert positions(0, 3) == [1, 2, 3]  # older than what is kept
    assert positions(2, 2) == [3, 4]  # from memory
    assert positions(3, 10) == [4, 5]  # the first from memory
    assert positions(5, 10) == []
    await count(store, "a")
    assert positions(5, 10) == [6]
    assert positions(3, 10) == [4, 5, 6]


async def test_events_in_memory_are_not_read_again(store):
    for _ in range(5):
        await count(store, "a")
    first = store.log.read(2, 2)
    assert [ours is theirs for ours, theirs in zip(store.log.read(2, 3).events, first.events, strict=False)] == [True, True]


@pytest.mark.parametrize("in_memory", range(6))
async def test_a_piece_is_at_the_end_only_if_nothing_is_stored_after_it(store, in_memory):
    for _ in range(5):
        await count(store, "a")
    for above in range(in_memory):
        store.log.read(above, 1)
    for after, limit in product(range(6), range(1, 8)):
        piece = store.log.read(after, limit)
        assert [recorded.position for recorded in piece.events] == list(range(after + 1, min(after + limit, 5) + 1))
        assert piece.at_end == (after + limit > 5)


async def test_a_piece_before_an_event_that_cannot_be_read_is_not_at_the_end(store):
    await count(store, "a")
    await count(store, "b")
    with holding(store.database.url) as connection:
        store_behind(connection, replace(stored("a", 2), state=b"{}"))
    for _ in ("from the database", "from memory"):
        piece = store.log.read(0, 10)
        assert ([recorded.position for recorded in piece.events], piece.at_end) == ([1, 2], False)
    with pytest.raises(UnreadableEventError):
        store.log.read(2, 10)


async def test_the_log_is_read_by_type_and_up_to_a_position(store):
    for stream in ("a", "b", "a"):
        await count(store, stream)
    assert [r.id for r in store.log.each(upto=2)] == ["a/1", "b/1"]
    assert [r.id for r in store.log.each([Counted.TOPIC])] == ["a/1", "b/1", "a/2"]
    assert list(store.log.each(["test.other"])) == []
    assert (store.log.first_position(Counted.TOPIC), store.log.first_position("test.other")) == (1, None)
