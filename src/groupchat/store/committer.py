"""Group commit: appends of concurrent commands are stored in one transaction, in their order of arrival.

While one transaction is written to disk, the next batch gathers. So the store is never idle, and no append waits for a timer.
"""

import asyncio
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

import structlog

from groupchat.store.append import Append
from groupchat.store.recorder import Recorder
from groupchat.values.errors import described

MAX_BATCH = 512

Observe = Callable[[int, float], None]
"""Called for each batch, in the committer's thread, with the number of appends and the seconds that the transaction took."""

_Item = tuple[Append, asyncio.AbstractEventLoop, asyncio.Future[None]]

log = structlog.get_logger()


class Committer:
    """One thread that stores submitted appends. It calls `on_stored` with the end of the log after each batch."""

    def __init__(self, recorder: Recorder, on_stored: Callable[[int], None]) -> None:
        self._recorder = recorder
        self._on_stored = on_stored
        self.observe: Observe | None = None
        self._queue: SimpleQueue[_Item | None] = SimpleQueue()
        self._next: _Item | None = None
        self._thread = Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """The number of appends that no transaction has taken yet."""
        return self._queue.qsize()

    def submit(self, append: Append) -> asyncio.Future[None]:
        """Queue an append. The future is done when the append's outcome is set. Call it in an event loop."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._queue.put((append, loop, done))
        return done

    def close(self) -> None:
        """Store the queued appends, then end the thread."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        going_on = True
        while going_on:
            items = self._gather()
            going_on = None not in items
            batch = [item for item in items if item is not None]
            if batch:
                self._store([append for append, _, _ in batch])
                _resolve(batch)

    def _gather(self) -> list[_Item | None]:
        """Wait for an append, and take the other queued ones too; an append that decides inside its transaction is alone."""
        items = [self._queue.get() if self._next is None else self._next]
        self._next = None
        while len(items) < MAX_BATCH and not _is_alone(items[-1]):
            try:
                item = self._queue.get_nowait()
            except Empty:
                break
            if _is_alone(item):
                self._next = item
                break
            items.append(item)
        return items

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


def _is_alone(item: _Item | None) -> bool:
    return item is not None and item[0].decide is not None


def _resolve(batch: list[_Item]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for _, loop, done in batch:
        by_loop.setdefault(loop, []).append(done)
    for loop, futures in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_finish, futures)


def _finish(futures: list[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)
