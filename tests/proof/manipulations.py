"""Manipulations of the log by somebody who can write to its database, at random; and a count of how many are found.

Run it as a script to try 1,000 of each kind: `python -m tests.proof.manipulations FOLDER 1000`.
"""

import random
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update

from groupchat.proof.checkpoint import Checkpoint, read_checkpoint
from groupchat.proof.growing import NAME
from groupchat.proof.kept import CHECKPOINTS, TILES, put
from groupchat.proof.leaf import leaf_hashes
from groupchat.proof.notes import Note, Signature, SigningKey
from groupchat.proof.tiles import Growing
from groupchat.proof.tree import leaf_hash, root_of
from groupchat.store.database import Database
from groupchat.store.positions import stand_at
from groupchat.store.rows import head, rows_between
from groupchat.store.schema import migrate
from groupchat.store.tables import STORED_EVENTS
from tests.proof.logs import fill_and_sign, look, undone

EVENTS = 300
"""More than a tile has."""
COLUMNS = ("originator_id", "originator_version", "topic", "state")
_T = STORED_EVENTS.c

Change = Callable[[Connection, random.Random], int | None]
"""Changes the database; returns the first position that is wrong, if it is an event that is."""


def byte_changed(connection: Connection, chance: random.Random) -> int:
    position, name = _any(connection, chance), chance.choice(COLUMNS)
    column = STORED_EVENTS.c[name]
    value = connection.execute(select(column).where(_T.id == position)).scalar_one()
    match value:
        case int():
            changed: object = value + chance.choice((-1, 1)) * chance.randint(1, 1_000) + 1_000_000
        case str():
            at = chance.randrange(len(value))
            changed = value[:at] + chance.choice([each for each in "abcxyz_-\n " if each != value[at]]) + value[at + 1 :]
        case _:
            at = chance.randrange(len(value))
            changed = value[:at] + bytes([value[at] ^ chance.randint(1, 255)]) + value[at + 1 :]
    _set(connection, position, **{name: changed})
    return position


def removed(connection: Connection, chance: random.Random) -> int:
    position = chance.randint(1, head(connection) - 1)
    connection.execute(delete(STORED_EVENTS).where(_T.id == position))
    return position


def removed_and_renumbered(connection: Connection, chance: random.Random) -> int:
    position = removed(connection, chance)
    _shift(connection, position, -1)
    return position


def swapped(connection: Connection, chance: random.Random) -> int:
    one, other = sorted(chance.sample(range(1, head(connection) + 1), 2))
    for old, new in ((one, -1), (other, one), (-1, other)):
        connection.execute(update(STORED_EVENTS).where(_T.id == old).values(id=new))
    return one


def inserted(connection: Connection, chance: random.Random) -> int:
    position = _any(connection, chance)
    row = connection.execute(select(STORED_EVENTS).where(_T.id == position)).one()._asdict()
    _shift(connection, position - 1, 1)
    row |= {"id": position, "originator_version": chance.randint(1_000, 2_000)}
    connection.execute(insert(STORED_EVENTS), [row])
    return position


def cut_off(connection: Connection, chance: random.Random) -> int:
    last = chance.randint(0, head(connection) - 1)
    connection.execute(delete(STORED_EVENTS).where(_T.id > last))
    return last + 1


def renumbered(connection: Connection, chance: random.Random) -> int:
    position = _any(connection, chance)
    _shift(connection, position - 1, chance.randint(1, 5))
    return position


def stream_forged(connection: Connection, chance: random.Random) -> int:
    stream = connection.execute(select(_T.originator_id).where(_T.id == _any(connection, chance))).scalar_one()
    rows = connection.execute(select(_T.id, _T.state).where(_T.originator_id == stream).order_by(_T.id)).all()
    for row in rows:
        _set(connection, row.id, state=row.state.replace(b'"ws":"', b'"ws":"%d' % chance.randint(0, 9)))
    return rows[0].id


def changed_with_the_tiles(connection: Connection, chance: random.Random) -> None:
    """Only checkpoints can show it."""
    byte_changed(connection, chance)
    _recompute_tiles(connection)


def cut_off_with_tiles_and_checkpoints(connection: Connection, chance: random.Random) -> int:
    """An earlier state of the database: only a checkpoint that somebody else has can show it."""
    first = cut_off(connection, chance)
    _recompute_tiles(connection)
    connection.execute(delete(CHECKPOINTS))
    stand_at(connection, NAME, first - 1)
    return first


def keys_exchanged(connection: Connection, chance: random.Random) -> None:
    """A history that is whole in itself, of another key."""
    changed_with_the_tiles(connection, chance)
    rows = leaf_hashes(rows_between(connection, 0, head(connection)))
    thief = SigningKey("example.com/log", chance.randbytes(32))
    note = Checkpoint(thief.name, len(rows), root_of(rows)).signed_with(thief)
    connection.execute(update(CHECKPOINTS).values(note=str(note)))


def checkpoint_forged(connection: Connection, chance: random.Random) -> None:
    """The key's own signature under another text, or another signature under the text."""
    note = Note.read(connection.execute(select(CHECKPOINTS.c.note)).scalar_one())
    (signature,) = note.signatures
    signed = read_checkpoint(note)
    match chance.randrange(3):
        case 0:
            signed = Checkpoint(signed.origin, signed.size, leaf_hash(chance.randbytes(8)))
        case 1:
            signed = Checkpoint(signed.origin, chance.randint(1, signed.size - 1), signed.root)
        case _:
            at = chance.randrange(4, len(signature.signed))
            raw = bytearray(signature.signed)
            raw[at] ^= chance.randint(1, 255)
            signature = Signature(signature.name, bytes(raw))
    connection.execute(update(CHECKPOINTS).values(note=str(Note(str(signed), (signature,)))))


KINDS: dict[str, Change] = {
    "a byte changed": byte_changed,
    "an event removed": removed,
    "an event removed, the rest renumbered": removed_and_renumbered,
    "two events swapped": swapped,
    "an event inserted": inserted,
    "the end cut off": cut_off,
    "the end cut off, with tiles and checkpoints": cut_off_with_tiles_and_checkpoints,
    "the rest renumbered": renumbered,
    "a whole stream forged": stream_forged,
    "a byte changed, with the tiles": changed_with_the_tiles,
    "keys exchanged": keys_exchanged,
    "a checkpoint forged": checkpoint_forged,
}


def found(database: Database, checkpoint: str, kind: str, trials: int) -> int:
    """Return how many of so many manipulations were found, and where, by somebody who has a checkpoint and the key."""
    count = 0
    for trial in range(trials):
        with undone(database) as connection:
            position = KINDS[kind](connection, random.Random(f"{kind} {trial}"))
            report = look(connection, [checkpoint])
        count += bool(report.faults) and (position is None or position in {each.position for each in report.faults})
    return count


def a_log(database: Database) -> str:
    """Fill an empty database; return a checkpoint of it."""
    return fill_and_sign(database, EVENTS)


def _any(connection: Connection, chance: random.Random) -> int:
    return chance.randint(1, head(connection))


def _set(connection: Connection, position: int, **values: object) -> None:
    connection.execute(update(STORED_EVENTS).where(_T.id == position).values(**values))


def _shift(connection: Connection, after: int, by: int) -> None:
    """Renumber all events above a position, in two steps, so that no number is taken twice."""
    connection.execute(update(STORED_EVENTS).where(_T.id > after).values(id=-_T.id))
    connection.execute(update(STORED_EVENTS).where(_T.id < 0).values(id=-_T.id + by))


def _recompute_tiles(connection: Connection) -> None:
    connection.execute(delete(TILES))
    rows = rows_between(connection, 0, head(connection))
    put(connection, Growing(0, lambda _level, _number: b"").add(leaf_hashes(rows)))


def main(folder: str, trials: int) -> None:
    """Try so many of each kind on a new SQLite database, and print how many were found."""
    path = Path(folder) / "manipulations.db"
    path.unlink(missing_ok=True)
    database = Database(f"sqlite:///{path}")
    migrate(database)
    checkpoint = a_log(database)
    counts = {}
    for kind in KINDS:
        counts[kind] = found(database, checkpoint, kind, trials)
        sys.stdout.write(f"{kind:<45} {counts[kind]:>6,} of {trials:,} found\n")
        sys.stdout.flush()
    with database.read() as connection:
        assert not look(connection, [checkpoint]).faults
    database.close()
    if set(counts.values()) != {trials}:
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
