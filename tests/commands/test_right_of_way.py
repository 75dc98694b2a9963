"""The right of way: an opt-out is taken at the first asking, however fast others send in the groups that it blocks (R14, R16)."""

import asyncio

import pytest

from groupchat.aggregates.group_conversation import ConversationBlockedError
from groupchat.carriers.port import Inbound
from groupchat.commands import consents
from groupchat.commands.inbound import by_participant, receive
from tests.store.following import opened
from tests.support.builders import number
from tests.support.world import CARRIER, World

GROUPS = 4


@pytest.fixture
async def elsewhere(world, database_url):
    """The same workspace in another process."""
    async with opened(database_url) as store:
        yield World(store=store, who=world.who, key=world.key)


def while_another_sends(elsewhere, groups, command):
    """Return a command in each of whose tries another process sends in one of the groups, unless something keeps it from that."""
    tries, sending = [], []

    async def disturbed(decision, *args):
        value = await command(decision, *args)
        sending.append(asyncio.create_task(elsewhere.send(groups[len(tries) % len(groups)])))
        tries.append(decision)
        await asyncio.wait(sending, timeout=0.5)
        return value

    return disturbed, sending


async def the_others(sending):
    """Return how many messages were accepted, and with what the others were refused."""
    outcomes = await asyncio.gather(*sending, return_exceptions=True)
    return len([each for each in outcomes if isinstance(each, str)]), {type(each) for each in outcomes if not isinstance(each, str)}


async def test_an_opt_out_that_a_user_records_is_stored_though_another_process_sends_in_each_of_its_tries_R14_R16(world, elsewhere):
    groups = [await world.group(1, n) for n in range(2, 2 + GROUPS)]
    opt_out, sending = while_another_sends(elsewhere, groups, consents.opt_out_by_hand)
    await world.run(opt_out, groups[0], number(1))

    accepted, refused = await the_others(sending)
    assert accepted > 0
    assert refused == {ConversationBlockedError}
    assert [(await world.state(group)).blocked for group in groups] == [True] * GROUPS


async def test_a_stop_is_taken_though_another_process_sends_in_each_of_its_tries_R15_R16(world, elsewhere):
    groups = [await world.group(1, n) for n in range(2, 2 + GROUPS)]
    stop, sending = while_another_sends(elsewhere, groups, receive)
    inbound = Inbound(from_=number(1), to=world.business, group=None, body="STOP", media=(), carrier_message_id="sms_1")
    await world.store.run(by_participant(world.who.workspace_id, CARRIER, inbound, "req_1"), stop, inbound)

    accepted, refused = await the_others(sending)
    assert accepted > 0
    assert refused == {ConversationBlockedError}
    assert [(await world.state(group)).blocked for group in groups] == [True] * GROUPS
