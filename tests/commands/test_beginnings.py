"""R44: an inbound message is never lost or in the wrong thread. A set without a conversation begins one; so does one person."""

import pytest

from groupchat.aggregates.group_conversation import ConversationBlockedError
from groupchat.aggregates.roster import GroupExistsError, InvalidGroupError
from groupchat.carriers.port import Inbound
from groupchat.commands.carrier_inbox import Arrivals, CarrierInbox
from groupchat.commands.inbound import Received
from groupchat.store.event_store import Outcome
from groupchat.values.errors import NotFoundError
from tests.support.builders import canadian_number, number
from tests.support.checks import broken
from tests.support.world import CARRIER, World


async def begun(world: World, n: int, body: str | None = "Hi", *, group: tuple[int, ...] = ()) -> str:
    """Let a person write to a set, and return the conversation."""
    return (await world.writes(n, body, group=group)).value.conversation_id


async def brought(world: World, from_: str, group: tuple[str, ...]) -> Outcome[Received]:
    """Let the carrier bring somebody's message."""
    inbound = Inbound(from_=from_, to=world.business, group=group, body="Hi", media=(), carrier_message_id="M")
    return await CarrierInbox(Arrivals(world.store), CARRIER).inbound(inbound)


async def test_a_set_without_a_conversation_begins_one_and_later_messages_join_it_R44(world: World):
    await world.group(1, 2)
    conversation = await begun(world, 1, group=(2, 3))
    again = await begun(world, 3, "Me too", group=(1, 2))

    assert again == conversation
    assert (await world.state(conversation)).numbers == (number(1), number(2), number(3))
    assert await world.types(conversation) == ["created", "inbound_received", "inbound_received"]
    await world.send(conversation, "Hello all")


@pytest.mark.parametrize("others", [(2,), (2, 3, 4)])
async def test_one_member_more_or_fewer_is_another_thread_R44(world: World, others: tuple[int, ...]):
    group = await world.group(1, 2, 3)

    assert await begun(world, 1, group=others) != group


async def test_a_person_who_writes_to_the_business_alone_has_a_direct_conversation_R44(world: World):
    group = await world.group(1, 2)
    direct = await begun(world, 1)
    assert direct != group
    assert await begun(world, 1, "Are you there?") == direct

    assert (await world.state(direct)).direct
    assert not (await world.state(group)).direct
    await world.send(direct, "Yes")


async def test_only_a_person_can_begin_a_direct_conversation_R44(world: World):
    with pytest.raises(InvalidGroupError):
        await world.create(1)


async def test_participants_are_linked_to_their_contacts_R44_R2(world: World):
    bob = await world.contact(2, "Bob")
    members = (await world.state(await begun(world, 1, group=(2,)))).members

    assert [(each.contact_id, each.name) for each in members] == [(None, None), (bob.id, "Bob")]


async def test_a_set_that_is_too_large_is_readable_but_not_answered_R44_R1(world: World):
    conversation = await begun(world, 1, group=tuple(range(2, 13)))

    assert len((await world.state(conversation)).numbers) == 12
    with pytest.raises(InvalidGroupError, match="Nothing was sent"):
        await world.send(conversation, "Hello")


async def test_all_our_own_numbers_are_left_out_of_a_set_R44(world: World):
    ours = canadian_number(9)
    await world.add_number(ours)
    conversation = (await brought(world, number(1), (number(2), ours))).value.conversation_id

    assert (await world.state(conversation)).numbers == (number(1), number(2))


async def test_a_text_from_one_of_our_numbers_is_not_a_persons_message_R44(world: World):
    ours = canadian_number(9)
    await world.add_number(ours)
    before = await world.log()

    with pytest.raises(NotFoundError):
        await brought(world, ours, (number(1), number(2)))
    assert await world.log() == before


async def test_a_person_who_opted_out_before_blocks_a_conversation_from_the_start_R44_R15(world: World):
    await world.group(1, 4)
    await world.writes(1, "STOP")
    dnd = await world.contact(2, "Bob")
    await world.change(dnd, dnd=True)
    conversation = await begun(world, 3, group=(1, 2))

    assert (await world.state(conversation)).blocked_by == (number(1), number(2))
    with pytest.raises(ConversationBlockedError):
        await world.send(conversation, "Hello")
    assert broken(await world.log()) == []


async def test_a_keyword_that_begins_a_conversation_counts_at_once_R44_R14(world: World):
    direct = await begun(world, 1, "STOP")
    assert (await world.state(direct)).blocked_by == (number(1),)

    with pytest.raises(InvalidGroupError):
        await world.create(1, 2)


async def test_a_webhook_that_comes_twice_begins_one_conversation_R44_R45(world: World):
    first = await world.writes(1, "Hi", group=(2,), id_="M")
    again = await world.writes(1, "Hi", group=(2,), id_="M")

    assert first.value.conversation_id == again.value.conversation_id
    assert await world.types(first.value.conversation_id) == ["created", "inbound_received"]


async def test_a_group_that_people_began_is_the_group_of_its_set_R44_R35(world: World):
    conversation = await begun(world, 1, group=(2,))

    with pytest.raises(GroupExistsError, match=conversation):
        await world.create(1, 2)
