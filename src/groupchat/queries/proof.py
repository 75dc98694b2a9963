"""Checkpoints, proofs and tiles for callers (R70). Tiles have hashes of all workspaces' events, and nothing else."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from groupchat.aggregates.sight import UNPUBLISHED
from groupchat.commands.caller import Caller
from groupchat.proof.kept import newest_checkpoint, tiles_in
from groupchat.proof.notes import Note
from groupchat.proof.proving import prove
from groupchat.proof.tiles import read_tile_path
from groupchat.proof.tree import HASH_BYTES
from groupchat.queries.rights import rights_of
from groupchat.queries.views import Views
from groupchat.store.event_store import EventStore
from groupchat.store.mapper import UnreadableEventError
from groupchat.values.errors import ExpectedError, NotFoundError

T = TypeVar("T")


async def checkpoint(views: Views, who: Caller) -> Note:
    """Return the newest checkpoint; raises `NotFoundError` if none is signed yet, `NotPermittedError` as all of these (R23)."""
    note = await _read(views, who, newest_checkpoint)
    if note is None:
        msg = "No checkpoint is signed yet. The operator of groupchat signs them (docs/proof.md)."
        raise NotFoundError(msg)
    return note


async def proof(views: Views, who: Caller, position: int) -> tuple[Note, str]:
    """Return a checkpoint and a proof that leads to it from the event at a position, with the event unless it has hidden fields.

    Raises `NotFoundError` for an event that is not the workspace's, that no checkpoint covers, or that is not as it was signed.
    """
    await _require_auditor(views, who)
    return await asyncio.to_thread(_proof, views.store, who, position)


async def tile(views: Views, who: Caller, level: str, path: str) -> bytes:
    """Return a tile's hashes; raises `NotFoundError` for a tile that does not exist."""
    number, width = read_tile_path(level, path) or (0, 0)
    hashes = await _read(views, who, lambda connection: tiles_in(connection)(int(level), number) if width else b"")
    if not 0 < width * HASH_BYTES <= len(hashes):
        msg = f"There is no tile/{level}/{path} (yet)."
        raise NotFoundError(msg)
    return hashes[: width * HASH_BYTES]


def _proof(store: EventStore, who: Caller, position: int) -> tuple[Note, str]:
    try:
        found = store.log.read(position - 1, 1).events
    except UnreadableEventError:
        found = []
    if not found or found[0].position != position or found[0].cause.workspace_id != who.workspace_id:
        msg = f"There is no event at position {position} in this workspace."
        raise NotFoundError(msg)
    try:
        with store.database.read() as connection:
            proved = prove(connection, position)
    except ExpectedError as error:
        raise NotFoundError(str(error)) from error
    return proved.checkpoint, proved.text(with_leaf=type(found[0].event) not in UNPUBLISHED)


async def _read(views: Views, who: Caller, read: Callable[[Connection], T]) -> T:
    def now() -> T:
        with views.store.database.read() as connection:
            return read(connection)

    await _require_auditor(views, who)
    return await asyncio.to_thread(now)


async def _require_auditor(views: Views, who: Caller) -> None:
    (await rights_of(views.store, who)).require_auditor()
