"""Online rebuilds that are killed at random moments: readers see the complete old view or the new one, and never go back.

Each trial lets the view hold something stale, forks a process that rebuilds it, kills it, looks, and then goes on with it or drops
it, in turn. `python -m tests.projections.online_trials URL [TRIALS]`, on an empty database of your own, migrates it and prints what
became of it; it exits with 1 if anything was mixed, behind, wrong or left over.
"""

import asyncio
import os
import random
import signal
import sys
import time
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import inspect, update

from groupchat.projections import inbox
from groupchat.projections.online import Pace, drop_shadow, rebuild_online
from groupchat.store.database import Database
from groupchat.store.positions import lock, statuses
from groupchat.store.schema import migrate
from tests.projections.histories import follow, log_of, received, store_log, tables_of
from tests.store.following import log_to_stderr, opened
from tests.support.builders import a_group

VIEW = inbox.VIEW
GROUPS = 250
STALE = "{}"
SMALL = Pace(batch=100, near=50)


class Counted(Struct, frozen=True):
    """The results of the trials; in `killed` of them the process was killed. All later fields should be 0."""

    trials: int
    killed: int
    mixed: int
    """The number of killed processes that left something that is neither the old view nor the new one."""
    behind: int
    """The number of times that the view was left at a lower position than before."""
    wrong: int
    """The number of times that the view was wrong after it was resumed, or changed after it was dropped."""
    left: int
    """The number of times that something was left over after that."""


def silent(_done: int, _total: int) -> None:
    """Show no progress."""


def leftovers(database: Database) -> list[str]:
    """Return the remains of any shadow."""
    if database.path is not None:
        return [file.name for file in database.path.parent.iterdir() if f"{database.path.name}-rebuild" in file.name]
    with database.read() as connection:
        return [name for name in inspect(connection).get_schema_names() if name.startswith("groupchat_")]


def run(url: str, trials: int) -> Counted:
    """Carry out the trials."""
    right = asyncio.run(_prepare(url))
    begun = time.monotonic()
    asyncio.run(_rebuild(url))
    longest = time.monotonic() - begun
    seen = [_trial(url, right, longest, resume=n % 2 == 0) for n in range(trials)]
    found = {name: sum(one[name] for one in seen) for name in ("killed", "mixed", "behind", "wrong", "left")}
    return Counted(trials=trials, **found)


async def _prepare(url: str) -> dict[str, Any]:
    log = log_of([event for n in range(GROUPS) for event in ((f"cnv_{n}", a_group()), (f"cnv_{n}", received(f"msg_{n}")))])
    async with opened(url) as store:
        migrate(store.database)
        store_log(store.database, log)
        await follow(store.database, VIEW, log)
        return tables_of(store.database, VIEW)


async def _rebuild(url: str) -> None:
    async with opened(url) as store:
        await rebuild_online(store, VIEW, silent, pace=SMALL)


def _trial(url: str, right: dict[str, Any], longest: float, *, resume: bool) -> dict[str, bool]:
    stale, head = _make_stale(url)
    child = os.fork()
    if child == 0:
        asyncio.run(_rebuild(url))
        os._exit(0)
    time.sleep(random.random() * longest)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return asyncio.run(_look(url, stale, right, head, resume=resume)) | {"killed": os.WIFSIGNALED(status)}


def _make_stale(url: str) -> tuple[dict[str, Any], int]:
    """Put rows into the view that no fold gives; return them, and its position."""
    database = Database(url)
    with database.write() as connection:
        connection.execute(update(inbox.INBOX).values(doc=STALE))
    held = tables_of(database, VIEW), statuses(database)[VIEW.name].position
    database.close()
    return held


async def _look(url: str, stale: dict[str, Any], right: dict[str, Any], head: int, *, resume: bool) -> dict[str, bool]:
    async with opened(url) as store:
        database = store.database
        with database.write() as connection:  # waits for the end of what a server may still do for the killed
            position = lock(connection, VIEW.name).position
        shown = tables_of(database, VIEW)
        if resume:
            await rebuild_online(store, VIEW, silent, pace=SMALL)
        else:
            await drop_shadow(store, VIEW)
        return {
            "mixed": shown not in (stale, right),
            "behind": position < head,
            "wrong": tables_of(database, VIEW) != (right if resume else shown),
            "left": bool(leftovers(database)),
        }


def main() -> None:
    """Carry out what the command line asks for, and print the count as JSON."""
    counted = run(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100)
    print(msgspec.json.encode(counted).decode())  # noqa: T201 - what it is run for
    if counted.mixed or counted.behind or counted.wrong or counted.left:
        sys.exit(1)


if __name__ == "__main__":
    log_to_stderr()
    main()
