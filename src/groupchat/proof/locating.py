"""Locating: what happened to the first wrong event, derived from the hashes that were recorded when the events were stored."""

from collections.abc import Iterator
from itertools import chain, islice

from msgspec import Struct
from sqlalchemy import Connection

from groupchat.proof.checkpoint import Checkpoint
from groupchat.proof.kept import tile_bytes
from groupchat.proof.leaf import leaf_hashes
from groupchat.proof.tiles import WIDTH, split, tile_path
from groupchat.proof.tree import root_of
from groupchat.store.rows import rows_between

_TILES_AT_ONCE = 64


class Finding(Struct, frozen=True):
    """A finding in words, and its first position, if known."""

    says: str
    position: int | None = None


def tiles_lead_to(connection: Connection, checkpoint: Checkpoint) -> bool:
    """Return whether the recorded hashes of events lead to a signed checkpoint."""
    recorded = chain.from_iterable(hashes for _, hashes in _recorded(connection))
    return root_of(list(islice(recorded, checkpoint.size))) == checkpoint.root


def cut_off(missing: int, head: int, size: int, by: str) -> Finding:
    """Return that an event is missing, in the middle or at the end."""
    if missing <= head:
        return Finding(f"There is no event at position {missing:,}: it was removed.", missing)
    says = (
        f"The log ends at position {head:,}, but {by} has {size:,}: events were cut off at the end, or the database was restored "
        "from before."
    )
    return Finding(says, missing)


def wrong_tile(level: int, number: int) -> Finding:
    """Return that a tile is wrong where the events are right."""
    path = tile_path(level, number)
    says = (
        f"{path} is missing, or is not what it was: the events lead to the checkpoints without it. Run `groupchat audit rebuild` "
        "to compute the tiles again."
    )
    return Finding(says)


def first_wrong(connection: Connection, position: int, wrong: int, covered: str) -> Finding:
    """Return what happened to an event whose hash differs from the recorded one."""
    more = f" {wrong:,} events in all are not where they were, or not what they were." if wrong > 1 else ""
    return Finding(f"{_how(connection, position)} It is one {covered}.{more}", position)


def _how(connection: Connection, position: int) -> str:
    own, after = (_stored(connection, each) for each in (position, position + 1))
    named = f"The event at position {position:,} ({_named(connection, position)})"
    before = _recorded_at(connection, position)
    other = None if own is None else _found(connection, own)
    if other is not None and _stored(connection, other) == before:
        return f"The events at positions {position:,} and {other:,} were swapped."
    if other == position + 1:
        return f"The event that was at position {position:,} was removed, and those after it were renumbered."
    if other is not None:
        return f"At position {position:,} is the event that was at position {other:,}."
    if after is not None and after == before:
        return f"{named} was inserted: the one that was there has moved up, as have those after it."
    return f"{named} was changed."


def _named(connection: Connection, position: int) -> str:
    """Return an event's id and wire name, as they are stored by now."""
    (row,) = rows_between(connection, position - 1, position)
    return f"{row.stream.decode(errors='replace')}/{row.version}, {row.type.decode(errors='replace')}"


def _stored(connection: Connection, position: int) -> bytes | None:
    return next(iter(leaf_hashes(rows_between(connection, position - 1, position))), None)


def _recorded_at(connection: Connection, position: int) -> bytes | None:
    number, at = divmod(position - 1, WIDTH)
    hashes = split(tile_bytes(connection, 0, number, number))
    return hashes[at] if at < len(hashes) else None


def _found(connection: Connection, hashed: bytes) -> int | None:
    """Return the position for which a hash was recorded."""
    for first, hashes in _recorded(connection):
        if hashed in hashes:
            return first + hashes.index(hashed)
    return None


def _recorded(connection: Connection) -> Iterator[tuple[int, list[bytes]]]:
    """Return all recorded hashes, in pieces with the position of the first."""
    first = 0
    while hashes := list(split(tile_bytes(connection, 0, first, first + _TILES_AT_ONCE - 1))):
        yield first * WIDTH + 1, hashes
        first += _TILES_AT_ONCE
        if len(hashes) < _TILES_AT_ONCE * WIDTH:
            return
