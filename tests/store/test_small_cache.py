"""A cache that is smaller than its workload: it costs reads, but never a decision."""

import asyncio

import pytest

from tests.store.counting import COUNTER, PATIENCE, Count, Counted, count, holding, sum_of, until
from tests.store.following import opened
from tests.support.builders import CAUSE

STREAMS = [f"s{n}" for n in range(12)]


@pytest.fixture
async def small(database_url):
    """A store that keeps three streams in memory."""
    async with opened(database_url, cached_streams=3) as store:
        yield store


async def count_all(decision):
    """Count in every stream; return their counts before."""
    before = await decision.load_many(COUNTER, STREAMS)
    for stream in STREAMS:
        await decision.take(COUNTER, stream, Count())
    return before


async def test_a_small_cache_loses_nothing_while_appends_are_on_their_way(small):
    await asyncio.gather(*(count(small, stream) for _ in range(20) for stream in STREAMS))

    assert [await sum_of(small, stream) for stream in STREAMS] == [20] * 12
    await count(small, "one more")
    assert len(small._states._cache) <= 4


async def test_a_decision_may_read_and_write_more_streams_than_memory_keeps(small):
    async with asyncio.timeout(PATIENCE):
        for expected in (None, 1, 2):
            assert (await small.run(CAUSE, count_all)).value == [expected] * 12


async def test_decisions_on_more_streams_than_memory_keeps_see_one_another_R16(small):
    async with asyncio.timeout(PATIENCE):
        outcomes = await asyncio.gather(*(small.run(CAUSE, count_all) for _ in range(4)))

    assert sorted([each or 0 for each in outcome.value] for outcome in outcomes) == [[n] * 12 for n in range(4)]
    assert [await sum_of(small, stream) for stream in STREAMS] == [4] * 12


async def test_the_streams_of_an_abandoned_command_can_be_evicted(small, database_url):
    with holding(database_url):
        caller = asyncio.create_task(count(small, "a"))
        await until(lambda: (cached := small._states._cache.get("a")) is not None and cached.loaded.rests_on is not None)
        append = small._states._cache["a"].loaded.rests_on
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
    await until(lambda: append.outcome is not None)
    for stream in STREAMS[:4]:
        await count(small, stream)

    assert "a" not in small._states._cache
    assert (await count(small, "a")).value == 1


async def test_a_stream_that_is_only_read_as_of_some_version_stays_in_memory(small):
    await count(small, "gate")

    async def pass_by(decision, stream):
        await decision.load_past(COUNTER, "gate", frozenset({Counted.TOPIC}), since=1)
        await decision.take(COUNTER, stream, Count())

    for stream in STREAMS:
        await small.run(CAUSE, pass_by, stream)
        assert "gate" in small._states._cache
