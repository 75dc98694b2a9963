"""The simulated carrier on a bench (`tests/carriers/bench.py`)."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from sqlalchemy import Connection, insert, update

from groupchat.carriers.port import Inbox, Posted, Receipt
from groupchat.carriers.simulator.adapter import Simulator
from groupchat.carriers.simulator.behaviors import Behavior
from groupchat.carriers.simulator.callbacks import Post
from groupchat.carriers.simulator.exchange import Pending, left
from groupchat.carriers.simulator.tables import MESSAGES
from groupchat.store.database import Database
from groupchat.values.clock import to_micros, utc_now
from tests.carriers.bench import Trouble
from tests.support.builders import BUSINESS

BEHAVIORS: dict[Trouble | None, Behavior] = {
    "cut off": "unclear",
    "nonsense": "unclear",
    "never arrived": "lost",
    "refused": "refuse",
    "refused for now": "refuse",
}


def posting_to(simulator: Simulator, inbox: Inbox) -> Post:
    """Return a way to the simulated carrier's webhook over this inbox, whose failures become a 500."""

    async def post(posted: Posted) -> int:
        try:
            await simulator.webhook(posted, inbox)
        except Exception:  # noqa: BLE001 - as the API does: every failure becomes a response
            return 500
        return 204

    return post


class Road:
    """The database, whose writes are held up while the road is closed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changed = Condition()
        self._closed = False
        self._held = 0

    read = property(lambda self: self._database.read)

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Connection]:
        with self._changed:
            self._held += 1
            self._changed.wait_for(lambda: not self._closed)
        try:
            with self._database.write(durable=durable) as connection:
                yield connection
        finally:
            with self._changed:
                self._held -= 1
                self._changed.notify_all()

    def close(self, *, closed: bool) -> None:
        with self._changed:
            self._closed = closed
            self._changed.notify_all()

    def until_empty(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._held == 0)


class SimulatorBench:
    """Fulfils `Bench`."""

    can_be_asked = True

    def __init__(self, database: Database) -> None:
        self._database = database
        self._road = Road(database)
        self.carrier = Simulator(self._road)

    async def trouble(self, kind: Trouble | None, *, after: int = 0) -> None:
        if after:  # it takes each message by one call
            kind = None
        self._road.close(closed=kind == "too slow")
        if kind != "too slow":
            seconds = 0.0 if kind == "refused for now" else None
            await self.carrier.behave(BUSINESS, BEHAVIORS.get(kind), seconds=seconds)

    async def arrive(self) -> None:
        self._road.close(closed=False)
        await asyncio.to_thread(self._road.until_empty)

    async def phone(self, number: str) -> list[str]:
        return [message.body or "" for message in await self.carrier.handset(number)]

    async def files(self, number: str) -> list[str]:
        return [file.url for message in await self.carrier.handset(number) for file in message.media]

    async def bring(self, receipt: Receipt, inbox: Inbox) -> None:
        fields = {name: getattr(receipt, name) for name in ("recipient", "status", "code", "opted_out")}
        content = {"business_number": BUSINESS, "author": BUSINESS, "members": "[]", "handsets": "", "media": "[]", "at": 0}
        pending = left([Pending(due_at=to_micros(utc_now()), **fields)])
        with self._database.write() as connection:
            connection.execute(update(MESSAGES).values(left(())))  # those that it would bring by itself
            connection.execute(insert(MESSAGES).values(message_id=receipt.message_id, **content, **pending))
        while await self.carrier.deliver_due(posting_to(self.carrier, inbox)):
            pass

    async def write(self, from_: str, group: tuple[str, ...] | None, body: str, inbox: Inbox, *, times: int = 1) -> None:
        posted = await self.carrier.posted(await self.carrier.write(from_, BUSINESS, group, body))
        for _ in range(times):
            await self.carrier.webhook(posted, inbox)
