"""Commands on contacts, and the phone book that goes with them (R2, R3)."""

import pytest

from groupchat.aggregates import phone_book
from groupchat.aggregates.contact import Change
from groupchat.commands import contacts
from groupchat.commands.streams import PHONE_BOOK
from groupchat.values.errors import InvalidRequestError, NotFoundError
from tests.support.builders import number
from tests.support.world import a_world


async def listed(world, n):
    """Return the contacts in the phone book under the n-th number, oldest first."""
    entry = await world.store.load_fresh(PHONE_BOOK, phone_book.stream(world.who.workspace_id, number(n)))
    return [] if entry is None else sorted(entry.contacts, key=entry.contacts.get)


async def test_numbers_are_taken_in_any_written_form_R3(world):
    made = await world.run(
        contacts.create_contact, name="Bob", number="(415) 555-0001", secondary_numbers=("415.555.0011", "+44 20 7946 0018")
    )

    assert made.value.numbers == (number(1), number(11), "+442079460018")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"number": "12"}, "number"),
        ({"number": "4155550001", "secondary_numbers": ("x",)}, "secondary_numbers.0"),
        ({"number": "4155550001", "secondary_numbers": ("4155550002", "(415) 555-0001")}, "secondary_numbers.1"),
        ({"number": "4155550001", "assigned_to": "usr_nobody"}, "assigned_to"),
    ],
)
async def test_an_invalid_contact_names_its_field_and_stores_nothing_R3(world, given, field):
    before = len(await world.log())
    with pytest.raises(InvalidRequestError) as caught:
        await world.run(contacts.create_contact, name="Bob", **given)

    assert [error["loc"] for error in caught.value.members["errors"]] == [field]
    assert len(await world.log()) == before


async def test_the_phone_book_follows_a_contacts_numbers_R2(world):
    bob = await world.contact(1, "Bob", 11)
    assert (await listed(world, 1), await listed(world, 11)) == ([bob.id], [bob.id])

    await world.change(bob, number=number(2), secondary_numbers=(number(1),))
    assert (await listed(world, 1), await listed(world, 2), await listed(world, 11)) == ([bob.id], [bob.id], [])

    await world.delete(bob)
    assert (await listed(world, 1), await listed(world, 2)) == ([], [])


async def test_the_oldest_of_several_contacts_with_one_number_is_first_R2(world):
    first, second = await world.contact(5, "First"), await world.contact(1, "Second")
    await world.change(first, secondary_numbers=(number(1),))

    assert await listed(world, 1) == [first.id, second.id]


async def test_a_change_and_its_place_in_the_phone_book_are_stored_as_one_R2(world):
    bob = await world.contact(1, "Bob")
    outcome = await world.change(bob, number=number(2))

    assert [recorded.type.rpartition(".")[2] for recorded in outcome.events] == [
        "numbers_changed",
        "number_listed",
        "number_unlisted",
    ]
    assert [recorded.position for recorded in (await world.log())[-3:]] == list(range(outcome.position - 2, outcome.position + 1))


async def test_only_given_fields_change_and_a_repeat_adds_nothing(world):
    bob = await world.contact(1, "Bob", 11)
    changed = (await world.change(bob, name="Robert")).value
    again = await world.change(bob, name="Robert", number=number(1), secondary_numbers=(number(11),), dnd=False)

    assert (changed.name, changed.numbers, changed.dnd) == ("Robert", (number(1), number(11)), False)
    assert again.events == ()


async def test_a_secondary_number_can_become_the_primary_one(world):
    bob = await world.contact(1, "Bob", 11)

    assert (await world.change(bob, number=number(11))).value.numbers == (number(11),)
    assert await listed(world, 1) == []


async def test_a_deleted_contact_is_gone(world):
    bob = await world.contact(1, "Bob")
    await world.delete(bob)

    with pytest.raises(NotFoundError):
        await world.change(bob, name="Robert")
    with pytest.raises(NotFoundError):
        await world.delete(bob)


async def test_another_workspaces_contact_does_not_exist(world):
    bob = await world.contact(1, "Bob")
    other = await a_world(world.store, number(901))

    with pytest.raises(NotFoundError):
        await world.run_as(other.who, contacts.change_contact, bob.id, Change(name="Mine", dnd=True))
    with pytest.raises(NotFoundError):
        await world.run_as(other.who, contacts.delete_contact, bob.id)
    assert await world.types(bob.id) == ["created"]


async def test_a_contact_is_assigned_to_a_user_of_the_workspace_only(world):
    other = await a_world(world.store, number(901))
    bob = await world.contact(1, "Bob")

    assert (await world.change(bob, assigned_to=world.who.user.id)).value.assigned_to == world.who.user.id
    with pytest.raises(InvalidRequestError):
        await world.change(bob, assigned_to=other.who.user.id)
    assert (await world.change(bob, assigned_to=None)).value.assigned_to is None
