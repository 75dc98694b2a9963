"""Opting out and in, in every way, and the groups that this blocks (R14 to R17)."""

import pytest

from groupchat.aggregates.group_conversation import ConversationBlockedError
from groupchat.carriers.port import Receipt
from groupchat.commands import consents
from groupchat.commands.receipts import Reported, record_all
from groupchat.values.errors import NotFoundError
from tests.support.builders import number
from tests.support.checks import broken
from tests.support.world import CARRIER, a_world

SECOND = number(900)


@pytest.fixture
async def second(world):
    """A second business number."""
    await world.add_number(SECOND)
    return SECOND


async def blocked_by(world, *groups):
    return [(await world.state(group)).blocked_by for group in groups]


# --- by hand


async def test_a_users_hand_blocks_every_group_of_that_business_number_with_the_number_R14_R15(world, second):
    here, there, without = await world.group(1, 2), await world.group(1, 3), await world.group(2, 3)
    elsewhere = await world.group(1, 2, sender=second)
    outcome = await world.run(consents.opt_out_by_hand, here, "(415) 555-0001")

    assert await blocked_by(world, here, there, without, elsewhere) == [(number(1),), (number(1),), (), ()]
    causes = [(r.event.cause, r.event.evidence) for r in outcome.events]
    assert causes == [("user", world.who.user.id)] * 3  # the consent and two groups, in one append
    assert [r.id for r in (await world.log())[-3:]] == [r.id for r in outcome.events]


async def test_opting_out_twice_adds_nothing(world):
    group = await world.group(1, 2)
    await world.run(consents.opt_out_by_hand, group, number(1))
    again = await world.run(consents.opt_out_by_hand, group, number(1))

    assert again.events == ()


async def test_a_user_can_opt_out_only_participants_of_their_own_groups_R14(world):
    group = await world.group(1, 2)
    other = await a_world(world.store, number(901))

    with pytest.raises(NotFoundError):
        await world.run(consents.opt_out_by_hand, group, number(3))
    with pytest.raises(NotFoundError):
        await world.run_as(other.who, consents.opt_out_by_hand, group, number(1))
    with pytest.raises(NotFoundError):
        await world.run(consents.opt_out_by_hand, "cnv_nobody", number(1))
    assert not (await world.state(group)).blocked


# --- by DND on the contact


async def test_dnd_blocks_every_group_that_is_linked_to_the_contact_on_every_business_number_R14_R15(world, second):
    bob = await world.contact(1, "Bob", 11)
    by_contact, by_second_number = await world.group(bob, 2), await world.group(11, 2)
    elsewhere, without = await world.group(bob, 3, sender=second), await world.group(2, 3)
    outcome = await world.change(bob, dnd=True)

    assert await blocked_by(world, by_contact, by_second_number, elsewhere, without) == [
        (number(1),),
        (number(11),),
        (number(1),),
        (),
    ]
    assert [r.id for r in (await world.log())[-6:]] == [r.id for r in outcome.events]  # with the contact's and numbers' own
    assert broken(await world.log()) == []


async def test_dnd_finds_groups_through_the_contacts_former_numbers_R14(world):
    bob = await world.contact(1, "Bob")
    first = await world.group(bob, 2)
    await world.change(bob, number=number(31))
    second = await world.group(bob, 2)
    await world.change(bob, number=number(32))
    await world.change(bob, dnd=True)

    assert await blocked_by(world, first, second) == [(number(1),), (number(31),)]


async def test_dnd_finds_the_successor_of_a_group_whose_contact_has_changed_R14_R18(world):
    bob = await world.contact(1, "Bob")
    old = await world.group(bob, 2, 3)
    await world.change(bob, number=number(31))
    await world.writes(3, "STOP")
    new = await world.succeed(old)
    await world.change(bob, dnd=True)

    assert await blocked_by(world, new) == [(number(1),)]


async def test_dnd_blocks_a_group_with_two_numbers_of_the_contact_for_both_R15(world):
    bob = await world.contact(1, "Bob", 11)
    group = await world.group(1, 11)
    await world.change(bob, dnd=True)

    assert await blocked_by(world, group) == [(number(1), number(11))]


# --- by the carrier's word


async def test_the_carriers_word_blocks_as_a_keyword_does_and_is_stored_with_the_receipt_R14(world):
    group, other = await world.group(1, 2), await world.group(1, 3)
    message_id = await world.send(group)
    await world.begin(await world.message(message_id))
    receipt = Receipt(message_id=message_id, recipient=number(1), status="failed", code="21610", opted_out=True)
    await record_all(world.store, [Reported(CARRIER, [receipt])])

    assert await blocked_by(world, group, other) == [(number(1),), (number(1),)]
    last = (await world.log())[-4:]
    assert [r.type for r in last] == [
        "groupchat.delivery.updated",
        "groupchat.consent.opted_out",
        "groupchat.conversation.participant_opted_out",
        "groupchat.conversation.participant_opted_out",
    ]
    assert {(r.cause.actor.kind, r.cause.actor.id) for r in last} == {("carrier", CARRIER)}  # R31
    assert [r.event.cause for r in last[1:]] == ["carrier"] * 3


# --- back in: R17


async def test_opting_in_again_does_not_unblock_R17(world):
    group = await world.group(1, 2)
    await world.writes(1, "STOP")
    await world.writes(1, "START")

    assert await blocked_by(world, group) == [(number(1),)]
    assert await world.types(group) == [
        "created",
        "inbound_received",
        "participant_opted_out",
        "auto_replied",
        "inbound_received",
        "participant_opted_in",
    ]
    with pytest.raises(ConversationBlockedError):
        await world.send(group)


async def test_dnd_off_does_not_unblock_R17(world):
    bob = await world.contact(1, "Bob")
    group = await world.group(bob, 2)
    await world.change(bob, dnd=True)
    await world.change(bob, dnd=False)

    assert await blocked_by(world, group) == [(number(1),)]


async def test_under_reopen_the_last_one_back_in_unblocks_R17(world):
    await world.policy(reopen_on_opt_in=True)
    group = await world.group(1, 2, 3)
    await world.writes(1, "STOP")
    await world.writes(2, "STOP")
    await world.writes(1, "START")
    assert await blocked_by(world, group) == [(number(1), number(2))]
    await world.writes(2, "START")

    assert await blocked_by(world, group) == [()]
    await world.send(group)
    assert broken(await world.log()) == []


async def test_a_person_out_by_keyword_and_by_dnd_must_take_both_back_to_reopen_R17(world):
    await world.policy(reopen_on_opt_in=True)
    bob = await world.contact(1, "Bob")
    group = await world.group(bob, 2)
    await world.writes(1, "STOP")
    await world.change(bob, dnd=True)
    await world.writes(1, "START")
    assert await blocked_by(world, group) == [(number(1),)]
    await world.change(bob, dnd=False)

    assert await blocked_by(world, group) == [()]


async def test_under_reopen_the_policy_that_the_group_was_created_under_counts_R17(world):
    before = await world.group(1, 2)
    await world.policy(reopen_on_opt_in=True)
    after = await world.group(1, 3)
    await world.writes(1, "STOP")
    await world.writes(1, "START")

    assert await blocked_by(world, before, after) == [(number(1),), ()]


async def test_under_reopen_a_group_stays_blocked_while_another_has_the_same_set_R17_R35(world):
    await world.policy(reopen_on_opt_in=True)
    bob = await world.contact(1, "Bob")
    old = await world.group(bob, 2)
    await world.change(bob, number=number(5))  # so that the number may be in a group again, while the old one waits for theirs DND
    await world.change(bob, dnd=True)
    new = await world.group(1, 2)
    await world.change(bob, dnd=False)
    await world.send(new)

    assert await blocked_by(world, old, new) == [(number(1),), ()]
    assert broken(await world.log()) == []


async def test_under_reopen_of_two_blocked_groups_with_the_same_set_only_the_newest_unblocks_R17_R35(world):
    first = await world.group(1, 2)  # stays blocked
    await world.policy(reopen_on_opt_in=True)
    await world.writes(1, "STOP")
    await world.writes(1, "START")
    second = await world.group(1, 2)
    await world.writes(1, "STOP")
    await world.writes(1, "START")

    assert await blocked_by(world, first, second) == [(number(1),), ()]
    assert broken(await world.log()) == []


async def test_opting_in_without_having_opted_out_adds_nothing(world):
    group = await world.group(1, 2)
    await world.writes(1, "YES")

    assert await world.types(group) == ["created", "inbound_received"]
