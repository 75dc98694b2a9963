"""A carrier that does not answer: nobody waits for it for ever, and nobody is texted twice."""

import asyncio

import pytest

from groupchat.aggregates import delivery as deliveries
from groupchat.commands.streams import DELIVERY
from groupchat.processes.delivery import DeliveryProcess
from groupchat.processes.process import PutOffError
from tests.processes.fake_carrier import FakeCarrier
from tests.support.builders import number


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


async def test_a_carrier_that_does_not_answer_is_asked_later_and_never_texts_twice(world):
    carrier = SilentCarrier()
    process = DeliveryProcess(world.store, carrier, patience=0.02)
    message_id = await world.send(await world.group(1, 2))
    message = await world.message(message_id)

    for asked in range(3):  # handing over, then asking, and asking again: none is answered
        with pytest.raises(PutOffError, match="did not answer"):
            await process.react(message)
        assert len(carrier.asked) == asked
    carrier.silent = False
    await process.react(message)

    assert len(carrier.taken) == 1
    known = await world.store.load_fresh(DELIVERY, deliveries.stream(message_id))
    assert known.statuses == dict.fromkeys((number(1), number(2)), "sent")
