"""Two instances of a follower: one works, and when it ends in any way, the other continues; nothing is handled twice or lost."""

import asyncio

import pytest
from structlog.testing import capture_logs

from groupchat.store.follower import Follower
from groupchat.store.holders import holders
from groupchat.store.lease import Lease
from tests.store.counting import PATIENCE, count, until
from tests.store.following import METADATA, Keeping, opened, reached, running, seen
from tests.store.worker import working
from tests.support import statements

LONG = 600.0
"""A follower that is idle for so long does nothing in a test unless a bell wakes it."""


@pytest.fixture
async def table(database):
    METADATA.create_all(database.engine)
    yield
    METADATA.drop_all(database.engine)


async def counted(store, times):
    await asyncio.gather(*(count(store, f"s{n}") for n in range(times)))


async def test_one_of_two_instances_works_and_the_other_takes_over_when_it_ends(store, database_url, table):
    async with opened(database_url) as other:
        first, second = Keeping(store.database), Keeping(other.database)
        waiting = Follower(other, second, idle_seconds=LONG)
        with capture_logs() as logs:
            async with running(Follower(store, first, idle_seconds=LONG)):
                await counted(store, 5)
                await reached(waiting, 5)
                async with running(waiting):
                    await until(lambda: any(entry["event"] == "lease_awaited" for entry in logs))
                    await counted(other, 5)
                    await reached(waiting, 10)
                    assert second.batches == []
        async with running(waiting):
            await counted(store, 5)
            await reached(waiting, 15)

    assert second.batches
    assert seen(store.database) == list(range(1, 16))


async def test_another_process_takes_over_where_a_killed_one_was(store, database_url, table):
    waiting = Follower(store, Keeping(store.database), idle_seconds=LONG)
    with working(database_url) as process:
        await counted(store, 50)
        await reached(waiting, 50)  # by the other process, for this one waits
        async with running(waiting):
            await counted(store, 300)
            process.kill()
            await asyncio.to_thread(process.wait)
            await counted(store, 50)
            await reached(waiting, 400)

    assert seen(store.database) == list(range(1, 401))


async def test_leases_of_different_names_do_not_meet(database):
    stop = asyncio.Event()
    async with Lease(database, "inbox", stop) as inbox, Lease(database, "pane", stop) as pane:
        assert await inbox.still_held()
        assert await pane.still_held()


async def test_a_lease_that_is_awaited_until_stop_is_not_held(database, database_url):
    stop = asyncio.Event()
    async with opened(database_url) as other, Lease(database, "inbox", stop):
        waiting = Lease(other.database, "inbox", stop)
        entering = asyncio.create_task(waiting.__aenter__())
        await asyncio.sleep(0)
        stop.set()
        await entering

        assert not await waiting.still_held()
        await waiting.__aexit__(None, None, None)


async def test_a_released_lease_can_be_taken_again(database, database_url):
    async with opened(database_url) as other:
        for each in (database, other.database, database):
            async with Lease(each, "inbox", asyncio.Event()) as lease:
                assert await lease.still_held()


async def entered(leases):
    """Ask for leases in one turn of the event loop."""
    return await asyncio.gather(*(each.__aenter__() for each in leases))


async def cost(database, leases):
    """Return how many statements it takes to take leases, and release them."""
    with statements.counted(database) as asked:
        await entered(leases)
    for each in leases:
        await each.__aexit__(None, None, None)
    return len(asked)


async def test_leases_that_are_asked_for_together_are_taken_in_one_transaction(database):
    stop = asyncio.Event()
    some = [Lease(database, "inbox", stop), Lease(database, "views", stop, shared=True)]
    many = [Lease(database, name, stop) for name in ("thread", "pane", "inbox", "delivery")]

    few, more = await cost(database, some), await cost(database, [*many, Lease(database, "views", stop, shared=True)])

    assert few == more
    assert [each.fence.generation for each in many] == [1, 1, 2, 1]
    with database.read() as connection:
        assert set(holders(connection)) == {"thread", "pane", "inbox", "delivery", "views"}


async def test_of_leases_that_are_asked_for_together_only_free_ones_are_taken(database, database_url):
    stop = asyncio.Event()
    async with opened(database_url) as other, Lease(other.database, "pane", stop):
        leases = [Lease(database, name, stop) for name in ("inbox", "pane")]
        entering = asyncio.create_task(entered(leases))
        await until(lambda: leases[0].fence is not None)
        stop.set()
        await entering

        assert [await each.still_held() for each in leases] == [True, False]
        for each in leases:
            await each.__aexit__(None, None, None)


async def test_no_lease_stays_locked_if_none_can_be_noted(database, database_url):
    stop = asyncio.Event()
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE lease_holders RENAME TO away")
    with capture_logs() as logs:
        entering = [asyncio.create_task(Lease(database, name, stop).__aenter__()) for name in ("inbox", "pane")]
        await until(lambda: logs or all(each.done() for each in entering))
        stop.set()
        await asyncio.wait(entering)
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO lease_holders")

    assert [each.exception() is not None or not await each.result().still_held() for each in entering] == [True, True]
    async with opened(database_url) as other, asyncio.timeout(PATIENCE):
        again = [Lease(other.database, name, asyncio.Event()) for name in ("inbox", "pane")]
        await entered(again)
        for each in again:
            await each.__aexit__(None, None, None)
