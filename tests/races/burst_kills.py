"""kill -9 within a burst of texts: whatever was acknowledged is stored, and after the carrier's repeats each text is stored once.

A process takes a few rounds of texts that come together, and is killed before or after one of its commits. After a commit, all
texts of the round are stored and none is acknowledged. Then the carrier posts all texts again.

`python -m tests.races.burst_kills URL`, on an empty database of your own, prints the counts. It exits with 1 if a text was lost or
doubled.
"""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import count
from typing import Literal, get_args

import msgspec
from msgspec import Struct

from groupchat.aggregates.group_events import InboundReceived
from groupchat.carriers.port import Inbound
from groupchat.commands.carrier_inbox import Arrivals, CarrierInbox
from groupchat.store.event_store import EventStore
from groupchat.store.schema import migrated_database
from tests.store.following import log_to_stderr, opened
from tests.support.builders import BUSINESS, number
from tests.support.statements import before_commits
from tests.support.world import CARRIER, a_world

Moment = Literal["before", "after"]
ROUNDS = 3
PEOPLE = range(100, 120)
"""Each of them writes in each round, in the same group with another one."""


class Found(Struct):
    """What became of the texts. `lost` and `doubled` must be 0."""

    kills: dict[Moment, int]
    acknowledged: int = 0
    stored_unacknowledged: int = 0
    """The texts that a process stored but had not acknowledged when it was killed."""
    stored: int = 0
    lost: int = 0
    doubled: int = 0


def run(url: str) -> Found:
    """Kill a process at each commit, until there is no further one; count the texts."""
    migrated_database(url).close()
    asyncio.run(_prepare(url))
    found = Found(dict.fromkeys(get_args(Moment), 0))
    for moment in get_args(Moment):
        for commit in count(1):
            killed, acknowledged = _killed(url, f"{moment} {commit}", moment, commit)
            asyncio.run(_repeat(url, f"{moment} {commit}", acknowledged, found))
            if not killed:
                break
            found.kills[moment] += 1
    return found


def _killed(url: str, trial: str, moment: Moment, commit: int) -> tuple[bool, set[str]]:
    """Let a process take the texts of a trial; return whether it was killed, and what it had acknowledged."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        asyncio.run(_take(url, trial, moment, commit, writing))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        acknowledged = set(pipe.read().split("\n")) - {""}
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and status != 0:
        msg = f"a process failed with {status}"
        raise RuntimeError(msg)
    return os.WIFSIGNALED(status), acknowledged


async def _take(url: str, trial: str, moment: Moment, commit: int, pipe: int) -> None:
    async with opened(url) as store:
        left = iter(range(commit - 1, -1, -1))

        def reached(*_: object) -> None:
            if next(left) == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        if moment == "before":
            before_commits(store.database, reached)
        else:
            store.observe(reached)
        for round_ in range(ROUNDS):
            for each in await _posted(store, _texts(trial, round_)):
                os.write(pipe, f"{each}\n".encode())


async def _repeat(url: str, trial: str, acknowledged: set[str], found: Found) -> None:
    """Look at what is stored, and post all texts of a trial again, as a carrier does that got no response to some."""
    texts = [text for round_ in range(ROUNDS) for text in _texts(trial, round_)]
    ids = {text.carrier_message_id for text in texts}
    async with opened(url) as store:
        before = ids & set(await _stored(store))
        await _posted(store, texts)
        after = await _stored(store)
    found.acknowledged += len(acknowledged)
    found.stored_unacknowledged += len(before - acknowledged)
    found.stored += len(ids & set(after))
    found.lost += len(acknowledged - before) + len(ids - set(after))
    found.doubled += sum(times - 1 for times in after.values())


async def _posted(store: EventStore, texts: Sequence[Inbound]) -> list[str]:
    """Take texts that come together; return their ids when they are acknowledged."""
    arrivals = Arrivals(store)
    await asyncio.gather(*(CarrierInbox(arrivals, CARRIER).inbound(text) for text in texts))
    return [text.carrier_message_id for text in texts]


async def _stored(store: EventStore) -> Counter[str]:
    log = await asyncio.to_thread(store.log.read, 0, 1_000_000)
    return Counter(each.event.carrier_message_id for each in log.events if isinstance(each.event, InboundReceived))


def _texts(trial: str, round_: int) -> list[Inbound]:
    return [
        Inbound(
            from_=number(n),
            to=BUSINESS,
            group=(number(n + 100),),
            body=f"Round {round_}",
            media=(),
            carrier_message_id=f"{trial}/{round_}/{n}",
        )
        for n in PEOPLE
    ]


async def _prepare(url: str) -> None:
    async with opened(url) as store:
        world = await a_world(store)
        for n in PEOPLE:
            await world.group(n, n + 100)


def main() -> None:
    """Carry out the trials of the command line, and print the counts as JSON."""
    found = run(sys.argv[1])
    print(msgspec.json.encode(found).decode())  # noqa: T201 - what it is run for
    sys.exit(found.lost > 0 or found.doubled > 0)


if __name__ == "__main__":
    log_to_stderr()
    main()
