import pytest

from groupchat.aggregates import workspace
from groupchat.aggregates.workspace import (
    AddNumber,
    AddUser,
    ChangeNumber,
    ChangePolicy,
    Create,
    DefaultNumberChosen,
    KeyIssued,
    NumberAdded,
    NumberAssigned,
    NumberClaimed,
    NumberLabelled,
    NumberTakenError,
    PolicyChanged,
    UserAdded,
    WorkspaceCreated,
)
from groupchat.values.errors import InvalidRequestError, NotFoundError, NotPermittedError
from groupchat.values.policy import PRESETS, Policy
from tests.support.builders import (
    BUSINESS,
    a_number_added,
    a_policy,
    a_rate,
    a_workspace,
    canadian_number,
    moment,
    number,
)
from tests.support.given_when_then import fold, given

OWNER = UserAdded(user_id="usr_owner", name="Olga", email="olga@example.com", role="owner")
MEMBER = UserAdded(user_id="usr_member", name="Max", email="max@example.com", role="member")
STAFFED = (a_workspace(), OWNER, MEMBER)
OTHER = number(9)


def loc_of(refusal):
    return [error["loc"] for error in refusal.members["errors"]]


# --- beginnings, users and keys


def test_a_workspace_begins_with_heymarkets_policy_R1():
    expected = WorkspaceCreated(name="Harbour Dental", policy=Policy())
    policy = given(workspace).when(Create(name="Harbour Dental")).then(expected).state.policy
    assert (policy.min_participants, policy.max_participants) == (2, 10)
    assert (policy.allowed_regions, policy.reopen_on_opt_in) == (("US", "CA"), False)


def test_a_user_comes_with_a_key_of_which_only_the_hash_is_kept():
    command = AddUser(user_id="usr_owner", name="Olga", email="olga@example.com", role="owner", key_id="key_1", key_hash="5e88")
    state = given(workspace, a_workspace()).when(command).then(
        OWNER, KeyIssued(key_id="key_1", user_id="usr_owner", key_hash="5e88")
    ).state  # fmt: skip
    assert state.users["usr_owner"].email == "olga@example.com"
    assert state.keys == {"5e88": "usr_owner"}


@pytest.mark.parametrize(
    "command",
    [AddNumber(number=BUSINESS), ChangeNumber(number=BUSINESS, label="x"), ChangePolicy(max_participants=5)],
)
def test_nothing_is_done_in_a_workspace_that_is_not_there(command):
    given(workspace).when(command).refused(NotFoundError)


def test_only_owners_manage_R23():
    users = fold(workspace.evolve, STAFFED).users
    workspace.require_manager(users["usr_owner"])
    with pytest.raises(NotPermittedError):
        workspace.require_manager(users["usr_member"])


# --- numbers


@pytest.mark.parametrize("business_number", [BUSINESS, canadian_number(1)])
def test_a_valid_us_or_canada_number_is_added_R4(business_number):
    given(workspace, a_workspace()).when(AddNumber(number=business_number)).then(a_number_added(business_number))


def test_a_number_is_added_with_its_label_as_default_and_assigned_R21():
    command = AddNumber(number=BUSINESS, label="Front desk", default=True, assigned_to="usr_member")
    given(workspace, *STAFFED).when(command).then(
        NumberAdded(number=BUSINESS, label="Front desk", assigned_to="usr_member"), DefaultNumberChosen(number=BUSINESS)
    )


def test_a_number_that_belongs_to_a_workspace_already_is_refused_R4():
    command = AddNumber(number=BUSINESS, claimed=True)
    given(workspace, a_workspace()).when(command).refused(NumberTakenError)
    given(workspace, a_workspace(), a_number_added()).when(command).refused(NumberTakenError)


def test_a_claim_says_which_workspace_a_number_belongs_to_R4():
    assert fold(workspace.evolve_claim, []) is None
    claims = [NumberClaimed(number=BUSINESS, workspace_id="wsp_1"), a_number_added()]
    assert fold(workspace.evolve_claim, claims) == "wsp_1"
    assert workspace.claim_stream(BUSINESS) != workspace.claim_stream(OTHER)


@pytest.mark.parametrize("toll_free", ["+18005550199", "+18335550199"])
def test_a_toll_free_business_number_is_refused_R4(toll_free):
    refusal = given(workspace, a_workspace()).when(AddNumber(number=toll_free)).refused(InvalidRequestError)
    assert loc_of(refusal) == ["number"]
    assert "toll-free" in refusal.detail


@pytest.mark.parametrize("untextable", ["+19005551234", "+15005551234"])
def test_a_premium_rate_or_personal_business_number_is_refused_R4(untextable):
    refusal = given(workspace, a_workspace()).when(AddNumber(number=untextable)).refused(InvalidRequestError)
    assert loc_of(refusal) == ["number"]


@pytest.mark.parametrize(("foreign", "region"), [("+442079460958", "GB"), ("+18765551234", "JM"), ("+17875551234", "PR")])
def test_a_business_number_of_a_region_that_the_policy_does_not_allow_is_refused_R4(foreign, region):
    refusal = given(workspace, a_workspace()).when(AddNumber(number=foreign)).refused(InvalidRequestError)
    assert loc_of(refusal) == ["number"]
    assert f"region {region}" in refusal.detail


def test_a_business_number_of_a_region_that_the_policy_allows_is_added_R4():
    allowing = a_workspace(allowed_regions=("US", "GB"))
    given(workspace, allowing).when(AddNumber(number="+442079460958")).then(a_number_added("+442079460958"))
    given(workspace, allowing).when(AddNumber(number=canadian_number(1))).refused(InvalidRequestError)


def test_a_number_is_not_assigned_to_a_stranger_R21():
    owned = given(workspace, *STAFFED, a_number_added())
    for command in (AddNumber(number=OTHER, assigned_to="usr_9"), ChangeNumber(number=BUSINESS, assigned_to="usr_9")):
        assert loc_of(owned.when(command).refused(InvalidRequestError)) == ["assigned_to"]


def test_each_change_of_a_number_is_a_fact_and_the_same_change_again_is_none_R21():
    change = ChangeNumber(number=BUSINESS, label="Desk", assigned_to="usr_member", default=True)
    after = given(workspace, *STAFFED, a_number_added()).when(change).then(
        NumberLabelled(number=BUSINESS, label="Desk"),
        NumberAssigned(number=BUSINESS, user_id="usr_member"),
        DefaultNumberChosen(number=BUSINESS),
    )  # fmt: skip
    back = after.when(change).nothing().when(ChangeNumber(number=BUSINESS, label=None, assigned_to=None)).then(
        NumberLabelled(number=BUSINESS, label=None), NumberAssigned(number=BUSINESS, user_id=None)
    )  # fmt: skip
    assert back.state.default_number == BUSINESS


def test_a_change_that_gives_nothing_changes_nothing():
    given(workspace, *STAFFED, a_number_added()).when(ChangeNumber(number=BUSINESS)).nothing()


def test_a_number_of_somebody_else_is_not_changed_R4():
    given(workspace, *STAFFED, a_number_added()).when(ChangeNumber(number=OTHER, label="x")).refused(NotFoundError)


def test_one_number_is_the_default_and_another_takes_its_place_R21():
    both = given(workspace, a_workspace(), a_number_added(), a_number_added(OTHER), DefaultNumberChosen(number=BUSINESS))
    other = both.when(ChangeNumber(number=OTHER, default=True)).then(DefaultNumberChosen(number=OTHER))
    other.when(ChangeNumber(number=BUSINESS, default=False)).nothing()
    other.when(ChangeNumber(number=OTHER, default=False)).then(DefaultNumberChosen(number=None))


def test_members_send_from_the_default_their_own_and_unassigned_numbers_R21():
    history = (
        *STAFFED,
        UserAdded(user_id="usr_other", name="Eve", email="eve@example.com", role="member"),
        a_number_added(number(1)),
        a_number_added(number(2), assigned_to="usr_member"),
        a_number_added(number(3), assigned_to="usr_other"),
        a_number_added(number(4), assigned_to="usr_other"),
        DefaultNumberChosen(number=number(4)),
    )
    state = fold(workspace.evolve, history)
    sends_from = {
        user.id: {n for n in (*state.numbers, number(5)) if state.may_send_from(user, n)} for user in state.users.values()
    }
    assert sends_from["usr_owner"] == {number(1), number(2), number(3), number(4)}
    assert sends_from["usr_member"] == {number(1), number(2), number(4)}
    assert sends_from["usr_other"] == {number(1), number(3), number(4)}


# --- policy


def test_the_highlevel_preset_has_nine_participants_at_most_R1():
    state = given(workspace, a_workspace()).when(ChangePolicy(preset="highlevel")).then(
        PolicyChanged(policy=a_policy(preset="highlevel", max_participants=9))
    ).state  # fmt: skip
    assert state.policy == PRESETS["highlevel"]


def test_what_a_policy_change_leaves_out_stays_as_it_is_R1():
    chosen = a_workspace(max_participants=5, reopen_on_opt_in=True)
    given(workspace, chosen).when(ChangePolicy(allowed_regions=("CA",))).then(
        PolicyChanged(policy=a_policy(max_participants=5, reopen_on_opt_in=True, allowed_regions=("CA",)))
    )


def test_what_is_left_out_beside_a_preset_is_as_the_preset_says_R1():
    chosen = a_workspace(max_participants=5, reopen_on_opt_in=True, allowed_regions=("CA",))
    given(workspace, chosen).when(ChangePolicy(preset="highlevel", min_participants=3)).then(
        PolicyChanged(policy=a_policy(preset="highlevel", min_participants=3, max_participants=9))
    )


def test_a_policy_goes_back_to_heymarkets_R1():
    highlevel = a_workspace(preset="highlevel", max_participants=9)
    given(workspace, highlevel).when(ChangePolicy(preset="heymarket")).then(PolicyChanged(policy=Policy()))


def test_a_policy_that_is_so_already_is_not_changed_R1():
    given(workspace, a_workspace()).when(ChangePolicy()).nothing()
    given(workspace, a_workspace()).when(ChangePolicy(preset="heymarket", max_participants=10)).nothing()


@pytest.mark.parametrize("change", [{"min_participants": 11}, {"min_participants": 5, "max_participants": 4}])
def test_a_policy_whose_least_is_above_its_most_is_refused_R1(change):
    refusal = given(workspace, a_workspace()).when(ChangePolicy(**change)).refused(InvalidRequestError)
    assert loc_of(refusal) == ["min_participants"]


def test_there_is_one_default_rate_R25():
    state = fold(workspace.evolve, [a_workspace()])
    assert state.rate_at(moment(0)) == state.rate_at(moment(9_999_999)) == a_rate("0.0200", "USD")
