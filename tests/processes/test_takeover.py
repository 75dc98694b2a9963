"""Another process takes over while a call to the carrier is under way: nobody is texted twice (R28)."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from groupchat.aggregates import delivery
from groupchat.commands.streams import DELIVERY
from groupchat.processes.acting import Acting
from groupchat.processes.delivery import DeliveryProcess
from groupchat.store.fences import LEASES, LeaseLostError
from groupchat.store.lease import Lease
from groupchat.store.put_off import PUT_OFF_EVENTS
from groupchat.store.terms import Terms
from groupchat.values.clock import utc_now
from tests.processes.fake_carrier import FakeCarrier
from tests.store.counting import until
from tests.store.following import opened, running
from tests.store.outages import end_session
from tests.support.world import a_world


class BlockingCarrier(FakeCarrier):
    """Lets a call arrive only when a test lets it."""

    def __init__(self):
        super().__init__()
        self.arrives = asyncio.Event()

    async def send(self, outgoing):
        self.calls += 1
        await self.arrives.wait()
        self.taken.append(outgoing)
        return self._answer(outgoing)


@pytest.fixture
def carrier():
    return BlockingCarrier()


def lease_sessions(database):
    """Return the server's sessions that hold a lease."""
    with database.read() as connection:
        locks = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 26482 AND granted"
        return list(connection.exec_driver_sql(locks).scalars())


def put_off_messages(database):
    with database.read() as connection:
        return len(connection.execute(PUT_OFF_EVENTS.select()).all())


def generation(database):
    with database.read() as connection:
        return connection.execute(LEASES.select()).one().generation


@pytest.fixture
async def world(postgres_url):
    """A workspace on Postgres, where a lease can be lost."""
    async with opened(postgres_url) as store:
        yield await a_world(store)


@asynccontextmanager
async def two_workers(url, carrier):
    """Run delivery twice, as two processes do: one works, the other waits."""
    async with opened(url) as first, opened(url) as second, running(Acting(first, DeliveryProcess(first, carrier))):
        await until(lambda: len(lease_sessions(first.database)) == 1)
        with capture_logs() as logs:
            async with running(Acting(second, DeliveryProcess(second, carrier))):
                await until(lambda: "lease_awaited" in [line["event"] for line in logs])
                yield first


async def test_when_the_lease_is_lost_during_a_call_the_message_goes_out_once_R28(world, postgres_url, carrier):
    async with two_workers(postgres_url, carrier) as first:
        message_id = await world.send(await world.group(1, 2))
        await until(lambda: carrier.calls == 1)
        (session,) = lease_sessions(first.database)
        end_session(postgres_url, session)
        await until(lambda: generation(first.database) == 2)  # the other has taken over
        await until(lambda: put_off_messages(first.database) == 1)  # and found the call, which may still arrive
        carrier.arrives.set()
        await until(lambda: put_off_messages(first.database) == 0)

    assert ([each.message_id for each in carrier.taken], carrier.calls, carrier.asked) == ([message_id], 1, [])
    known = await world.store.load_fresh(DELIVERY, delivery.stream(message_id))
    assert set(known.statuses.values()) == {"sent"}


async def test_a_dead_workers_call_is_asked_about_and_the_message_handed_over_once_R28(world, postgres_url, carrier):
    message_id = await world.send(await world.group(1, 2))
    await world.begin(await world.message(message_id))  # and dies
    carrier.arrives.set()
    a_minute_later = opened(postgres_url, clock=lambda: utc_now() + timedelta(minutes=1))
    async with a_minute_later as store, running(Acting(store, DeliveryProcess(store, carrier))):
        await until(lambda: len(carrier.taken) > 0)

    assert (carrier.asked, carrier.calls) == ([message_id], 1)


async def test_a_worker_that_lost_its_lease_hands_nothing_over_R28(world, carrier):
    acting = Acting(world.store, DeliveryProcess(world.store, carrier))
    message = await world.message(await world.send(await world.group(1, 2)))
    async with Lease(world.store.database, acting.name, asyncio.Event()) as lease:
        acting.process.terms = Terms(fence=lease.fence)
    async with Lease(world.store.database, acting.name, asyncio.Event()):
        with pytest.raises(LeaseLostError):
            await acting.process.handle([message], message.position)

    assert carrier.calls == 0
    assert await world.types(delivery.stream(message.event.message_id)) == []


async def test_a_worker_that_lost_its_lease_takes_it_again_though_nothing_is_put_off_R28(world, postgres_url, carrier):
    carrier.arrives.set()
    async with opened(postgres_url) as store, running(Acting(store, DeliveryProcess(store, carrier))):
        group = await world.group(1, 2)
        await world.send(group)
        await until(lambda: len(carrier.taken) == 1)
        (session,) = lease_sessions(store.database)
        end_session(postgres_url, session)

        def taken_again():
            store.signals.call()
            return generation(store.database) == 2

        await until(taken_again)
        await world.send(group)
        await until(lambda: len(carrier.taken) == 2)


async def test_a_worker_with_something_put_off_takes_its_lease_again_though_nothing_new_comes_R28(world, postgres_url, carrier):
    message_id = await world.send(await world.group(1, 2))
    await world.begin(await world.message(message_id))  # and dies
    async with opened(postgres_url) as store, running(Acting(store, DeliveryProcess(store, carrier))):
        await until(lambda: put_off_messages(store.database) == 1)
        (session,) = lease_sessions(store.database)
        end_session(postgres_url, session)
        await until(lambda: generation(store.database) == 2)
