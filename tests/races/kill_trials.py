"""Processes that are killed at random moments: their acknowledged writes are stored, and their follower's work is complete.

Each trial forks a process that sends, writes and follows, and kills it. `python -m tests.races.kill_trials URL [TRIALS]`, on an
empty database of your own, migrates it and prints what became of it; it exits with 1 if anything was lost, doubled or broken.
"""

import asyncio
import os
import random
import signal
import sys
import time
from itertools import count

import msgspec
from msgspec import Struct

from groupchat.store.database import Database
from groupchat.store.follower import Follower
from groupchat.store.refusals import UnavailableError
from groupchat.store.schema import migrate
from tests.store.following import METADATA, Keeping, log_to_stderr, opened, seen
from tests.support.checks import broken
from tests.support.world import MESSAGES, World, a_caller, a_world

LANES = 8
LONGEST_LIFE = 0.25
"""Seconds, counted from the first acknowledgement."""


class Counted(Struct, frozen=True):
    """The results of the trials. All but the first three should be 0."""

    trials: int
    acknowledged: int
    stored: int
    lost: int
    doubled: int
    not_followed: int
    followed_twice: int
    broken: int


def run(url: str, trials: int) -> Counted:
    """Carry out the trials, and examine the result."""
    database = Database(url)
    migrate(database)
    METADATA.create_all(database.engine)
    database.close()
    key, groups = asyncio.run(_prepare(url))
    acknowledged = [message_id for _ in range(trials) for message_id in _trial(url, key, groups)]
    counted = asyncio.run(_look(url, trials, acknowledged))
    METADATA.drop_all(database.engine)
    database.close()
    return counted


def _trial(url: str, key: str, groups: list[str]) -> list[str]:
    """Let a process live for a moment; return the ids of the messages that it acknowledged."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        asyncio.run(_live(url, key, groups, writing))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        first = pipe.readline()
        time.sleep(random.random() * LONGEST_LIFE)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        lines = [first, *pipe.readlines()]
    return [line.strip() for line in lines if line.endswith("\n")]


async def _prepare(url: str) -> tuple[str, list[str]]:
    async with opened(url) as store:
        world = await a_world(store)
        return world.key, [await world.group(n, n + 100) for n in range(100, 104)]


async def _live(url: str, key: str, groups: list[str], pipe: int) -> None:
    """Send, write and follow, and print what was acknowledged, until killed."""
    async with opened(url) as store:
        world = World(store=store, who=await a_caller(store, key), key=key)
        following = asyncio.create_task(Follower(store, Keeping(store.database)).run(asyncio.Event()))
        await asyncio.gather(following, *(_lane(world, groups, lane, pipe) for lane in range(LANES)))


async def _lane(world: World, groups: list[str], lane: int, pipe: int) -> None:
    for n in count():
        try:
            if n % 5 == lane % 5:
                message_id = (await world.writes(100 + lane % 4, f"{lane}/{n}")).value.message_id
            else:
                message_id = await world.send(groups[(lane + n) % len(groups)], f"{lane}/{n}")
        except UnavailableError:  # the database is still busy with the one killed before
            continue
        os.write(pipe, f"{message_id}\n".encode())


async def _look(url: str, trials: int, acknowledged: list[str]) -> Counted:
    async with opened(url) as store:
        follower = Follower(store, Keeping(store.database))
        while await follower.step():
            pass
        log = store.log.read(0, 10_000_000).events
        stored = [recorded.event.message_id for recorded in log if recorded.type in MESSAGES]
        followed = seen(store.database)
        return Counted(
            trials=trials,
            acknowledged=len(acknowledged),
            stored=len(stored),
            lost=len(set(acknowledged) - set(stored)),
            doubled=len(stored) - len(set(stored)),
            not_followed=len({recorded.position for recorded in log} - set(followed)),
            followed_twice=len(followed) - len(set(followed)),
            broken=len(broken(log)),
        )


def main() -> None:
    """Carry out the trials of the command line, and print the count as JSON."""
    counted = run(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200)
    print(msgspec.json.encode(counted).decode())  # noqa: T201 - what it is run for
    if counted.lost or counted.doubled or counted.not_followed or counted.followed_twice or counted.broken:
        sys.exit(1)


if __name__ == "__main__":
    log_to_stderr()
    main()
