"""Commands on group conversations, through the real store: R1 to R6, R10, R13, R18, R35."""

import pytest

from groupchat.aggregates.group_conversation import ConversationBlockedError, NotBlockedError
from groupchat.aggregates.roster import GroupExistsError, InvalidGroupError, RequestedParticipant
from groupchat.commands import conversations
from groupchat.commands.conversations import Draft
from groupchat.queries import conversations as queries
from groupchat.values.errors import InvalidRequestError, NotFoundError
from tests.support.builders import BUSINESS, canadian_number, number
from tests.support.checks import broken
from tests.support.world import a_world

TOLL_FREE = "+18005550199"
LONDON = "+442079460018"


async def refused(world, *people, **given):
    """Return a group's faults, as (rule, code, index) for each violation; see that nothing of it was stored."""
    before = await world.log()
    with pytest.raises(InvalidGroupError) as caught:
        await world.group(*people, **given)
    assert await world.log() == before
    return [
        (violation.rule, violation.code, violation.index if isinstance(violation.index, int) else None)
        for violation in caught.value.violations
    ]


def members(group):
    return [(member.number, member.contact_id, member.name) for member in group.members]


# --- creating


async def test_a_group_has_its_business_number_participants_and_name_R1_R2(world):
    bob = await world.contact(1, "Bob")
    outcome = await world.create(bob, 2, RequestedParticipant(number="(415) 555-0003", name="Cid"), name="Plan A")
    group = await world.state(outcome.value.conversation_id)

    assert (group.business_number, group.name, group.blocked) == (BUSINESS, "Plan A", False)
    assert members(group) == [(number(1), bob.id, "Bob"), (number(2), None, None), (number(3), None, "Cid")]
    assert outcome.value.message_id is None
    assert broken(await world.log()) == []


async def test_a_group_can_be_created_with_its_first_message_in_one_go(world):
    outcome = await world.create(1, 2, message=Draft(body="Welcome"))

    assert await world.types(outcome.value.conversation_id) == ["created", "message_sent"]
    (_, message) = await world.events(outcome.value.conversation_id)
    assert (message.message_id, message.body, message.recipients) == (outcome.value.message_id, "Welcome", (number(1), number(2)))


async def test_a_first_message_that_is_refused_leaves_no_group_R6_R10(world):
    before = len(await world.log())
    with pytest.raises(InvalidRequestError):
        await world.create(1, 2, message=Draft())

    assert len(await world.log()) == before


async def test_too_few_and_too_many_are_refused_as_the_policy_says_R1(world):
    assert await refused(world, 1) == [("R1", "too-few-participants", None)]
    assert await refused(world, *range(1, 12)) == [("R1", "too-many-participants", None)]
    await world.group(*range(1, 11))
    await world.policy(preset="highlevel")
    assert await refused(world, *range(11, 21)) == [("R1", "too-many-participants", None)]
    await world.group(*range(11, 20))


async def test_all_faults_of_all_participants_are_reported_at_once_and_nothing_is_stored_R6(world):
    gone, silent = await world.contact(1, "Gone"), await world.contact(2, "Silent")
    bob = await world.contact(3, "Bob")
    await world.delete(gone)
    await world.change(silent, dnd=True)
    await world.writes(4, "STOP")

    violations = await refused(
        world,
        gone,
        silent,
        RequestedParticipant(contact_id=bob.id, number=number(9)),
        4,
        "12",
        TOLL_FREE,
        LONDON,
        BUSINESS,
        8,
        8,
        RequestedParticipant(contact_id="ctc_nobody"),
    )

    assert violations == [
        ("R1", "too-many-participants", None),
        ("R2", "contact-deleted", 0),
        ("R5", "contact-dnd", 1),
        ("R2", "number-not-of-contact", 2),
        ("R5", "opted-out", 3),
        ("R3", "invalid-number", 4),
        ("R4", "number-not-textable", 5),
        ("R4", "region-not-allowed", 6),
        ("R3", "business-number-as-participant", 7),
        ("R3", "duplicate-number", 8),
        ("R3", "duplicate-number", 9),
        ("R2", "contact-unknown", 10),
    ]


async def test_a_bare_number_of_a_contact_is_linked_to_it_R2(world):
    bob = await world.contact(1, "Bob", 11)
    group = await world.state(await world.group("(415) 555-0011", 2))

    assert members(group)[0] == (number(11), bob.id, "Bob")


async def test_a_bare_number_of_several_contacts_is_linked_to_the_oldest_R2(world):
    first = await world.contact(5, "First", 1)
    second = await world.contact(1, "Second")
    assert members(await world.state(await world.group(1, 2)))[0] == (number(1), first.id, "First")

    await world.change(first, secondary_numbers=())
    assert members(await world.state(await world.group(1, 3)))[0] == (number(1), second.id, "Second")

    await world.change(first, secondary_numbers=(number(1),))  # the oldest contact, not the one that has it longest
    assert members(await world.state(await world.group(1, 4)))[0] == (number(1), first.id, "First")

    await world.delete(first)
    assert members(await world.state(await world.group(1, 5)))[0] == (number(1), second.id, "Second")


async def test_a_contact_is_asked_for_with_any_of_its_numbers_R2(world):
    bob = await world.contact(1, "Bob", 11)
    primary, secondary = (
        await world.group(bob, 2),
        await world.group(RequestedParticipant(contact_id=bob.id, number="4155550011"), 2),
    )

    assert (await world.state(primary)).numbers == (number(1), number(2))
    assert (await world.state(secondary)).numbers == (number(11), number(2))


async def test_a_number_given_twice_in_different_forms_is_the_same_R3(world):
    bob = await world.contact(1, "Bob")

    assert await refused(world, bob, "(415) 555-0001", 2) == [("R3", "duplicate-number", 0), ("R3", "duplicate-number", 1)]


async def test_the_business_number_must_be_known_readable_and_not_toll_free_R1_R3_R4(world):
    assert await refused(world, 1, 2, sender=number(77)) == [("R1", "business-number-unknown", None)]
    assert await refused(world, 1, 2, sender="nonsense") == [("R3", "invalid-number", None)]
    assert await refused(world, 1, 2, sender=TOLL_FREE) == [("R4", "toll-free-number", None)]
    await world.group(1, 2, sender="(628) 555-0100")


async def test_the_policy_says_which_regions_are_allowed_R4(world):
    await world.group(canadian_number(1), 2)
    await world.policy(allowed_regions=("US",))

    assert await refused(world, canadian_number(2), 3) == [("R4", "region-not-allowed", 0)]


async def test_a_number_that_opted_out_from_one_business_number_can_join_a_group_of_another_R5(world):
    await world.add_number(number(900))
    await world.writes(1, "STOP")

    assert await refused(world, 1, 2) == [("R5", "opted-out", 0)]
    await world.group(1, 2, sender=number(900))


async def test_a_number_that_opted_in_again_can_join_a_new_group_R5(world):
    await world.writes(1, "STOP")
    await world.writes(1, "START")

    await world.group(1, 2)


async def test_dnd_keeps_out_every_number_of_the_contact_R5(world):
    bob = await world.contact(1, "Bob", 11)
    await world.change(bob, dnd=True)

    assert await refused(world, "4155550011", 2) == [("R5", "contact-dnd", 0)]
    await world.change(bob, dnd=False)
    await world.group(11, 2)


async def test_the_same_set_again_is_refused_with_the_id_of_the_existing_group_R35(world):
    there = await world.group(1, 2, 3)

    with pytest.raises(GroupExistsError) as caught:
        await world.group(3, "(415) 555-0001", 2)

    assert caught.value.members == {"conversation_id": there}


async def test_a_part_of_a_set_or_another_business_number_is_another_group_R35(world):
    await world.add_number(number(900))
    ids = {
        await world.group(1, 2, 3),
        await world.group(1, 2),
        await world.group(2, 3),
        await world.group(1, 2, sender=number(900)),
    }

    assert len(ids) == 4


async def test_a_new_group_with_a_blocked_groups_set_may_be_created_and_gets_its_inbound_messages_R35(world):
    blocked = await world.group(1, 2)
    await world.writes(1, "STOP")
    assert await refused(world, 1, 2) == [("R5", "opted-out", 0)]
    await world.writes(1, "START")
    new = await world.group(1, 2)

    assert (await world.writes(2, "Hi", group=(1,))).value.conversation_id == new
    assert (await world.state(blocked)).blocked
    assert broken(await world.log()) == []


async def test_another_workspaces_contact_is_unknown_and_its_phone_book_is_its_own_R2(world):
    other = await a_world(world.store, number(901))
    theirs = await other.contact(1, "Theirs")

    assert await refused(world, theirs, 2) == [("R2", "contact-unknown", 0)]
    assert members(await world.state(await world.group(1, 2)))[0] == (number(1), None, None)


# --- sending and renaming


async def test_a_message_goes_to_every_participant_with_author_and_rate_R10_R24(world):
    group = await world.group(1, 2)
    message_id = await world.send(group, "Hello all")
    message = (await world.message(message_id)).event

    assert message.recipients == (number(1), number(2))
    assert (message.author.user_id, message.author.name, message.body) == (world.who.user.id, "ann", "Hello all")
    assert str(message.rate.mms_segment) == "0.0200"


async def test_messages_go_to_the_frozen_numbers_after_the_contact_has_changed_or_gone_R8(world):
    bob = await world.contact(1, "Bob")
    group = await world.group(bob, 2)
    await world.change(bob, number=number(31))
    first = await world.send(group)
    await world.delete(bob)
    second = await world.send(group)

    for message_id in (first, second):
        assert (await world.message(message_id)).event.recipients == (number(1), number(2))


async def test_a_group_is_renamed_and_loses_its_name_R13(world):
    group = await world.group(1, 2, name="Plan A")
    await world.run(conversations.change_group, group, "Plan B")
    assert (await world.state(group)).name == "Plan B"
    again = await world.run(conversations.change_group, group, "Plan B")
    await world.run(conversations.change_group, group, None)

    assert again.events == ()
    assert (await world.state(group)).name is None


async def test_a_blocked_group_can_be_renamed_but_nothing_can_be_sent_R13_R15(world):
    group = await world.group(1, 2)
    await world.writes(1, "STOP")
    await world.run(conversations.change_group, group, "Waiting")

    with pytest.raises(ConversationBlockedError) as caught:
        await world.send(group)
    assert caught.value.members == {"opted_out": [number(1)]}
    assert caught.value.conversation_id == group


async def test_another_workspaces_conversation_does_not_exist(world):
    group = await world.group(1, 2)
    other = await a_world(world.store, number(901))

    for attempt in (
        world.run_as(other.who, conversations.send_message, group, Draft(body="Hi")),
        world.run_as(other.who, conversations.change_group, group, "Mine"),
        world.run_as(other.who, conversations.create_successor, group),
        queries.require_visible(world.store, other.who, group),
    ):
        with pytest.raises(NotFoundError):
            await attempt
    assert await world.types(group) == ["created"]


# --- continuing: R18


async def test_a_successor_leaves_out_people_who_opted_out_and_both_groups_link_to_each_other_R18(world):
    bob = await world.contact(1, "Bob")
    old = await world.group(bob, RequestedParticipant(number=number(2), name="Cid"), 3, name="Plan A")
    await world.writes(3, "STOP")
    new = await world.succeed(old)
    successor = await world.state(new)

    assert members(successor) == [(number(1), bob.id, "Bob"), (number(2), None, "Cid")]
    assert (successor.name, successor.predecessor_id) == ("Plan A", old)
    assert (await world.state(old)).successor_id == new
    await world.send(new)
    assert broken(await world.log()) == []


async def test_a_successor_can_have_another_name_and_a_first_message_R18(world):
    old = await world.group(1, 2, 3, name="Plan A")
    await world.writes(3, "STOP")
    new = await world.succeed(old, name="Plan B", draft=Draft(body="We go on here"))

    assert (await world.state(new)).name == "Plan B"
    assert await world.types(new) == ["created", "message_sent"]


async def test_a_successor_has_changed_and_deleted_contacts_unchanged_with_their_tags_R9_R18(world):
    bob, cid = await world.contact(1, "Bob"), await world.contact(2, "Cid")
    old = await world.group(bob, cid, 3)
    await world.change(bob, number=number(31))
    await world.delete(cid)
    await world.writes(3, "STOP")
    successor = await world.state(await world.succeed(old))

    assert members(successor) == [(number(1), bob.id, "Bob"), (number(2), cid.id, "Cid")]
    assert [(member.updated, member.deleted) for member in successor.members] == [(True, False), (False, True)]


async def test_a_region_that_the_policy_no_longer_allows_keeps_nobody_from_coming_along_R18(world):
    old = await world.group(canadian_number(1), 2, 3)
    await world.policy(allowed_regions=("US",))
    await world.writes(3, "STOP")

    assert (await world.state(await world.succeed(old))).numbers == (canadian_number(1), number(2))


async def test_a_successor_leaves_out_a_contact_with_dnd_R18(world):
    bob = await world.contact(1, "Bob")
    old = await world.group(bob, 2, 3)
    await world.change(bob, dnd=True)

    assert (await world.state(await world.succeed(old))).numbers == (number(2), number(3))


async def test_a_successor_includes_a_participant_who_opted_in_again_R17_R18(world):
    old = await world.group(1, 2, 3)
    await world.writes(3, "STOP")
    await world.writes(3, "START")
    new = await world.succeed(old)

    assert (await world.state(new)).numbers == (number(1), number(2), number(3))
    assert (await world.state(old)).blocked
    await world.send(new)


async def test_a_second_successor_is_refused_with_the_id_of_the_first_R18_R35(world):
    old = await world.group(1, 2, 3)
    await world.writes(3, "STOP")
    first = await world.succeed(old)

    with pytest.raises(GroupExistsError) as caught:
        await world.succeed(old)
    assert caught.value.members == {"conversation_id": first}
    assert (await world.state(old)).successor_id == first


async def test_a_successor_of_a_group_that_is_not_blocked_is_refused_with_its_own_id_R18_R35(world):
    group = await world.group(1, 2)

    with pytest.raises(NotBlockedError, match="This conversation is not blocked") as caught:
        await world.succeed(group)
    assert caught.value.members == {"conversation_id": group}
    await world.writes(1, "STOP")
    await world.writes(1, "START")
    assert await world.succeed(group)


async def test_a_successor_needs_enough_remaining_people_R1_R18(world):
    old = await world.group(1, 2)
    await world.writes(2, "STOP")

    with pytest.raises(InvalidGroupError) as caught:
        await world.succeed(old)
    assert [violation.code for violation in caught.value.violations] == ["too-few-participants"]
    assert (await world.state(old)).successor_id is None


async def test_a_successor_can_be_succeeded_in_turn_R18(world):
    first = await world.group(1, 2, 3, 4)
    await world.writes(4, "STOP")
    second = await world.succeed(first)
    await world.writes(3, "STOP")
    third = await world.succeed(second)

    assert (await world.state(third)).numbers == (number(1), number(2))
    assert [(await world.state(id_)).successor_id for id_ in (first, second, third)] == [second, third, None]
