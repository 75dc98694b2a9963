"""Deciding: on all events that any process acknowledged before, and never on events that were not stored."""

import asyncio
from datetime import timedelta

import pytest

from groupchat.store import event_store
from groupchat.values.errors import NotFoundError
from tests.store.counting import (
    COUNTER,
    PATIENCE,
    Count,
    Counted,
    FullError,
    count,
    counting,
    holding,
    store_behind,
    stored,
    sum_of,
    until,
)
from tests.store.following import opened
from tests.support.builders import CAUSE, moment


@pytest.fixture
async def other(database_url):
    """A second store on the same database, as another process has it."""
    async with opened(database_url) as store:
        yield store


def submitted(store, stream):
    """Return whether an append to a stream is on its way."""
    return (cached := store._states._cache.get(stream)) is not None and cached.loaded.rests_on is not None


# --- outcomes


async def test_a_command_returns_its_value_its_events_and_their_position(store):
    await count(store, "a")
    outcome = await count(store, "a", by=5)

    assert (outcome.value, outcome.position) == (1, 2)
    assert [(r.event, r.stream, r.version, r.cause) for r in outcome.events] == [(Counted(by=5), "a", 2, CAUSE)]


async def test_a_command_that_changes_nothing_returns_the_logs_end(store):
    await count(store, "a")

    async def look(decision):
        return await decision.load(COUNTER, "a")

    outcome = await store.run(CAUSE, look)

    assert (outcome.value, outcome.events, outcome.position) == (1, (), 1)


async def test_a_refused_command_stores_nothing(store):
    async def half(decision):
        await decision.load_many(COUNTER, ["a", "b"])
        await decision.take(COUNTER, "a", Count())
        raise FullError("no", count=0)

    with pytest.raises(FullError):
        await store.run(CAUSE, half)

    assert await asyncio.to_thread(store.log.head) == 0
    assert (await count(store, "a")).value == 0


async def test_a_command_has_the_same_ids_in_each_of_its_tries(store, other):
    tries = []

    async def creating(decision):
        await decision.load(COUNTER, "a")
        tries.append([decision.new_id(prefix) for prefix in ("cnv", "msg", "msg")])
        if len(tries) < 3:
            await count(other, "a")
        await decision.take(COUNTER, "a", Count())

    await store.run(CAUSE, creating)
    first = tries[0]
    await store.run(CAUSE, creating)

    assert tries[:3] == [first] * 3
    assert [id_[:4] for id_ in first] == ["cnv_", "msg_", "msg_"]
    assert not set(first) & set(tries[3]), "another run has others"


async def test_a_refusal_before_any_read_needs_no_database(store, database_url):
    async def refusing(decision):
        raise FullError("no", count=0)

    with holding(database_url), pytest.raises(FullError):
        await asyncio.wait_for(store.run(CAUSE, refusing), PATIENCE)


async def test_a_stream_with_a_nul_in_its_name_is_not_found_and_harms_nobody_else(store, database_url):
    with holding(database_url):
        other = asyncio.create_task(count(store, "a"))
        await until(lambda: submitted(store, "a"))
        nul = asyncio.create_task(count(store, "a\0b"))
        await asyncio.sleep(0)
    with pytest.raises(NotFoundError):
        await nul

    assert (await other).value == 0


async def test_a_decision_sees_its_own_events(store):
    async def twice(decision):
        await counting(decision, "a")
        return await counting(decision, "a")

    outcome = await store.run(CAUSE, twice)

    assert outcome.value == 1
    assert [recorded.version for recorded in outcome.events] == [1, 2]


async def test_concurrent_commands_on_one_stream_all_count(store):
    outcomes = await asyncio.gather(*(count(store, "a") for _ in range(300)))

    assert sorted(outcome.value for outcome in outcomes) == list(range(300))
    assert await sum_of(store, "a") == 300


async def test_events_of_two_streams_are_stored_together(store):
    async def move(decision):
        here, there = await decision.load_many(COUNTER, ["here", "there"])
        assert (here or 0) + (there or 0) == 0
        await decision.take(COUNTER, "here", Count(by=-1))
        await decision.take(COUNTER, "there", Count(by=1))

    await asyncio.gather(*(store.run(CAUSE, move) for _ in range(50)))

    assert (await sum_of(store, "here"), await sum_of(store, "there")) == (-50, 50)


# --- on what others have stored


async def test_a_command_decides_on_events_that_another_process_acknowledged_before(store, other):
    await count(store, "a")
    for n in range(1, 10, 2):
        assert (await count(other, "a")).value == n
        assert (await count(store, "a")).value == n + 1


async def test_a_refusal_sees_another_processes_events_immediately(store, other):
    await count(store, "a", limit=2)  # cached here at 1
    await count(other, "a")

    with pytest.raises(FullError) as caught:
        await count(store, "a", limit=2)

    assert caught.value.members == {"count": 2}


async def test_a_refusal_is_not_based_on_an_outdated_state(store, other):
    await count(store, "a", by=5, limit=5)
    with pytest.raises(FullError):
        await count(store, "a", limit=5)
    await count(other, "a", by=-1)

    assert (await count(store, "a", limit=5)).value == 4


async def test_a_command_that_reads_only_a_stream_decides_again_when_it_moves(store, other):
    await count(store, "gate")
    seen = []

    async def guarded(decision):
        gate = await decision.load(COUNTER, "gate")
        seen.append(gate)
        if len(seen) == 1:
            await count(other, "gate")
        await decision.load(COUNTER, "a")
        await decision.take(COUNTER, "a", Count(by=gate))

    await store.run(CAUSE, guarded)

    assert seen == [1, 2]
    assert await sum_of(store, "a") == 2


@pytest.mark.parametrize(("passing", "seen"), [({Counted.TOPIC}, [1]), (set(), [1, 2])])
async def test_a_command_decides_again_only_if_a_stream_was_moved_by_relevant_events(store, other, passing, seen):
    await count(store, "gate")
    looks = []

    async def guarded(decision):
        looks.append(await decision.load_past(COUNTER, "gate", frozenset(passing), since=1))
        if len(looks) == 1:
            await count(other, "gate")
        await decision.take(COUNTER, "a", Count())

    await store.run(CAUSE, guarded)

    assert looks == seen
    assert await sum_of(store, "a") == 1


async def test_an_event_that_may_pass_does_not_pass_in_a_stream_that_the_decision_writes(store, other):
    await count(store, "a")
    tries = []

    async def guarded(decision):
        tries.append(await decision.load_past(COUNTER, "a", frozenset({Counted.TOPIC}), since=1))
        if len(tries) == 1:
            await count(other, "a")
        await decision.take(COUNTER, "a", Count())

    await store.run(CAUSE, guarded)

    assert tries == [1, 2]
    assert await sum_of(store, "a") == 3


async def test_a_state_from_before_the_version_that_a_decision_needs_is_read_again(store, other):
    await count(store, "gate")
    await count(other, "gate")

    async def looking(decision):
        return await decision.load_past(COUNTER, "gate", frozenset({Counted.TOPIC}), since=2)

    assert (await store.run(CAUSE, looking)).value == 2


async def test_two_stores_counting_on_one_stream_lose_and_double_nothing(store, other):
    values = await asyncio.gather(*(count(each, "a") for _ in range(40) for each in (store, other)))

    assert sorted(outcome.value for outcome in values) == list(range(80))
    assert await sum_of(store, "a") == 80


# --- speculation


async def test_a_decision_on_a_failed_append_is_made_again_even_if_the_version_fits(store, database_url):
    """ABA: somebody else's event takes the version that the first command's would have had."""
    with holding(database_url) as connection:
        first = asyncio.create_task(count(store, "a", by=100))
        await until(lambda: submitted(store, "a"))
        second = asyncio.create_task(count(store, "b", by=0))
        upon_first = asyncio.create_task(count(store, "a", by=1, limit=150))
        await until(lambda: store._states._cache["a"].loaded.version == 2)
        store_behind(connection, stored("a", 1, by=10))
    outcomes = await asyncio.gather(first, upon_first, second)

    assert [outcome.value for outcome in outcomes][:2] in ([10, 110], [11, 10])
    assert await sum_of(store, "a") == 111


async def test_a_refusal_on_an_append_that_failed_is_decided_again(store, database_url):
    with holding(database_url) as connection:
        full = asyncio.create_task(count(store, "a", by=5, limit=5))
        await until(lambda: submitted(store, "a"))
        refused_at_first = asyncio.create_task(count(store, "a", by=5, limit=20))
        beyond = asyncio.create_task(count(store, "a", by=1, limit=5))
        await until(lambda: store._states._cache["a"].loaded.version == 2)
        store_behind(connection, stored("a", 1, by=1))

    with pytest.raises(FullError):  # 5 and 1 are above its limit
        await full
    assert (await refused_at_first).value in (1, 2)
    assert isinstance((await asyncio.gather(beyond, return_exceptions=True))[0], FullError | event_store.Outcome)
    assert await sum_of(store, "a") in (6, 7)


async def test_streams_that_were_decided_together_with_a_failed_one_are_decided_again(store, database_url):
    async def both(decision):
        a, _ = await decision.load_many(COUNTER, ["a", "b"])
        await decision.take(COUNTER, "b", Count(by=a or 0))

    with holding(database_url) as connection:
        first = asyncio.create_task(count(store, "a", by=100))
        await until(lambda: submitted(store, "a"))
        copied = asyncio.create_task(store.run(CAUSE, both))
        await until(lambda: submitted(store, "b"))
        upon_copy = asyncio.create_task(count(store, "b"))
        await until(lambda: store._states._cache["b"].loaded.version == 2)
        store_behind(connection, stored("a", 1, by=7))
    await asyncio.gather(first, copied, upon_copy)

    assert await sum_of(store, "b") in (7 + 1, 107 + 1)


# --- time: R32


@pytest.fixture
async def clock(store, monkeypatch):
    """A clock that a test can turn."""
    hands = {"now": moment(100)}
    monkeypatch.setattr(store, "_clock", lambda: hands["now"])
    return hands


async def test_times_never_go_backwards_within_a_stream_when_the_clock_does_R32(store, clock):
    await count(store, "a")
    clock["now"] -= timedelta(hours=1)
    await count(store, "a")
    await count(store, "b")
    clock["now"] += timedelta(hours=2)
    await count(store, "a")

    assert [r.at for r in store.log.stream("a")] == [moment(100), moment(100), moment(100) + timedelta(hours=1)]
    assert [r.at for r in store.log.stream("b")] == [moment(100) - timedelta(hours=1)]


async def test_times_continue_from_those_of_a_process_with_a_faster_clock_R32(store, other, clock):
    await count(store, "a")
    await count(other, "a")  # today, which is later
    clock["now"] = moment(200)
    await count(store, "a")

    times = [recorded.at for recorded in store.log.stream("a")]
    assert times[2] == times[1] > times[0]


# --- the cache


async def test_a_stream_is_read_once_by_many_commands_at_a_time(store, other, monkeypatch):
    await count(other, "a", by=7)
    reads = []
    select_tails = store._recorder.select_tails
    monkeypatch.setattr(store._recorder, "select_tails", lambda tails: reads.append(dict(tails)) or select_tails(tails))

    values = await asyncio.gather(*(store.load(COUNTER, "a") for _ in range(50)))

    assert values == [7] * 50
    assert reads == [{"a": 0}]


# --- callers who give up


async def _abandon(store, database_url, stream):
    with holding(database_url):
        caller = asyncio.create_task(count(store, stream))
        await until(lambda: submitted(store, stream))
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller


async def test_the_append_of_a_canceled_caller_is_stored_and_known(store, database_url):
    await _abandon(store, database_url, "a")

    assert (await count(store, "a")).value == 1
    assert await sum_of(store, "a") == 2


async def test_the_failed_append_of_a_canceled_caller_is_forgotten(store, database_url):
    with holding(database_url) as connection:
        caller = asyncio.create_task(count(store, "a", by=100))
        await until(lambda: submitted(store, "a"))
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        store_behind(connection, stored("a", 1, by=7))

    assert (await count(store, "a")).value == 7
    assert await sum_of(store, "a") == 8


async def test_a_caller_that_gives_up_while_loading_does_not_stop_the_others(store, other, monkeypatch):
    await count(other, "a", by=7)
    reading, go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    select_tails = store._recorder.select_tails

    def slowly(tails):
        loop.call_soon_threadsafe(reading.set)
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(PATIENCE)
        return select_tails(tails)

    monkeypatch.setattr(store._recorder, "select_tails", slowly)
    first, second = asyncio.create_task(store.load(COUNTER, "a")), asyncio.create_task(store.load(COUNTER, "a"))
    await asyncio.wait_for(reading.wait(), PATIENCE)
    first.cancel()
    go_on.set()

    assert await asyncio.wait_for(second, PATIENCE) == 7
    with pytest.raises(asyncio.CancelledError):
        await first
