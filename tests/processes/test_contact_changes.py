"""A contact's changes reach its conversations, once, however often and late they are handled (R9, R11)."""

import pytest

from groupchat.processes.contact_changes import ContactChanges
from groupchat.processes.process import Process
from groupchat.store.follower import Follower
from tests.store.following import reached, running
from tests.support.builders import number
from tests.support.world import a_world


@pytest.fixture
def reaction(world):
    return ContactChanges(world.store)


async def handle(world, reaction):
    """Handle all stored events, from the beginning."""
    for recorded in await world.log():
        if reaction.key(recorded) is not None:
            await reaction.react(recorded)


async def tags(world, group):
    """Return (updated, deleted) of each member."""
    return [(member.updated, member.deleted) for member in (await world.state(group)).members]


async def test_the_tag_updated_comes_and_goes_with_its_cause_R9(world, reaction):
    bob = await world.contact(1, "Bob")
    group = await world.group(bob, 2)
    await world.change(bob, number=number(31))
    await handle(world, reaction)
    assert await tags(world, group) == [(True, False), (False, False)]

    await world.change(bob, secondary_numbers=(number(1),))
    await handle(world, reaction)
    assert await tags(world, group) == [(False, False), (False, False)]


async def test_an_additional_number_does_not_change_the_frozen_one_R9(world, reaction):
    bob = await world.contact(1, "Bob")
    group = await world.group(bob, 2)
    await world.change(bob, secondary_numbers=(number(31),))
    await world.change(bob, number=number(31), secondary_numbers=(number(1),))
    await handle(world, reaction)

    assert await world.types(group) == ["created"]


async def test_the_tag_deleted_comes_with_the_contacts_deletion_R9(world, reaction):
    bob = await world.contact(1, "Bob")
    group = await world.group(bob, 2)
    await world.delete(bob)
    await handle(world, reaction)

    assert await tags(world, group) == [(False, True), (False, False)]


async def test_the_new_name_is_shown_in_every_conversation_of_the_contact_R11(world, reaction):
    bob = await world.contact(1, "Bob", 11)
    await world.add_number(number(900))
    groups = [await world.group(bob, 2), await world.group(11, 3), await world.group(bob, 2, sender=number(900))]
    unlinked = await world.group(2, 3)
    await world.change(bob, name="Robert")
    await handle(world, reaction)

    assert [(await world.state(group)).members[0].name for group in groups] == ["Robert"] * 3
    assert await world.types(unlinked) == ["created"]


async def test_handling_it_all_again_adds_nothing_R9(world, reaction):
    bob = await world.contact(1, "Bob")
    await world.group(bob, 2)
    await world.change(bob, name="Robert", number=number(31))
    await world.delete(bob)
    await handle(world, reaction)
    before = await world.log()
    await handle(world, reaction)

    assert await world.log() == before


async def test_a_late_reaction_takes_the_present_values_and_none_in_between_R9(world, reaction):
    bob = await world.contact(1, "Bob")
    group = await world.group(bob, 2)
    for name, n in (("Robert", 31), ("Rob", 32), ("Bobby", 1)):
        await world.change(bob, name=name, number=number(n))
    await handle(world, reaction)

    assert await world.types(group) == ["created", "contact_renamed"]
    assert (await world.state(group)).members[0].name == "Bobby"


async def test_a_group_created_after_the_change_needs_nothing_R9(world, reaction):
    bob = await world.contact(1, "Bob")
    await world.change(bob, name="Robert", number=number(31))
    group = await world.group(bob, 2)
    await handle(world, reaction)

    assert await world.types(group) == ["created"]


async def test_a_deleted_contacts_number_may_belong_to_another_contact_with_separate_changes_R9(world, reaction):
    bob = await world.contact(1, "Bob")
    group = await world.group(bob, 2)
    await world.delete(bob)
    await handle(world, reaction)
    eve = await world.contact(1, "Eve")
    await world.change(eve, name="Evelyn", number=number(31))
    await handle(world, reaction)

    assert await world.types(group) == ["created", "contact_deleted"]
    assert (await world.state(group)).members[0].name == "Bob"


async def test_the_cause_is_the_process_the_change_and_its_request_R31(world, reaction):
    bob = await world.contact(1, "Bob")
    group = await world.group(bob, 2)
    await world.change(bob, name="Robert")
    await handle(world, reaction)
    (_, renamed) = world.store.log.stream(group)
    change = next(recorded for recorded in await world.log() if recorded.type == "groupchat.contact.renamed")

    assert (renamed.cause.actor.kind, renamed.cause.actor.id) == ("process", "contact_changes")
    assert (renamed.cause.causation_id, renamed.cause.correlation_id) == (change.id, change.cause.correlation_id)
    assert renamed.cause.workspace_id == world.who.workspace_id


async def test_workspaces_with_the_same_people_do_not_meet(world, reaction):
    other = await a_world(world.store, number(901))
    ours, theirs = await world.contact(1, "Ours"), await other.contact(1, "Theirs")
    group, their_group = await world.group(ours, 2), await other.group(theirs, 2)
    await other.change(theirs, name="Changed")
    await world.delete(ours)
    await handle(world, reaction)

    assert (await world.types(group), await world.types(their_group)) == (
        ["created", "contact_deleted"],
        ["created", "contact_renamed"],
    )


async def test_it_follows_the_log(world, reaction):
    follower = Follower(world.store, Process(world.store, reaction))
    bob = await world.contact(1, "Bob")
    group = await world.group(bob, 2)
    async with running(follower):
        outcome = await world.change(bob, name="Robert")
        await reached(follower, outcome.position)

    assert (await world.state(group)).members[0].name == "Robert"
