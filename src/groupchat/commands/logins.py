"""Logins: the credentials that a caller presents, and the user of a workspace whom they identify now."""

from datetime import datetime
from typing import Protocol

from groupchat.aggregates.workspace_state import User, Workspace
from groupchat.commands.streams import WORKSPACE
from groupchat.store.event_store import EventStore


class Login(Protocol):
    """An API key or a token. It can become invalid at any moment, so its user is looked up each time."""

    @property
    def workspace_id(self) -> str:
        """The workspace that it belongs to."""

    @property
    def id(self) -> str:
        """The user, as a key for rate limits; it grants no access."""

    def holder(self, state: Workspace, moment: datetime) -> User | None:
        """Return the user of the workspace whom the login identifies; none if it is not valid (any more)."""


def known(store: EventStore, login: Login) -> User | None:
    """Return the user as far as this process remembers, without a query."""
    state = store.remembered(WORKSPACE, login.workspace_id)
    return None if state is None else login.holder(state, store.now())


async def user_of(store: EventStore, login: Login) -> User | None:
    """Return the user; none if the login is not valid."""
    state = await store.load(WORKSPACE, login.workspace_id)
    user = None if state is None else login.holder(state, store.now())
    return user or await user_now(store, login)  # another process may have added it a moment ago


async def user_now(store: EventStore, login: Login) -> User | None:
    """Return the user, taking into account everything that is stored."""
    state = await store.load_fresh(WORKSPACE, login.workspace_id)
    return None if state is None else login.holder(state, store.now())
