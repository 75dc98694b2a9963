"""Access: R20 to R23, as one place in the code decides them."""

import pytest

from groupchat.aggregates import contact, group_state, workspace_state
from groupchat.aggregates.access import Access, ContactNotAssignedError, GroupChatNotPermittedError, NumberAccessDeniedError
from groupchat.aggregates.workspace_events import DefaultNumberChosen, NumberAssigned, RoleDefined, UserAdded, UserRoleChanged
from groupchat.values.errors import NotPermittedError, RefusalError
from tests.support.builders import (
    a_candidate,
    a_contact,
    a_contact_created,
    a_group,
    a_number_added,
    a_participant,
    a_workspace,
    number,
)
from tests.support.given_when_then import fold

ROLES = {
    "olga": "owner",
    "adam": "admin",
    "max": "member",
    "eve": "member",
    "theo": "auditor",
    "carl": "clerk",
    "dana": "dispatcher",
}
RESTRICTED = {"rita": "member", "rick": "clerk"}
USERS = [
    UserAdded(user_id=name, name=name, email=f"{name}@example.com", role=role, assigned_only=name in RESTRICTED)
    for name, role in (ROLES | RESTRICTED).items()
]
NUMBERS = (
    a_number_added(number(1)),
    a_number_added(number(2), assigned_to="max"),
    a_number_added(number(3), assigned_to="eve"),
    a_number_added(number(4), assigned_to="eve"),
    DefaultNumberChosen(number=number(4)),
)
DEFINED = (RoleDefined(role="clerk", group_chat=False), RoleDefined(role="dispatcher", group_chat=True))
HISTORY = (a_workspace(), *DEFINED, *USERS, *NUMBERS)
EVERYBODY = {*ROLES, *RESTRICTED}


def access(name, *later):
    state = fold(workspace_state.evolve, [*HISTORY, *later])
    return Access(state, state.users[name])


def allowed(requirement, *later, **given):
    """Return the kinds of users that fulfill a requirement."""
    return {name for name in EVERYBODY if _holds(access(name, *later), requirement, given)}


def _holds(rights, requirement, given):
    try:
        getattr(rights, requirement)(**given)
    except RefusalError:
        return False
    return True


# --- R23: managing, writing


def test_owners_and_admins_manage_and_nobody_else_R23():
    assert allowed("require_manager") == {"olga", "adam"}
    with pytest.raises(NotPermittedError):
        access("max").require_manager()


@pytest.mark.parametrize("role", ["admin", "member", "clerk", "auditor"])
def test_owners_and_admins_manage_users_of_every_role_but_owner_R23(role):
    assert allowed("require_manager_of", role=role) == {"olga", "adam"}


def test_owners_are_for_owners_R23():
    assert allowed("require_manager_of", role="owner") == {"olga"}


def test_everybody_but_an_auditor_writes_R23():
    assert allowed("require_writer") == EVERYBODY - {"theo"}


def test_restricted_users_get_nothing_that_shows_more_than_assigned_data_R22():
    assert allowed("require_unrestricted") == set(ROLES)


# --- R20: creating groups


def test_a_role_may_create_groups_or_not_R20():
    assert allowed("require_group_chat") == EVERYBODY - {"theo", "carl", "rick"}
    with pytest.raises(GroupChatNotPermittedError):
        access("carl").require_group_chat()
    with pytest.raises(NotPermittedError):
        access("theo").require_group_chat()


def test_a_permission_that_is_given_or_taken_holds_at_once_R20():
    changed = (RoleDefined(role="clerk", group_chat=True), RoleDefined(role="owner", group_chat=False))
    assert allowed("require_group_chat", *changed) == EVERYBODY - {"theo", "olga"}


# --- R21: numbers


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("olga", {number(1), number(2), number(3), number(4)}),
        ("adam", {number(1), number(2), number(3), number(4)}),
        ("max", {number(1), number(2), number(4)}),
        ("eve", {number(1), number(3), number(4)}),
        ("carl", {number(1), number(4)}),
        ("rita", {number(1), number(4)}),
    ],
)
def test_members_send_from_the_default_their_own_and_unassigned_numbers_R21(name, numbers):
    owned = {number(n) for n in range(1, 6)}
    assert {each for each in owned if access(name).may_send_from(each)} == numbers
    assert {each for each in owned if _holds(access(name), "require_number", {"number": each})} == numbers


def test_a_number_that_became_inaccessible_is_refused_by_name_R21():
    later = (DefaultNumberChosen(number=None), NumberAssigned(number=number(1), user_id="eve"))
    for each in (number(1), number(4)):
        with pytest.raises(NumberAccessDeniedError) as caught:
            access("max", *later).require_number(each)
        assert caught.value.members == {"number": each}


def test_an_auditor_sends_from_no_number_R21_R23():
    with pytest.raises(NotPermittedError):
        access("theo").require_number(number(1))


# --- R22: assigned data


def assigned_to(user_id, n=1):
    return a_contact(n, assigned_to=user_id)


def test_a_restricted_user_sees_contacts_assigned_to_them_R22():
    owners = ("rita", "rick", "max", None)
    assert [access("rita").sees_contact(assigned_to(owner)) for owner in owners] == [True, False, False, False]
    assert all(access(name).sees_contact(assigned_to(owner)) for name in ROLES for owner in owners)


@pytest.mark.parametrize("role", ["owner", "admin", "auditor"])
def test_managers_and_auditors_see_everything_even_if_they_were_restricted_R22_R23(role):
    later = UserRoleChanged(user_id="rita", role=role, assigned_only=True)
    assert access("rita", later).sees_contact(assigned_to(None))
    assert not access("rita", later).restricted


def groups(*participants):
    return fold(group_state.evolve, [a_group(*participants)])


def people(*owners):
    contacts = [fold(contact.evolve, [a_contact_created(n, assigned_to=owner)]) for n, owner in enumerate(owners, start=1)]
    return {each.id: each for each in contacts}


@pytest.mark.parametrize(
    ("owners", "seen"),
    [(("rita", "rita"), True), (("rita", "max"), False), (("rita", None), False), ((None, None), False)],
)
def test_a_user_sees_a_group_if_all_participants_are_contacts_assigned_to_them_R22(owners, seen):
    group = groups(a_participant(1, contact=True), a_participant(2, contact=True))
    assert access("rita").sees_group(group, people(*owners)) is seen
    assert access("max").sees_group(group, {})


def test_a_participant_who_is_not_a_contact_hides_the_group_R22():
    group = groups(a_participant(1, contact=True), a_participant(2))
    assert not access("rita").sees_group(group, people("rita", "rita"))


def test_a_restricted_user_requests_only_contacts_assigned_to_them_R22():
    mine, others = assigned_to("rita"), assigned_to(None, 2)
    asked = [a_candidate(0, contact=mine), a_candidate(1, contact=others), a_candidate(2)]
    with pytest.raises(ContactNotAssignedError) as caught:
        access("rita").require_assigned(asked)
    assert caught.value.members == {"indexes": [1, 2]}
    access("rita").require_assigned(asked[:1])
    access("max").require_assigned(asked)


def test_an_unknown_contact_is_refused_like_another_workspaces_R22():
    differing = []
    for contact_ in (None, assigned_to("max")):
        with pytest.raises(ContactNotAssignedError) as caught:
            access("rita").require_assigned([a_candidate(0, contact=contact_)])
        differing.append((caught.value.detail, caught.value.members))
    assert differing[0] == differing[1]


def test_a_restricted_user_assigns_contacts_only_to_themselves_R22():
    assert allowed("require_assignable", user_id="rita") == EVERYBODY - {"rick"}
    assert allowed("require_assignable", user_id=None) == set(ROLES)
