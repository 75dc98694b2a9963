"""Users and their keys (R20, R22, R23). A key is shown once, in the response that issues it."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import asdict

from groupchat.aggregates.workspace_state import User
from groupchat.commands import keys, users
from groupchat.commands.caller import Caller
from groupchat.commands.users import ChangedUser
from groupchat.http.calls.answers import Answer, Written
from groupchat.http.calls.call import Call, Reading, Writing
from groupchat.http.calls.endpoint import endpoint
from groupchat.http.calls.lists import PageOf, page_of
from groupchat.http.calls.spec import Spec
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.bodies import read_external_id
from groupchat.http.inputs.parameters import PageQuery, UsersQuery, given, in_utc
from groupchat.http.inputs.workspace_bodies import KeyInput, UserChange, UserInput, UserPut
from groupchat.queries import users as queries
from groupchat.queries.rights import rights_of
from groupchat.queries.users import KeyShown
from groupchat.store.decision import Decision
from groupchat.values.errors import InvalidRequestError
from groupchat.values.event import Moment

ALL = "/v1/users"
ONE = "/v1/users/{user_id}"
KEYS = ONE + "/keys"


class UserWithKey(User, frozen=True, kw_only=True):
    """A new user, with a first key. A repeat of the request shows the user without it."""

    api_key: str | None


class ChangedUserShown(User, frozen=True, kw_only=True):
    """A changed user; `ended_keys` are the ids of the keys that ended with the change."""

    ended_keys: tuple[str, ...]


class KeyWithSecret(Struct, frozen=True, kw_only=True):
    """A key that was just issued. A repeat of the request shows it without the secret."""

    id: str
    label: str | None
    issued_at: Moment
    expires_at: Moment | None
    api_key: str | None


@endpoint(
    Spec(
        "POST",
        ALL,
        "Add a user",
        "users",
        status=201,
        location=ALL + "/{id}",
        body_examples={"member": examples.NEW_USER},
        example=examples.NEW_USER_SHOWN,
    ),
    refuses=("user-exists",),
    may=permits.manages,
)
async def add_user(call: Writing[UserInput]) -> Written[UserWithKey]:
    """Add a user with a role. Only this response shows the user's first key (R20, R23)."""
    return await call.run(_add, call.body)


async def _add(decision: Decision, who: Caller, new: UserInput) -> UserWithKey:
    added = await users.add_user(decision, who, new.user(decision.new_id("usr")))
    return UserWithKey(**asdict(added.user), api_key=added.api_key)


@endpoint(
    Spec("GET", ALL, "The users", "users", example=examples.page(examples.USER_SHOWN)),
)
async def list_users(call: Reading[UsersQuery]) -> Answer[PageOf[User]]:
    """List the workspace's users; a user who is restricted to assigned data sees only themselves (R22)."""
    found = await queries.list_users(call.store, call.who, given(call.query.external_id))
    return Answer(page_of(found, call.query.page, key=lambda user: user.id))


@endpoint(
    Spec("GET", ALL + "/me", "The caller", "users", example=examples.USER_SHOWN),
)
async def read_me(call: Call) -> Answer[User]:
    """Show the calling user."""
    return Answer((await rights_of(call.store, call.who)).user)


@endpoint(
    Spec("GET", ONE, "One user", "users", example=examples.USER_SHOWN),
    first=permits.sees_user,
)
async def read_user(call: Call) -> Answer[User]:
    """Show a user; a user who is restricted to assigned data sees only themselves (R22)."""
    return Answer(await queries.read_user(call.store, call.who, call.path["user_id"]))


@endpoint(
    Spec(
        "PATCH",
        ONE,
        "Change a user",
        "users",
        body_examples={"role": {"role": "admin"}, "assigned data only": {"assigned_only": True}, "leaver": {"active": False}},
        example=examples.CHANGED_USER_SHOWN,
    ),
    first=permits.sees_user,
    may=permits.manages,
    refuses=("last-key", "user-exists"),
)
async def change_user(call: Writing[UserChange]) -> Written[ChangedUserShown]:
    """Change a user's name, e-mail address or role, or whether they are restricted to assigned data or active (R20, R22).

    A user who is deactivated can't log in: their keys, tokens and event streams end at once. What they did, and what is assigned to
    them, stays. The last owner can't be deactivated.

    When a user becomes an owner, their keys that no owner issued end, because others may have seen them (R23).
    """
    return _changed(await call.run(users.change_user, call.path["user_id"], call.body.fields()))


@endpoint(
    Spec(
        "PUT",
        ALL + "/by-external-id/{external_id}",
        "Add or change a user by their external id",
        "users",
        body_examples={"user": {"name": "Max", "email": "max@example.com", "assigned_only": True}},
        example=examples.CHANGED_USER_SHOWN,
    ),
    may=permits.manages,
    refuses=("last-key", "user-exists"),
)
async def put_user(call: Writing[UserPut]) -> Written[ChangedUserShown]:
    """Change the user who has this id in another system, or add one (R54). Repeating the request changes nothing.

    A new user has no key. Issue one if they need it, or let them log in with a token of the identity provider.
    """
    body, external_id = call.body, read_external_id(call.path["external_id"])
    return _changed(await call.run(users.put_user, external_id, body.name, body.email, body.change()))


def _changed(changed: Written[ChangedUser]) -> Written[ChangedUserShown]:
    shown = ChangedUserShown(**asdict(changed.value.user), ended_keys=changed.value.ended_keys)
    return Written(value=shown, position=changed.position)


@endpoint(
    Spec(
        "POST",
        KEYS,
        "Issue a key",
        "users",
        status=201,
        body_examples={"forever": {}, "for a while": {"expires_at": "2030-01-01T00:00:00Z"}},
        body_may_be_missing=True,
        example=examples.NEW_KEY_SHOWN,
    ),
    first=permits.sees_user,
    may=permits.holds_keys,
    refuses=("too-many-keys", "user-deactivated"),
)
async def issue_key(call: Writing[KeyInput]) -> Written[KeyWithSecret]:
    """Issue another key: to yourself, or to anyone if you manage users. Only this response shows it. 20 keys can work at a time."""
    expires_at = None if call.body.expires_at is None else in_utc("expires_at", call.body.expires_at)
    if expires_at is not None and expires_at <= call.store.now():
        raise InvalidRequestError("expires_at", "Use a time in the future.")
    return await call.run(_issue, call.path["user_id"], expires_at, call.body.label)


async def _issue(decision: Decision, who: Caller, user_id: str, expires_at: datetime | None, label: str | None) -> KeyWithSecret:
    return KeyWithSecret(**asdict(await keys.issue_key(decision, who, user_id, expires_at, label)))


@endpoint(
    Spec("GET", KEYS, "A user's keys", "users", example=examples.page(examples.KEY_SHOWN)),
    first=permits.sees_user,
    may=permits.holds_keys,
)
async def list_keys(call: Reading[PageQuery]) -> Answer[PageOf[KeyShown]]:
    """List the keys that are not revoked, without their secrets: your own, or anyone's if you manage users."""
    found = await queries.keys_of(call.views, call.who, call.path["user_id"])
    return Answer(page_of(found, call.query.page, key=lambda shown: shown.id))


@endpoint(
    Spec("DELETE", KEYS + "/{key_id}", "Revoke a key", "users", status=204),
    first=permits.sees_user,
    may=permits.holds_keys,
    refuses=("last-key",),
)
async def revoke_key(call: Call) -> Written[None]:
    """Revoke a key. After this response, it is no longer valid. The last working key of the owners can't be revoked (R23)."""
    return await call.run(keys.revoke_key, call.path["user_id"], call.path["key_id"])
