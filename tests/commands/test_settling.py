"""R28: a user can settle an outcome that the carrier does not know; the event says who did, and how they know."""

import pytest

from groupchat.aggregates import delivery
from groupchat.aggregates.delivery import NotUnconfirmedError
from groupchat.aggregates.delivery_events import RecipientOutcome, Settled, Updated
from groupchat.carriers.port import Receipt
from groupchat.commands.keys import by_operator
from groupchat.commands.receipts import Reported, record_all
from groupchat.commands.settling import settle, settle_by_operator, workspace_of
from groupchat.commands.streams import DELIVERY
from groupchat.values.errors import InvalidRequestError, NotFoundError
from tests.support.builders import number
from tests.support.world import CARRIER, World

ONE, TWO = number(1), number(2)
REASON = "Bob replied by phone"


@pytest.fixture
async def message(world: World) -> str:
    """A message to two people whose outcome the carrier does not know."""
    message_id = await world.send(await world.group(1, 2))
    await world.begin(await world.message(message_id))
    await left_by_carrier(world, message_id, ONE, TWO)
    return message_id


async def left_by_carrier(world: World, message_id: str, *recipients: str, status: str = "unconfirmed") -> None:
    receipts = [Receipt(message_id=message_id, recipient=recipient, status=status) for recipient in recipients]
    await record_all(world.store, [Reported(CARRIER, receipts)])


async def statuses(world: World, message_id: str) -> dict[str, str]:
    return (await world.store.load_fresh(DELIVERY, delivery.stream(message_id))).statuses


async def test_a_user_settles_an_unconfirmed_delivery_with_a_reason_R28(world: World, message: str):
    await world.run(settle, message, "delivered", REASON)

    settled, updated = (await world.events(delivery.stream(message)))[-2:]
    assert isinstance(settled, Settled)
    assert (settled.recipients, settled.status, settled.reason) == ((ONE, TWO), "delivered", REASON)
    assert isinstance(updated, Updated)
    assert updated.outcomes == tuple(RecipientOutcome(recipient=each, status="delivered", code=None) for each in (ONE, TWO))
    assert {recorded.cause.actor.id for recorded in (await world.log())[-2:]} == {world.who.user.id}


async def test_only_some_can_be_settled_and_the_rest_later_R28(world: World, message: str):
    await world.run(settle, message, "failed", REASON, (TWO,))
    assert await statuses(world, message) == {ONE: "unconfirmed", TWO: "failed"}

    await world.run(settle, message, "delivered", REASON)
    assert await statuses(world, message) == {ONE: "delivered", TWO: "failed"}


async def test_a_status_that_is_known_is_not_settled_R28(world: World, message: str):
    await left_by_carrier(world, message, ONE, status="delivered")

    with pytest.raises(NotUnconfirmedError):
        await world.run(settle, message, "failed", REASON, (ONE,))
    with pytest.raises(InvalidRequestError):
        await world.run(settle, message, "failed", REASON, (number(3),))
    await world.run(settle, message, "failed", REASON)
    with pytest.raises(NotUnconfirmedError):
        await world.run(settle, message, "failed", REASON)
    assert await statuses(world, message) == {ONE: "delivered", TWO: "failed"}


async def test_a_message_that_was_never_handed_over_is_not_settled_R28(world: World):
    with pytest.raises(NotUnconfirmedError):
        await world.run(settle, await world.send(await world.group(1, 2)), "failed", REASON)


async def test_the_operator_can_settle_too_R28(world: World, message: str):
    workspace = await workspace_of(world.store, message)
    await world.store.run(by_operator(workspace), settle_by_operator, message, "delivered", REASON)

    assert workspace == world.who.workspace_id
    assert set((await statuses(world, message)).values()) == {"delivered"}
    with pytest.raises(NotFoundError):
        await workspace_of(world.store, "msg_unknown")
