"""Beginning to hand a message over, or withholding it (R12, R16)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from groupchat.aggregates import group_state
from groupchat.commands import deliveries
from tests.golden.examples import EXAMPLES
from tests.projections.histories import opted_out
from tests.store.following import opened
from tests.support.builders import a_group, number
from tests.support.checks import broken
from tests.support.given_when_then import fold
from tests.support.world import World


@asynccontextmanager
async def another_process(world: World, database_url: str) -> AsyncIterator[World]:
    """Return the world as another process has it, with a store of its own."""
    async with opened(database_url) as store:
        yield replace(world, store=store)


async def begun(world, message_id):
    return await world.begin(await world.message(message_id))


def statuses(begun_):
    return begun_.delivery.statuses


async def test_a_message_is_begun_once_R16(world):
    message_id = await world.send(await world.group(1, 2))
    first, second = await begun(world, message_id), await begun(world, message_id)

    assert (first.now, second.now) == (True, False)
    assert first.delivery == second.delivery
    assert statuses(first) == {number(1): "queued", number(2): "queued"}
    assert first.delivery.unanswered


async def test_the_cause_is_the_process_and_the_message_R31(world):
    message = await world.message(await world.send(await world.group(1, 2)))
    await world.begin(message)
    started = (await world.log())[-1]

    assert (started.cause.actor.kind, started.cause.actor.id) == ("process", "delivery")
    assert (started.cause.causation_id, started.cause.correlation_id) == (message.id, message.cause.correlation_id)


async def test_a_message_accepted_before_an_opt_out_is_withheld_R16(world):
    group = await world.group(1, 2)
    message_id = await world.send(group)
    await world.writes(2, "STOP")
    withheld = await begun(world, message_id)

    assert statuses(withheld) == {number(1): "withheld", number(2): "withheld"}
    assert not withheld.delivery.unanswered
    event = (await world.log())[-1].event
    assert (event.recipients, str(event.rate.mms_segment)) == ((number(1), number(2)), "0.0200")  # what the ledger credits


def test_events_that_may_pass_a_hand_over_change_nothing_that_it_depends_on_R16():
    further = {f"groupchat.conversation.{name}" for name in ("message_sent.v1", "inbound_received.v2", "auto_replied.v1")}
    assert {EXAMPLES[name].TOPIC for name in further} == deliveries.MESSAGES
    before = fold(group_state.evolve, [a_group(), opted_out(1)])
    after = fold(group_state.evolve, [a_group(), opted_out(1), *(EXAMPLES[name] for name in sorted(further))])
    depends_on = ("workspace_id", "business_number", "numbers", "blocked", "last_opt_out")
    assert [getattr(before, name) for name in depends_on] == [getattr(after, name) for name in depends_on]


async def test_an_opt_out_that_another_process_stored_after_further_messages_withholds_R16(world, database_url):
    group = await world.group(1, 2)
    await begun(world, await world.send(group))  # this process knows the conversation from now on
    async with another_process(world, database_url) as other:
        message_id = await other.send(group)
        await other.send(group)
        assert set(statuses(await begun(world, message_id)).values()) == {"queued"}

        message_id = await other.send(group)
        await other.writes(2, "STOP")
        assert set(statuses(await begun(world, message_id)).values()) == {"withheld"}
    assert broken(await world.log()) == []


async def test_a_message_accepted_before_an_opt_out_is_withheld_though_unblocked_since_R16_R17(world):
    await world.policy(reopen_on_opt_in=True)
    group = await world.group(1, 2)
    before = await world.send(group)
    await world.writes(1, "STOP")
    await world.writes(1, "START")
    after = await world.send(group)

    assert set(statuses(await begun(world, before)).values()) == {"withheld"}
    assert set(statuses(await begun(world, after)).values()) == {"queued"}
    assert broken(await world.log()) == []


async def test_a_message_whose_hand_over_has_begun_is_not_withheld_after_R16(world):
    group = await world.group(1, 2)
    message_id = await world.send(group)
    await begun(world, message_id)
    await world.writes(1, "STOP")

    assert set(statuses(await begun(world, message_id)).values()) == {"queued"}


async def test_an_opt_out_in_another_business_numbers_group_withholds_nothing_R15(world):
    await world.add_number(number(900))
    group = await world.group(1, 2)
    await world.group(1, 2, sender=number(900))
    message_id = await world.send(group)
    await world.writes(1, "STOP", to=number(900))

    assert set(statuses(await begun(world, message_id)).values()) == {"queued"}


async def test_a_participants_message_is_relayed_to_the_others_R12(world):
    await world.group(1, 2, 3)
    received = (await world.writes(1, "Hi")).value

    assert set(statuses(await begun(world, received.message_id))) == {number(2), number(3)}


async def test_a_participants_message_is_not_relayed_in_a_blocked_group_R12_R16(world):
    await world.group(1, 2, 3)
    received = (await world.writes(1, "STOP")).value
    relay = await begun(world, received.message_id)

    assert set(statuses(relay).values()) == {"withheld"}
    assert (await world.log())[-1].event.rate is None  # a relay costs nothing that could be credited


async def test_only_messages_are_handed_over(world):
    await world.group(1, 2)
    created = next(recorded for recorded in await world.log() if recorded.type == "groupchat.conversation.created")

    with pytest.raises(TypeError):
        await world.begin(created)
