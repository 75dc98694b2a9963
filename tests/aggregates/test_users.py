"""Users: R20, R22, R23."""

from msgspec.structs import replace

from groupchat.aggregates.user_keys import IssueKey, LastKeyError, UserDeactivatedError
from groupchat.aggregates.users import AddUser, ChangeUser, FirstKey, UserExistsError, UserFields
from groupchat.aggregates.workspace_events import (
    KeyIssued,
    KeyRevoked,
    RoleDefined,
    UserAdded,
    UserDeactivated,
    UserEmailChanged,
    UserExternalIdGiven,
    UserReactivated,
    UserRenamed,
    UserRoleChanged,
)
from groupchat.aggregates.workspace_state import User
from groupchat.commands.streams import USERS, WORKSPACE
from groupchat.values.errors import InvalidRequestError, NotFoundError
from groupchat.values.event import Actor
from tests.support.builders import CAUSE, FIRST_KEY, OWNER, STAFFED, a_workspace, moment, recorded
from tests.support.given_when_then import given, locs_of


def an_owner(**given_):
    user = User(id="usr_owner", name="Olga", email="olga@example.com", role="owner", assigned_only=False, active=True)
    return AddUser(user=replace(user, **given_), key=FirstKey("key_1", "5e88"))


def changing(user_id, **fields):
    return ChangeUser(user_id=user_id, change=UserFields(**fields), at=moment(9))


def issued_by(actor, **fields):
    return recorded(KeyIssued(user_id="usr_member", **fields), cause=replace(CAUSE, actor=actor))


def test_a_new_user_has_a_key_whose_hash_alone_is_stored():
    state = given(USERS, a_workspace()).when(an_owner()).then(OWNER, FIRST_KEY).state
    assert state.users["usr_owner"].email == "olga@example.com"
    assert list(state.keys) == ["5e88"]
    assert state.holder_of("5e88", moment(9)) == state.users["usr_owner"]
    assert state.holder_of("other", moment(9)) is None


def test_users_have_an_email_of_their_own_in_any_case():
    refusal = given(USERS, *STAFFED).when(an_owner(id="usr_2", email="OLGA@example.com")).refused(UserExistsError)
    assert refusal.members == {"user_id": "usr_owner"}


def test_a_users_external_id_is_theirs_alone_and_they_need_no_key_R54():
    given_ = UserExternalIdGiven(user_id="usr_owner", external_id="crm-1")
    keyless = AddUser(user=an_owner(external_id="crm-1").user)
    after = given(USERS, a_workspace()).when(keyless).then(OWNER, given_)
    assert after.state.users["usr_owner"].external_id == "crm-1"
    taken = after.when(an_owner(id="usr_2", email="eve@example.com", external_id="crm-1")).refused(UserExistsError)
    assert taken.members == {"user_id": "usr_owner"}
    staffed = given(USERS, *STAFFED, given_)
    assert staffed.when(changing("usr_member", external_id="crm-1")).refused(UserExistsError).members == {"user_id": "usr_owner"}
    staffed.when(changing("usr_owner", external_id="crm-1")).nothing()
    none = UserExternalIdGiven(user_id="usr_owner", external_id=None)
    freed = staffed.when(changing("usr_owner", external_id=None)).then(none)
    freed.when(changing("usr_member", external_id="crm-1")).then(UserExternalIdGiven(user_id="usr_member", external_id="crm-1"))


def test_addresses_that_only_fold_to_one_another_are_two_users():
    staffed = given(USERS, *STAFFED, UserAdded(user_id="usr_3", name="Kim", email="strasse@example.com", role="member"))
    events = USERS.decide(an_owner(id="usr_2", email="stra\u00dfe@example.com"), staffed.state)
    assert events[0].email == "stra\u00dfe@example.com"


def test_no_role_change_leaves_the_owners_without_a_working_key_R23():
    second = UserRoleChanged(user_id="usr_member", role="owner", assigned_only=False)
    demote = changing("usr_owner", role="member")
    given(USERS, *STAFFED, FIRST_KEY, second).when(demote).refused(LastKeyError)


def test_a_new_owners_keys_end_unless_an_owner_or_the_operator_issued_them_R23():
    admin = UserAdded(user_id="usr_admin", name="Ada", email="ada@example.com", role="admin")
    keys = [
        issued_by(Actor("user", "usr_owner"), key_id="key_2", key_hash="02"),
        issued_by(Actor("user", "usr_admin"), key_id="key_3", key_hash="03"),
        issued_by(Actor("user", "usr_member"), key_id="key_4", key_hash="04"),
        issued_by(Actor("process", "cli"), key_id="key_5", key_hash="05"),
    ]
    promote = changing("usr_member", role="owner")
    after = given(USERS, *STAFFED, admin, FIRST_KEY, *keys).when(promote).then(
        KeyRevoked(key_id="key_3"),
        KeyRevoked(key_id="key_4"),
        UserRoleChanged(user_id="usr_member", role="owner", assigned_only=False),
    )  # fmt: skip
    assert [key.id for key in after.state.keys_of("usr_member")] == ["key_2", "key_5"]
    demoted = after.when(changing("usr_member", role="admin")).then(
        UserRoleChanged(user_id="usr_member", role="admin", assigned_only=False)
    )  # fmt: skip
    assert len(demoted.state.keys_of("usr_member")) == 2


def test_a_user_has_an_existing_role_R20():
    stranger = an_owner(id="usr_2", email="eve@example.com", role="front desk")
    assert locs_of(given(USERS, *STAFFED).when(stranger).refused(InvalidRequestError)) == ["role"]
    unknown = changing("usr_member", role="front desk")
    assert locs_of(given(USERS, *STAFFED).when(unknown).refused(InvalidRequestError)) == ["role"]
    given(USERS, *STAFFED, RoleDefined(role="front desk", group_chat=True)).when(unknown).then(
        UserRoleChanged(user_id="usr_member", role="front desk", assigned_only=False)
    )


def test_a_user_is_restricted_to_assigned_data_and_keeps_their_role_R22():
    restrict = changing("usr_member", assigned_only=True)
    restricted = given(USERS, *STAFFED).when(restrict).then(
        UserRoleChanged(user_id="usr_member", role="member", assigned_only=True)
    )  # fmt: skip
    assert restricted.when(restrict).nothing().state.users["usr_member"].assigned_only


def test_a_workspace_always_has_an_owner_R23():
    demote = changing("usr_owner", role="member")
    assert locs_of(given(USERS, *STAFFED).when(demote).refused(InvalidRequestError)) == ["role"]
    second = UserRoleChanged(user_id="usr_member", role="owner", assigned_only=False)
    key = KeyIssued(key_id="key_2", user_id="usr_member", key_hash="77aa")
    given(USERS, *STAFFED, second, key).when(demote).then(UserRoleChanged(user_id="usr_owner", role="member", assigned_only=False))


def test_a_stranger_is_not_changed_as_a_user():
    given(USERS, *STAFFED).when(changing("usr_9", role="admin")).refused(NotFoundError)


# --- leaving, names and addresses

MEMBERS_KEYS = tuple(KeyIssued(key_id=f"key_{n}", user_id="usr_member", key_hash=f"0{n}") for n in (2, 3))


def test_a_deactivated_user_has_no_keys_and_gets_none_until_they_are_reactivated_R23():
    leave = changing("usr_member", active=False)
    left = given(USERS, *STAFFED, FIRST_KEY, *MEMBERS_KEYS).when(leave).then(
        KeyRevoked(key_id="key_2"),
        KeyRevoked(key_id="key_3"),
        UserDeactivated(user_id="usr_member"),
    )  # fmt: skip
    assert left.state.holder_of("02", moment(9)) is None
    issue = IssueKey(user_id="usr_member", key_id="key_4", key_hash="04", at=moment(9))
    given(WORKSPACE, *left.events).when(issue).refused(UserDeactivatedError)
    back = left.when(leave).nothing().when(changing("usr_member", active=True)).then(UserReactivated(user_id="usr_member"))
    assert back.state.keys_of("usr_member") == []


def test_the_last_active_owner_is_not_deactivated_R23():
    leave = changing("usr_owner", active=False)
    assert locs_of(given(USERS, *STAFFED, FIRST_KEY).when(leave).refused(InvalidRequestError)) == ["active"]
    second = (UserRoleChanged(user_id="usr_member", role="owner", assigned_only=False), *MEMBERS_KEYS)
    gone = UserDeactivated(user_id="usr_member")
    given(USERS, *STAFFED, FIRST_KEY, *second, gone).when(leave).refused(InvalidRequestError)
    given(USERS, *STAFFED, FIRST_KEY, *second).when(leave).then(KeyRevoked(key_id="key_1"), UserDeactivated(user_id="usr_owner"))


def test_a_user_gets_another_name_and_a_mailbox_that_nobody_else_has():
    change = changing("usr_member", name="Maxine", email="maxine@example.com")
    changed = given(USERS, *STAFFED).when(change).then(
        UserRenamed(user_id="usr_member", name="Maxine"),
        UserEmailChanged(user_id="usr_member", email="maxine@example.com"),
    )  # fmt: skip
    changed.when(change).nothing()
    changed.when(changing("usr_member", email="MAXINE@example.com")).then(
        UserEmailChanged(user_id="usr_member", email="MAXINE@example.com")
    )  # fmt: skip
    taken = changed.when(changing("usr_member", email="Olga@example.com")).refused(UserExistsError)
    assert taken.members == {"user_id": "usr_owner"}
