"""Several carriers in one server: each message goes over its business number's, and stays with it (R43)."""

import pytest

from groupchat.aggregates.business_numbers import ChangeNumber
from groupchat.carriers.port import CarrierUnclearError, known
from groupchat.commands import business_numbers
from groupchat.processes.delivery import DeliveryProcess
from groupchat.processes.process import PutOffError
from tests.processes.fake_carrier import FakeCarrier
from tests.support.builders import BUSINESS
from tests.support.world import World


def named(name: str, *, native_group: bool = True) -> FakeCarrier:
    carrier = FakeCarrier(native_group=native_group)
    carrier.name = name
    return carrier


@pytest.fixture
def default() -> FakeCarrier:
    return named("first")


@pytest.fixture
def other() -> FakeCarrier:
    return named("second")


@pytest.fixture
def process(world: World, default: FakeCarrier, other: FakeCarrier) -> DeliveryProcess:
    world.store.know(known(default, other))
    return DeliveryProcess(world.store, default, other)


async def over(world: World, carrier: str | None) -> None:
    """Let the business number's messages go over a carrier."""
    await world.run(business_numbers.change_number, ChangeNumber(number=BUSINESS, carrier=carrier))


async def test_a_message_goes_over_the_carrier_that_its_number_names_when_it_goes_R43(world, process, default, other):
    group = await world.group(1, 2)
    messages = [await world.send(group, "default")]
    await process.react(await world.message(messages[0]))
    messages.append(await world.send(group, "named"))
    await over(world, "second")
    await process.react(await world.message(messages[1]))

    assert [[each.body for each in carrier.taken] for carrier in (default, other)] == [["default"], ["named"]]


async def test_a_delivery_ends_with_the_carrier_that_it_began_with_R43(world, process, default, other):
    message_id = await world.send(await world.group(1, 2))

    default.after = CarrierUnclearError("cut off", retry_after=0.0)
    with pytest.raises(PutOffError):
        await process.react(await world.message(message_id))
    await over(world, "second")
    await process.react(await world.message(message_id))

    assert (default.asked, other.calls) == ([message_id], 0)


async def test_only_the_carrier_without_groups_gets_relays_R43_R12(world, default):
    plain = named("plain", native_group=False)
    world.store.know(known(default, plain))
    process = DeliveryProcess(world.store, default, plain)
    await world.group(1, 2)
    for carrier, body in ((None, "passed on by the carrier"), ("plain", "relayed")):
        await over(world, carrier)
        await process.react(await world.message((await world.writes(1, body)).value.message_id))

    assert default.calls == 0
    assert [each.body.partition(": ")[2] for each in plain.taken] == ["relayed"]
