"""Queries of the read models, outside the event loop, and waiting for the read models."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, TypeVar

from msgspec import Struct
from sqlalchemy import Connection

from groupchat.commands.caller import Caller
from groupchat.projections import contacts, inbox, ledger
from groupchat.store.event_store import EventStore
from groupchat.store.progress import Progress
from groupchat.values.errors import RefusalError

RESTRICTING = (inbox.VIEW.name, contacts.VIEW.name, ledger.VIEW.name)
"""The views that decide what a restricted user sees in a list."""

P = ParamSpec("P")
R = TypeVar("R")


class ProjectionBehindError(RefusalError):
    """A view has not reached the position that the request asks for."""

    slug = "projection-behind"

    def __init__(self, position: int) -> None:
        super().__init__(f"This view does not show position {position} yet. Try again in a moment.")


class Views(Struct, frozen=True):
    """The sources of queries; `patience` is the time that they wait for a view, in seconds."""

    store: EventStore
    progress: Progress
    patience: float

    async def ask(self, query: Callable[Concatenate[Connection, P], R], *args: P.args, **given: P.kwargs) -> R:
        """Run a view's query in a transaction of its own."""

        def read() -> R:
            with self.store.database.read() as connection:
                return query(connection, *args, **given)

        return await asyncio.to_thread(read)

    async def wait_for(self, names: Sequence[str], position: int) -> None:
        """Wait until the named views have reached a position; raises `ProjectionBehindError` after `patience`."""
        if not await self.progress.wait_for(names, position, self.patience):
            raise ProjectionBehindError(position)

    async def sees_only(self, who: Caller) -> str | None:
        """Return the user to whose assigned data a caller's lists are restricted (R22), or none if they are not.

        Other users' contacts decide what a restricted user sees, so their lists wait until the views include everything that is
        stored. Raises `ProjectionBehindError`.
        """
        user_id = who.sees_only
        if user_id is not None:
            await self.wait_for(RESTRICTING, await asyncio.to_thread(self.store.log.head))
        return user_id
