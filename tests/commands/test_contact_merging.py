"""Merging two contacts of one person: no number of theirs is free of their no for a moment (R36), and links lead on (R54)."""

import asyncio

import pytest

from groupchat.aggregates.group_conversation import ConversationBlockedError
from groupchat.commands import contact_merging, contacts
from groupchat.commands.contacts import Foreign
from groupchat.values.errors import NotFoundError, RefusalError
from tests.support.builders import number
from tests.support.checks import broken


async def links(world, group):
    return [member.contact_id for member in (await world.state(group)).members]


async def is_blocked_by(world, group, n):
    with pytest.raises(ConversationBlockedError) as caught:
        await world.send(group)
    assert caught.value.members["opted_out"] == [number(n)]


async def test_participants_of_both_are_linked_to_the_one_that_stays_R54(world):
    kept, gone = await world.contact(1, "Ann"), await world.contact(2, "Ann B.", 3)
    first, second = await world.group(1, 5), await world.group(2, 3, 5)
    await world.merge(kept, gone)
    assert await links(world, first) == [kept.id, None]
    assert await links(world, second) == [kept.id, kept.id, None]
    assert [member.name for member in (await world.state(second)).members] == ["Ann", "Ann", None]
    assert await links(world, await world.group(2, 6)) == [kept.id, None]  # the phone book leads to it
    await world.delete(kept)  # and so does its own list of numbers
    await world.store.run(world.who.cause(), contacts.note_change, kept.id)
    assert [member.deleted for member in (await world.state(second)).members] == [True, True, False]


async def test_a_former_number_of_the_contact_that_goes_leads_to_its_group_R8_R36_R54(world):
    kept, gone = await world.contact(1, "Ann"), await world.contact(2, "Ann B.")
    group = await world.group(2, 5)
    await world.change(gone, number=number(3))
    await world.merge(kept, gone)
    assert await links(world, group) == [kept.id, None]
    await world.change(kept, dnd=True)
    await is_blocked_by(world, group, 2)


@pytest.mark.parametrize("whose", ["kept", "gone"])
async def test_the_dnd_of_either_applies_to_every_number_of_both_R36_R54(world, whose):
    kept, gone = await world.contact(1, "Ann"), await world.contact(2, "Ann B.")
    groups = {1: await world.group(1, 5), 2: await world.group(2, 5)}
    await world.change(kept if whose == "kept" else gone, dnd=True)
    await world.merge(kept, gone)
    for n, group in groups.items():
        await is_blocked_by(world, group, n)
        with pytest.raises(RefusalError):
            await world.group(n, 6)
    assert (await world.contact_state(kept)).dnd
    await world.change(kept, dnd=False)  # the person's word for all of their numbers
    await world.group(1, 6)
    await world.group(2, 6)
    assert broken(await world.log()) == []


async def test_the_dnd_of_the_one_that_stays_reaches_a_group_through_a_former_number_of_the_other_R36_R54(world):
    kept, gone = await world.contact(1, "Ann"), await world.contact(2, "Ann B.")
    group = await world.group(2, 5)
    await world.change(gone, number=number(3))
    await world.change(kept, dnd=True)
    await world.merge(kept, gone)
    await is_blocked_by(world, group, 2)


async def test_merging_does_not_lift_a_dnd_that_others_left_with_the_number_R36(world):
    kept, gone, third = await world.contact(1, "Ann"), await world.contact(2, "Ann B."), await world.contact(2, "Cy")
    await world.change(third, dnd=True)
    await world.delete(third)
    await world.merge(kept, gone)
    with pytest.raises(RefusalError):
        await world.group(2, 5)


async def test_the_external_id_moves_to_the_surviving_contact_if_it_has_none_R54(world):
    async def with_id(n, external_id):
        foreign = Foreign(external_id)
        return (await world.run(contacts.create_contact, name="Ann", number=number(n), foreign=foreign)).value

    async def holder(external_id):
        return (await world.run(contacts.holder_of, external_id)).value

    kept, gone, third = await world.contact(1, "Ann"), await with_id(2, "crm-2"), await with_id(3, "crm-3")
    await world.merge(kept, gone)
    assert (await world.contact_state(kept)).external_id == "crm-2"
    assert await holder("crm-2") == kept.id
    await world.merge(kept, third)
    assert (await holder("crm-2"), await holder("crm-3")) == (kept.id, None)


async def test_merging_again_changes_nothing_and_another_way_round_finds_nobody_R54(world):
    kept, gone, third = await world.contact(1, "Ann"), await world.contact(2, "Ann B."), await world.contact(3, "Cy")
    await world.group(2, 5)
    merged = await world.merge(kept, gone)
    again = await world.merge(kept, gone)
    assert (again.value, again.events) == (merged.value, ())
    for one, other in ((gone, kept), (third, gone)):
        with pytest.raises(NotFoundError):
            await world.merge(one, other)


async def test_a_contact_that_does_not_exist_is_not_found_R54(world):
    kept = await world.contact(1, "Ann")
    with pytest.raises(NotFoundError):
        await world.run(contact_merging.merge_contacts, kept.id, "ctc_unknown")


async def test_a_group_that_is_begun_meanwhile_is_linked_or_blocked_all_the_same_R16_R36_R54(world):
    kept, gone = await world.contact(1, "Ann"), await world.contact(2, "Ann B.")
    await world.change(kept, dnd=True)
    created, _ = await asyncio.gather(world.create(2, 5), world.merge(kept, gone), return_exceptions=True)
    assert broken(await world.log()) == []
    if not isinstance(created, RefusalError):
        await is_blocked_by(world, created.value.conversation_id, 2)
        assert await links(world, created.value.conversation_id) == [kept.id, None]
