import pytest

from groupchat.aggregates import workspace
from groupchat.aggregates.access import Access
from groupchat.aggregates.workspace_events import DefaultNumberChosen, UserAdded
from groupchat.values.errors import NotPermittedError
from tests.support.builders import a_number_added, a_workspace, number
from tests.support.given_when_then import fold

ROLES = {"olga": "owner", "adam": "admin", "max": "member", "eve": "member", "theo": "auditor"}
USERS = [UserAdded(user_id=name, name=name, email=f"{name}@example.com", role=role) for name, role in ROLES.items()]
NUMBERS = (
    a_number_added(number(1)),
    a_number_added(number(2), assigned_to="max"),
    a_number_added(number(3), assigned_to="eve"),
    a_number_added(number(4), assigned_to="eve"),
    DefaultNumberChosen(number=number(4)),
)
STATE = fold(workspace.evolve, [a_workspace(), *USERS, *NUMBERS])


def access(name):
    return Access(STATE, STATE.users[name])


@pytest.mark.parametrize("name", ["olga", "adam"])
def test_owners_and_admins_manage_R23(name):
    access(name).require_manager()


@pytest.mark.parametrize("name", ["max", "theo"])
def test_others_do_not_manage_R23(name):
    with pytest.raises(NotPermittedError):
        access(name).require_manager()


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("olga", {number(1), number(2), number(3), number(4)}),
        ("adam", {number(1), number(2), number(3), number(4)}),
        ("max", {number(1), number(2), number(4)}),
        ("eve", {number(1), number(3), number(4)}),
    ],
)
def test_members_send_from_the_default_their_own_and_unassigned_numbers_R21(name, numbers):
    assert {owned for owned in (*STATE.numbers, number(5)) if access(name).may_send_from(owned)} == numbers
