"""A carrier that does not respond: nobody waits for it forever, and nobody is texted twice."""

import asyncio

import pytest

from groupchat.aggregates import delivery as deliveries
from groupchat.carriers.port import CarrierRefusedError
from groupchat.commands.streams import DELIVERY
from groupchat.processes.delivery import CARRIER_SECONDS, LOOK_SECONDS, DeliveryProcess, pause_after_refusals
from groupchat.processes.process import PutOffError
from tests.carriers.doubles import HandClock
from tests.processes.fake_carrier import CrashError, FakeCarrier
from tests.store.counting import until
from tests.store.following import opened
from tests.support.builders import number
from tests.support.world import a_world

PATIENCE = 0.02


class SilentCarrier(FakeCarrier):
    """Takes a message, and does not answer while it is `silent`; nor does it when it is asked."""

    silent = True

    async def send(self, outgoing):
        results = await super().send(outgoing)
        await self._answering()
        return results

    async def find(self, outgoing):
        found = await super().find(outgoing)
        await self._answering()
        return found

    async def _answering(self):
        if self.silent:
            await asyncio.Event().wait()


class HeldUpStore:
    """A store whose process is paused for as long as a call may take, whenever a command was stored."""

    def __init__(self, store, clock):
        self._store, self._clock = store, clock
        self.now = store.now

    async def run_under(self, *args, **given):
        outcome = await self._store.run_under(*args, **given)
        self._clock.forward(CARRIER_SECONDS)
        return outcome


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
async def world(database_url, clock):
    """A workspace whose clock a test turns."""
    async with opened(database_url, clock=clock) as store:
        yield await a_world(store)


async def statuses(world, message_id):
    return (await world.store.load_fresh(DELIVERY, deliveries.stream(message_id))).statuses


async def test_a_carrier_that_does_not_answer_is_asked_later_and_never_texts_twice(world, clock):
    carrier = SilentCarrier()
    process = DeliveryProcess(world.store, carrier, patience=PATIENCE)
    message_id = await world.send(await world.group(1, 2))
    message = await world.message(message_id)

    for asked in range(3):  # handing over, then asking, and asking again: none is answered
        with pytest.raises(PutOffError, match="did not respond"):
            await process.react(message)
        assert len(carrier.asked) == asked
        clock.forward(2 * PATIENCE)
    carrier.silent = False
    await process.react(message)

    assert len(carrier.taken) == 1
    assert await statuses(world, message_id) == dict.fromkeys((number(1), number(2)), "sent")


async def test_nobody_asks_while_the_call_of_another_process_may_still_arrive_R28(world, clock):
    """A process finds a call that another began, which is slow and not dead: "never got it" is not the last word yet."""
    carrier, arrives = FakeCarrier(), asyncio.Event()

    async def slowly(_outgoing):
        await arrives.wait()

    carrier.on_send = slowly
    message = await world.message(await world.send(await world.group(1, 2)))
    first = asyncio.create_task(DeliveryProcess(world.store, carrier).react(message))
    await until(lambda: carrier.calls == 1)
    second = DeliveryProcess(world.store, carrier)
    for _ in range(4):
        with pytest.raises(PutOffError, match="may still be running") as put_off:
            await second.react(message)
        assert put_off.value.seconds == LOOK_SECONDS
        clock.forward(CARRIER_SECONDS / 2)
    arrives.set()
    await first
    await second.react(message)

    assert (len(carrier.taken), carrier.calls, carrier.asked) == (1, 1, [])


async def test_after_twice_the_time_of_a_call_it_is_asked_about_and_handed_over_again_R28(world, clock):
    carrier = FakeCarrier()
    carrier.before = CrashError()
    message = await world.message(await world.send(await world.group(1, 2)))
    with pytest.raises(CrashError):
        await DeliveryProcess(world.store, carrier).react(message)
    carrier.before = None
    clock.forward(2 * CARRIER_SECONDS)
    await DeliveryProcess(world.store, carrier).react(message)

    assert (len(carrier.taken), carrier.asked) == (1, [message.event.message_id])
    assert await world.types(deliveries.stream(message.event.message_id)) == ["started", "started", "updated"]


async def test_the_time_of_a_second_call_counts_from_its_own_beginning_R28(world, clock):
    carrier = FakeCarrier()
    message = await world.message(await world.send(await world.group(1, 2)))
    for _ in range(2):
        carrier.before = CrashError()
        with pytest.raises(CrashError):
            await DeliveryProcess(world.store, carrier).react(message)
        with pytest.raises(PutOffError, match="may still be running"):
            await DeliveryProcess(world.store, carrier).react(message)
        clock.forward(2 * CARRIER_SECONDS)

    assert carrier.asked == [message.event.message_id]


async def test_a_process_that_was_held_up_for_too_long_makes_no_call_R28(world, clock):
    """The machine was paused between storing the beginning and the call: another one may have handed the message over meanwhile."""
    carrier = FakeCarrier()
    message = await world.message(await world.send(await world.group(1, 2)))
    process = DeliveryProcess(HeldUpStore(world.store, clock), carrier)
    with pytest.raises(PutOffError, match="did not respond"):
        await process.react(message)

    assert carrier.calls == 0


def test_however_often_a_carrier_refuses_the_pause_is_at_most_a_minute():
    assert [pause_after_refusals(refusals) for refusals in (0, 5, 6, 10, 11, 12, 10_000)] == [0, 0, 2, 32, 60, 60, 60]


async def test_a_carrier_that_says_later_is_called_again_then_with_longer_and_longer_pauses_R28(world, clock):
    carrier = FakeCarrier()
    carrier.before = CarrierRefusedError("429", "slow down", retry_after=1.0)
    process = DeliveryProcess(world.store, carrier)
    message = await world.message(await world.send(await world.group(1, 2)))
    pauses = []
    for _ in range(15):
        with pytest.raises(PutOffError, match="slow down") as put_off:
            await process.react(message)
        pauses.append(put_off.value.seconds)
        clock.forward(put_off.value.seconds)
    carrier.before = None
    await process.react(message)

    assert len(carrier.taken) == 1
    assert pauses == [1, 1, 1, 1, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]
    types = await world.types(deliveries.stream(message.event.message_id))
    assert types == ["started", "call_refused"] * 15 + ["started", "updated"]
