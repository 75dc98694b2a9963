from datetime import UTC, date, datetime, timedelta, timezone

import phonenumbers
import pytest
from msgspec.structs import replace

from groupchat.aggregates import workspace, workspace_state
from groupchat.aggregates.policy import ChangePolicy, ChooseKeywords
from groupchat.aggregates.rate_card import PostRate
from groupchat.aggregates.user_keys import LASTING, IssueKey, LastKeyError, RevokeKey, TooManyKeysError
from groupchat.aggregates.workspace import CreateWorkspace, DefineRole
from groupchat.aggregates.workspace_events import (
    KeyIssued,
    KeyRevoked,
    KeywordsChosen,
    PolicyChanged,
    RatePosted,
    RoleDefined,
    WorkspaceCreated,
)
from groupchat.commands.streams import WORKSPACE
from groupchat.values.errors import InvalidRequestError, NotFoundError
from groupchat.values.policy import PRESETS, Policy
from tests.support.builders import FIRST_KEY, STAFFED, a_policy, a_rate, a_workspace, moment, recorded
from tests.support.given_when_then import fold, given, locs_of

# --- beginnings, users and keys


def test_a_workspace_begins_with_heymarkets_policy_R1():
    expected = WorkspaceCreated(name="Harbour Dental", policy=Policy())
    policy = given(WORKSPACE).when(CreateWorkspace(name="Harbour Dental")).then(expected).state.policy
    assert (policy.min_participants, policy.max_participants) == (2, 10)
    assert (policy.allowed_regions, policy.reopen_on_opt_in) == (("US", "CA"), False)


@pytest.mark.parametrize("command", [ChangePolicy(max_participants=5), DefineRole(role="x", group_chat=True)])
def test_nothing_is_done_in_a_missing_workspace(command):
    given(WORKSPACE).when(command).refused(NotFoundError)


def test_a_key_opens_until_it_expires():
    command = IssueKey(user_id="usr_owner", key_id="key_2", key_hash="77aa", expires_at=moment(60), at=moment(9))
    issued = KeyIssued(key_id="key_2", user_id="usr_owner", key_hash="77aa", expires_at=moment(60))
    state = given(WORKSPACE, *STAFFED, FIRST_KEY).when(command).then(issued).state
    assert [bool(state.holder_of("77aa", moment(seconds))) for seconds in (59, 60, 61)] == [True, False, False]
    assert state.holder_of("5e88", moment(61)).id == "usr_owner"


def test_a_revoked_key_opens_nothing_and_the_others_still_do():
    second = KeyIssued(key_id="key_2", user_id="usr_owner", key_hash="77aa")
    revoke = RevokeKey(user_id="usr_owner", key_id="key_1", at=moment(9))
    revoked = given(WORKSPACE, *STAFFED, FIRST_KEY, second).when(revoke).then(KeyRevoked(key_id="key_1"))
    assert revoked.state.holder_of("5e88", moment(9)) is None
    assert revoked.state.holder_of("77aa", moment(9)).id == "usr_owner"
    revoked.when(revoke).refused(NotFoundError)


def test_the_last_working_key_of_the_owners_is_not_revoked_R23():
    revoke = RevokeKey(user_id="usr_owner", key_id="key_1", at=moment(60))
    members = KeyIssued(key_id="key_3", user_id="usr_member", key_hash="33cc")
    expired = KeyIssued(key_id="key_2", user_id="usr_owner", key_hash="77aa", expires_at=moment(60))
    given(WORKSPACE, *STAFFED, FIRST_KEY, members, expired).when(revoke).refused(LastKeyError)
    given(WORKSPACE, *STAFFED, FIRST_KEY, members, expired).when(replace(revoke, key_id="key_2")).then(KeyRevoked(key_id="key_2"))


def test_a_key_that_is_about_to_expire_does_not_replace_the_last_key_of_the_owners_R23():
    revoke = RevokeKey(user_id="usr_owner", key_id="key_1", at=moment(0))
    session = KeyIssued(key_id="key_2", user_id="usr_owner", key_hash="77aa", expires_at=moment(0) + LASTING)
    given(WORKSPACE, *STAFFED, FIRST_KEY, session).when(revoke).refused(LastKeyError)
    given(WORKSPACE, *STAFFED, FIRST_KEY, session).when(replace(revoke, key_id="key_2")).then(KeyRevoked(key_id="key_2"))
    longer = replace(session, expires_at=moment(1) + LASTING)
    given(WORKSPACE, *STAFFED, FIRST_KEY, longer).when(revoke).then(KeyRevoked(key_id="key_1"))


def test_of_sessions_alone_one_can_end_while_another_works_R23():
    first, second = (
        KeyIssued(key_id=f"key_{n}", user_id="usr_owner", key_hash=f"5e{n}", expires_at=moment(60 + n)) for n in (1, 2)
    )
    revoke = RevokeKey(user_id="usr_owner", key_id="key_1", at=moment(59))
    given(WORKSPACE, *STAFFED, first, second).when(revoke).then(KeyRevoked(key_id="key_1"))
    given(WORKSPACE, *STAFFED, first, second).when(replace(revoke, at=moment(62))).then(KeyRevoked(key_id="key_1"))


def test_a_user_has_twenty_working_keys_at_most_and_the_operator_can_always_issue_one():
    held = [KeyIssued(key_id=f"key_m{n}", user_id="usr_member", key_hash=f"m{n}", expires_at=moment(60)) for n in range(20)]
    issue = IssueKey(user_id="usr_member", key_id="key_2", key_hash="77aa", at=moment(59))
    full = given(WORKSPACE, *STAFFED, FIRST_KEY, *held)
    full.when(issue).refused(TooManyKeysError)
    another = KeyIssued(key_id="key_2", user_id="usr_member", key_hash="77aa")
    full.when(replace(issue, at=moment(60))).then(another)
    full.when(replace(issue, by_operator=True)).then(another)
    full.when(replace(issue, user_id="usr_owner")).then(replace(another, user_id="usr_owner"))


def test_a_users_expired_keys_are_forgotten_when_another_is_issued():
    expired = KeyIssued(key_id="key_2", user_id="usr_owner", key_hash="77aa", expires_at=moment(1))
    later = recorded(KeyIssued(key_id="key_3", user_id="usr_owner", key_hash="33cc"), version=9)
    state = fold(workspace_state.evolve, [*STAFFED, FIRST_KEY, expired, later])
    assert sorted(state.keys) == ["33cc", "5e88"]


def test_a_key_is_revoked_only_as_its_users_own():
    given(WORKSPACE, *STAFFED, FIRST_KEY).when(RevokeKey(user_id="usr_member", key_id="key_1", at=moment(9))).refused(NotFoundError)


# --- roles


def test_every_workspace_has_four_roles_and_three_may_create_groups_R20():
    assert fold(workspace_state.evolve, [a_workspace()]).roles == {"owner": True, "admin": True, "member": True, "auditor": False}


def test_a_role_is_defined_and_its_permission_changed_R20():
    defined = given(WORKSPACE, a_workspace()).when(DefineRole(role="front desk", group_chat=False)).then(
        RoleDefined(role="front desk", group_chat=False)
    )  # fmt: skip
    assert defined.when(DefineRole(role="front desk", group_chat=False)).nothing().state.roles["front desk"] is False
    defined.when(DefineRole(role="front desk", group_chat=True)).then(RoleDefined(role="front desk", group_chat=True))


def test_roles_of_one_workspace_are_in_no_other_R20():
    fold(workspace_state.evolve, [a_workspace(), RoleDefined(role="member", group_chat=False)])
    assert fold(workspace_state.evolve, [a_workspace()]).roles["member"] is True


def test_an_auditor_never_creates_groups_R23():
    refusal = given(WORKSPACE, a_workspace()).when(DefineRole(role="auditor", group_chat=True)).refused(InvalidRequestError)
    assert locs_of(refusal) == ["group_chat"]


# --- policy


def test_the_highlevel_preset_has_nine_participants_at_most_R1():
    state = given(WORKSPACE, a_workspace()).when(ChangePolicy(preset="highlevel")).then(
        PolicyChanged(policy=a_policy(preset="highlevel", max_participants=9))
    ).state  # fmt: skip
    assert state.policy == PRESETS["highlevel"]


def test_omitted_values_of_a_policy_change_stay_R1():
    chosen = a_workspace(max_participants=5, reopen_on_opt_in=True)
    given(WORKSPACE, chosen).when(ChangePolicy(allowed_regions=("CA",))).then(
        PolicyChanged(policy=a_policy(max_participants=5, reopen_on_opt_in=True, allowed_regions=("CA",)))
    )


@pytest.mark.parametrize("region", ["UK", "ZZ", "EU", "XX"])
def test_a_region_that_does_not_exist_is_refused_with_its_place_R4(region):
    refusal = given(WORKSPACE, a_workspace()).when(ChangePolicy(allowed_regions=("US", region))).refused(InvalidRequestError)
    assert locs_of(refusal) == ["allowed_regions.1"]


def test_every_region_that_a_number_can_be_of_can_be_allowed_R4():
    for region in phonenumbers.SUPPORTED_REGIONS:
        assert workspace.decide(ChangePolicy(allowed_regions=(region,)), given(WORKSPACE, a_workspace()).state)


def test_omitted_values_follow_a_named_preset_R1():
    chosen = a_workspace(max_participants=5, reopen_on_opt_in=True, allowed_regions=("CA",))
    given(WORKSPACE, chosen).when(ChangePolicy(preset="highlevel", min_participants=3)).then(
        PolicyChanged(policy=a_policy(preset="highlevel", min_participants=3, max_participants=9))
    )


def test_a_policy_goes_back_to_heymarkets_R1():
    highlevel = a_workspace(preset="highlevel", max_participants=9)
    given(WORKSPACE, highlevel).when(ChangePolicy(preset="heymarket")).then(PolicyChanged(policy=Policy()))


def test_an_equal_policy_adds_no_event_R1():
    given(WORKSPACE, a_workspace()).when(ChangePolicy()).nothing()
    given(WORKSPACE, a_workspace()).when(ChangePolicy(preset="heymarket", max_participants=10)).nothing()


@pytest.mark.parametrize("change", [{"min_participants": 11}, {"min_participants": 5, "max_participants": 4}])
def test_a_policy_whose_least_is_above_its_most_is_refused_R1(change):
    refusal = given(WORKSPACE, a_workspace()).when(ChangePolicy(**change)).refused(InvalidRequestError)
    assert locs_of(refusal) == ["min_participants"]


# --- rates


def posted(day, price):
    return RatePosted(effective_from=date.fromisoformat(day), rate=a_rate(price))


def price_at(history, moment_):
    return str(fold(workspace_state.evolve, [a_workspace(), *history]).rate_at(moment_).mms_segment)


def test_a_default_applies_where_no_posted_rate_does_R25():
    before = datetime(2025, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)
    assert price_at([], before) == "0.0200"
    assert price_at([posted("2025-03-01", "0.03")], before) == "0.0200"


def test_a_rate_is_in_effect_from_the_first_moment_of_its_utc_date_R25():
    card = [posted("2025-03-01", "0.03")]
    midnight = datetime(2025, 3, 1, tzinfo=UTC)
    assert price_at(card, midnight) == "0.03"
    assert price_at(card, midnight.astimezone(timezone(timedelta(hours=-8)))) == "0.03"
    assert price_at(card, datetime(2025, 3, 1, 5, tzinfo=timezone(timedelta(hours=9)))) == "0.0200"


def test_the_latest_date_counts_then_the_latest_posted_R25():
    card = [posted("2025-03-01", "0.03"), posted("2025-02-01", "0.02"), posted("2025-03-01", "0.04"), posted("2025-04-01", "0.05")]
    assert price_at(card, datetime(2025, 3, 15, tzinfo=UTC)) == "0.04"
    assert price_at(card[:2], datetime(2025, 3, 15, tzinfo=UTC)) == "0.03"
    assert price_at(card, datetime(2025, 2, 15, tzinfo=UTC)) == "0.02"


def test_a_rate_may_be_posted_again_R25():
    post = PostRate(effective_from=date(2025, 3, 1), rate=a_rate("0.03"))
    line = posted("2025-03-01", "0.03")
    given(WORKSPACE, a_workspace()).when(post).then(line).when(post).then(line)


# --- keywords of its own


def test_a_workspace_has_keywords_of_its_own_R38():
    chosen = given(WORKSPACE, a_workspace()).when(ChooseKeywords(opt_out=("genug",), opt_in=("weiter",)))
    after = chosen.then(KeywordsChosen(opt_out=("genug",), opt_in=("weiter",)))
    assert (after.state.keywords.out, after.state.keywords.in_) == (("genug",), ("weiter",))
    after.when(ChooseKeywords(opt_out=("genug",), opt_in=("weiter",))).nothing()


def test_omitted_keyword_lists_stay_R38():
    has = KeywordsChosen(opt_out=("genug",), opt_in=("weiter",))
    given(WORKSPACE, a_workspace(), has).when(ChooseKeywords(opt_out=())).then(KeywordsChosen(opt_out=(), opt_in=("weiter",)))
    given(WORKSPACE, a_workspace(), has).when(ChooseKeywords()).nothing()


@pytest.mark.parametrize(
    ("words", "loc"),
    [
        ({"opt_out": ("genug", "\U0001f6d1")}, "opt_out_keywords.1"),
        ({"opt_out": (" ",)}, "opt_out_keywords.0"),
        ({"opt_in": ("stop",)}, "opt_in_keywords.0"),
        ({"opt_in": ("weiter \u2764",)}, "opt_in_keywords.0"),
        ({"opt_out": ("genug",), "opt_in": ("GENUG!",)}, "opt_in_keywords.0"),
    ],
)
def test_a_keyword_that_would_not_be_recognized_or_says_no_for_a_yes_is_refused_R38(words, loc):
    refusal = given(WORKSPACE, a_workspace()).when(ChooseKeywords(**words)).refused(InvalidRequestError)
    assert locs_of(refusal) == [loc]
