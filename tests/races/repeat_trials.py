"""Processes that are killed between storing and answering, or at any moment: a repeated request gets the one response.

Each trial forks a process of the API that is sent message after message, each with a key of its own, and kills it: every other one
dies by itself when a transaction is on the disk and its answer is not yet made. Then everything is repeated, in a new process.
`python -m tests.races.repeat_trials URL [TRIALS]`, on an empty database of your own, migrates it and prints what became of it.
"""

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from itertools import count

import msgspec
from msgspec import Struct

from groupchat.aggregates.group_events import MessageSent
from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.schema import migrate
from tests.races.api_racer import client_of, send
from tests.store.following import log_to_stderr, opened
from tests.support.world import a_world

LONGEST_LIFE = 0.1
"""Seconds, counted from the first request."""


class Counted(Struct, frozen=True):
    """The results of the trials; `cut_off` requests were stored without a response. The last three should be 0."""

    trials: int
    begun: int
    answered: int
    cut_off: int
    lost: int
    doubled: int
    answered_otherwise: int


class Begun(Struct, frozen=True):
    """A request that was sent: its key, which is the message's body too, and its answer, if it came."""

    key: str
    answer: str | None


def run(url: str, trials: int) -> Counted:
    """Carry out the trials, repeat all of their requests, and examine the result."""
    database = Database(url)
    migrate(database)
    database.close()
    api_key, path = asyncio.run(_prepare(url))
    begun = [each for trial in range(trials) for each in _trial(url, api_key, path, trial)]
    return asyncio.run(_repeat(url, api_key, path, trials, begun))


async def _prepare(url: str) -> tuple[str, str]:
    async with opened(url) as store:
        world = await a_world(store)
        return world.key, f"/v1/conversations/{await world.group(1, 2)}/messages"


def _trial(url: str, api_key: str, path: str, trial: int) -> list[Begun]:
    """Let a process live until it dies, or is killed; return the requests that it was sent."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        asyncio.run(_live(url, api_key, path, trial, writing))
        os._exit(1)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        lines = [pipe.readline()]
        if trial % 2:
            time.sleep(random.random() * LONGEST_LIFE)
            os.kill(child, signal.SIGKILL)
        lines += pipe.readlines()
        os.waitpid(child, 0)
    words = [line.split() for line in lines if line.endswith("\n")]
    answers = {entry[1]: entry[2] for entry in words if entry[0] == "answered"}
    return [Begun(entry[1], answers.get(entry[1])) for entry in words if entry[0] == "begun"]


async def _live(url: str, api_key: str, path: str, trial: int, pipe: int) -> None:
    """Send messages, and say so before and after each, until killed."""
    async with opened(url) as store, client_of(store, api_key) as client:
        if trial % 2 == 0:
            left = iter(range(random.randrange(8), -1, -1))
            store.observe(lambda _appends, _seconds: None if next(left) else os._exit(9))  # the transaction is over, no more
        for n in count():
            key = f"{trial}-{n}"
            os.write(pipe, f"begun {key}\n".encode())
            response = await send(client, path, key)
            if response.status_code == 201:  # or the database is still busy with the one killed before
                os.write(pipe, f"answered {key} {response.content.hex()}\n".encode())


async def _repeat(url: str, api_key: str, path: str, trials: int, begun: list[Begun]) -> Counted:
    async with opened(url) as store:
        before = _messages(store)
        async with client_of(store, api_key) as client:
            again = [(await send(client, path, each.key)).content.hex() for each in begun]
        after = _messages(store)
    answered = [each for each in begun if each.answer is not None]
    return Counted(
        trials=trials,
        begun=len(begun),
        answered=len(answered),
        cut_off=sum(before[each.key] for each in begun) - len(answered),
        lost=sum(after[each.key] == 0 for each in begun) + sum(before[each.key] == 0 for each in answered),
        doubled=sum(number > 1 for number in after.values()),
        answered_otherwise=sum(each.answer not in (None, content) for each, content in zip(begun, again, strict=True)),
    )


def _messages(store: EventStore) -> Counter[str]:
    """Return how often each body was sent."""
    events = (recorded.event for recorded in store.log.read(0, 10_000_000).events)
    return Counter(event.body or "" for event in events if isinstance(event, MessageSent))


def main() -> None:
    """Carry out the trials of the command line, and print the count as JSON."""
    counted = run(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200)
    print(msgspec.json.encode(counted).decode())  # noqa: T201 - what it is run for
    if counted.lost or counted.doubled or counted.answered_otherwise:
        sys.exit(1)


if __name__ == "__main__":
    log_to_stderr()
    main()
