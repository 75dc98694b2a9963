"""Do-not-disturb stays with the number: however a contact changes, no text goes to somebody who refused texts (R36, R37)."""

import pytest

from groupchat.aggregates.do_not_disturb import DoNotDisturbOnError
from groupchat.aggregates.group_conversation import ConversationBlockedError
from groupchat.aggregates.roster import InvalidGroupError, RequestedParticipant
from groupchat.values.errors import NotFoundError, NotPermittedError
from tests.support.builders import number
from tests.support.checks import broken
from tests.support.world import a_member, a_world

SECOND = number(900)
REASON = "The number has another owner now"


@pytest.fixture
async def second(world):
    """A second business number."""
    await world.add_number(SECOND)
    return SECOND


async def refused(world, *people, **given):
    """Return why a group of these people can't be created, as (code, number)."""
    with pytest.raises(InvalidGroupError) as caught:
        await world.create(*people, **given)
    return [(violation.code, violation.number) for violation in caught.value.violations]


async def is_a_no(world, n, *groups):
    """Assert that nothing goes to the n-th number: not in these groups, not in a new one, and that the log is sound."""
    for group in groups:
        with pytest.raises(ConversationBlockedError) as caught:
            await world.send(group)
        assert caught.value.members["opted_out"] == [number(n)]
    assert await refused(world, n, 800) == [("contact-dnd", number(n))]
    assert broken(await world.log()) == []


# --- the four ways that a text went to somebody who had said no


async def test_a_contact_added_after_the_group_blocks_it_by_its_dnd_R36(world, second):
    here, elsewhere = await world.group(1, 2), await world.group(1, 2, sender=second)
    bob = await world.contact(1, "Bob")
    await world.change(bob, dnd=True)

    await is_a_no(world, 1, here, elsewhere)
    assert await refused(world, 1, 800, sender=second) == [("contact-dnd", number(1))]


async def test_the_dnd_of_the_newer_of_two_contacts_with_a_number_counts_too_R36(world):
    await world.contact(1, "Bob")
    group = await world.group(1, 2)  # linked to the older
    younger = await world.contact(1, "Bobby")
    await world.change(younger, dnd=True)

    await is_a_no(world, 1, group)


@pytest.mark.parametrize("how", ["deleted", "number lost", "secondary number lost"])
async def test_a_card_that_goes_leaves_its_dnd_with_the_number_R36(world, how):
    secondary = how.startswith("secondary")
    bob = await (world.contact(5, "Bob", 1) if secondary else world.contact(1, "Bob"))
    group = await world.group(1, 2)
    await world.change(bob, dnd=True)
    if how == "deleted":
        await world.delete(bob)
    else:
        await world.change(bob, **({"secondary_numbers": ()} if secondary else {"number": number(5)}))

    await is_a_no(world, 1, group)


@pytest.mark.parametrize("as_secondary", [True, False])
async def test_dnd_applies_to_a_number_added_to_a_contact_with_dnd_R36(world, second, as_secondary):
    bob = await world.contact(5, "Bob")
    await world.change(bob, dnd=True)
    here, elsewhere = await world.group(1, 2), await world.group(1, 2, sender=second)
    await world.change(bob, **({"secondary_numbers": (number(1),)} if as_secondary else {"number": number(1)}))

    await is_a_no(world, 1, here, elsewhere)
    assert await refused(world, 5, 800) == [("contact-dnd", number(5))]


# --- the numbers that DND applies to


async def test_dnd_applies_to_every_number_of_a_contact_in_one_append_R16_R36(world):
    bob = await world.contact(1, "Bob", 11)
    groups = [await world.group(1, 2), await world.group(11, 2), await world.group(1, 11)]
    outcome = await world.change(bob, dnd=True)

    assert [(await world.state(group)).blocked_by for group in groups] == [(number(1),), (number(11),), (number(1), number(11))]
    assert [r.id for r in (await world.log())[-len(outcome.events) :]] == [r.id for r in outcome.events]
    outs = [r.event for r in outcome.events if r.type == "groupchat.conversation.participant_opted_out"]
    assert {(out.cause, out.evidence, out.contact_id) for out in outs} == {("dnd", world.who.user.id, bob.id)}


async def test_a_contact_requested_by_id_is_refused_if_any_of_its_numbers_has_dnd_R36(world):
    bob = await world.contact(1, "Bob")
    other = await world.contact(5, "Rob", 1)
    await world.change(other, dnd=True)

    assert await refused(world, bob, 800) == [("contact-dnd", number(1))]
    assert await refused(world, RequestedParticipant(contact_id=bob.id, number=number(1)), 800) == [("contact-dnd", number(1))]


async def test_a_number_with_do_not_disturb_is_not_taken_into_a_successor_R18_R36(world):
    group = await world.group(1, 2, 3)
    bob = await world.contact(1, "Bob")
    await world.change(bob, dnd=True)

    assert (await world.state(await world.succeed(group))).numbers == (number(2), number(3))


async def test_another_workspace_has_its_own_dnd_R36(world):
    bob = await world.contact(1, "Bob")
    await world.change(bob, dnd=True)
    other = await a_world(world.store, number(901))

    await other.send(await other.group(1, 2))


# --- how it ends


async def test_dnd_stays_while_any_contact_with_the_number_has_it_on_R36(world):
    bob, bobby = await world.contact(1, "Bob"), await world.contact(1, "Bobby")
    group = await world.group(1, 2)
    await world.change(bob, dnd=True)
    await world.change(bobby, dnd=True)
    await world.change(bob, dnd=False)

    await is_a_no(world, 1, group)
    await world.change(bobby, dnd=False)
    assert await world.group(1, 800)
    assert (await world.state(group)).blocked  # R17


async def test_under_reopen_the_last_dnd_that_is_turned_off_reopens_R17_R36(world):
    await world.policy(reopen_on_opt_in=True)
    bob, bobby = await world.contact(1, "Bob"), await world.contact(1, "Bobby")
    group = await world.group(1, 2)
    await world.change(bob, dnd=True)
    await world.change(bobby, dnd=True)
    await world.change(bob, dnd=False)
    assert (await world.state(group)).blocked
    await world.change(bobby, dnd=False)

    await world.send(group)
    assert broken(await world.log()) == []


async def test_dnd_left_by_a_deleted_contact_ends_when_another_turns_it_off_R36(world):
    bob = await world.contact(1, "Bob")
    await world.change(bob, dnd=True)
    await world.delete(bob)
    bobby = await world.contact(1, "Bobby")
    await is_a_no(world, 1)
    await world.change(bobby, dnd=True)
    await world.change(bobby, dnd=False)

    await world.send(await world.group(1, 2))
    assert broken(await world.log()) == []


async def test_dnd_left_by_a_contact_is_lifted_with_a_stored_reason_R36(world):
    await world.policy(reopen_on_opt_in=True)
    group = await world.group(1, 2)
    bob = await world.contact(1, "Bob")
    await world.change(bob, dnd=True)
    await world.delete(bob)
    await world.lift(1, REASON)

    kept = (await world.log())[-3]
    assert (kept.type, kept.event.reason) == ("groupchat.do_not_disturb.lifted", REASON)
    assert kept.cause.actor.id == world.who.user.id
    await world.send(group)  # R17: under this policy
    assert broken(await world.log()) == []


async def test_a_no_is_not_lifted_while_a_card_that_has_the_number_has_dnd_on_R36(world):
    bob = await world.contact(1, "Bob")
    await world.change(bob, dnd=True)

    with pytest.raises(DoNotDisturbOnError) as caught:
        await world.lift(1, REASON)
    assert caught.value.members["contact_ids"] == [bob.id]
    await is_a_no(world, 1)


async def test_only_an_owner_or_admin_lifts_dnd_R23_R36(world):
    bob = await world.contact(1, "Bob")
    await world.change(bob, dnd=True)
    await world.delete(bob)

    with pytest.raises(NotPermittedError):
        await world.lift(1, REASON, who=await a_member(world))
    await is_a_no(world, 1)


async def test_a_number_without_dnd_cannot_be_lifted_R36(world):
    with pytest.raises(NotFoundError):
        await world.lift(1, REASON)


async def test_a_keyword_stays_when_dnd_is_lifted_R36(world):
    await world.writes(1, "STOP")
    bob = await world.contact(1, "Bob")
    await world.change(bob, dnd=True)
    await world.change(bob, dnd=False)

    assert await refused(world, 1, 2) == [("opted-out", number(1))]


async def test_dnd_off_does_not_open_a_group_that_is_linked_to_another_card_with_dnd_R15_R36(world):
    """The participant's own contact has another number by now; their DND is the link's, not the number's."""
    await world.policy(reopen_on_opt_in=True)
    bob = await world.contact(1, "Bob")
    group = await world.group(bob, 2)
    await world.change(bob, number=number(5))
    other = await world.contact(1, "Other")
    await world.change(other, dnd=True)
    await world.change(bob, dnd=True)
    await world.change(other, dnd=False)
    assert (await world.state(group)).blocked_by == (number(1),)
    await world.change(bob, dnd=False)

    await world.send(group)


# --- links that come later


async def test_a_participant_is_linked_to_the_first_contact_that_comes_to_have_its_number_R37(world):
    group = await world.group(1, 2)
    bob = await world.contact(1, "Bob")
    await world.contact(1, "Bobby")
    eve = await world.contact(5, "Eve")
    await world.change(eve, secondary_numbers=(number(2),))

    linked = [(member.contact_id, member.name) for member in (await world.state(group)).members]
    assert linked == [(bob.id, "Bob"), (eve.id, "Eve")]
    assert await world.types(group) == ["created", "contact_linked", "contact_linked"]


async def test_a_link_stays_when_its_contact_loses_the_number_or_is_deleted_R9_R37(world):
    group = await world.group(1, 2)
    bob = await world.contact(1, "Bob")
    await world.change(bob, number=number(5))
    await world.contact(1, "Bobby")

    assert (await world.state(group)).member(number(1)).contact_id == bob.id


async def test_a_link_finds_the_groups_of_every_business_number_R37(world, second):
    here, there = await world.group(1, 2), await world.group(1, 2, sender=second)
    outcome = await world.add_contact(1, "Bob")

    assert [r.stream for r in outcome.events if r.type == "groupchat.conversation.contact_linked"] == [here, there]


async def test_dnd_reaches_a_participant_by_the_link_after_the_contact_lost_the_number_R15_R37(world):
    group = await world.group(1, 2)
    bob = await world.contact(1, "Bob")
    await world.change(bob, number=number(5))
    await world.change(bob, dnd=True)

    assert (await world.state(group)).blocked_by == (number(1),)


# --- what it costs


async def test_former_numbers_that_no_group_has_are_not_followed_forever(world):
    bob = await world.contact(1, "Bob")
    kept = await world.group(bob, 2)
    for n in range(20, 30):
        await world.change(bob, number=number(n))

    assert (await world.contact_state(bob)).numbers_ever == (number(1), number(29))
    await world.change(bob, dnd=True)
    assert (await world.state(kept)).blocked_by == (number(1),)
