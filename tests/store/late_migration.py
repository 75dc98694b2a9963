"""A process that opens a database, and migrates it when it is told to: `python -m tests.store.late_migration URL`."""

import sys

from groupchat.store.database import Database
from groupchat.store.schema import migrate

if __name__ == "__main__":
    database = Database(sys.argv[1])
    print("ready", flush=True)  # noqa: T201 - a test waits for it
    sys.stdin.readline()
    migrate(database)
