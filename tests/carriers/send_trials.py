"""Messages that are handed to each carrier in trouble of every kind: each phone gets a text once, or the text is `unconfirmed`.

Calls are cut off, lost, refused, late, or answered with nonsense. The process dies before or after a call, and begins again without
its memory. Receipts come twice and in the wrong order. The carriers are the fakes of the contract (`benches.py`).

`python -m tests.carriers.send_trials FOLDER [MESSAGES]` prints what became of the messages. It exits with 1 if a text arrived twice
or was lost without a word. `make chaos` sends 100,000.
"""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from groupchat.aggregates import delivery
from groupchat.carriers.port import Receipt
from groupchat.commands import conversations
from groupchat.commands.conversations import Draft
from groupchat.commands.inbound import CarrierInbox
from groupchat.commands.streams import DELIVERY
from groupchat.processes.delivery import DeliveryProcess
from groupchat.processes.process import PutOffError
from groupchat.store.schema import migrated_database
from groupchat.values.event import Recorded
from tests.carriers.bench import Bench
from tests.carriers.benches import BENCHES, EVERY_TROUBLE, LONGEST_PATIENCE, Death, Dying, patience
from tests.carriers.doubles import HandClock
from tests.processes.fake_carrier import CrashError
from tests.store.following import log_to_stderr, opened
from tests.support.builders import number
from tests.support.world import World, a_world

GROUPS = 40
"""The number of conversations, each of two people. One message of each is under way at a time."""
MOST_ROUNDS = 4
"""The maximum number of calls of each message that meet trouble."""
CALM_ROUNDS = 3


class Trials(Struct):
    """What became of the messages of one carrier, counted for each phone. `twice` and `lost` must be 0."""

    carrier: str
    messages: int = 0
    once: int = 0
    refused: int = 0
    unconfirmed: int = 0
    twice: int = 0
    lost: int = 0
    """It did not arrive, and its status does not say so."""
    deaths: int = 0
    calls_in_trouble: Counter[str] = msgspec.field(default_factory=Counter)


async def trials(url: str, name: str, messages: int) -> Trials:
    """Send messages to one carrier, in an empty database."""
    clock, found = HandClock(), Trials(name)
    async with opened(url, clock=clock) as store:
        bench = BENCHES[name](store.database, clock)
        world = await a_world(store)
        pairs = [(number(2 * n + 1), number(2 * n + 2)) for n in range(GROUPS)]
        groups = [await world.group(2 * n + 1, 2 * n + 2) for n in range(GROUPS)]
        while found.messages < messages:
            sent = [await _sent(world, group, f"{found.messages + n}") for n, group in enumerate(groups)]
            found.messages += len(sent)
            for _ in range(random.randint(1, MOST_ROUNDS)):
                await _trouble(bench, world, clock, random.sample(sent, random.randint(1, len(sent))), found)
            await bench.trouble(None)
            for _ in range(CALM_ROUNDS):
                await _react(bench, world, clock, sent, patience(None))
            await _judge(bench, world, sent, pairs, found)
    return found


async def _sent(world: World, group: str, body: str) -> Recorded:
    outcome = await world.run(conversations.send_message, group, Draft(body=body))
    return outcome.events[-1]


async def _trouble(bench: Bench, world: World, clock: HandClock, some: Sequence[Recorded], found: Trials) -> None:
    trouble, dies = random.choice(EVERY_TROUBLE), random.choice((None, None, "before", "after"))
    found.calls_in_trouble[trouble or "none"] += len(some)
    await bench.trouble(trouble)
    found.deaths += await _react(bench, world, clock, some, patience(trouble), dies)
    inbox = CarrierInbox(world.store, bench.carrier.name)
    for recorded in random.sample(some, len(some) // 4):
        for phone in recorded.event.recipients[:1]:
            if recorded.event.body in await bench.phone(phone):
                for status in random.sample(("sent", "delivered", "delivered"), 3):
                    await bench.bring(Receipt(message_id=recorded.event.message_id, recipient=phone, status=status), inbox)


async def _react(
    bench: Bench, world: World, clock: HandClock, some: Sequence[Recorded], seconds: float, dies: Death | None = None
) -> int:
    """Let a process without memory handle messages, at once, with so many seconds for a call; return how many it died at."""
    process = DeliveryProcess(world.store, bench.carrier if dies is None else Dying(bench, dies), patience=seconds)
    ends = await asyncio.gather(*(process.react(recorded) for recorded in some), return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException) and not isinstance(end, PutOffError | CrashError):
            raise end
    await bench.arrive()
    clock.forward(2 * LONGEST_PATIENCE)  # what is under way arrives now, or never
    return sum(isinstance(end, CrashError) for end in ends)


async def _judge(bench: Bench, world: World, sent: Sequence[Recorded], pairs: Sequence[tuple[str, str]], found: Trials) -> None:
    for recorded, pair in zip(sent, pairs, strict=True):
        statuses = (await world.store.load_fresh(DELIVERY, delivery.stream(recorded.event.message_id))).statuses
        for phone in pair:
            received, status = (await bench.phone(phone)).count(recorded.event.body), statuses[phone]
            found.twice += received > 1
            if status == "unconfirmed":
                found.unconfirmed += 1
            elif received == 1:
                found.once += 1
            elif received == 0 and status == "failed":
                found.refused += 1
            elif received == 0:
                found.lost += 1


def main() -> None:
    """Carry out the trials of the command line, the same number for each carrier, and print the counts as JSON."""
    folder, messages = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000
    seed = random.randrange(1_000_000)
    random.seed(seed)
    print(f"seed {seed}", file=sys.stderr)  # noqa: T201 - repeats a run
    bad = False
    for place, name in enumerate(BENCHES):
        url = f"sqlite:///{folder}/sends{place}.db"
        migrated_database(url).close()
        found = asyncio.run(trials(url, name, messages // len(BENCHES)))
        print(msgspec.json.encode(found).decode(), flush=True)  # noqa: T201 - what it is run for
        bad = bad or found.twice > 0 or found.lost > 0
    sys.exit(bad)


if __name__ == "__main__":
    log_to_stderr()
    main()
