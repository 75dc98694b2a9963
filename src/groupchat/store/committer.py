"""Group commit: appends of concurrent commands are stored in one transaction, in their order of arrival.

While one transaction is written to disk, the next batch gathers. So the store is never idle, and no append waits for a timer. The
appends of one turn of the event loop are handed over together: a thread that wakes up in the middle of a turn would only compete
for the interpreter, and store a part of it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from threading import Event, Thread
from time import monotonic

import structlog
from msgspec import Struct

from groupchat.store.append import Append
from groupchat.store.recorder import Recorder
from groupchat.values.errors import described

MAX_BATCH = 512

Observe = Callable[[int, float], None]
"""Called for each batch, in the committer's thread, with the number of appends and the seconds that the transaction took."""


log = structlog.get_logger()


class _Item(Struct, frozen=True):
    """An append, the function to call when it is done, and the future of a caller who may wait for it."""

    append: Append
    then: Callable[[], None] | None
    done: asyncio.Future[None]

    @property
    def is_alone(self) -> bool:
        """Whether it decides inside its transaction."""
        return self.append.decide is not None


class Committer:
    """One thread that stores submitted appends. It calls `on_stored` with the end of the log after each batch."""

    def __init__(self, recorder: Recorder, on_stored: Callable[[int], None]) -> None:
        self._recorder = recorder
        self._on_stored = on_stored
        self.observe: Observe | None = None
        self._queue: deque[_Item] = deque()
        self._bell = Event()
        self._rings_soon = False
        self._closing = False
        self._thread = Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """The number of appends that no transaction has taken yet."""
        return len(self._queue)

    def submit(self, append: Append, then: Callable[[], None] | None = None) -> asyncio.Future[None]:
        """Queue an append. When its outcome is set, `then` is called, and the future is done. Call it in an event loop."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._queue.append(_Item(append, then, done))
        if not self._rings_soon:
            self._rings_soon = True
            loop.call_soon(self._ring)
        return done

    def close(self) -> None:
        """Store the queued appends, then end the thread."""
        self._closing = True
        self._bell.set()
        self._thread.join()

    def _ring(self) -> None:
        self._rings_soon = False
        self._bell.set()

    def _run(self) -> None:
        while self._queue or not self._closing:
            self._bell.wait()
            self._bell.clear()
            if batch := self._take():
                self._store([item.append for item in batch])
                _resolve(batch)

    def _take(self) -> list[_Item]:
        """Take the queued appends; one that decides inside its transaction is alone."""
        batch: list[_Item] = []
        while self._queue and len(batch) < MAX_BATCH and not (batch and (batch[-1].is_alone or self._queue[0].is_alone)):
            batch.append(self._queue.popleft())
        if self._queue:
            self._bell.set()
        return batch

    def _store(self, appends: list[Append]) -> None:
        begun = monotonic()
        try:
            self._recorder.append(appends)
        except Exception as error:  # noqa: BLE001 - every waiting command gets it
            log.warning("append_failed", error=described(error), appends=len(appends))
            for append in appends:
                append.outcome = error
            return
        finally:
            if self.observe is not None:
                self.observe(len(appends), monotonic() - begun)
        stored = [append.outcome for append in appends if append.events and isinstance(append.outcome, int)]
        if stored:
            self._on_stored(max(stored))


def _resolve(batch: list[_Item]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Item]] = {}
    for item in batch:
        by_loop.setdefault(item.done.get_loop(), []).append(item)
    for loop, items in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_finish_all, items)


def _finish_all(items: list[_Item]) -> None:
    for item in items:
        try:
            if item.then is not None:
                item.then()
        except Exception:
            log.exception("append_half_finished")  # the others are not concerned
        finish(item.done)


def finish(done: asyncio.Future[None]) -> None:
    """Wake the caller who waits, if there is one."""
    if not done.done():
        done.set_result(None)
