"""Preparing the demo workspace: its story is told on an empty database, and every start issues new keys."""

import asyncio
from datetime import timedelta

from msgspec import Struct

from groupchat.aggregates import workspace
from groupchat.aggregates.group_events import Created
from groupchat.aggregates.workspace_events import WorkspaceCreated
from groupchat.aggregates.workspace_state import User
from groupchat.bootstrap import System
from groupchat.commands import keys, workspaces
from groupchat.commands.caller import Caller
from groupchat.commands.keys import by_operator
from groupchat.commands.streams import WORKSPACE
from groupchat.demo import story
from groupchat.demo.clock import StoryClock
from groupchat.demo.story import Staff
from groupchat.demo.teller import Teller
from groupchat.store.event_store import EventStore
from groupchat.store.lease import Lease
from groupchat.values.errors import ExpectedError
from groupchat.values.ids import new_id

NAME, OWNER_EMAIL = "Demo", "owner@example.com"
_KEY_LIFE, _SIGN_IN_LIFE = timedelta(days=30), timedelta(days=1)


class OtherWorkspaceError(ExpectedError):
    """The database has a real workspace, which the demo does not touch."""


class NoHandsetsError(ExpectedError):
    """The carrier is a real one, and the demo must not text anyone."""


class Demo(Struct, frozen=True, kw_only=True):
    """The demo workspace: everything that a visitor needs.

    `api_key` is the owner's. `owners_sign_in` and `restricted_sign_in` are keys for one sign-in each.
    """

    workspace_id: str
    api_key: str
    owners_sign_in: str
    restricted_sign_in: str
    fresh: bool


async def prepare(system: System, clock: StoryClock) -> Demo:
    """Return the demo workspace, with its story if the store is empty, and with new keys. `clock` is the system's.

    If several processes start at once, one tells the story, and the others wait and use it. Raises `NoHandsetsError`,
    `OtherWorkspaceError`.
    """
    if system.simulator is None:
        msg = "The demo needs the simulated carrier. Leave GROUPCHAT_CARRIER unset."
        raise NoHandsetsError(msg)
    store, teller = system.store, Teller(system, system.simulator, clock)
    async with Lease(system.database, "demo", asyncio.Event()):
        try:
            workspace_id = await _workspace_id(store, clock)
            fresh = await _tell(store, teller, workspace_id)
        finally:
            clock.set_to_present()
    return Demo(
        workspace_id=workspace_id,
        api_key=await _key(store, workspace_id, OWNER_EMAIL, _KEY_LIFE),
        owners_sign_in=await _key(store, workspace_id, OWNER_EMAIL, _SIGN_IN_LIFE),
        restricted_sign_in=await _key(store, workspace_id, story.RESTRICTED, _SIGN_IN_LIFE),
        fresh=fresh,
    )


async def _workspace_id(store: EventStore, clock: StoryClock) -> str:
    """Return the id of the store's first workspace, which is created if there is none."""
    first = await asyncio.to_thread(next, store.log.each([WorkspaceCreated.TOPIC]), None)
    if first is not None:
        return first.stream
    clock.set_to(days_ago=32, hour=15)
    return (await store.run(by_operator(new_id("wsp")), workspaces.create_workspace, NAME, OWNER_EMAIL)).value.workspace_id


async def _tell(store: EventStore, teller: Teller, workspace_id: str) -> bool:
    """Tell the chapters that have not begun; return whether there were any."""
    owner = Caller(workspace_id, await _user(store, workspace_id, OWNER_EMAIL), new_id("req"))
    events = await asyncio.to_thread(list, store.log.each([Created.TOPIC]))
    begun = {each.event.name for each in events if isinstance(each.event, Created)}
    left = [tell for name, tell in story.CHAPTERS.items() if name not in begun]
    if len(left) == len(story.CHAPTERS):
        await story.set_up(teller, owner)
    if left:
        rosa = Caller(workspace_id, await _user(store, workspace_id, story.RESTRICTED), new_id("req"))
        for tell in left:
            await tell(teller, Staff(owner, rosa))
    return bool(left)


async def _user(store: EventStore, workspace_id: str, email: str) -> User:
    state = workspace.existing(await store.load_fresh(WORKSPACE, workspace_id))
    found = [user for user in state.users.values() if user.email == email]
    if state.name != NAME or not found:
        msg = f"This database has your own workspace {state.name!r}. Use `groupchat serve`, or another GROUPCHAT_DATABASE_URL."
        raise OtherWorkspaceError(msg)
    return found[0]


async def _key(store: EventStore, workspace_id: str, email: str, life: timedelta) -> str:
    """Issue a key to a user."""
    user_id = (await _user(store, workspace_id, email)).id
    expires_at = store.now() + life
    return (await store.run(by_operator(workspace_id), keys.issue_by_operator, user_id, expires_at)).value.api_key
