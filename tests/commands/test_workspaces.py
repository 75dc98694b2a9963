"""Commands on the workspace: keys, business numbers, policy (R1, R4, R21, R23)."""

import pytest

from groupchat.aggregates.business_numbers import AddNumber, ChangeNumber
from groupchat.aggregates.policy import ChangePolicy
from groupchat.commands import business_numbers, contacts, conversations, keys, workspaces
from groupchat.commands.conversations import Draft
from groupchat.commands.workspaces import PolicyShown
from groupchat.queries.rights import rights_of
from groupchat.queries.workspaces import list_numbers
from groupchat.values.errors import InvalidRequestError, NotFoundError, NotPermittedError, RefusalError
from tests.support.builders import BUSINESS, number
from tests.support.world import a_member, a_world


async def shown(world, who=None):
    return [(n.number, n.default, n.assigned_to) for n in await list_numbers(world.store, who or world.who)]


# --- keys


async def test_a_key_identifies_its_workspace_and_user_and_is_not_stored(world):
    known = await keys.authenticate(world.store, world.key)
    workspace_id, user = known.workspace_id, known.user

    assert (workspace_id, user.id, user.role) == (world.who.workspace_id, world.who.user.id, "owner")
    assert world.key.encode() not in b"".join(stored.state for stored in world.store._recorder.select_events(workspace_id))


@pytest.mark.parametrize("key", ["", "gck", "gck_", "gck_x_y", "gck__", "_ _ _", "gck_\0_x", "gck_\ud800_x", "Bearer x"])
async def test_a_malformed_key_belongs_to_nobody(world, key):
    assert await keys.authenticate(world.store, key) is None


async def test_a_key_with_one_character_changed_is_nobodys(world):
    other = "A" if world.key[-1] != "A" else "B"

    assert await keys.authenticate(world.store, world.key[:-1] + other) is None


async def test_a_key_does_not_open_another_workspace(world):
    other = await a_world(world.store, number(901))
    secret = world.key.rpartition("_")[2] if world.key.count("_") == 2 else world.key.split("_", 2)[2]

    assert await keys.authenticate(world.store, f"gck_{other.who.workspace_id.removeprefix('wsp_')}_{secret}") is None


# --- business numbers (R4)


async def test_a_business_number_is_taken_in_any_written_form_R3(world):
    added = await world.run(business_numbers.add_number, AddNumber(number="(415) 555-0900", label="Desk", default=True))

    assert (added.value.number, added.value.label, added.value.default) == (number(900), "Desk", True)
    assert await shown(world) == [(BUSINESS, False, None), (number(900), True, None)]


async def test_a_business_number_belongs_to_one_workspace_only_R4(world):
    other = await a_world(world.store, number(901))
    before = len(await world.log())

    for claimant in (other, world):
        with pytest.raises(RefusalError) as caught:
            await claimant.add_number(BUSINESS)
        assert caught.value.slug == "number-taken"
    assert len(await world.log()) == before
    assert await shown(other) == [(number(901), False, None)]


@pytest.mark.parametrize("bad", ["+18005550199", "+442079460018", "12", "+19005550199"])
async def test_a_number_that_cannot_be_a_business_number_is_refused_R4(world, bad):
    with pytest.raises(InvalidRequestError) as caught:
        await world.add_number(bad)

    assert [error["loc"] for error in caught.value.members["errors"]] == ["number"]


async def test_only_the_given_fields_of_a_number_change(world):
    change = ChangeNumber(number=BUSINESS, label="Main")
    await world.run(business_numbers.change_number, change)
    again = await world.run(business_numbers.change_number, change)
    assigned = await world.run(business_numbers.change_number, ChangeNumber(number=BUSINESS, assigned_to=world.who.user.id))

    assert again.events == ()
    assert (assigned.value.label, assigned.value.assigned_to) == ("Main", world.who.user.id)


async def test_another_workspaces_number_does_not_exist(world):
    other = await a_world(world.store, number(901))

    with pytest.raises(NotFoundError):
        await world.run(business_numbers.change_number, ChangeNumber(number=number(901), label="Mine"))
    assert (await list_numbers(world.store, other.who))[0].label is None


# --- who may (R21, R23)


async def test_a_member_manages_nothing_R23(world):
    member = await a_member(world)

    for attempt in (
        world.run_as(member, business_numbers.add_number, AddNumber(number=number(900))),
        world.run_as(member, business_numbers.change_number, ChangeNumber(number=BUSINESS, label="Mine")),
        world.run_as(member, workspaces.change_policy, ChangePolicy(max_participants=5)),
    ):
        with pytest.raises(NotPermittedError):
            await attempt


async def test_a_member_sends_only_from_the_default_their_own_and_unassigned_numbers_R21(world):
    member = await a_member(world)
    group = await world.group(1, 2)
    await world.run_as(member, conversations.send_message, group, Draft(body="Hi"))
    await world.run(business_numbers.change_number, ChangeNumber(number=BUSINESS, assigned_to=world.who.user.id))

    for attempt in (
        world.run_as(member, conversations.send_message, group, Draft(body="Hi")),
        world.run_as(member, conversations.change_group, group, "Mine"),
        world.run_as(member, conversations.create_successor, group),
    ):
        with pytest.raises(RefusalError) as caught:
            await attempt
        assert caught.value.slug == "number-access-denied"
    assert await shown(world, member) == []

    await world.run(business_numbers.change_number, ChangeNumber(number=BUSINESS, assigned_to=member.user.id))
    await world.run_as(member, conversations.send_message, group, Draft(body="Mine now"))
    await world.send(group, "An owner may always")
    await world.run(business_numbers.change_number, ChangeNumber(number=BUSINESS, assigned_to=world.who.user.id, default=True))
    await world.run_as(member, conversations.send_message, group, Draft(body="The default is everybody's"))


async def test_a_member_manages_contacts_R23(world):
    made = await world.run_as(await a_member(world), contacts.create_contact, name="Bob", number=number(1))

    assert made.value.name == "Bob"


# --- policy: R1, R17


async def test_omitted_values_of_a_policy_stay_or_follow_the_preset_R1(world):
    await world.policy(max_participants=6, reopen_on_opt_in=True)
    assert (await rights_of(world.store, world.who)).state.policy.max_participants == 6
    changed = await world.run(workspaces.change_policy, ChangePolicy(preset="highlevel", min_participants=3))

    policy = changed.value
    assert (policy.min_participants, policy.max_participants, policy.reopen_on_opt_in) == (3, 9, False)
    assert PolicyShown.of((await rights_of(world.store, world.who)).state) == policy


async def test_a_policy_that_contradicts_itself_is_refused(world):
    with pytest.raises(InvalidRequestError):
        await world.policy(min_participants=5, max_participants=4)


async def test_nothing_crosses_workspaces(world):
    other = await a_world(world.store, number(901))
    await other.policy(max_participants=2)

    assert (await rights_of(world.store, world.who)).state.policy.max_participants == 10
