"""Parts of the log, hashed one by one in any number of processes. The result of a part is a few hashes."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from multiprocessing import get_context
from typing import ClassVar

from msgspec import Struct
from sqlalchemy import Connection

from groupchat.proof.growing import first_missing
from groupchat.proof.kept import tile_bytes
from groupchat.proof.leaf import leaf_hashes
from groupchat.proof.tiles import HEIGHT, split
from groupchat.proof.tree import full_nodes, root_of
from groupchat.store.database import Database
from groupchat.store.rows import rows_between

PART = 1 << 12
"""The number of events in a part: whole tiles, so that few hashes represent it."""

Nodes = Sequence[tuple[int, bytes]]
"""Heights and hashes of full nodes, from left to right."""


class Task(Struct, frozen=True):
    """The work: the events after a position up to another, and the positions between at which a root is needed."""

    after: int
    upto: int
    cuts: tuple[int, ...] = ()


class Part(Struct, frozen=True):
    """The nodes of a part, computed from its events.

    `missing` is the first position without an event; the nodes do not include later events. `first_wrong` is the first position
    whose event's hash differs from the one in the tile, or has none there, and `wrong` is the number of such events.
    """

    upto: int
    nodes: Nodes
    missing: int | None
    first_wrong: int | None
    wrong: int


def tasks(after: int, head: int, cuts: Sequence[int]) -> list[Task]:
    """Return parts that cover the log after a position, each with the cuts in it."""
    starts = [after, *range((after // PART + 1) * PART, head, PART)]
    ends = [*starts[1:], head]
    return [
        Task(start, end, tuple(cut for cut in cuts if start < cut < end))
        for start, end in zip(starts, ends, strict=True)
        if start < end
    ]


def hash_part(connection: Connection, task: Task) -> Part:
    """Hash a part of the log."""
    rows = rows_between(connection, task.after, task.upto)
    missing = first_missing(rows, task.after, task.upto)
    upto = task.upto if missing is None else missing - 1
    found = leaf_hashes(rows[: upto - task.after])
    tiles = split(tile_bytes(connection, 0, task.after >> HEIGHT, (task.upto - 1) >> HEIGHT))
    offset = task.after % (1 << HEIGHT)
    recorded = tiles[offset : offset + task.upto - task.after]
    wrong = [at for at, hashed in enumerate(found) if at >= len(recorded) or recorded[at] != hashed]
    return Part(
        upto=upto,
        nodes=_nodes(found, task),
        missing=missing,
        first_wrong=task.after + 1 + wrong[0] if wrong else None,
        wrong=len(wrong),
    )


def _nodes(hashes: Sequence[bytes], task: Task) -> Nodes:
    """Return the full nodes that cover these leaves. At each cut, one ends."""
    end = task.after + len(hashes)
    edges = [task.after, *(cut for cut in task.cuts if cut < end), end]
    return [
        (height, root_of(hashes[(index << height) - task.after : ((index + 1) << height) - task.after]))
        for start, stop in pairwise(edges)
        for height, index in full_nodes(start, stop)
    ]


# --- in several processes

Hash = Callable[[Sequence[Task]], Iterator[Part]]
"""Hashes parts, and returns the results in their order."""


@contextmanager
def hashing(database: Database, processes: int) -> Iterator[Hash]:
    """Hash in this many processes, each with its own connection."""
    if processes == 1:
        yield lambda given: (_on(database, task) for task in given)
        return
    url = database.url.render_as_string(hide_password=False)
    with ProcessPoolExecutor(processes, get_context("spawn"), _Worker.open, (url,)) as pool:
        yield lambda given: pool.map(_Worker.hash, given)


def _on(database: Database, task: Task) -> Part:
    with database.read() as connection:
        return hash_part(connection, task)


class _Worker:
    """The database of a hashing process."""

    database: ClassVar[Database]

    @classmethod
    def open(cls, url: str) -> None:
        cls.database = Database(url)

    @classmethod
    def hash(cls, task: Task) -> Part:
        return _on(cls.database, task)
