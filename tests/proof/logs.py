"""Logs to prove things of: stored for real, with their tree and a checkpoint."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from groupchat.proof.growing import grow
from groupchat.proof.kept import checkpoint_texts
from groupchat.proof.notes import SigningKey, VerifierKey
from groupchat.proof.parts import hash_part
from groupchat.proof.signing import sign
from groupchat.proof.verifying import Report, opened_all, verify
from groupchat.store.database import Database
from tests.projections.histories import log_of, received, store_log
from tests.support.builders import a_group

KEY = SigningKey("example.com/log", bytes(range(32)))
GROUPS = 7


def fill(database: Database, count: int, *, first: int = 1) -> None:
    """Store so many events, of several groups that take turns."""
    story = [
        (f"cnv_{first + each % GROUPS}", a_group() if each < GROUPS else received(f"msg_{first + each}")) for each in range(count)
    ]
    store_log(database, log_of(story, first=first))


def fill_and_sign(database: Database, count: int, *, first: int = 1) -> str:
    """Store so many events and let the tree follow; return a checkpoint of them."""
    fill(database, count, first=first)
    grow(database, first + count - 1)
    return str(sign(database, KEY))


def look(
    connection: Connection, checkpoints: Sequence[str] = (), key: VerifierKey = KEY.verifier, since: str | None = None
) -> Report:
    """Verify what this transaction sees, with its own checkpoints and others."""
    found, faults = opened_all([*checkpoint_texts(connection), *checkpoints], key)
    (last,) = opened_all([since], key)[0] if since else (None,)
    report = verify(
        connection, lambda given: (hash_part(connection, each) for each in given), found, lambda _done, _total: None, last
    )
    return Report(report.events, report.matching, (*faults, *report.faults))


@contextmanager
def undone(database: Database) -> Iterator[Connection]:
    """Change the database in a transaction that is rolled back."""
    with database.write() as connection:
        trial = connection.begin_nested()
        yield connection
        trial.rollback()
