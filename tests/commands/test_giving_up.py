"""A business number that is given up: nothing more is sent, nothing is lost, and nobody else gets it (R56)."""

import pytest

from groupchat.aggregates.access import NumberGivenUpError
from groupchat.aggregates.business_numbers import AddNumber
from groupchat.aggregates.number_claim import NumberTakenError
from groupchat.aggregates.roster import InvalidGroupError
from groupchat.commands import business_numbers, consents, conversations
from groupchat.queries import workspaces as queries
from groupchat.values.errors import NotFoundError, NotPermittedError
from tests.support.builders import BUSINESS, number
from tests.support.checks import broken
from tests.support.world import a_member, a_world


async def give_up(world, who=None):
    await world.run_as(who or world.who, business_numbers.give_up_number, BUSINESS)


async def test_nothing_is_sent_and_nothing_begins_from_a_number_that_was_given_up_R56(world):
    group = await world.group(1, 2)
    blocked = await world.group(1, 2, 3)
    await world.writes(3, "STOP")
    await give_up(world)

    for refused in (world.send(group), world.succeed(blocked), world.run(conversations.change_group, group, "Crew")):
        with pytest.raises(NumberGivenUpError, match="was given up"):
            await refused
    with pytest.raises(InvalidGroupError, match="was given up") as caught:
        await world.create(4, 5)
    assert [each.code for each in caught.value.violations] == ["business-number-unknown"]
    assert await queries.list_numbers(world.store, world.who) == []


async def test_a_message_that_waits_is_withheld_when_the_number_is_given_up_R56(world):
    group = await world.group(1, 2)
    message = await world.message(await world.send(group))
    await give_up(world)

    assert set((await world.begin(message)).delivery.statuses.values()) == {"withheld"}


async def test_inbound_messages_are_recorded_and_a_stop_is_applied_R56(world):
    group = await world.group(1, 2)
    await give_up(world)
    await world.writes(1, "Are you still there?")
    await world.writes(1, "STOP")

    assert await world.types(group) == ["created", "inbound_received", "inbound_received", "participant_opted_out"]


async def test_every_way_to_say_no_still_counts_R36_R56(world):
    by_hand, by_dnd = await world.group(1, 2), await world.group(3, 4)
    await give_up(world)
    await world.run(consents.opt_out_by_hand, by_hand, number(1))
    await world.change(await world.contact(3), dnd=True)
    await world.add_number(BUSINESS)

    assert [(await world.state(group)).blocked_by for group in (by_hand, by_dnd)] == [(number(1),), (number(3),)]


async def test_the_same_workspace_adds_it_again_and_keeps_its_consents_R56(world):
    group, stopped = await world.group(1, 2), await world.group(2, 3)
    await world.writes(3, "STOP")
    await give_up(world)
    await world.add_number(BUSINESS)

    await world.send(group)
    assert (await world.state(stopped)).blocked
    with pytest.raises(InvalidGroupError):
        await world.create(3, 4)
    assert broken(await world.log()) == []


async def test_no_other_workspace_gets_it_R4_R56(world):
    await give_up(world)
    other = await a_world(world.store, number(901))

    with pytest.raises(NumberTakenError):
        await other.run(business_numbers.add_number, AddNumber(number=BUSINESS))


async def test_a_number_is_given_up_once_and_only_by_managers_R23_R56(world):
    with pytest.raises(NotPermittedError):
        await give_up(world, await a_member(world))
    await give_up(world)
    with pytest.raises(NotFoundError):
        await give_up(world)
    await world.add_number(BUSINESS)
    with pytest.raises(NumberTakenError):
        await world.add_number(BUSINESS)
