"""States in memory: a decision is based on the very state that it read, not on another of the same version."""

import asyncio

from groupchat.store.append import Append, Conflict
from groupchat.store.decision import Decision, Ids, Loaded, StreamKind
from groupchat.store.mapper import EventMapper
from groupchat.store.recorder import Moved, Recorder
from groupchat.store.states import States, _Cached
from groupchat.values.clock import utc_now
from tests.store.counting import COUNTER, count, holding, until
from tests.support.builders import CAUSE

NOTHING = StreamKind("", lambda state, _: state, lambda _command, _state: [])


def states_of(database, **cached):
    states = States(Recorder(database), EventMapper())
    states._cache.update({stream: _Cached(loaded) for stream, loaded in cached.items()})
    return states


async def test_another_state_of_the_same_version_has_moved_R16(database):
    append = Append([], {})
    states = states_of(database, a=Loaded("not yet opted out", 2, rests_on=append))
    decision = Decision(CAUSE, utc_now(), states, Ids())
    await decision.load(NOTHING, "a")
    assert not states.has_moved(decision)

    append.outcome = Conflict(("a",))
    states._cache["a"] = _Cached(Loaded("opted out", 2))

    assert states.has_moved(decision)


async def test_dropping_a_stream_from_memory_does_not_move_it(database):
    states = states_of(database, a=Loaded("as it is", 2))
    decision = Decision(CAUSE, utc_now(), states, Ids())
    await decision.load(NOTHING, "a")
    states._cache.clear()

    assert not states.has_moved(decision)


async def test_a_decision_may_read_more_streams_than_the_cache_holds(database):
    states = States(Recorder(database), EventMapper(), capacity=3)
    streams = [f"s{n}" for n in range(10)]
    async with asyncio.timeout(10):
        loaded = await states.load_all(NOTHING, streams)
    assert list(loaded) == streams
    assert len(states._cache) == 3


class CountingRecorder(Recorder):
    reads = 0

    def select_tails(self, tails):
        self.reads += 1
        return super().select_tails(tails)


async def test_the_stream_of_a_new_id_is_empty_and_not_read(database):
    recorder = CountingRecorder(database)
    decision = Decision(CAUSE, utc_now(), States(recorder, EventMapper()), Ids())
    made = decision.new_id("cnv")

    assert await decision.load_many(NOTHING, [made, "another"]) == [None, None]
    assert await decision.load(NOTHING, decision.new_id("cnv")) is None
    assert recorder.reads == 1
    assert decision.read[made] == 0


async def test_a_stream_that_moves_while_it_is_read_is_read_again(database):
    recorder = CountingRecorder(database)
    states = States(recorder, EventMapper())
    reading = asyncio.ensure_future(states.load_all(NOTHING, ["a"]))
    await until(lambda: "a" in states._reading)
    states.mark_stale([Moved(1, "a", 1)])
    await reading

    assert recorder.reads == 2


async def test_everything_is_read_again_while_others_events_are_unknown(database):
    recorder = CountingRecorder(database)
    states = States(recorder, EventMapper())
    await states.load_all(NOTHING, ["a"])
    reading = asyncio.ensure_future(states.load_all(NOTHING, ["b"]))
    await until(lambda: "b" in states._reading)
    states.mark_all_stale()
    await reading
    assert states.peek("a") is None

    await states.load_all(NOTHING, ["a", "b"])

    assert recorder.reads == 4, "a and b, b again as it was under way, and a again"


async def test_appends_that_follow_one_another_do_not_keep_those_before_them(store):
    with holding(store.database.url):
        counting = [asyncio.create_task(count(store, "a"))]
        for version in range(2, 6):
            await until(lambda version=version: store.remembered(COUNTER, "a") == version - 1)
            counting.append(asyncio.create_task(count(store, "a")))
        await until(lambda: store.remembered(COUNTER, "a") == 5)
        last = store._states._cache["a"].loaded.rests_on
        assert last.after
    await asyncio.gather(*counting)

    assert not last.after
