"""Messages that are handed to each carrier in trouble of every kind: each phone gets a text or file once, or it is `unconfirmed`.

Calls are cut off, lost, refused, late, or answered with nonsense. The process dies before or after a call, and begins again without
its memory. Receipts come twice and in the wrong order. Many messages have files, which Twilio gets in parts: an upload and a post
for each. The carriers are the fakes of the contract (`benches.py`).

`python -m tests.carriers.send_trials FOLDER [MESSAGES]` prints what became of the messages. It exits with 1 if a text or a file
arrived twice, was lost without a word, or arrived although its status says that it did not. `make chaos` sends 100,000 messages.
"""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from groupchat.aggregates import delivery
from groupchat.aggregates.group_events import MessageSent
from groupchat.carriers.port import Receipt
from groupchat.commands import conversations
from groupchat.commands.carrier_inbox import Arrivals, CarrierInbox
from groupchat.commands.conversations import Draft
from groupchat.commands.streams import DELIVERY
from groupchat.media.folder import Folder
from groupchat.media.library import Library
from groupchat.processes.delivery import DeliveryProcess
from groupchat.processes.process import PutOffError
from groupchat.store.schema import migrated_database
from groupchat.values.event import Recorded
from tests.carriers.bench import Bench
from tests.carriers.benches import BENCHES, EVERY_TROUBLE, LONGEST_PATIENCE, Death, Dying, patience
from tests.carriers.doubles import HandClock
from tests.carriers.twilio.bench import TwilioBench
from tests.processes.fake_carrier import CrashError
from tests.store.following import log_to_stderr, opened
from tests.support.builders import number
from tests.support.world import World, a_world

POSTS, EVERYTHING = ("/Messages", "/Messages.json"), ("",)
"""The ends of the paths at Twilio that have the trouble: those that text somebody, or also those that create groups and upload."""
GROUPS = 40
"""The number of conversations, each of two people. One message of each is under way at a time."""
MOST_ROUNDS = 4
"""The maximum number of calls of each message that meet trouble."""
CALM_ROUNDS = 3


FILES = (0, 0, 0, 1, 2)
"""The numbers of files that a message can have."""


class Trials(Struct):
    """What became of the messages of one carrier: their texts and files, counted for each phone.

    `twice`, `lost` and `denied` must be 0.
    """

    carrier: str
    messages: int = 0
    files: int = 0
    in_parts: int = 0
    """The messages that the carrier got in parts."""
    once: int = 0
    refused: int = 0
    unconfirmed: int = 0
    twice: int = 0
    lost: int = 0
    """It did not arrive, and its status does not say so."""
    denied: int = 0
    """It arrived, and its status says that it did not."""
    deaths: int = 0
    calls_in_trouble: Counter[str] = msgspec.field(default_factory=Counter)

    @property
    def bad(self) -> bool:
        """Whether something became of a text or a file that must not."""
        return self.twice + self.lost + self.denied > 0


class Trial(Struct, frozen=True):
    """A carrier on its bench, and the workspace that sends."""

    bench: Bench
    world: World
    clock: HandClock
    library: Library


async def trials(url: str, folder: Path, name: str, messages: int) -> Trials:
    """Send messages to one carrier, in an empty database; files are kept in the folder."""
    clock, found = HandClock(), Trials(name)
    async with opened(url, clock=clock) as store:
        bench = BENCHES[name](store.database, clock)
        world = await a_world(store)
        trial = Trial(bench, world, clock, Library(Folder(folder), "https://chat.example.com/media/"))
        pairs = [(number(2 * n + 1), number(2 * n + 2)) for n in range(GROUPS)]
        groups = [await world.group(2 * n + 1, 2 * n + 2) for n in range(GROUPS)]
        while found.messages < messages:
            sent = [await _sent(trial, group, f"{found.messages + n}") for n, group in enumerate(groups)]
            found.messages += len(sent)
            found.files += sum(len(recorded.event.media) for recorded in sent)
            for _ in range(random.randint(1, MOST_ROUNDS)):
                await _trouble(trial, random.sample(sent, random.randint(1, len(sent))), found)
            await bench.trouble(None)
            for _ in range(CALM_ROUNDS):
                await _react(trial, sent, patience(None))
            for recorded, pair in zip(sent, pairs, strict=True):
                await _judge(trial, recorded, pair, found)
    return found


async def _sent(trial: Trial, group: str, body: str) -> Recorded:
    files = [await trial.world.kept(trial.library, _content(body, n)) for n in range(random.choice(FILES))]
    outcome = await trial.world.run(conversations.send_message, group, Draft(body=body, media=tuple(files)))
    return outcome.events[-1]


def _content(body: str, n: int) -> bytes:
    """Return the content of the n-th file of a message."""
    return f"%PDF-1.4 {body} {n}".encode()


async def _trouble(trial: Trial, some: Sequence[Recorded], found: Trials) -> None:
    trouble, dies = random.choice(EVERY_TROUBLE), random.choice((None, None, "before", "after"))
    found.calls_in_trouble[trouble or "none"] += len(some)
    if isinstance(trial.bench, TwilioBench):
        trial.bench.vendor.in_trouble = random.choice((POSTS, EVERYTHING))
    await trial.bench.trouble(trouble, after=random.choice((0, 0, 1, len(some))))
    found.deaths += await _react(trial, some, patience(trouble), dies)
    for recorded in random.sample(some, len(some) // 4):
        await _report(trial, recorded.event, recorded.event.recipients[0])


async def _report(trial: Trial, message: MessageSent, phone: str) -> None:
    """Bring receipts of what arrived of a message at a phone, twice and in any order."""
    inbox = CarrierInbox(Arrivals(trial.world.store), trial.bench.carrier.name)
    received = await _received(trial, message, phone)
    apart = trial.bench.carrier.limits.files_apart
    for part in [part for part, times in enumerate(received) if times and (apart or part == 0)]:
        for status in random.sample(("sent", "delivered", "delivered"), 3):
            receipt = Receipt(message_id=message.message_id, recipient=phone, status=status, part=part)
            await trial.bench.bring(receipt, inbox)


async def _received(trial: Trial, message: MessageSent, phone: str) -> list[int]:
    """Return how often a phone received the text of a message, and each of its files."""
    files = await trial.bench.files(phone)
    contents = [sha256(_content(message.body or "", n)).hexdigest() for n in range(len(message.media))]
    return [
        (await trial.bench.phone(phone)).count(message.body or ""),
        *(
            sum(each == content or (file.media_id or "") in each for each in files)
            for file, content in zip(message.media, contents, strict=True)
        ),
    ]


async def _react(trial: Trial, some: Sequence[Recorded], seconds: float, dies: Death | None = None) -> int:
    """Let a process without memory handle messages, at once, with so many seconds for a call; return how many it died at."""
    bench = trial.bench
    carrier = bench.carrier if dies is None else Dying(bench, dies, random.randrange(len(some)))
    process = DeliveryProcess(trial.world.store, carrier, patience=seconds, library=trial.library)
    ends = await asyncio.gather(*(process.react(recorded) for recorded in some), return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException) and not isinstance(end, PutOffError | CrashError):
            raise end
    await bench.arrive()
    trial.clock.forward(2 * LONGEST_PATIENCE)  # what is under way arrives now, or never
    return sum(isinstance(end, CrashError) for end in ends)


async def _judge(trial: Trial, recorded: Recorded, pair: Sequence[str], found: Trials) -> None:
    """Compare what arrived of a message at each of two phones with the statuses."""
    told = await trial.world.store.load_fresh(DELIVERY, delivery.stream(recorded.event.message_id))
    assert told is not None
    found.in_parts += bool(told.parts)
    for phone in pair:
        received = await _received(trial, recorded.event, phone)
        statuses = [part[phone] for part in told.parts] or [told.statuses[phone]] * len(received)
        for times, status in zip(received, statuses, strict=True):
            found.twice += times > 1
            found.unconfirmed += status == "unconfirmed"
            found.once += times == 1 and status in ("sent", "delivered")
            found.refused += times == 0 and status in ("failed", "withheld")
            found.lost += times == 0 and status in ("queued", "sent", "delivered")
            found.denied += times == 1 and status in ("queued", "failed", "withheld")


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
        found = asyncio.run(trials(url, folder / f"files{place}", name, messages // len(BENCHES)))
        print(msgspec.json.encode(found).decode(), flush=True)  # noqa: T201 - what it is run for
        bad = bad or found.bad
    sys.exit(bad)


if __name__ == "__main__":
    log_to_stderr()
    main()
