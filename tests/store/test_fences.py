"""Fences: a worker's appends are not stored once another has taken its lease, whether it knows that or not."""

import asyncio

import pytest

from groupchat.store.fences import LeaseLostError
from groupchat.store.lease import Lease
from groupchat.store.terms import Terms
from tests.store.counting import count, sum_of
from tests.store.following import opened
from tests.store.outages import end_session


async def held(database, **given):
    """Take a lease, and keep it."""
    lease = Lease(database, "delivery", asyncio.Event(), **given)
    await lease.__aenter__()
    return lease


async def lose(lease, database):
    """Let a lease be lost without notice to its holder."""
    if database.is_sqlite:
        lease._file.release()
        return
    pid = database.session_locks._connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    await asyncio.to_thread(end_session, database.url.render_as_string(hide_password=False), pid)


async def test_each_taking_raises_the_generation(database):
    generations = []
    for _ in range(3):
        async with Lease(database, "delivery", asyncio.Event()) as lease:
            generations.append(lease.fence.generation)

    assert generations == [1, 2, 3]


async def test_leases_of_different_names_have_generations_of_their_own(database):
    async with Lease(database, "delivery", asyncio.Event()) as one, Lease(database, "inbox", asyncio.Event()) as other:
        assert (one.fence.generation, other.fence.generation) == (1, 1)


async def test_work_begun_under_a_lease_is_stored_while_the_lease_is_held(store):
    lease = await held(store.database)
    await count(store, "a", terms=Terms(fence=lease.fence))
    await lease.__aexit__(None, None, None)

    assert await sum_of(store, "a") == 1


async def test_a_worker_that_lost_its_lease_to_another_stores_nothing(store, database_url):
    lease = await held(store.database)
    await lose(lease, store.database)
    async with opened(database_url) as other, Lease(other.database, "delivery", asyncio.Event()) as taken:
        for _ in range(2):
            with pytest.raises(LeaseLostError):
                await count(store, "a", terms=Terms(fence=lease.fence))
        await count(other, "a", by=5, terms=Terms(fence=taken.fence))
        await count(store, "a")  # what needs no lease goes on
    await lease.__aexit__(None, None, None)

    assert await sum_of(store, "a") == 6


async def test_a_worker_learns_that_it_lost_its_lease_even_if_its_session_lives_on(postgres_url):
    """As behind a pooler that lends one session to several."""
    async with opened(postgres_url) as store:
        lease = await held(store.database, check_seconds=0)
        assert await lease.still_held()
        with store.database.write() as connection:
            connection.exec_driver_sql("UPDATE leases SET generation = generation + 1")

        assert not await lease.still_held()
        await lease.__aexit__(None, None, None)


@pytest.mark.parametrize("shared", [False, True])
async def test_a_worker_learns_that_its_session_has_ended(postgres_url, shared):
    async with opened(postgres_url) as store:
        lease = await held(store.database, shared=shared, check_seconds=0)
        assert await lease.still_held()
        await lose(lease, store.database)

        assert not await lease.still_held()
        await lease.__aexit__(None, None, None)


async def test_a_lease_is_not_checked_again_at_once(postgres_url):
    """Each check is a query, and followers ask before each batch."""
    async with opened(postgres_url) as store:
        lease = await held(store.database, check_seconds=60)
        await lose(lease, store.database)

        assert await lease.still_held()
        await lease.__aexit__(None, None, None)


async def test_a_new_holder_waits_until_its_predecessors_append_is_stored(store, database_url):
    """So a newcomer sees all that was begun before it, and its predecessor stores nothing after."""
    lease = await held(store.database)
    await lose(lease, store.database)
    async with opened(database_url) as other:
        counting = [asyncio.create_task(count(store, f"s{n}", terms=Terms(fence=lease.fence))) for n in range(50)]
        async with Lease(other.database, "delivery", asyncio.Event()):
            head = other.log.head()
            outcomes = await asyncio.gather(*counting, return_exceptions=True)
            assert other.log.head() == head
    await lease.__aexit__(None, None, None)

    assert {type(outcome) for outcome in outcomes if isinstance(outcome, Exception)} <= {LeaseLostError}
