"""The stored tree: its tiles, which can be computed again from the events, and all checkpoints, which can't."""

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import Column, Connection, Integer, LargeBinary, Table, Text, bindparam, delete, func, insert, select

from groupchat.proof.checkpoint import read_checkpoint
from groupchat.proof.notes import Note
from groupchat.proof.tiles import Tile, TileReader
from groupchat.store.tables import BIG, METADATA

TILES = Table(
    "tiles",
    METADATA,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("number", BIG, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False, comment="up to 256 SHA-256 hashes"),
)

CHECKPOINTS = Table(
    "checkpoints",
    METADATA,
    Column("size", BIG, primary_key=True, autoincrement=False, comment="the number of events that it covers"),
    Column("note", Text, nullable=False, comment="signed note: the log's name, the size, the root, signatures"),
)

_TILES_IN_MEMORY = 256
_T, _C = TILES.c, CHECKPOINTS.c


def tiles_in(connection: Connection) -> TileReader:
    """Return a function that reads a tile in this transaction, each once, because proofs of many events need the same ones."""

    @lru_cache(maxsize=_TILES_IN_MEMORY)
    def read(level: int, number: int) -> bytes:
        found = connection.execute(select(_T.hashes).where(_T.level == level, _T.number == number)).scalar_one_or_none()
        return b"" if found is None else bytes(found)

    return read


_DELETE = delete(TILES).where(_T.level == bindparam("of_level"), _T.number == bindparam("of_number"))


def put(connection: Connection, tiles: Sequence[Tile]) -> None:
    """Store tiles, replacing earlier versions of them."""
    rows = {(each.level, each.number): each.hashes for each in tiles}  # a tile that grew and filled up comes twice
    if not rows:
        return
    # One by one, because SQLite reads the whole table for a list of pairs.
    connection.execute(_DELETE, [{"of_level": level, "of_number": number} for level, number in rows])
    connection.execute(
        insert(TILES), [{"level": level, "number": number, "hashes": hashes} for (level, number), hashes in rows.items()]
    )


def forget_tiles(connection: Connection) -> None:
    """Remove all tiles."""
    connection.execute(delete(TILES))


def tile_bytes(connection: Connection, level: int, first: int, last: int) -> bytes:
    """Return the hashes of successive tiles of a level, up to the first missing one."""
    query = select(_T.number, _T.hashes).where(_T.level == level, _T.number.between(first, last)).order_by(_T.number)
    parts: list[bytes] = []
    for number, hashes in connection.execute(query):
        if number != first + len(parts):
            break
        parts.append(bytes(hashes))
    return b"".join(parts)


# --- checkpoints


def newest_checkpoint(connection: Connection) -> Note | None:
    """Return the checkpoint that covers the most events."""
    newest = select(func.max(_C.size)).scalar_subquery()
    found = connection.execute(select(_C.note).where(_C.size == newest)).scalar_one_or_none()
    return None if found is None else Note.read(found)


def checkpoint_from(connection: Connection, size: int) -> Note | None:
    """Return the first checkpoint that covers at least this many events."""
    query = select(_C.note).where(_C.size >= size).order_by(_C.size).limit(1)
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else Note.read(found)


def checkpoint_texts(connection: Connection) -> list[str]:
    """Return every stored checkpoint, the oldest first."""
    return list(connection.execute(select(_C.note).order_by(_C.size)).scalars())


def keep_checkpoint(connection: Connection, note: Note) -> Note:
    """Store a checkpoint, with all its signatures so far, and return it.

    Raises `NoteError` if it contradicts a stored one: another root for the same number of events.
    """
    size = read_checkpoint(note).size
    found = connection.execute(select(_C.note).where(_C.size == size)).scalar_one_or_none()
    if found is not None:
        note = Note.read(found).with_signatures_of(note)
        connection.execute(delete(CHECKPOINTS).where(_C.size == size))
    connection.execute(insert(CHECKPOINTS), [{"size": size, "note": str(note)}])
    return note
