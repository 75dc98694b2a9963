"""The relay: follows the log, and publishes each batch with its own position in one Kafka transaction (docs/adr/0018).

- The position that counts is Kafka's. It is read at the start, after earlier relays were fenced, and again after every error. The
  database's copy of it (`groupchat status`, metrics) is written after Kafka has committed, so it is never ahead.
- One relay works at a time: `store/lease.py`. If two relays run by mistake, Kafka lets only the later one write.
- The log and `groupchat status` report errors that may pass (unreachable brokers, a missing topic, a wrong password, fencing). The
  relay retries with growing pauses, and requests the lease again.
- Other errors stop it, as they stop any follower: an event that can't be read or is too large, or a position in Kafka that can't be
  from this log. A stopped relay holds no lease, so that an operator can set where another one continues.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from groupchat.broker.topics import RELAY
from groupchat.processes.relay.forwarder import BATCH, Forwarder
from groupchat.processes.relay.publisher import Publisher
from groupchat.store.database import is_passing
from groupchat.store.event_store import EventStore
from groupchat.store.lease import Lease
from groupchat.values.waiting import Pauses, first_set

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 10.0
_IDLE_SECONDS = 30.0
GATHER_SECONDS = 0.02
"""The pause at the log's end. A transaction costs nearly as much for one record as for a hundred, in the brokers too."""

T = TypeVar("T")


class Relay:
    """A worker; `start` replaces the position in Kafka as the starting point, once and on purpose.

    `public_url` is as in `records_of`. A transaction has the records of at most `batch` events. When the log has no more, further
    events are gathered for `gather_seconds`.
    """

    def __init__(
        self,
        store: EventStore,
        publisher: Publisher,
        *,
        name: str = RELAY,
        start: int | None = None,
        public_url: str | None = None,
        batch: int = BATCH,
        gather_seconds: float = GATHER_SECONDS,
    ) -> None:
        self.name = name
        self._store = store
        self._threads = ThreadPoolExecutor(2, thread_name_prefix=name)
        self._forwarder = Forwarder(name, store, publisher, self._threads, start, public_url, batch)
        self._gather_seconds = gather_seconds
        self._pauses = Pauses(_FIRST_PAUSE, _LONGEST_PAUSE)

    async def run(self, stop: asyncio.Event, *, until_end: bool = False) -> None:
        """Relay until `stop` is set; with `until_end`, also until the log's end is reached or the relay is stopped."""
        with self._store.signals.log.listen(stop) as bell:
            while not stop.is_set():
                bell.clear()
                if await self._stopped():
                    if until_end:
                        break
                    await first_set(bell, seconds=_IDLE_SECONDS)
                    continue
                if await self._work(bell, stop, until_end=until_end):
                    break
                await first_set(stop, seconds=self._pauses.next())
        self._threads.shutdown()

    async def _stopped(self) -> bool:
        """Return whether the relay is stopped. If the database can't say, the relay tries to work and logs the error."""
        try:
            return await self._do(self._forwarder.stopped)
        except SQLAlchemyError as error:
            if not is_passing(error):
                raise
            return False

    async def _work(self, bell: asyncio.Event, stop: asyncio.Event, *, until_end: bool) -> bool:
        """Publish under the lease; return whether all requested work is done."""
        async with Lease(self._store.database, self.name, stop) as lease:
            try:
                return await self._follow(lease, bell, stop, until_end=until_end)
            except Exception as error:  # noqa: BLE001 - it is reported and retried; commands and views continue in any case
                await self._do(partial(self._forwarder.report, error))
                return False
            finally:
                await self._do(self._forwarder.drop)

    async def _follow(self, lease: Lease, bell: asyncio.Event, stop: asyncio.Event, *, until_end: bool) -> bool:
        while not stop.is_set() and await lease.still_held():
            bell.clear()
            found = await self._do(self._forwarder.step)
            if found == "stopped":
                return False
            self._pauses.reset()
            if found == "end":
                if until_end:
                    return True
                await asyncio.sleep(self._gather_seconds)
                await first_set(bell, seconds=_IDLE_SECONDS)
        return False

    async def _do(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)
