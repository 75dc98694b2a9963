"""Following the log: woken, in batches, from the stored position on, past nothing that could not be handled."""

import asyncio

import pytest
from structlog.testing import capture_logs

from groupchat.store.database import Database
from groupchat.store.follower import Follower
from groupchat.store.positions import advance, park, reset_to, retry, stand_at, statuses
from groupchat.store.progress import Progress
from groupchat.store.refusals import PositionAheadError
from groupchat.store.tables import FOLLOWERS
from tests.store.counting import PATIENCE, count, until
from tests.store.following import METADATA, Keeping, opened, reached, running, seen, stopped
from tests.support.statements import counted as asked_of

LONG = 600.0


@pytest.fixture
def handler(database):
    METADATA.create_all(database.engine)
    yield Keeping(database)
    METADATA.drop_all(database.engine)


@pytest.fixture
def follower(store, handler):
    """A follower that would sleep for ten minutes if no bell woke it."""
    return Follower(store, handler, idle_seconds=LONG)


async def counted(store, times):
    for _ in range(times):
        await count(store, "a")


# --- batches


async def test_a_follower_handles_stored_events_in_batches_and_continues_from_its_position(store, follower, handler):
    await counted(store, 5)

    assert [await follower.step(limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert handler.batches == [[1, 2], [3, 4], [5]]
    await counted(store, 1)
    again = Follower(store, handler)
    assert await again.step() == 1
    assert handler.batches[-1] == [6]


async def test_followers_of_different_names_go_their_own_ways(store, follower, database):
    await counted(store, 3)
    other = Follower(store, Keeping(database, "other"))
    await follower.step(limit=2)
    while await other.step():
        pass

    found = await asyncio.to_thread(statuses, database)
    assert {name: status.position for name, status in found.items()} == {"keeping": 2, "other": 3}


# --- woken, not slept


async def test_an_append_of_its_own_process_wakes_a_follower(store, follower, database):
    async with running(follower):
        for n in range(1, 6):
            await counted(store, 1)
            await reached(follower, n)

    assert seen(database) == [1, 2, 3, 4, 5]


async def test_an_append_of_another_process_wakes_a_follower(store, follower, database, database_url):
    async with opened(database_url) as other, running(follower):
        for n in range(1, 4):
            await counted(other, 1)
            await reached(follower, n)

    assert seen(database) == [1, 2, 3]


async def test_a_waiting_process_is_woken_by_another_ones_progress(store, follower, database_url):
    async with opened(database_url) as other, running(follower):
        progress = Progress(other.database, other.signals)
        outcome = await count(other, "a")

        assert await progress.wait_for([follower.name], outcome.position, PATIENCE)


async def test_a_bell_that_rings_for_what_a_follower_has_asks_the_database_nothing(postgres_url):
    async with opened(postgres_url) as store:
        METADATA.create_all(store.database.single)
        follower = Follower(store, Keeping(store.database), idle_seconds=LONG)
        async with running(follower):
            await counted(store, 2)
            await reached(follower, 2)
            await until(follower._has_everything)
            found, look = [], follower._has_everything
            follower._has_everything = lambda: found.append(look()) or found[-1]
            with asked_of(store.database) as asked:
                store.signals.log.ring()
                await until(lambda: any(found))
                assert asked == []
            await counted(store, 1)
            await reached(follower, 3)
        METADATA.drop_all(store.database.single)


async def test_a_follower_that_is_behind_goes_on_although_no_bell_rings(postgres_url):
    """As after a stop: more than a batch was stored meanwhile, and this process has heard of none of it."""
    async with opened(postgres_url) as before:
        await counted(before, 5)
    async with opened(postgres_url) as store:
        METADATA.create_all(store.database.single)
        await until(lambda: store.signals.calls)  # it listens
        follower = Follower(store, Keeping(store.database), batch=2, idle_seconds=LONG)
        async with running(follower):
            await reached(follower, 5)
        METADATA.drop_all(store.database.single)


async def test_a_call_lets_a_follower_look_for_itself(store, follower, database):
    """As on SQLite, where another process's events are noticed but not named, or after `groupchat retry`."""
    async with running(follower):
        await counted(store, 1)
        await reached(follower, 1)
        with asked_of(database) as asked:
            store.signals.call()
            await until(lambda: any("FROM stored_events" in each for each in asked))


async def test_a_request_to_stop_is_heard_even_if_it_comes_while_the_lease_is_checked(store, follower):
    class Lease:
        async def still_held(self):
            stop.set()
            for _ in range(5):  # meanwhile, the request rings the bell
                await asyncio.sleep(0)
            return True

    stop = asyncio.Event()
    await asyncio.wait_for(follower.follow(Lease(), stop), PATIENCE)


async def test_a_waiting_follower_stops_on_request(store, follower):
    async with running(follower):
        await counted(store, 1)
        await reached(follower, 1)
    # `running` has waited for its end, within a time that is far below the ten minutes


# --- progress


async def test_waiting_for_a_follower_that_has_arrived_returns_at_once(store, follower):
    await counted(store, 2)
    await follower.step()

    assert await Progress(store.database, store.signals).wait_for([follower.name], 2, 0.0 + PATIENCE)


async def test_waiting_for_an_absent_follower_ends_in_time(store, follower):
    await counted(store, 2)
    await follower.step(limit=1)

    assert not await Progress(store.database, store.signals).wait_for([follower.name], 2, 0.05)
    assert not await Progress(store.database, store.signals).wait_for([follower.name, "never ran"], 1, 0.05)


async def test_a_position_reached_before_a_rebuild_no_longer_counts_R33(store):
    progress = Progress(store.database, store.signals)
    await counted(store, 7)
    with store.database.write() as connection:
        advance(connection, ["inbox"], 7)
    assert await progress.wait_for(["inbox"], 7, PATIENCE)

    with store.database.write() as connection:
        reset_to(connection, "inbox", 0)

    assert not await progress.wait_for(["inbox"], 7, 0.05)


async def test_a_process_that_waits_hears_of_the_position_and_asks_the_database_once(postgres_url):
    async with opened(postgres_url) as waiting, opened(postgres_url) as working:
        METADATA.create_all(working.database.single)
        follower = Follower(working, Keeping(working.database))
        async with asyncio.timeout(PATIENCE):
            while (heard := waiting.signals.newest) == 0:  # it may not listen yet
                await counted(working, 1)
                await asyncio.sleep(0.01)
        with asked_of(waiting.database) as asked:
            seen = asyncio.create_task(Progress(waiting.database, waiting.signals).wait_for([follower.name], heard, PATIENCE))
            await until(lambda: asked)
            await follower.step()
            assert await seen
        assert len(asked) == 1
        METADATA.drop_all(working.database.single)


async def test_what_was_heard_before_a_rebuild_no_longer_counts_R33(store, follower):
    await counted(store, 7)
    await follower.step()
    assert store.signals.reached["keeping"] == 7
    with store.database.write() as connection:
        reset_to(connection, "keeping", 0)
    store.signals.reached["keeping"] = 7  # the rebuild is not heard of yet

    assert not await Progress(store.database, store.signals).wait_for([follower.name], 7, 0.05)


async def test_a_rebuild_that_is_heard_of_before_the_batch_that_it_undid_counts_R33(store, handler):
    if not store.database.is_sqlite:
        pytest.skip("Postgres' notifications come in order, so this process can't be made to hear of the rebuild first.")

    class Undone:
        """A rebuild begins as soon as a batch is stored, and whoever waits looks where the follower is."""

        name = handler.name

        async def handle(self, batch, position):
            standing = await handler.handle(batch, position)
            with store.database.write() as connection:
                reset_to(connection, self.name, 0)
            with asked_of(store.database) as asked:
                store.signals.moved()
                await until(lambda: asked)
            return standing

    await counted(store, 7)
    with asked_of(store.database) as asked:
        waiting = asyncio.create_task(Progress(store.database, store.signals).wait_for(["keeping"], 7, 1.0))
        await until(lambda: asked)
    await Follower(store, Undone()).step()

    assert not await waiting


async def test_a_follower_that_moved_without_saying_where_is_looked_for(store, follower):
    await counted(store, 2)
    waiting = asyncio.create_task(Progress(store.database, store.signals).wait_for(["keeping"], 2, PATIENCE))
    await asyncio.sleep(0.05)
    with store.database.write() as connection:
        stand_at(connection, "keeping", 2)
    store.signals.moved()

    assert await waiting


async def test_a_position_counts_even_if_nobody_heard_of_it(store):
    await counted(store, 2)
    with asked_of(store.database) as asked:
        waiting = asyncio.create_task(Progress(store.database, store.signals).wait_for(["keeping"], 2, 0.3))
        await until(lambda: asked)
    with store.database.write() as connection:
        connection.execute(FOLLOWERS.insert().values(name="keeping", position=2))

    assert await waiting


async def test_a_position_that_the_log_does_not_have_is_not_waited_for(store, follower):
    await counted(store, 2)
    with pytest.raises(PositionAheadError) as refused:
        await Progress(store.database, store.signals).wait_for([follower.name], 3, LONG)
    assert refused.value.members == {"head": 2}


async def test_waiting_needs_all_named_followers(store, follower, database):
    await counted(store, 1)
    other = Follower(store, Keeping(database, "other"))
    waiting = asyncio.create_task(Progress(store.database, store.signals).wait_for(["keeping", "other"], 1, PATIENCE))
    await follower.step()
    await asyncio.sleep(0)
    assert not waiting.done()
    await other.step()

    assert await waiting


async def test_waiting_needs_only_those_that_have_not_arrived_before(store, follower, database):
    """The other one has nothing more to do, so it is not heard of again."""
    await counted(store, 1)
    other = Follower(store, Keeping(database, "other"))
    await other.step()
    waiting = asyncio.create_task(Progress(store.database, store.signals).wait_for(["keeping", "other"], 1, PATIENCE))
    await asyncio.sleep(0.05)
    await follower.step()

    assert await waiting


async def test_a_late_notice_of_an_earlier_position_takes_nothing_back(store, follower):
    await counted(store, 2)
    waiting = asyncio.create_task(Progress(store.database, store.signals).wait_for(["keeping", "other"], 2, PATIENCE))
    await follower.step()
    await asyncio.sleep(0.05)
    store.signals.moved({"keeping": 1, "other": 2})
    store.signals.moved({"keeping": 2})

    assert await waiting


# --- poison


async def test_a_poison_event_stops_a_follower_there_and_earlier_events_are_handled(store, follower, handler, database):
    handler.poison = {3}
    await counted(store, 5)
    with capture_logs() as logs:
        async with running(follower):
            assert await stopped(follower) == 3
            await counted(store, 2)  # woken again, and still it does not move
            assert await follower.step() == 0

    status = follower.status()
    assert (status.position, status.stopped_at, status.error) == (2, 3, "it is poison")
    assert seen(database) == [1, 2]
    assert [(entry["position"], entry["error"]) for entry in logs if entry["event"] == "follower_stopped"] == [(3, "it is poison")]


async def test_a_retried_follower_continues_when_the_reason_is_gone(store, follower, handler, database):
    handler.poison = {3}
    await counted(store, 5)
    async with running(follower):
        await stopped(follower)
        handler.poison = set()
        assert retry(database, follower.name).stopped_at is None
        await reached(follower, 5)

    assert seen(database) == [1, 2, 3, 4, 5]


async def test_a_retried_follower_stops_again_while_the_reason_persists(store, follower, handler, database):
    handler.poison = {3}
    await counted(store, 5)
    await follower.step()
    retry(database, follower.name)
    await follower.step()

    assert follower.status().stopped_at == 3
    assert seen(database) == [1, 2]


async def test_an_operator_in_another_process_wakes_a_follower_by_parking_the_event(
    store, follower, handler, database, database_url
):
    handler.poison = {3, 4}
    await counted(store, 5)
    operators = Database(database_url)
    async with running(follower):
        await stopped(follower)
        park(operators, follower.name)
        await until(lambda: follower.status().stopped_at == 4)
        park(operators, follower.name)
        await reached(follower, 5)
    operators.close()

    assert seen(database) == [1, 2, 5]


async def test_parking_one_that_is_not_stopped_sets_nothing_aside(store, follower, database):
    await counted(store, 1)
    await follower.step()

    assert park(database, follower.name).position == 1
    await counted(store, 1)
    await follower.step()
    assert seen(database) == [1, 2]


async def test_a_parked_event_is_tried_again_when_it_is_unparked(store, follower, handler, database):
    handler.poison = {1}
    await counted(store, 1)
    await follower.step()
    park(database, follower.name)
    await follower.step()
    with database.write() as connection:
        reset_to(connection, follower.name, 0)
    handler.poison = set()
    await follower.step()

    assert seen(database) == [1]


async def test_an_unreadable_event_stops_a_follower_there_and_can_be_parked(store, follower, database):
    await counted(store, 4)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE stored_events SET topic = 'groupchat.not_yet.invented' WHERE id = 3")
    async with running(follower):
        assert await stopped(follower) == 3
        assert seen(database) == [1, 2]
        assert "not_yet.invented" in follower.status().error
        park(database, follower.name)
        await reached(follower, 4)

    assert seen(database) == [1, 2, 4]


# --- what it does not swallow


async def test_an_error_without_an_event_ends_a_follower_loudly(store, follower, handler):
    async def broken(batch, position):
        raise ZeroDivisionError

    handler.handle = broken
    await counted(store, 1)

    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(follower.run(asyncio.Event()), PATIENCE)
