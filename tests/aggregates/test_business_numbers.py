from types import SimpleNamespace

import pytest

from groupchat.aggregates import business_numbers, workspace_state
from groupchat.aggregates.business_numbers import AddNumber, ChangeNumber
from groupchat.aggregates.workspace_events import (
    DefaultNumberChosen,
    NumberAdded,
    NumberAssigned,
    NumberLabeled,
    UserAdded,
)
from groupchat.values.errors import InvalidRequestError, NotFoundError
from tests.support.builders import BUSINESS, a_number_added, a_workspace, canadian_number, number
from tests.support.given_when_then import given, locs_of

NUMBERS = SimpleNamespace(decide=business_numbers.decide, evolve=workspace_state.evolve)
MEMBER = UserAdded(user_id="usr_member", name="Max", email="max@example.com", role="member")
STAFFED = (a_workspace(), MEMBER)
OTHER = number(9)


@pytest.mark.parametrize("business_number", [BUSINESS, canadian_number(1)])
def test_a_valid_us_or_canada_number_is_added_R4(business_number):
    given(NUMBERS, a_workspace()).when(AddNumber(number=business_number)).then(a_number_added(business_number))


def test_a_number_is_added_with_its_label_as_default_and_assigned_R21():
    command = AddNumber(number=BUSINESS, label="Front desk", default=True, assigned_to="usr_member")
    given(NUMBERS, *STAFFED).when(command).then(
        NumberAdded(number=BUSINESS, label="Front desk", assigned_to="usr_member"), DefaultNumberChosen(number=BUSINESS)
    )


@pytest.mark.parametrize("toll_free", ["+18005550199", "+18335550199"])
def test_a_toll_free_business_number_is_refused_R4(toll_free):
    refusal = given(NUMBERS, a_workspace()).when(AddNumber(number=toll_free)).refused(InvalidRequestError)
    assert locs_of(refusal) == ["number"]
    assert "toll-free" in refusal.detail


@pytest.mark.parametrize("untextable", ["+19005551234", "+15005551234"])
def test_a_premium_rate_or_personal_business_number_is_refused_R4(untextable):
    refusal = given(NUMBERS, a_workspace()).when(AddNumber(number=untextable)).refused(InvalidRequestError)
    assert locs_of(refusal) == ["number"]


@pytest.mark.parametrize(("foreign", "region"), [("+442079460958", "GB"), ("+18765551234", "JM"), ("+17875551234", "PR")])
def test_a_business_number_of_a_region_that_the_policy_does_not_allow_is_refused_R4(foreign, region):
    refusal = given(NUMBERS, a_workspace()).when(AddNumber(number=foreign)).refused(InvalidRequestError)
    assert locs_of(refusal) == ["number"]
    assert f"region {region}" in refusal.detail


def test_a_business_number_of_a_region_that_the_policy_allows_is_added_R4():
    allowing = a_workspace(allowed_regions=("US", "GB"))
    given(NUMBERS, allowing).when(AddNumber(number="+442079460958")).then(a_number_added("+442079460958"))
    given(NUMBERS, allowing).when(AddNumber(number=canadian_number(1))).refused(InvalidRequestError)


def test_a_number_is_not_assigned_to_a_stranger_R21():
    owned = given(NUMBERS, *STAFFED, a_number_added())
    for command in (AddNumber(number=OTHER, assigned_to="usr_9"), ChangeNumber(number=BUSINESS, assigned_to="usr_9")):
        assert locs_of(owned.when(command).refused(InvalidRequestError)) == ["assigned_to"]


def test_each_change_of_a_number_is_an_event_and_a_repeat_adds_none_R21():
    change = ChangeNumber(number=BUSINESS, label="Desk", assigned_to="usr_member", default=True)
    after = given(NUMBERS, *STAFFED, a_number_added()).when(change).then(
        NumberLabeled(number=BUSINESS, label="Desk"),
        NumberAssigned(number=BUSINESS, user_id="usr_member"),
        DefaultNumberChosen(number=BUSINESS),
    )  # fmt: skip
    back = after.when(change).nothing().when(ChangeNumber(number=BUSINESS, label=None, assigned_to=None)).then(
        NumberLabeled(number=BUSINESS, label=None), NumberAssigned(number=BUSINESS, user_id=None)
    )  # fmt: skip
    assert back.state.default_number == BUSINESS


def test_a_change_that_gives_nothing_changes_nothing():
    given(NUMBERS, *STAFFED, a_number_added()).when(ChangeNumber(number=BUSINESS)).nothing()


def test_a_number_of_somebody_else_is_not_changed_R4():
    given(NUMBERS, *STAFFED, a_number_added()).when(ChangeNumber(number=OTHER, label="x")).refused(NotFoundError)


def test_one_number_is_the_default_and_another_takes_its_place_R21():
    both = given(NUMBERS, a_workspace(), a_number_added(), a_number_added(OTHER), DefaultNumberChosen(number=BUSINESS))
    other = both.when(ChangeNumber(number=OTHER, default=True)).then(DefaultNumberChosen(number=OTHER))
    other.when(ChangeNumber(number=BUSINESS, default=False)).nothing()
    other.when(ChangeNumber(number=OTHER, default=False)).then(DefaultNumberChosen(number=None))
