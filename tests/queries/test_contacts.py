"""Reading a contact: who may, and how exactly (R22)."""

import pytest

from groupchat.aggregates.contact import Change
from groupchat.aggregates.users import UserFields
from groupchat.commands import contacts as commands
from groupchat.commands import users
from groupchat.queries import contacts
from groupchat.queries.views import Views
from groupchat.store.progress import Progress
from groupchat.values.errors import NotFoundError
from tests.support.builders import number
from tests.support.world import World, a_member, a_world


def views_of(world: World) -> Views:
    return Views(world.store, Progress(world.store.database, world.store.signals), 0.1)


async def restricted(world: World):
    """Return a caller who sees assigned data only."""
    who = await a_member(world)
    user = (await world.run(users.change_user, who.user.id, UserFields(assigned_only=True))).value.user
    return type(who)(who.workspace_id, user, who.correlation_id)


async def test_a_contact_is_read_in_its_present_state_though_no_view_has_followed_R9(world):
    bob = await world.contact(1, "Bob")
    await world.change(bob, name="Bob Marsh", number=number(2))

    shown = await contacts.now(views_of(world), world.who, bob.id)

    assert (shown.name, shown.number, shown.version) == ("Bob Marsh", number(2), 3)


async def test_a_contact_that_is_unknown_deleted_or_another_workspaces_is_not_found_R22(world):
    bob, other = await world.contact(1, "Bob"), await a_world(world.store, number(901))
    await contacts.require_visible(world.store, world.who, bob.id)
    with pytest.raises(NotFoundError):
        await contacts.require_visible(world.store, other.who, bob.id)
    with pytest.raises(NotFoundError):
        await contacts.now(views_of(other), other.who, bob.id)

    await world.delete(bob)
    for unknown in (bob.id, "ctc_unknown"):
        with pytest.raises(NotFoundError):
            await contacts.require_visible(world.store, world.who, unknown)
        with pytest.raises(NotFoundError):
            await contacts.now(views_of(world), world.who, unknown)


async def test_a_restricted_user_finds_a_contact_only_while_it_is_assigned_to_them_R22(world):
    who, bob = await restricted(world), await world.contact(1, "Bob")
    with pytest.raises(NotFoundError):
        await contacts.require_visible(world.store, who, bob.id)

    await world.run(commands.change_contact, bob.id, Change(assigned_to=who.user.id))
    await contacts.require_visible(world.store, who, bob.id)

    await world.run(commands.change_contact, bob.id, Change(assigned_to=None))
    with pytest.raises(NotFoundError):
        await contacts.require_visible(world.store, who, bob.id)
