"""An import that stops while it stores, and waits to be killed: `python -m tests.moving.stuck_import URL FILE`."""

import sys
from pathlib import Path

from groupchat.moving.importing import check, store
from groupchat.store.archive import Archive
from groupchat.store.database import Database
from tests.moving.exports import quietly

STOPS_AT = 2_000


def stop(done: int, total: int) -> None:
    """Say how far it is, and go no further."""
    if done == STOPS_AT:
        print(f"{done} of {total}", flush=True)  # noqa: T201 - a test waits for it
        sys.stdin.read()


if __name__ == "__main__":
    database = Database(sys.argv[1])
    with Path(sys.argv[2]).open("rb") as file:
        store(database, file, check(Archive(database), file, quietly), stop)
